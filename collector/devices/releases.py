"""Which releases the instruments run: the oldest, the newest, and whether they are mixed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Releases:
    """Of all instruments that said theirs; both None where none did."""

    oldest: str | None
    newest: str | None

    @property
    def mixed(self) -> bool:
        """Whether instruments run different releases."""
        return self.oldest != self.newest


def releases(versions: Iterable[str]) -> Releases:
    """Return what runs, by the numbers in a version's name; names without any come first, by their letters."""
    in_order = sorted(set(versions), key=lambda version: (_numbers(version), version))
    return Releases(in_order[0], in_order[-1]) if in_order else Releases(None, None)


def _numbers(version: str) -> tuple[int, ...]:
    # The digits are bounded: a device's word is no number to be long at.
    return tuple(int(digits) for digits in re.findall(r"[0-9]{1,9}", version.partition("+")[0]))
