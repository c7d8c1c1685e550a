"""Preview frames of real scalps: one end of a picture is the baseline, frames of the other end are looked at.

Turned, reduced, blurred, lit and noised of their own; but of one moment: no hair was clipped or lost between.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

import analysis
from analysis import Measurement
from benchmarks.preview_frames import Preview

BASELINE_SHARE = 0.72
"""Of the picture's width."""
_REDUCED = 3
_FARTHEST = 1.0 - BASELINE_SHARE
_OUTSIDE = 130.0


def baseline_of(picture: NDArray[np.uint8], um_per_px: float) -> Measurement:
    """Measure the left end of a picture."""
    left = np.ascontiguousarray(picture[:, : int(BASELINE_SHARE * picture.shape[1])])
    return analysis.measure(left, analysis.Optics(um_per_px, 0.0))


def preview_of(picture: NDArray[np.uint8], um_per_px: float, rng: np.random.Generator) -> Preview:
    """Cut a frame: far to the right and hardly turned, or less far and turned by up to 30 degrees."""
    rows, columns = picture.shape[:2]
    baseline_columns = int(BASELINE_SHARE * columns)
    far = rng.random() < 0.5
    aside_px = (_FARTHEST if far else float(rng.uniform(0.0, 0.15))) * columns
    turn_deg = float(rng.uniform(-8, 8) if far else rng.uniform(-30, 30))
    angle = np.deg2rad(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    size = (baseline_columns // _REDUCED, rows // _REDUCED)
    seen_middle = np.array([(baseline_columns - 1) / 2 + aside_px, (rows - 1) / 2])
    affine = np.column_stack([turn / _REDUCED, (np.asarray(size) - 1) / 2 - turn / _REDUCED @ seen_middle])
    soft = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(1.5, 5.0)))
    seen = cv2.warpAffine(soft, affine, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(_OUTSIDE,) * 3)
    light = rng.uniform(0.7, 1.15) * (1 + rng.uniform(-0.3, 0.3) * np.linspace(-0.5, 0.5, size[0]))
    noisy = seen * light[None, :, None] + rng.normal(0.0, 6.0, seen.shape)
    right, down = (turn @ np.array([-aside_px, 0.0]) * um_per_px / 1000.0).tolist()
    return Preview(np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8), um_per_px * _REDUCED, (right, down), turn_deg)
