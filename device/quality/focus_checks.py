"""Checks of focus, motion and tilt, all from the softness of the picture's own edges."""

from __future__ import annotations

import cv2
import numpy as np

from analysis.exclusions import grown
from contract import Check, Verdict
from device.quality import edges, softness
from device.quality.edges import Edges
from device.quality.light import BRIGHT
from device.quality.limits import Limits, check
from device.quality.seen import Mask, Seen

SHARPNESS_UM = Limits(28.0, 34.0)
"""Edge width from 10 to 90 %.  On drawn scalps the density is off by 10 % or more from 33 um on (thin hairs drop out);
in focus they show 12 um, skin without a hair 10 to 16.  Of 95 annotated real scalps half lie above 23 um and a
twentieth above 33, and those are counted as well as the others: limits from drawn scalps alone refused a sixth."""
OVER_CALIBRATED = 1.4
"""Where best focus itself is softer, the warning begins this much above it."""
MOTION_UM = Limits(25.0, 40.0)
"""Of 240 drawn pictures that did not move one read 12 um, the others none; from 17 um on single densities were off by
6 %.  But a tenth of 95 annotated real scalps reads 27 um and more, and is counted as well as the others: a lens' own
astigmatism looks like motion."""
TILT_DEG = Limits(6.0, 9.0)
"""A tilted field is longer than it looks by 1 / cos (1 % at 9 degrees) and goes out of focus towards its ends: on drawn
scalps single densities were off by 9 % from 10 degrees on.  Level ones read 3.3 degrees at most."""
_CLEAR_OF_GLARE_PX = 3  # at 10.6 um/px: light that is cut off makes edges of any width


def focus_checks(seen: Seen, *, blur_um_per_mm: float | None, known_tilt_deg: float | None) -> tuple[Check, ...]:
    """Judge sharpness, motion and tilt.

    Parameters
    ----------
    seen : Seen
    blur_um_per_mm : float or None
        By how much the lens's blur grows per mm of depth, where calibration knows it: then softness tells the tilt.
    known_tilt_deg : float or None
        Tilt that calibration knows of an instrument that rests on the skin.
    """
    found = edges.find(seen.grey, _usable(seen))
    motion = softness.motion(found, seen.um_per_px)
    tilt_deg = known_tilt_deg
    if tilt_deg is None and blur_um_per_mm is not None:
        best_um = seen.calibrated_sigma_um
        tilt_deg = softness.tilt_deg(found, seen.grey.shape, seen.um_per_px, blur_um_per_mm, best_um)
    return (
        _sharpness(found, seen),
        check(
            "motion",
            (0.0 if motion is None else motion.length_um) if softness.tells_motion(found) else None,
            "um",
            MOTION_UM,
            good="No motion seen.",
            warned="The picture moved by about {value:.0f} um: rest the instrument on the skin and hold still.",
            refused="The picture moved by about {value:.0f} um: rest the instrument on the skin, hold still, and take"
            " it again.",
            unknown="Motion was not measured: too few edges, or all run one way.",
        ),
        check(
            "motion-direction",
            None if motion is None else motion.direction_deg,
            "deg",
            Limits(None, None),
            good="Motion ran along {value:.0f} degrees, from right to down.",
            warned="",
            refused="",
            unknown="No motion, no direction.",
        ),
        check(
            "tilt",
            tilt_deg,
            "deg",
            TILT_DEG,
            good="Tilted by {value:.0f} degrees.",
            warned="Tilted by {value:.0f} degrees: set the instrument down flat.",
            refused="Tilted by {value:.0f} degrees: set the instrument down flat and take it again.",
            unknown="Tilt was not measured: this picture and its calibration do not show it.",
        ),
    )


def _sharpness(found: Edges, seen: Seen) -> Check:
    sigma_px = softness.sigma_px(found, seen.grey.shape)
    best_um = (seen.calibrated_sigma_um or 0.0) * softness.WIDTH_PER_SIGMA
    warn_at, refuse_at = SHARPNESS_UM.warn_at or 0.0, SHARPNESS_UM.refuse_at or 0.0
    limits = Limits(min(max(warn_at, OVER_CALIBRATED * best_um), refuse_at), refuse_at)
    made = check(
        "sharpness",
        None if sigma_px is None else sigma_px * seen.um_per_px * softness.WIDTH_PER_SIGMA,
        "um",
        limits,
        good="Sharp: edges are {value:.0f} um wide.",
        warned="Slightly out of focus: edges are {value:.0f} um wide; thin hairs may be missed.",
        refused="Out of focus or moved: edges are {value:.0f} um wide; focus, hold still, and take it again.",
        unknown="Focus could not be told: the picture has no clear edges. Look whether it is sharp.",
    )
    return made if sigma_px is not None else made.model_copy(update={"verdict": Verdict.WARN})


def _usable(seen: Seen) -> Mask:
    """Where edges are the optics' own, at the scale of ``seen.grey``."""
    brightest = np.maximum(np.maximum(seen.bgr[..., 0], seen.bgr[..., 1]), seen.bgr[..., 2])
    out = grown((brightest >= BRIGHT) | seen.frame.outside, _CLEAR_OF_GLARE_PX).astype(np.uint8)
    rows, columns = seen.grey.shape
    return np.asarray(cv2.resize(out, (columns, rows), interpolation=cv2.INTER_NEAREST) == 0)
