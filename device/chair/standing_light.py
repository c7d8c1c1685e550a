"""The ring that stands lit while somebody watches the live picture."""

from __future__ import annotations

import time
from collections.abc import Callable

from device.lights import Lights, LightsError, Ring

_TRY_AGAIN_S = 1.0


def _nobody() -> bool:
    return False


class StandingLight:
    """Keeps one ring lit, and leaves the light alone while others need it.

    A capture lights its ring and turns back to what was lit before, and leaves all dark after an error; a step of the
    calibration may want darkness. So nothing is switched while `in_use` says that the light is somebody's.

    Parameters
    ----------
    lights
        Open.
    ring
        None where the instrument drives no light for captures.
    """

    def __init__(self, lights: Lights, ring: Ring | None) -> None:
        self._lights = lights
        self._ring = ring
        self._next_try_s = 0.0
        self.in_use: Callable[[], bool] = _nobody
        self.trouble: LightsError | None = None

    def keep(self) -> None:
        """Light the ring if all is dark and nobody wants that; a failure is kept in `trouble` and tried again."""
        if self._ring is None or self._lights.lit_ring is not None or self.in_use():
            return
        if time.monotonic() < self._next_try_s:
            return
        try:
            self._lights.on(self._ring)
        except LightsError as error:
            self.trouble = error.with_traceback(None)
            self._next_try_s = time.monotonic() + _TRY_AGAIN_S
        else:
            self.trouble = None

    def darken(self) -> None:
        """Switch the ring off, unless the light is somebody's now: it is theirs to darken then."""
        if self._ring is None or self._lights.lit_ring is not self._ring or self.in_use():
            return
        try:
            self._lights.off()
        except LightsError as error:
            self.trouble = error.with_traceback(None)
