"""The live picture for the page: each preview frame once read, guided and encoded, for all who watch.

The camera runs, and its light is lit, only while somebody watches.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Self

from analysis.guidance import Guidance
from device.camera import HeldTo
from device.guidance import GuidedAim
from device.instrument import Instrument
from device.quality.meters import Reading


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One preview frame as it is shown.

    Parameters
    ----------
    number
        Counts frames since the start, over all aims.
    taken_s
        When the frame began, on the clock that counts from boot (CLOCK_BOOTTIME).
    size_px
        Width and height.
    reading
        Of the meters.
    guidance
        To the baseline; None without one.
    aim
        What the camera is held to.
    """

    number: int
    taken_s: float
    size_px: tuple[int, int]
    reading: Reading
    guidance: Guidance | None
    aim: HeldTo | None

    def jpeg(self, quality: int) -> bytes:
        """Return the picture as JPEG, encoded once for each quality however many watch."""
        raise NotImplementedError


class LiveStream:
    """The newest live frame of an instrument, for as long as its context lasts.

    Parameters
    ----------
    instrument
        Open.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        """Be ready to stream; the camera runs from the first watcher on."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End, and darken the light."""

    @property
    def aim(self) -> HeldTo | None:
        """What the camera is held to."""
        return None

    def aim_at(self, aim: HeldTo | None, guided: GuidedAim | None = None) -> None:
        """Hold the camera to something else: peak, trend and guidance begin anew."""
