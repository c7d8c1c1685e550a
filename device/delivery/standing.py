"""How the delivery stands, for who looks at it from another process: the connection, and what is on its way.

A small file in the state folder, written anew at most a few times a second and not forced to the disk: what it says is
true for the moment only, and forgotten with the process. What must not be lost is in the store.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from device import clock

_log = logging.getLogger(__name__)

_FILE = "delivery.json"
_AT_MOST_EVERY_S, _AT_LEAST_EVERY_S = 0.25, 5.0
_STALE_AFTER_S = 3 * _AT_LEAST_EVERY_S


@dataclass(frozen=True)
class Standing:
    """How the delivery stands.

    Parameters
    ----------
    connected
        Whether the clinic's broker has accepted the connection.
    reason
        Why not; a sentence's end. None while it is connected, or was not tried yet.
    sent
        Messages that the broker was handed, and no receipt came for yet.
    """

    connected: bool
    reason: str | None
    sent: frozenset[UUID]


class StandingFile:
    """Writes how the delivery stands.

    Parameters
    ----------
    folder
        The state folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self._written: Standing | None = None
        self._written_s = float("-inf")

    def tell(self, connected: bool, sent: Collection[UUID]) -> None:
        """Write it if it is news, or to say that the delivery still runs."""
        moment_s = time.monotonic()
        if moment_s - self._written_s < _AT_MOST_EVERY_S:
            return
        standing = Standing(connected, None, frozenset(sent))
        if standing != self._written or moment_s - self._written_s >= _AT_LEAST_EVERY_S:
            self._write(standing, _STALE_AFTER_S)

    def tell_pause(self, reason: str, pause_s: float) -> None:
        """Write at once that there is no connection, why, and that nothing more is said for a while."""
        self._write(Standing(connected=False, reason=reason, sent=frozenset()), pause_s + _STALE_AFTER_S)

    def _write(self, standing: Standing, holds_s: float) -> None:
        """Write it; a disk that refuses is no reason to stop delivering."""
        self._written, self._written_s = standing, time.monotonic()
        values = {
            "holds_until_s": time.clock_gettime(time.CLOCK_BOOTTIME) + holds_s,
            "boot_id": str(clock.boot_id()),
            "connected": standing.connected,
            "reason": standing.reason,
            "sent": sorted(map(str, standing.sent)),
        }
        beside = self._file.with_suffix(".json.new")
        try:
            beside.write_text(json.dumps(values), encoding="utf-8")
            beside.replace(self._file)
        except OSError as error:
            _log.debug("How the delivery stands could not be written down: %s", error)


def read_standing(folder: Path) -> Standing | None:
    """Return how the delivery stands; None if it does not run, or has not said a word for a while."""
    try:
        values = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        holds = values["boot_id"] == str(clock.boot_id())
        holds = holds and time.clock_gettime(time.CLOCK_BOOTTIME) < float(values["holds_until_s"])
        standing = Standing(bool(values["connected"]), values["reason"], frozenset(map(UUID, values["sent"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return standing if holds else None
