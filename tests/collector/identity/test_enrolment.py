"""Who is enrolled: whoever proves to know the instrument's code while it holds, once."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collector.identity.certificates import Authority, common_name
from collector.identity.codes import EnrolmentCodes
from collector.identity.enrolment import REFUSAL, EnrolmentRefused, Enrolments
from contract.enrolment import answer_proof, code_letters, new_code
from tests.collector.examples import CLINIC
from tests.collector.identity.instrument import Instrument, signing_request

HOUR = timedelta(hours=1)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def codes(tmp_path: Path) -> EnrolmentCodes:
    """Return a folder for codes."""
    return EnrolmentCodes(tmp_path / "enrolment")


@pytest.fixture
def give(codes: EnrolmentCodes, clock: Clock) -> Callable[[str], str]:
    """Return what gives a code for an hour."""
    return lambda name: codes.give(name, HOUR, clock.now)[0]


@pytest.fixture
def enrolments(codes: EnrolmentCodes, own_authority: Authority, tmp_path: Path, clock: Clock) -> Enrolments:
    """Return what decides on enrolments."""
    return Enrolments(CLINIC, codes, own_authority, tmp_path / "issued", clock)


def refused(enrolments: Enrolments, body: bytes) -> tuple[int, str]:
    """Return status and sentence of a refusal."""
    with pytest.raises(EnrolmentRefused) as raised:
        enrolments.answer(body)
    return raised.value.status, str(raised.value)


def test_whoever_knows_the_code_gets_a_certificate(
    enrolments: Enrolments, give: Callable[[str], str], own_authority: Authority, tmp_path: Path
) -> None:
    """Breaks when an instrument with the right code gets none, one that is not its own, or one that says more."""
    code, instrument = give("chair-7"), Instrument("chair-7")
    request = instrument.enrolment(code)
    answer = enrolments.answer(request.encode())
    assert answer.clinic_id == CLINIC
    assert answer.proof == answer_proof(code_letters(code), request.nonce, CLINIC, answer.certificate, answer.authority)
    certificate = x509.load_pem_x509_certificate(answer.certificate.encode())
    authority = x509.load_pem_x509_certificate(answer.authority.encode())
    assert authority == own_authority.certificate
    certificate.verify_directly_issued_by(authority)
    assert certificate.public_key() == instrument.key.public_key()
    assert [one.value for one in certificate.subject] == ["chair-7"]
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    record = tmp_path / "issued" / f"{certificate.serial_number:x}.crt"
    assert record.read_text() == answer.certificate


def test_what_else_a_request_asks_for_is_not_given(enrolments: Enrolments, give: Callable[[str], str]) -> None:
    """Breaks when an instrument can ask for an authority's rights or another host's name."""
    instrument = Instrument("chair-7")
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "elsewhere"),
            x509.NameAttribute(NameOID.COMMON_NAME, "chair-7"),
        ]
    )
    asking = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("clinic.example")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(instrument.key, hashes.SHA256())
    )
    instrument.signing_request = asking.public_bytes(serialization.Encoding.PEM).decode()
    answer = enrolments.answer(instrument.enrolment(give("chair-7")).encode())
    certificate = x509.load_pem_x509_certificate(answer.certificate.encode())
    assert certificate.subject.rfc4514_string() == "CN=chair-7"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert len(certificate.extensions) == 5
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_a_lost_answer_is_given_again_and_no_other(
    enrolments: Enrolments, give: Callable[[str], str], clock: Clock, tmp_path: Path
) -> None:
    """Breaks when an answer lost on the way leaves an instrument without a certificate, or a code gives two."""
    code, instrument = give("chair-7"), Instrument("chair-7")
    first = enrolments.answer(instrument.enrolment(code).encode())
    clock.now += HOUR - timedelta(seconds=1)
    nonce = "ab" * 32
    again = enrolments.answer(instrument.enrolment(code, nonce).encode())
    assert again.certificate == first.certificate
    assert again.proof == answer_proof(code_letters(code), nonce, CLINIC, again.certificate, again.authority)
    status, sentence = refused(enrolments, Instrument("chair-7").enrolment(code).encode())
    assert (status, "used" in sentence) == (409, True)
    clock.now += timedelta(seconds=1)
    assert refused(enrolments, instrument.enrolment(code).encode()) == (403, REFUSAL)
    assert len(list((tmp_path / "issued").iterdir())) == 1


def test_strangers_learn_one_sentence_and_the_log_no_code(
    enrolments: Enrolments,
    give: Callable[[str], str],
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """Breaks when a try tells whether there is a code, or the log tells which; or one of these gets a certificate."""
    code, other_code = give("chair-7"), give("chair-8")
    seven, good = Instrument("chair-7"), Instrument("chair-7").enrolment(code)
    other_key = Instrument("chair-7").signing_request
    tries = {
        "unknown device": Instrument("chair-9").enrolment(code),
        "another device's code": seven.enrolment(other_code),
        "a made-up code": seven.enrolment(new_code()),
        "another key put in its place": good.model_copy(update={"signing_request": other_key}),
        "another nonce put in its place": good.model_copy(update={"nonce": "0" * 64}),
        "another device put in its place": good.model_copy(update={"device_id": "chair-8"}),
        "the proof of nobody": Instrument("chair-9").enrolment("0000-0000-0000-0000"),
    }
    with caplog.at_level(logging.DEBUG):
        for what, request in tries.items():
            assert refused(enrolments, request.encode()) == (403, REFUSAL), what
        clock.now += HOUR
        assert refused(enrolments, good.encode()) == (403, REFUSAL)
    assert not (tmp_path / "issued").exists()
    for secret in (code, other_code, code_letters(code), code_letters(other_code)):
        assert secret not in caplog.text


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b"[1]", b'{"device_id": "../x"}', b"null", b"{" * 9000])
def test_what_is_no_request_is_told_so(enrolments: Enrolments, body: bytes) -> None:
    """Breaks when a body of any kind ends in a traceback, or reaches a file."""
    assert refused(enrolments, body)[0] == 400


def test_an_unfit_signing_request_is_said_to_whoever_knows_the_code(
    enrolments: Enrolments, give: Callable[[str], str], tmp_path: Path
) -> None:
    """Breaks when a code gives a certificate in another name, or is used up by a request that cannot be signed."""
    code, instrument = give("chair-7"), Instrument("chair-7")
    right = instrument.signing_request
    instrument.signing_request = signing_request(instrument.key, "collector")
    status, sentence = refused(enrolments, instrument.enrolment(code).encode())
    assert (status, "chair-7" in sentence) == (422, True)
    assert not (tmp_path / "issued").exists()
    instrument.signing_request = right
    assert enrolments.answer(instrument.enrolment(code).encode()).certificate


def test_two_instruments_are_enrolled_each_by_its_own(enrolments: Enrolments, give: Callable[[str], str]) -> None:
    """Breaks when one instrument's enrolment uses up or answers another's."""
    codes = {name: give(name) for name in ("chair-7", "chair-8")}
    for name, code in codes.items():
        answer = enrolments.answer(Instrument(name).enrolment(code).encode())
        assert common_name(x509.load_pem_x509_certificate(answer.certificate.encode())) == name


def test_withdrawn_and_damaged_codes_enrol_nobody(
    enrolments: Enrolments, give: Callable[[str], str], codes: EnrolmentCodes, tmp_path: Path
) -> None:
    """Breaks when a code that was taken back still opens, or a damaged file stops the service."""
    code = give("chair-7")
    codes.withdraw("chair-7")
    assert refused(enrolments, Instrument("chair-7").enrolment(code).encode()) == (403, REFUSAL)
    code = give("chair-7")
    (tmp_path / "enrolment" / "chair-7.json").write_text("{")
    assert refused(enrolments, Instrument("chair-7").enrolment(code).encode()) == (403, REFUSAL)


def test_nothing_is_handed_out_that_was_not_recorded(
    enrolments: Enrolments, give: Callable[[str], str], tmp_path: Path
) -> None:
    """Breaks when a full disk lets a certificate into the world that cannot be revoked."""
    code, instrument = give("chair-7"), Instrument("chair-7")
    (tmp_path / "issued").write_text("in the way")
    with pytest.raises(OSError, match="issued"):
        enrolments.answer(instrument.enrolment(code).encode())
    (tmp_path / "issued").unlink()
    assert enrolments.answer(instrument.enrolment(code).encode()).certificate, "and it can be tried again"
