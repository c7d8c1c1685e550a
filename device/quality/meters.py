"""The live meters: a cheap look at every preview frame, while the instrument is aimed and focused.

What is measured is always a still.  Here a frame of some 640 px is enough, and its figures are for comparison with the
frame before: the focus goes up or down, the mark moves.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.mark import find_mark
from device.quality.seen import Plane

WIDTH_PX = 640
DARK, BRIGHT = 15, 251
_STEEPEST = 0.995
_TREND_FRAMES = 6
_STEADY_SHARE = 0.03
_LEAST_GRADIENT = 2.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meters show for one frame.

    Parameters
    ----------
    focus : float
        0 to 1: how much of the steepest gradients a slight blur takes; higher is sharper. For comparison with other
        frames of the same scene only.
    focus_peak : float
        Highest since the last reset.
    focus_trend : {-1, 0, 1}
        Whether the focus is falling, steady or rising over the last frames.
    exposure : float
        Median brightness, 0 to 1.
    under_share, over_share : float
        Shares of the frame near black, and with light cut off.
    glare_share : float
        Share of the frame that is white or nearly so in all colours.
    mark_mm : (float, float) or None
        Right and down of the frame's middle; None where no mark is seen or none was looked for.
    """

    focus: float
    focus_peak: float
    focus_trend: int
    exposure: float
    under_share: float
    over_share: float
    glare_share: float
    mark_mm: tuple[float, float] | None


class Meters:
    """Meters of one aiming: they hold the peak and the trend until `reset`.

    Parameters
    ----------
    um_per_px : float
        Scale of the preview frames: the still's, times by how much narrower the frame is.
    mark_expected : bool
        Whether to look for a mark.
    """

    def __init__(self, um_per_px: float, *, mark_expected: bool = False) -> None:
        self._um_per_px = um_per_px
        self._mark_expected = mark_expected
        self._recent: deque[float] = deque(maxlen=_TREND_FRAMES)
        self._peak = 0.0

    def reset(self) -> None:
        """Forget peak and trend: another place is aimed at."""
        self._recent.clear()
        self._peak = 0.0

    def read(self, frame: NDArray[np.uint8]) -> Reading:
        """Read one preview frame.

        Parameters
        ----------
        frame : ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
            Grey or B, G, R; wider ones than 640 px are reduced first.
        """
        shrink = min(1.0, WIDTH_PX / frame.shape[1])
        if shrink < 1.0:
            frame = np.asarray(cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
        grey = frame if frame.ndim == 2 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)
        focus = focus_of(grey)
        self._recent.append(focus)
        self._peak = max(self._peak, focus)
        most, least = (grey, grey) if frame.ndim == 2 else _extremes(frame)
        colour = frame if frame.ndim == 3 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR), np.uint8)
        um_per_px = self._um_per_px / shrink
        seen = find_mark(colour, um_per_px) if self._mark_expected else None
        return Reading(
            focus=focus,
            focus_peak=self._peak,
            focus_trend=self._trend(),
            exposure=float(np.median(grey[::2, ::2])) / 255.0,
            under_share=_share(most < DARK),
            over_share=_share(most >= BRIGHT),
            glare_share=_share(least >= BRIGHT),
            mark_mm=None if seen is None else seen.from_middle_mm((colour.shape[1], colour.shape[0]), um_per_px),
        )

    def _trend(self) -> int:
        if len(self._recent) < _TREND_FRAMES:
            return 0
        readings = np.array(self._recent)
        half = _TREND_FRAMES // 2
        before, now = float(readings[:half].mean()), float(readings[half:].mean())
        if abs(now - before) <= _STEADY_SHARE * max(before, 1e-6):
            return 0
        return 1 if now > before else -1


def focus_of(grey: NDArray[np.uint8]) -> float:
    """Say how much of the steepest gradients a slight blur takes: 0 for a frame without any, towards 1 for sharp edges.

    The no-reference measure of F. Crete et al. (2007) on the steepest two hundredths of the pixels, which in a scalp
    are the edges of hairs: their number then does not matter.

    Parameters
    ----------
    grey : ndarray of uint8, shape (rows, columns)
    """
    soft = cv2.blur(grey, (5, 5))
    before, after = _steepness(grey), _steepness(np.asarray(soft, np.uint8))
    sample = before[::2, ::2].ravel()
    steepest = int(_STEEPEST * (sample.size - 1))
    least = max(float(np.partition(sample, steepest)[steepest]), _LEAST_GRADIENT)
    steep = before >= least
    total = float(before[steep].sum())
    return max(0.0, 1.0 - float(after[steep].sum()) / total) if total else 0.0


def _steepness(grey: NDArray[np.uint8]) -> Plane:
    x, y = (cv2.Sobel(grey, cv2.CV_32F, *which, ksize=3) for which in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(x, y), np.float32)


def _extremes(frame: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    blue, green, red = cv2.split(frame)
    return (
        np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8),
        np.asarray(cv2.min(cv2.min(blue, green), red), np.uint8),
    )


def _share(mask: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(mask)) / mask.size
