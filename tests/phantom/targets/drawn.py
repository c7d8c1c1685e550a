"""Targets as they are drawn: looked at on a fine grid, without a camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.targets.plane import Plane, Target


def looked_at(target: Target, middle_mm: tuple[float, float], span_mm: float, blur_mm: float, side: int = 400) -> Plane:
    """Reflectance over a square, shape (side, side)."""
    along = ((np.arange(side) + 0.5) / side - 0.5) * span_mm
    x_mm, y_mm = (m.astype(np.float32) for m in np.meshgrid(along + middle_mm[0], along + middle_mm[1]))
    return target.reflectance(x_mm, y_mm, np.full_like(x_mm, blur_mm))


def blurred_by_hand(target: Target, middle_mm: tuple[float, float], span_mm: float, blur_mm: float) -> Plane:
    """Draw the same all but sharp, twice as wide, and blur it by summing: what the closed form has to agree with."""
    side = 800
    sharp = looked_at(target, middle_mm, 2 * span_mm, 1e-5, side)
    smooth = cv2.GaussianBlur(sharp, (0, 0), blur_mm / (2 * span_mm / side))
    return np.asarray(smooth[side // 4 : -side // 4, side // 4 : -side // 4], np.float32)


def dark_middle(seen: NDArray[np.float32], span_mm: float) -> tuple[float, float]:
    """Centroid of what is dark, in mm from the middle of the square."""
    weight = (seen.max() - seen).astype(float)
    along = ((np.arange(len(seen)) + 0.5) / len(seen) - 0.5) * span_mm
    x_mm, y_mm = (float((weight.sum(axis=axis) * along).sum() / weight.sum()) for axis in (0, 1))
    return x_mm, y_mm
