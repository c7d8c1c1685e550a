"""The gate: is this picture good enough to be measured? Each check returns a reason in words, or none.

The limits are of a first gate, set so that a phantom without a fault passes and one with a gross fault does not (see
tests/device/test_quality.py); a gate in physical units, with calibrated light and blur, is to come.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from contract import Quality, Verdict

_DARK, _BRIGHT = 16, 250  # grey levels of 255 below and above which a pixel carries no contrast
_MOST_DARK, _MOST_BRIGHT_WARN, _MOST_BRIGHT_REFUSE = 0.35, 0.03, 0.20
_LEAST_MEDIAN, _MOST_MEDIAN = 25, 240
_SHARPNESS_WARN, _SHARPNESS_REFUSE = 0.20, 0.10
_GRID_UM = 5.3  # sharpness is read at this scale, so that the same optics judge alike on every sensor


def judge(picture: NDArray[np.uint8], um_per_px: float) -> Quality:
    """Judge one still.

    Parameters
    ----------
    picture
        [row, column] grey or [row, column, 3] in B, G, R.
    um_per_px
        Its scale.
    """
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    shrink = min(1.0, um_per_px / _GRID_UM)
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found = [verdict for check in (_exposure, _glare, _focus) if (verdict := check(small))]
    verdicts = {verdict for verdict, _ in found}
    worst = next((v for v in (Verdict.REFUSE, Verdict.WARN) if v in verdicts), Verdict.PASS)
    return Quality(verdict=worst, reasons=tuple(sentence for _, sentence in found))


def _exposure(grey: NDArray[np.uint8]) -> tuple[Verdict, str] | None:
    median = float(np.median(grey))
    if median < _LEAST_MEDIAN or np.mean(grey < _DARK) > _MOST_DARK:
        return Verdict.REFUSE, "Too dark: check the light and that the camera touches the skin, then take it again."
    if median > _MOST_MEDIAN:
        return Verdict.REFUSE, "Too bright: lower the light or the exposure, then take it again."
    return None


def _glare(grey: NDArray[np.uint8]) -> tuple[Verdict, str] | None:
    share = float(np.mean(grey > _BRIGHT))
    if share > _MOST_BRIGHT_REFUSE:
        return Verdict.REFUSE, f"Glare covers {share:.0%} of the picture: dry or degrease the skin and take it again."
    if share > _MOST_BRIGHT_WARN:
        return Verdict.WARN, f"Glare covers {share:.0%} of the picture; hair under it cannot be counted."
    return None


def _focus(grey: NDArray[np.uint8]) -> tuple[Verdict, str] | None:
    sharpness = sharpness_of(grey)
    if sharpness < _SHARPNESS_REFUSE:
        return Verdict.REFUSE, "Out of focus or moved: hold still, focus, and take it again."
    if sharpness < _SHARPNESS_WARN:
        return Verdict.WARN, "Slightly out of focus: thin hairs may be missed and diameters read too large."
    return None


def sharpness_of(grey: NDArray[np.uint8]) -> float:
    """Return how much gradient a slight blur takes from the strongest edges: 0 for none, towards 1 for all.

    The no-reference measure of F. Crete et al. (2007), read on the steepest hundredth of the pixels, which in a scalp
    picture are the edges of hairs; their number then does not matter.
    """
    smoothed = cv2.GaussianBlur(grey, (0, 0), 1.5)
    before, after = (
        cv2.magnitude(cv2.Sobel(g, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(g, cv2.CV_32F, 0, 1, ksize=3))
        for g in (cv2.GaussianBlur(grey, (0, 0), 0.7), smoothed)  # 0.7 px takes the sensor's noise
    )
    steep = before >= np.quantile(before, 0.99)
    total = float(before[steep].sum())
    return 1 - float(after[steep].sum()) / total if total else 0.0
