"""The look at the way to the baseline, on a thread of its own: it takes its time, and the picture does not wait."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Self

from analysis.guidance import Guidance
from device.camera.protocol import Picture
from device.guidance import GuidedAim

_log = logging.getLogger(__name__)

_LEAST_REST_S = 0.05


@dataclass(frozen=True, eq=False)
class _ToLookAt:
    picture: Picture
    um_per_px: float
    guided: GuidedAim


class Looking:
    """Looks at the newest frame as often as half of one core's time allows; frames in between it never sees."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: _ToLookAt | None = None
        self._seen: tuple[GuidedAim, Guidance | None] | None = None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to look."""
        self._ending.clear()
        self._newest = self._seen = None
        self._thread = threading.Thread(target=self._look_on, name="guidance", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Look no more."""
        with self._changed:
            self._ending.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def look(self, picture: Picture, um_per_px: float, guided: GuidedAim) -> Guidance | None:
        """Have a frame looked at, and return at once what the last one looked at for the same baseline said."""
        if guided.measurement is None:
            return None
        with self._changed:
            self._newest = _ToLookAt(picture, um_per_px, guided)
            self._changed.notify_all()
            return self._seen[1] if self._seen is not None and self._seen[0] is guided else None

    def _look_on(self) -> None:
        while (asked := self._next()) is not None:
            began_s = time.monotonic()
            try:
                guidance = asked.guided.look(asked.picture, asked.um_per_px)
            except Exception:  # noqa: BLE001  whatever is wrong with a baseline, the picture goes on without it
                _log.exception("The way to the baseline could not be looked for.")
                guidance = None
            with self._changed:
                self._seen = asked.guided, guidance
            self._ending.wait(max(_LEAST_REST_S, time.monotonic() - began_s))

    def _next(self) -> _ToLookAt | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ending.is_set())
            asked, self._newest = self._newest, None
            return None if self._ending.is_set() else asked
