"""The look at the way to the baseline, on a thread of its own: it takes its time, and the picture does not wait."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Self

from analysis.guidance import Guidance
from device.backoff import waiting_times_s
from device.camera.protocol import Picture
from device.guidance import GuidedAim

_log = logging.getLogger(__name__)

_LEAST_REST_S = 0.05
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_FAILED = "The way to the baseline could not be looked for. Aim without it; the log says more."


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
        failing: GuidedAim | None = None
        logged, pauses_s = "", waiting_times_s(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        while (asked := self._next()) is not None:
            began_s, guidance = time.monotonic(), None
            try:
                guidance = asked.guided.look(asked.picture, asked.um_per_px)
            except Exception as error:  # noqa: BLE001  whatever is wrong with a baseline, the picture goes on without
                if failing is not asked.guided:
                    failing, logged = asked.guided, ""
                    pauses_s = waiting_times_s(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
                if (failure := repr(error)) != logged:
                    logged = failure
                    _log.exception("The way to the baseline could not be looked for.")
                asked.guided.trouble = _FAILED
                rest_s = next(pauses_s)
            else:
                failing = asked.guided.trouble = None
                rest_s = max(_LEAST_REST_S, time.monotonic() - began_s)
            with self._changed:
                self._seen = asked.guided, guidance
            self._rest(rest_s, asked.guided)

    def _rest(self, at_most_s: float, guided: GuidedAim) -> None:
        """Rest after a look; another baseline is looked for at once."""

        def is_over() -> bool:
            return self._ending.is_set() or (self._newest is not None and self._newest.guided is not guided)

        with self._changed:
            self._changed.wait_for(is_over, at_most_s)

    def _next(self) -> _ToLookAt | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ending.is_set())
            asked, self._newest = self._newest, None
            return None if self._ending.is_set() else asked
