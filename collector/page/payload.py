"""The first bytes of a message that could not be taken, as text that does nothing: or as numbers, where it is none."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_BYTES = 4096
"""Most that are shown."""

_MOST_CODES = 8
_CUT_WITHIN = 3  # bytes of a letter in UTF-8 whose last ones are behind the cut
_A_LINE = 16


@dataclass(frozen=True)
class ShownBytes:
    """Bytes as text, or as hexadecimal numbers."""

    text: str
    is_text: bool


def shown_bytes(payload: bytes) -> ShownBytes:
    """Return bytes as they may be shown; what is not printable is written as a number."""
    first = payload[:MOST_BYTES]
    for cut in range(_CUT_WITHIN + 1):
        try:
            text = first[: len(first) - cut].decode()
        except UnicodeDecodeError:
            continue
        return ShownBytes("".join(map(_harmless, text)), is_text=True)
    return ShownBytes("\n".join(_lines(first)), is_text=False)


def codes_in(payload: bytes, pattern: str) -> list[str]:
    """Return what in the bytes has a shape, as a patient's code; a few at most, each once.

    Parameters
    ----------
    payload
        As they are shown.
    pattern
        The whole of a code.
    """
    text = payload[:MOST_BYTES].decode("ascii", "replace")
    words = dict.fromkeys(re.findall(r"[A-Za-z0-9-]+", text))
    return [word for word in words if re.fullmatch(pattern, word)][:_MOST_CODES]


def _harmless(letter: str) -> str:
    # Among what is not printable are the marks that turn the direction of writing round.
    return letter if letter.isprintable() or letter == "\n" else f"\\u{ord(letter):04x}"


def _lines(payload: bytes) -> list[str]:
    return [f"{start:04x}  {payload[start : start + _A_LINE].hex(' ')}" for start in range(0, len(payload), _A_LINE)]
