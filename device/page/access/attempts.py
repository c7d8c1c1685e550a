"""Tries of the PIN, counted over the whole instrument: after wrong ones the next waits, longer each time.

The count is on the disk before a PIN is looked at, so that neither a restart nor tries side by side give one away. A
disk that takes nothing stops nobody from working: the count then holds until the program ends.
"""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device import clock
from device.page.access.pin import PinHash, read_pin
from device.page.access.sessions import now_s
from groundwork.durable_file import write_durably

_log = logging.getLogger(__name__)

FREE_TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 15 * 60.0
_FILE = "pin-attempts.json"
_MOST_COUNTED = 1_000_000


@dataclass(frozen=True)
class Tried:
    """What a try of the PIN came to.

    Parameters
    ----------
    right
        Whether it was the PIN.
    wait_s
        Until the next try is looked at.
    tries_left
        Before there is a wait; 0 where each wrong one brings one.
    busy
        Whether it was not looked at, since another was.
    """

    right: bool
    wait_s: float = 0.0
    tries_left: int = 0
    busy: bool = False


class _Counted(BaseModel):
    """The count as it is kept: until when is said on the clock since boot, which only this boot knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wrong: Annotated[int, Field(ge=0, le=_MOST_COUNTED)] = 0
    boot_id: UUID
    until_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class PinLock:
    """The PIN of an instrument, and the tries of it.

    Parameters
    ----------
    pin
        Its hash.
    state_folder
        Where the count is kept; it must exist.
    """

    def __init__(self, pin: PinHash, state_folder: Path) -> None:
        self._pin = pin
        self._file = state_folder / _FILE
        self._one = threading.Lock()
        self._boot_id = clock.boot_id()
        self._wrong, self._until_s = self._read()

    @property
    def wait_s(self) -> float:
        """Seconds until a try is looked at."""
        return max(0.0, self._until_s - now_s())

    def attempt(self, pin: str) -> Tried:
        """Try a PIN. One is looked at at a time, each takes a good part of a second: not to be called on an event loop.

        Parameters
        ----------
        pin
            As it was typed.
        """
        if not self._one.acquire(blocking=False):
            return Tried(right=False, busy=True)
        try:
            if self.wait_s > 0:
                return Tried(right=False, wait_s=self.wait_s)
            self._count(min(self._wrong + 1, _MOST_COUNTED))
            if self._pin.is_of(pin):
                self._count(0)
                return Tried(right=True)
            _log.warning("A wrong PIN was typed at the chair page, %d since the last right one.", self._wrong)
            return Tried(right=False, wait_s=self.wait_s, tries_left=max(0, FREE_TRIES - self._wrong))
        finally:
            self._one.release()

    def _count(self, wrong: int) -> None:
        self._wrong, self._until_s = wrong, now_s() + _wait_s(wrong)
        kept = _Counted(wrong=wrong, boot_id=self._boot_id, until_s=self._until_s)
        try:
            write_durably(self._file, kept.model_dump_json().encode(), mode=0o600)
        except OSError as error:
            _log.warning("Wrong PINs are counted until the next start only: %s (%s).", self._file, error.strerror)

    def _read(self) -> tuple[int, float]:
        try:
            kept = _Counted.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return 0, 0.0
        except (OSError, ValidationError):  # who spoils the count wins nothing by it
            return FREE_TRIES, now_s() + FIRST_WAIT_S
        longest_s = now_s() + _wait_s(kept.wrong)
        # The clock since boot began anew with another boot, and so does the wait.
        return kept.wrong, min(kept.until_s, longest_s) if kept.boot_id == self._boot_id else longest_s


def open_lock(pin: Path | None, state_folder: Path) -> PinLock | None:
    """Return the lock of a PIN's file; None where the settings name none.

    Raises
    ------
    device.page.access.pin.PinUnusable
        If the file cannot be used.
    """
    return None if pin is None else PinLock(read_pin(pin), state_folder)


def _wait_s(wrong: int) -> float:
    """Return the wait after so many wrong PINs: 30 s after the fifth, twice as long after each one more."""
    if wrong < FREE_TRIES:
        return 0.0
    doublings = min(wrong - FREE_TRIES, math.ceil(math.log2(LONGEST_WAIT_S / FIRST_WAIT_S)))
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * float(2**doublings))
