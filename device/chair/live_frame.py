"""One live frame as all who watch get it: its meters, the way to the baseline, and its JPEG made once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import cv2
import numpy as np

from analysis.guidance import Guidance
from device.camera import HeldTo
from device.camera.protocol import Picture
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
    picture
        uint8 [row, column, 3], blue, green, red.
    um_per_px
        About its scale.
    reading
        Of the meters.
    guidance
        To the baseline, of a frame up to some tenths of a second older; None without one.
    aim
        What the camera is held to.
    """

    number: int
    taken_s: float
    picture: Picture
    um_per_px: float
    reading: Reading
    guidance: Guidance | None
    aim: HeldTo | None
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _encoded: dict[tuple[int, int], bytes] = field(default_factory=dict, repr=False)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.picture.shape[1], self.picture.shape[0]

    def jpeg(self, quality: int, width_px: int | None = None) -> bytes:
        """Return the picture as JPEG, encoded once for each quality and width however many watch.

        Parameters
        ----------
        quality
            1 to 100.
        width_px
            Of the JPEG; the frame is never enlarged. None for the frame's own.
        """
        width, height = self.size_px
        wanted = width if width_px is None else min(width, width_px)
        with self._turn:
            if (known := self._encoded.get((quality, wanted))) is not None:
                return known
            picture = self.picture
            if wanted < width:
                size = (wanted, max(1, round(height * wanted / width)))
                picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
            # Subsampled colour is what the eye does not see, and a third less to send.
            _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
            self._encoded[quality, wanted] = content = coded.tobytes()
            return content
