"""The gate: everything that is looked at on one still, and the verdict that comes of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement, PictureUnusable
from analysis.optics import Optics
from analysis.view import LINE_UM_PER_PX
from contract import Check, Quality, Repeatability, Verdict
from device.quality import bubbles, light
from device.quality.cover_checks import cover_checks
from device.quality.focus_checks import focus_checks
from device.quality.hair_checks import HairAsked, hair_checks, repeat_check
from device.quality.light_checks import light_checks
from device.quality.place_checks import CalibrationState, mark_checks, scale_check
from device.quality.seen import Seen


def judge(
    picture: NDArray[np.generic],
    optics: float | Optics,
    *,
    measurement: Measurement | None = None,
    calibration_state: CalibrationState | None = None,
    mark_expected: bool = False,
    hair: HairAsked | None = None,
    blur_um_per_mm: float | None = None,
    tilt_deg: float | None = None,
    repeatability: Repeatability | None = None,
) -> Quality:
    """Judge one still.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8 or uint16, grey or B, G, R: what is kept and measured.
    optics : float or Optics
        Its scale in um per px, or all that calibration knows.
    measurement : Measurement, optional
        Of this picture. Without it hairs in doubt and their order are not judged, and the frame's area by the usual
        density.
    calibration_state : CalibrationState, optional
        None leaves the scale unjudged.
    mark_expected : bool
        Whether the site has a tattooed mark.
    hair : {"clipped", "long"}, optional
        As what the hair was made ready. Where nobody says, long hair over the field only warns.
    blur_um_per_mm : float, optional
        By how much the lens's blur (sigma on the skin, in um) grows per mm off focus: with it the picture tells its
        tilt. A focus sweep gives it.
    tilt_deg : float, optional
        Tilt that calibration knows, of an instrument that rests on the skin; goes before what the picture tells.
    repeatability : Repeatability, optional
        Of the burst that the still is of.

    Returns
    -------
    Quality
        Every check with value, limits and a sentence; the worst verdict of all, and the sentences that made it.
    """
    try:
        seen = Seen.of(picture, Optics.of(optics))
    except PictureUnusable as cause:
        return Quality(verdict=Verdict.REFUSE, reasons=(_capital(str(cause)),))
    grey = np.asarray(cv2.cvtColor(seen.bgr, cv2.COLOR_BGR2GRAY), np.float32)
    veiled = light.veiled(seen)
    bubbled = bubbles.find(grey, LINE_UM_PER_PX).covered((grey.shape[0], grey.shape[1]))
    return _together(
        (
            *light_checks(seen, veiled),
            *focus_checks(
                seen,
                blur_um_per_mm=blur_um_per_mm,
                known_tilt_deg=tilt_deg,
            ),
            *cover_checks(seen, veiled, bubbled, measurement),
            *hair_checks(grey, LINE_UM_PER_PX, measurement, hair),
            repeat_check(repeatability, measurement),
            *mark_checks(seen.bgr, LINE_UM_PER_PX, expected=mark_expected),
            scale_check(calibration_state),
        )
    )


def _together(checks: tuple[Check, ...]) -> Quality:
    """Take the worst verdict, and what was said against the picture, the worst first."""
    by_verdict = {v: tuple(c.sentence for c in checks if c.verdict is v) for v in (Verdict.REFUSE, Verdict.WARN)}
    worst = next((verdict for verdict, said in by_verdict.items() if said), Verdict.PASS)
    return Quality(verdict=worst, reasons=by_verdict[Verdict.REFUSE] + by_verdict[Verdict.WARN], checks=checks)


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:299]}"
