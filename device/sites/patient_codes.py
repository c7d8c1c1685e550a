"""The clinic's patient codes: what is one, and in words why something is not.

What is refused is never said again: it may be the very name that must not stand in a log.
"""

import re

from device.sites.birth_dates import looks_like_birth_date
from device.sites.damm import check_digit, is_right

_PATTERN = re.compile(
    r"(?:(?P<letters>[A-Z]{1,4})|\((?P<choice>[A-Z]{1,4}(?:\|[A-Z]{1,4})+)\))-"
    r"(?P<fixed>[0-9]*)\[0-9\]\{(?P<least>[0-9]{1,2})(?:,(?P<most>[0-9]{1,2}))?\}"
)
_LEAST_DIGITS, _MOST_DIGITS = 2, 10  # the contract's bounds of a patient code
_DATE = re.compile(r"[0-9]{1,4}([./ -])[0-9]{1,2}\1[0-9]{1,4}")
_WORD = re.compile(r"[^\W\d_]{2,}")


class CodeRefused(ValueError):
    """What was given is no code of the clinic's; the message says why and what to do, and does not repeat it."""


class PatientCodes:
    """The codes of one clinic.

    Parameters
    ----------
    pattern
        As ``P-[0-9]{4}``: one to four letters spelled out, or several such in brackets, ``(A|B)``; a hyphen; leading
        digits where all codes share them; and how many digits follow. Each such pattern lies within
        `contract.PatientCode`, which is why no other regular expression is taken.
    checked
        Whether the last digit is Damm's check digit.

    Raises
    ------
    ValueError
        If the pattern is none of that form, or allows codes outside of the contract.
    """

    def __init__(self, pattern: str, *, checked: bool) -> None:
        parts = _PATTERN.fullmatch(pattern)
        if parts is None:
            raise ValueError(
                "write one to four capital letters, a hyphen and the number of digits, such as P-[0-9]{4} or"
                " (A|B)-12[0-9]{3,5}"
            )
        fixed, least = len(parts["fixed"]), int(parts["least"])
        most = int(parts["most"] or least)
        if not (0 < least <= most and fixed + least >= _LEAST_DIGITS and fixed + most <= _MOST_DIGITS):
            raise ValueError(f"a code has {_LEAST_DIGITS} to {_MOST_DIGITS} digits in all, the fewer named first")
        self._code = re.compile(pattern)
        self._checked = checked
        first_letters = parts["letters"] or parts["choice"].partition("|")[0]
        self._stem = f"{first_letters}-{parts['fixed']}"
        self._free = range(least, most + 1)

    @property
    def example(self) -> str:
        """A code that fits."""
        length = min(max(4, self._free[0]), self._free[-1])
        if not self._checked:
            return self._stem + "42"[-length:].zfill(length)
        return self.with_check_digit(self._stem + "42"[: length - 1].zfill(length - 1))

    def accept(self, typed: str) -> str:
        """Return the code that was typed, if it is one.

        Raises
        ------
        CodeRefused
            If it is not; said in words, without what was typed.
        """
        if self._code.fullmatch(typed) is None:
            raise CodeRefused(self._why_no_code(typed))
        digits = typed.partition("-")[2]
        if self._checked and not is_right(digits):
            raise CodeRefused(
                "The code's last digit does not fit the others: a digit is wrong, or two are swapped. Read the code"
                " again."
            )
        self._refuse_birth_date(digits[:-1] if self._checked else digits)
        return typed

    def with_check_digit(self, stem: str) -> str:
        """Return a new code: the clinic's letters and digits with the check digit put behind them.

        Parameters
        ----------
        stem
            The code without its last digit.

        Raises
        ------
        CodeRefused
            If the clinic's codes have no check digit, or what results is none of them.
        """
        if not self._checked:
            raise CodeRefused('Codes have no check digit here. Set check_digit = "damm" under [patients] to use one.')
        digits = stem.partition("-")[2]
        if not (digits.isascii() and digits.isdigit()):
            raise CodeRefused("Give the code without its last digit: letters, a hyphen and digits.")
        return self.accept(stem + check_digit(digits))

    def _why_no_code(self, typed: str) -> str:
        use = f"Use the patient's code, such as {self.example}."
        if "@" in typed:
            return f"This looks like an e-mail address, which never enters the system. {use}"
        if _DATE.search(typed):
            return f"This looks like a date of birth, which never enters the system. {use}"
        digits = "".join(filter(str.isdecimal, typed))
        if looks_like_birth_date(digits):
            return f"This looks like a date of birth, which never enters the system. {use}"
        if _WORD.search(typed) and not digits:
            return f"This looks like a name, which never enters the system. {use}"
        return f"This is no patient code of this clinic. {use}"

    def _refuse_birth_date(self, digits: str) -> None:
        if looks_like_birth_date(digits):
            raise CodeRefused(
                "The code's digits could be a date of birth, which never enters the system. Give the patient another"
                " code; those of four or five digits, with or without a check digit behind them, never meet this."
            )
