"""The baseline's hairs as lines in millimetres from the middle of its picture: what a preview frame is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement

Points: TypeAlias = NDArray[np.float64]
Plane: TypeAlias = NDArray[np.float32]

STEP_MM = 0.06
"""Between the points that a line is followed by."""
_SURE_MM, _FADE_MM = 0.4, 0.5
"""Clipped anew, a hair is as long as this at least; farther out it counts less and less."""
_USUAL_UM = 60.0
_SHIFT = 4  # OpenCV draws at 1/16 px


@dataclass(frozen=True, slots=True, eq=False)
class DrawnHairs:
    """Hairs of the baseline as lines.

    Parameters
    ----------
    lines_mm : tuple of ndarray, each of shape (n, 2)
        From the root outwards, (x, y) from the middle of the picture: x right, y down.
    weights : ndarray, shape (hairs,)
        How much is to be seen of each: by its width and its probability.
    size_mm : (float, float)
        Width and height of the picture.
    frame_mm : (float, float, float, float)
        Edges x0, y0, x1, y1 of the counting frame, from the picture's middle.
    darker : bool
        Whether hair is darker than the skin.
    mark_mm : (float, float) or None
        The tattooed mark, from the picture's middle.
    """

    lines_mm: tuple[Points, ...]
    weights: NDArray[np.float64]
    size_mm: tuple[float, float]
    frame_mm: tuple[float, float, float, float]
    darker: bool
    mark_mm: tuple[float, float] | None = None

    @classmethod
    def of(cls, measurement: Measurement) -> DrawnHairs:
        """Take the lines of a measurement: its hairs, and the lines that count as none, by their probability."""
        mm_per_px = measurement.um_per_px / 1000.0
        middle_px = (np.asarray(measurement.picture_px, np.float64) - 1) / 2
        lines = [(hair.centreline_px, hair.diameter_um, hair.probability) for hair in measurement.hairs]
        lines += [(line.line_px, line.width_um, line.probability) for line in measurement.uncounted]
        in_mm = tuple((np.asarray(line, np.float64).reshape(-1, 2) - middle_px) * mm_per_px for line, _, _ in lines)
        widths = np.array([_USUAL_UM if um is None else um for _, um, _ in lines])
        x0, y0, x1, y1 = measurement.frame_px
        contrast = measurement.shaft_contrast
        width_px, height_px = measurement.picture_px
        return cls(
            in_mm,
            np.minimum(widths / _USUAL_UM, 1.5) * np.array([probability for _, _, probability in lines]),
            (width_px * mm_per_px, height_px * mm_per_px),
            (
                float((x0 - middle_px[0]) * mm_per_px),
                float((y0 - middle_px[1]) * mm_per_px),
                float((x1 - middle_px[0]) * mm_per_px),
                float((y1 - middle_px[1]) * mm_per_px),
            ),
            contrast is None or contrast.value >= 0.0,
        )

    def points(self) -> tuple[Points, NDArray[np.float64]]:
        """Give points (n, 2) along all lines, ``STEP_MM`` apart, and the weight of each."""
        places, weights = [np.empty((0, 2))], [np.empty(0)]
        for line, weight in zip(self.lines_mm, self.weights, strict=True):
            along, arc = _followed(line)
            places.append(along)
            weights.append(weight * _to_be_seen(arc))
        return np.concatenate(places), np.concatenate(weights)

    def plane(self, um_per_px: float, width_um: float) -> Plane:
        """Draw the lines in a plane of the picture's size, its middle in the plane's: 0 to 1, dark where hair is."""
        width, height = (max(1, round(side * 1000.0 / um_per_px)) for side in self.size_mm)
        plane = np.zeros((height, width), np.float32)
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        thickness = max(1, round(width_um / um_per_px))
        for line, weight in zip(self.lines_mm, self.weights, strict=True):
            along, arc = _followed(line)
            seen = weight * _to_be_seen(arc)
            fixed = np.rint((along * 1000.0 / um_per_px + middle) * 2**_SHIFT).astype(np.int32)
            for start, end, value in zip(fixed[:-1], fixed[1:], seen[1:], strict=True):
                cv2.line(plane, start.tolist(), end.tolist(), float(value), thickness, cv2.LINE_8, _SHIFT)
        return plane


def _followed(line: Points) -> tuple[Points, NDArray[np.float64]]:
    """Points along a line, ``STEP_MM`` apart, and how far along each lies."""
    reached = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    arc = np.linspace(0.0, reached[-1], max(2, round(reached[-1] / STEP_MM) + 1))
    return np.column_stack([np.interp(arc, reached, axis) for axis in line.T]), arc


def _to_be_seen(arc: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-np.maximum(arc - _SURE_MM, 0.0) / _FADE_MM)
