"""Checks of what the picture is held against: the mark in the middle, and the calibration of the scale."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from analysis.mark import find_mark
from contract import Check, Verdict
from device.quality.limits import Limits, check
from device.quality.seen import Plane

MARK_OFF_MM = Limits(1.0, 3.0)
"""From the middle: 1 mm takes a tenth of a field of 10 mm out of the comparison, 3 mm a third."""
_NO_LIMIT = Limits(None, None)


class CalibrationState(StrEnum):
    """What is known of the scale's calibration."""

    IN_DATE = "in date"
    DUE = "due"
    NONE = "none"


def mark_checks(bgr: Plane, um_per_px: float, *, expected: bool) -> tuple[Check, ...]:
    """Judge whether the mark is there and near the middle.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
    um_per_px : float
        Scale of `bgr`.
    expected : bool
        Whether the site has a tattooed mark.
    """
    if not expected:
        sentence = "No mark is expected at this site."
        return (Check(name="mark", unit="mm", verdict=Verdict.PASS, sentence=sentence),)
    found = find_mark(bgr, um_per_px)
    if found is None:
        sentence = "The mark was not found: move the instrument until the tattooed dot is in the middle."
        return (
            Check(
                name="mark",
                unit="mm",
                warn_at=MARK_OFF_MM.warn_at,
                refuse_at=MARK_OFF_MM.refuse_at,
                verdict=Verdict.WARN,  # faded ink, or a dot under many hairs, is seen by a person and not found here
                sentence=sentence,
            ),
        )
    right, down = found.from_middle_mm((bgr.shape[1], bgr.shape[0]), um_per_px)
    where = f"{abs(right):.1f} mm {'right' if right > 0 else 'left'}, {abs(down):.1f} mm {'down' if down > 0 else 'up'}"
    return (
        check(
            "mark",
            float(np.hypot(right, down)),
            "mm",
            MARK_OFF_MM,
            good="The mark is in the middle.",
            warned=f"The mark is off the middle ({where}): centre it.",
            refused=f"The mark is far off the middle ({where}): centre it and take it again.",
        ),
        check("mark-right", right, "mm", _NO_LIMIT, good="Right of the middle.", warned="", refused=""),
        check("mark-down", down, "mm", _NO_LIMIT, good="Below the middle.", warned="", refused=""),
    )


def scale_check(state: CalibrationState | None) -> Check:
    """Judge the scale's calibration: figures without one are kept and flagged, not refused."""
    verdict, sentence = {
        None: (Verdict.PASS, "The calibration was not looked at."),
        CalibrationState.IN_DATE: (Verdict.PASS, "The calibration is in date."),
        CalibrationState.DUE: (Verdict.WARN, "The calibration is due: check or calibrate the instrument."),
        CalibrationState.NONE: (
            Verdict.WARN,
            "No calibration is in force: the scale was typed by hand, and how sure it is nobody knows.",
        ),
    }[state]
    return Check(name="scale", unit="1", verdict=verdict, sentence=sentence)
