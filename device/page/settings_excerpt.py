"""The lines of a settings file around a fault, for a screen: no secret that somebody typed there is shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_AROUND = 2
_MOST_LINES = 24
_MOST_CHARACTERS = 160
_HIDDEN = "\N{BULLET}" * 6

# Settings name files of secrets, never secrets; who mistook that must not have it read out to the room.
_SECRET = re.compile(
    r"^(\s*[\w\"'.-]*(?:key|pin|pass|secret|token|code|certificate)[\w\"'.-]*\s*=\s*)(.+)$", re.IGNORECASE
)
_HARMLESS = re.compile(r"^\s*(?:foot_switch_key|pin)\s*=\s*(?:\d{1,2}|\"KEY_\w+\"|\"\w\")\s*(?:#.*)?$")
_LONG_BLOB = re.compile(r"[A-Za-z0-9+=_-]{28,}")


@dataclass(frozen=True)
class Line:
    """One line of the file.

    Parameters
    ----------
    number
        From 1.
    text
        As it stands there, secrets hidden.
    at_fault
        Whether the error names it.
    """

    number: int
    text: str
    at_fault: bool


def excerpt(file: Path, faults: Collection[int]) -> tuple[Line, ...]:
    """Return the lines at fault with their neighbours; none where the file cannot be read or no line is named.

    Parameters
    ----------
    file
        The settings file.
    faults
        Numbers of lines, from 1.
    """
    try:
        lines = file.read_bytes().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    shown = sorted({near for line in faults for near in range(line - _AROUND, line + _AROUND + 1)})
    hidden = dict(enumerate(_without_secrets(lines), start=1))
    return tuple(Line(number, hidden[number], number in faults) for number in shown if number in hidden)[:_MOST_LINES]


def _without_secrets(lines: Collection[str]) -> Iterator[str]:
    """Give the lines with what follows a secret's name hidden, a text of several lines to its end."""
    closing: str | None = None
    for line in lines:
        if closing is not None:
            closing = None if closing in line else closing
            yield _HIDDEN
            continue
        secret = None if _HARMLESS.match(line) else _SECRET.match(line)
        if secret is None:
            yield _LONG_BLOB.sub(_HIDDEN, line)[:_MOST_CHARACTERS]
            continue
        opening = secret[2].lstrip()[:3]
        if opening in {'"""', "'''"} and opening not in secret[2].lstrip()[3:]:
            closing = opening
        yield f"{secret[1]}{_HIDDEN}"[:_MOST_CHARACTERS]
