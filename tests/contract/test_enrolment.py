"""Codes and proofs of enrolment: typed by people, and of use to nobody who does not know the code."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.enrolment import (
    MAX_ENROLMENT_BYTES,
    EnrolmentAnswer,
    EnrolmentRequest,
    RenewalAnswer,
    RenewalRequest,
    answer_proof,
    code_letters,
    new_code,
    request_proof,
    same_proof,
)

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NONCE = "5a" * 32

codes = st.text(LETTERS, min_size=16, max_size=16)
parts = st.text(max_size=30)


@st.composite
def as_typed(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a code and a way to type it that a person may take."""
    letters = draw(codes)
    meant = {"0": "0Oo", "1": "1IiLl"}
    typed = ""
    for letter in letters:
        typed += draw(st.sampled_from(meant.get(letter, letter + letter.lower())))
        typed += draw(st.sampled_from(["", "", "-", " "]))
    return letters, draw(st.sampled_from(["", " ", "\n"])) + typed + draw(st.sampled_from(["", "\n"]))


@given(as_typed())
def test_a_code_is_known_however_it_is_typed(case: tuple[str, str]) -> None:
    """Breaks when a code that was read aloud or copied with spaces is refused, or taken for another."""
    letters, typed = case
    assert code_letters(typed) == letters


def test_new_codes_are_codes_and_differ() -> None:
    """Breaks when a code that is given out cannot be typed, or is given twice."""
    given_out = [new_code() for _ in range(500)]
    assert len(set(given_out)) == 500
    for code in given_out:
        assert [len(group) for group in code.split("-")] == [4] * 4
        assert code_letters(code) == code.replace("-", "")
    assert set("".join(given_out)) == {*LETTERS, "-"}, "each letter is used"


@given(st.text(max_size=40))
def test_what_is_no_code_is_said(text: str) -> None:
    """Breaks when a slip in typing ends in a traceback, or in letters that no code has."""
    try:
        letters = code_letters(text)
    except ValueError:
        return
    assert len(letters) == 16
    assert set(letters) <= set(LETTERS)


@pytest.mark.parametrize("typed", ["", "7KQM-2XWF-9DHT-P4R", "7KQM-2XWF-9DHT-P4RBB", "7KQM-2XWF-9DHT-P4RU", "7" * 400])
def test_wrong_lengths_and_letters_are_no_code(typed: str) -> None:
    """Breaks when a code with a letter too few or too many is proven with."""
    with pytest.raises(ValueError, match="sixteen"):
        code_letters(typed)


@given(codes, st.lists(parts, min_size=3, max_size=3), st.integers(0, 3), st.data())
def test_a_request_is_proven_by_its_code_and_every_part(
    letters: str, said: list[str], changed: int, data: st.DataObject
) -> None:
    """Breaks when somebody on the way can change one part of a request, or prove it with another code."""
    proof = request_proof(letters, *said)
    assert same_proof(proof, request_proof(letters, *said))
    other = [letters, *said]
    other[changed] = data.draw((parts if changed else codes).filter(lambda part: part != other[changed]))
    assert not same_proof(proof, request_proof(*other))


@given(codes, st.lists(parts, min_size=4, max_size=4), st.integers(0, 4), st.data())
def test_an_answer_is_proven_by_its_code_and_every_part(
    letters: str, said: list[str], changed: int, data: st.DataObject
) -> None:
    """Breaks when somebody on the way can put in another certificate, authority or clinic, or an old answer."""
    proof = answer_proof(letters, *said)
    other = [letters, *said]
    other[changed] = data.draw((parts if changed else codes).filter(lambda part: part != other[changed]))
    assert not same_proof(proof, answer_proof(*other))


@given(codes, st.lists(parts, min_size=3, max_size=3), st.integers(0, 1), st.integers(1, 30))
def test_parts_cannot_be_shifted_into_each_other(letters: str, said: list[str], at: int, count: int) -> None:
    """Breaks when the end of one part and the start of the next can be taken for one another."""
    moved = said[at][-count:]
    shifted = list(said)
    shifted[at], shifted[at + 1] = said[at][:-count], moved + said[at + 1]
    if shifted != said:
        assert request_proof(letters, *said) != request_proof(letters, *shifted)


@given(codes, parts, parts, parts, parts)
def test_a_request_never_proves_an_answer(letters: str, one: str, two: str, three: str, four: str) -> None:
    """Breaks when somebody who knows no code answers with a proof that the instrument itself sent."""
    assert answer_proof(letters, one, two, three, four) not in {
        request_proof(letters, one, two, three),
        request_proof(letters, one, two, three + four),
    }


def test_a_known_proof_stays_what_it_is() -> None:
    """Breaks when a release no longer understands the one on the other side."""
    letters = code_letters("7KQM-2XWF-9DHT-P4RB")
    assert (
        request_proof(letters, "chair-1", NONCE, "request"),
        answer_proof(letters, NONCE, "riverside", "certificate", "authority"),
    ) == (
        "a4fe640b268469628778f30230272a4ba6016a02626d8671f0026547bd3b724a",
        "5134621a00c3022dead92f7bfc7591b10c4ee8e31fb01765b3e9803ab3e541db",
    )


def request(**changes: str) -> EnrolmentRequest:
    """Return a request that is right in every part but those given."""
    fields = {"device_id": "chair-1", "nonce": NONCE, "signing_request": "x", "proof": "0" * 64}
    return EnrolmentRequest.model_validate(fields | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"device_id": "../chair"},
        {"device_id": "chair-1\n"},
        {"nonce": "5A" * 32},
        {"nonce": NONCE + "\n"},
        {"nonce": ""},
        {"signing_request": ""},
        {"signing_request": "x" * 6001},
        {"proof": "0" * 63},
    ],
)
def test_what_no_request_has_is_refused(changes: dict[str, str]) -> None:
    """Breaks when a part of a request from a stranger reaches further than its shape allows."""
    with pytest.raises(ValidationError):
        request(**changes)


PEM = st.text(min_size=1, max_size=200)


@given(PEM, PEM)
def test_messages_travel_unchanged(one: str, other: str) -> None:
    """Breaks when a certificate or a request is another after its way through JSON."""
    sent: list[tuple[EnrolmentRequest | EnrolmentAnswer | RenewalRequest | RenewalAnswer, Callable[[bytes], object]]]
    answer = EnrolmentAnswer(clinic_id="riverside", certificate=one, authority=other, proof="0" * 64)
    sent = [
        (request(signing_request=one), EnrolmentRequest.model_validate_json),
        (answer, EnrolmentAnswer.model_validate_json),
        (RenewalRequest(signing_request=one), RenewalRequest.model_validate_json),
        (RenewalAnswer(certificate=one), RenewalAnswer.model_validate_json),
    ]
    for message, read in sent:
        assert read(message.encode()) == message


def test_the_longest_messages_fit_the_bound() -> None:
    """Breaks when PEM files that the models allow make a message that is refused for its length."""
    longest = ("x" * 64 + "\n") * 92
    assert len(longest) < 6000
    assert len(request(signing_request=longest).encode()) <= MAX_ENROLMENT_BYTES
    answer = EnrolmentAnswer(clinic_id="riverside", certificate=longest, authority=longest, proof="0" * 64)
    assert len(answer.encode()) <= MAX_ENROLMENT_BYTES
