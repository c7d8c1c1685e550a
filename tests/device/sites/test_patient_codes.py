"""Patient codes: the clinic's pattern, the check digit, and no name, date of birth or e-mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from contract import PatientCode
from device.sites import CodeRefused, PatientCodes
from device.sites.birth_dates import looks_like_birth_date
from device.sites.damm import check_digit, is_right

CONTRACT: TypeAdapter[str] = TypeAdapter(PatientCode)
DIGITS = st.from_regex(r"[0-9]{1,9}", fullmatch=True)


def test_the_check_digit_is_damm_s() -> None:
    """Breaks when codes checked by another program of the clinic do not fit (the thesis' example: 572, then 4)."""
    assert check_digit("572") == "4"
    assert is_right("5724")


@given(DIGITS, st.data())
def test_every_wrong_digit_and_every_swap_is_seen(digits: str, data: st.DataObject) -> None:
    """Breaks when a slip in copying a code makes another patient of it."""
    whole = digits + check_digit(digits)
    assert is_right(whole)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != whole[at]]))
    assert not is_right(whole[:at] + other + whole[at + 1 :])
    if at and whole[at - 1] != whole[at]:
        assert not is_right(whole[: at - 1] + whole[at] + whole[at - 1] + whole[at + 1 :])


def test_every_slip_in_three_digits_is_seen() -> None:
    """Breaks when one entry of the table is wrong: all codes of three digits, all slips."""
    for number in range(1000):
        whole = f"{number:03d}" + check_digit(f"{number:03d}")
        slips = {whole[:at] + digit + whole[at + 1 :] for at in range(4) for digit in "0123456789"}
        slips |= {whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :] for at in range(3)}
        assert not any(map(is_right, slips - {whole}))


@pytest.mark.parametrize(
    ("pattern", "fit", "unfit"),
    [
        ("P-[0-9]{4}", ["P-0042"], ["P-042", "P-00042", "A-0042", "p-0042", "P0042", "P-0042\n", "P-004\uff12"]),
        ("(A|BC)-12[0-9]{2,3}", ["A-1242", "BC-12423"], ["A-4242", "B-1242", "AB-1242", "A-12"]),
        ("TRIC-[0-9]{2,10}", ["TRIC-42", "TRIC-0000000042"], ["TRIC-4"]),
    ],
)
def test_the_clinic_s_pattern_decides(pattern: str, fit: list[str], unfit: list[str]) -> None:
    """Breaks when another clinic's code, or a slip, begins a patient."""
    codes = PatientCodes(pattern, checked=False)
    assert [codes.accept(code) for code in fit] == fit
    assert codes.accept(codes.example) == CONTRACT.validate_python(codes.example)
    for code in unfit:
        with pytest.raises(CodeRefused):
            codes.accept(code)


@given(st.from_regex(r"P-[0-9]{4}", fullmatch=True))
def test_no_code_of_four_digits_is_impossible(code: str) -> None:
    """Breaks when the search for dates of birth takes codes away from a clinic that numbers by four digits."""
    assert PatientCodes("P-[0-9]{4}", checked=False).accept(code) == code


@given(st.from_regex(r"(?:A|BC)-1[0-9]{1,9}", fullmatch=True))
def test_what_is_accepted_is_within_the_contract(code: str) -> None:
    """Breaks when a code is accepted at the chair, and its captures refused at the clinic."""
    try:
        accepted = PatientCodes("(A|BC)-1[0-9]{1,9}", checked=False).accept(code)
    except CodeRefused:
        return
    assert CONTRACT.validate_python(accepted) == code


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        ".*",
        "[A-Z]{4}-[0-9]{4}",
        "P-[0-9]+",
        "P[0-9]{4}",
        "PATIE-[0-9]{4}",
        "P-[0-9]{1}",
        "P-[0-9]{11}",
        "P-123[0-9]{4,8}",
        "P-[0-9]{5,4}",
        "P-12[0-9]{0}",
        "(A|)-[0-9]{4}",
        "P-[0-9]{4}|.*",
    ],
)
def test_a_pattern_outside_of_the_contract_is_refused(pattern: str) -> None:
    """Breaks when a clinic's setting lets names in, or codes that the clinic's service refuses."""
    with pytest.raises(ValueError, match="digits"):
        PatientCodes(pattern, checked=False)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Jane Doe", "a name"),
        ("DOE", "a name"),
        ("Zoë", "a name"),
        ("jane.doe@example.org", "an e-mail"),
        ("P-0042@example.org", "an e-mail"),
        ("1983-04-12", "a date of birth"),
        ("12.4.1983", "a date of birth"),
        ("4/12/83", "a date of birth"),
        ("19830412", "a date of birth"),
        ("P-12041983", "a date of birth"),
        ("P-1204198307", "a date of birth"),
        ("P-120483", "a date of birth"),
        ("P-830412", "a date of birth"),
        ("P-041283", "a date of birth"),
        ("P-1204831234", "a date of birth"),
        ("JANE-1983", "no patient code"),
        ("P-42<script>", "no patient code"),
        ("", "no patient code"),
        ("P" * 100_000, "a name"),
    ],
)
def test_what_points_to_a_person_is_refused_in_words(typed: str, said: str) -> None:
    """Breaks when a name, a date of birth or an e-mail enters the system, or stands in the refusal and so in a log."""
    with pytest.raises(CodeRefused) as refused:
        PatientCodes("P-[0-9]{2,10}", checked=False).accept(typed)
    assert said in str(refused.value).replace("could be a date", "like a date")
    assert not typed or typed not in str(refused.value)


@pytest.mark.parametrize("typed", ["P-0042", "P-99999", "P-000042", "P-990000", "P-42424242", "P-0000000042"])
def test_numbers_that_are_no_date_pass(typed: str) -> None:
    """Breaks when a clinic that counts its patients cannot go on."""
    assert PatientCodes("P-[0-9]{2,10}", checked=False).accept(typed) == typed


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("day", ["19830412", "12041983", "04121983", "20240229", "31121999"])
def test_a_full_date_is_seen_wherever_it_stands(day: str, at: int) -> None:
    """Breaks when a digit before or behind hides a date of birth."""
    assert looks_like_birth_date("7" * at + day + "7" * (2 - at))


@pytest.mark.parametrize("digits", ["19831304", "18991231", "20230230", "00001983", "451399", "991399", "123"])
def test_what_is_no_day_is_no_date_of_birth(digits: str) -> None:
    """Breaks when codes are refused that could be nobody's birthday."""
    assert not looks_like_birth_date(digits)


def test_few_codes_are_lost_to_dates() -> None:
    """Breaks when the rule takes more of a clinic's codes than its words say: one of twelve of six digits."""
    share = sum(looks_like_birth_date(f"{number:06d}") for number in range(0, 1_000_000, 97)) / (1_000_000 / 97)
    assert share == pytest.approx(1 / 12, abs=0.01)


def test_a_checked_code_is_made_and_accepted() -> None:
    """Breaks when the command makes a code that the visit then refuses."""
    codes = PatientCodes("P-[0-9]{4}", checked=True)
    made = codes.with_check_digit("P-572")
    assert made == "P-5724"
    assert codes.accept(made) == made
    assert codes.accept(codes.example) == codes.example
    with pytest.raises(CodeRefused, match="does not fit"):
        codes.accept("P-5742")


def test_a_date_of_birth_with_a_check_digit_is_still_one() -> None:
    """Breaks when a check digit behind a date of birth hides it."""
    codes = PatientCodes("P-[0-9]{7}", checked=True)
    with pytest.raises(CodeRefused, match="date of birth"):
        codes.accept("P-120483" + check_digit("120483"))


@pytest.mark.parametrize("stem", ["P-57", "P-5724", "5724", "P-", "P-5x2", "P-57\uff12", "Jane"])
def test_a_stem_that_makes_no_code_is_refused(stem: str) -> None:
    """Breaks when a code is printed that is none, or a slip ends in a traceback."""
    with pytest.raises(CodeRefused):
        PatientCodes("P-[0-9]{4}", checked=True).with_check_digit(stem)


def test_without_a_scheme_no_check_digit_is_offered() -> None:
    """Breaks when a digit is put behind codes of a clinic that uses none."""
    with pytest.raises(CodeRefused, match="check_digit"):
        PatientCodes("P-[0-9]{4}", checked=False).with_check_digit("P-572")
