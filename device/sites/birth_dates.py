"""Whether a code's digits could be somebody's date of birth.

A date of birth with a clinic's name finds a person. What is looked for: eight digits in a row, anywhere, that are a day
of the years 1900 to 2099 in any of three orders; six that are all there is, or that lead a number of ten (as in the
Danish and Swedish personal numbers). Chance makes one of five hundred codes of eight digits such a day, and one of
twelve of six; codes of up to five digits, and of seven, never are.
"""

from itertools import pairwise

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def looks_like_birth_date(digits: str) -> bool:
    """Say whether the digits hold a plausible date of birth.

    Parameters
    ----------
    digits
        Of a code, without its check digit.
    """
    in_full = any(_is_day(digits[at : at + 8], year_digits=4) for at in range(len(digits) - 7))
    return in_full or (len(digits) in {6, 10} and _is_day(digits[:6], year_digits=2))


def _is_day(digits: str, *, year_digits: int) -> bool:
    """Try year-month-day, day-month-year and month-day-year."""
    last = len(digits)
    orders = (
        (0, year_digits, year_digits + 2, last, "ymd"),
        (0, 2, 4, last, "dmy"),
        (0, 2, 4, last, "mdy"),
    )
    for *cuts, order in orders:
        part = {name: digits[start:end] for name, (start, end) in zip(order, pairwise(cuts), strict=True)}
        month, day = int(part["m"]), int(part["d"])
        plausible = year_digits == 2 or part["y"][:2] in {"19", "20"}
        if plausible and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]:
            return True
    return False
