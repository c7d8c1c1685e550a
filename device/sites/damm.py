"""Damm's check digit: one decimal digit that shows every single wrong digit and every swap of two neighbours.

H. M. Damm, Total anti-symmetrische Quasigruppen (thesis, Marburg 2004); the table is its example of order 10. Chosen
over Luhn (takes 09 for 90) and ISO 7064 MOD 11,10 (misses one swap in 45): wrong digits and swaps are the slips of a
person who copies a code, and this one misses none of either. Leading zeros change nothing.
"""

_TABLE = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def check_digit(digits: str) -> str:
    """Return the digit to be put behind ``digits`` (0-9 only)."""
    interim = "0"
    for digit in digits:
        interim = _TABLE[int(interim)][int(digit)]
    return interim


def is_right(digits: str) -> bool:
    """Say whether the last of ``digits`` is the check digit of those before it."""
    return check_digit(digits) == "0"  # the table's diagonal is 0: a right digit always leads there
