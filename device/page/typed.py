"""What people type on the screens, or addresses ask for: taken, or refused without repeating it."""

import re

from pydantic import TypeAdapter, ValidationError

from contract import PATIENT_CODE, PersonCode
from device.chair.refusals import ChairRefused

FIRST_VISIT, LAST_VISIT = 1, 9999
"""The contract's bounds of a visit's number."""

MOST_REASON = 200
"""The contract's bound on the characters of why a site was left out."""

_PERSON: TypeAdapter[PersonCode] = TypeAdapter(PersonCode)
_PATIENT = re.compile(PATIENT_CODE)


def whole_number(text: str, least: int, most: int) -> int | None:
    """Return a whole number that an address asks for, in plain digits; None where it is none from least to most.

    Longer than the greatest is no such number, and is never read as one: that takes long, or fails.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
        return None
    number = int(text)
    return number if least <= number <= most else None


def person_code(typed: str) -> PersonCode:
    """Return the code of a member of the staff.

    Raises
    ------
    ChairRefused
        If it is none, or a patient's, as when a wristband is scanned too early.
    """
    code = typed.strip()
    if _PATIENT.fullmatch(code.upper()) is not None:
        raise ChairRefused("This is a patient's code. Type the code of the person who works here.")
    try:
        return _PERSON.validate_python(code)
    except ValidationError:
        # Its cause is cut off: it quotes what was typed.
        raise ChairRefused(
            "The code of who works here is 1 to 32 letters and digits, such as mk or tech-3. Type it again."
        ) from None


def visit_number(typed: int) -> int:
    """Return the number of a visit.

    Raises
    ------
    ChairRefused
        If no visit has it.
    """
    if not FIRST_VISIT <= typed <= LAST_VISIT:
        raise ChairRefused(f"A visit's number is {FIRST_VISIT} to {LAST_VISIT}. Correct it.")
    return typed


def reason_to_leave_out(typed: str) -> str:
    """Return why a site was left out.

    Raises
    ------
    ChairRefused
        If nothing was said, or too much.
    """
    reason = " ".join(typed.split())
    if not 1 <= len(reason) <= MOST_REASON:
        raise ChairRefused(f"A site is left out with a reason of 1 to {MOST_REASON} characters.")
    return reason
