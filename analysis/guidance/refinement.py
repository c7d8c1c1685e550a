"""How exactly a frame lies on the baseline: the baseline's hairs laid on what looks like hair, moved until most fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.guidance.drawn import DrawnHairs
from analysis.guidance.hairiness import FINE_UM

Plane: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float64]

_MOST_POINTS = 700
_LEAST_POINTS = 20
_STEPS = (0.10, 0.05, 0.025, 0.0125)
"""mm, at the field's edge too where turn and scale move it: half of the coarse search's own steps, and finer."""
_MOST_SCALE = 0.04
"""Preview frames are not calibrated: lens, distance and tilt leave their scale open by so much."""
_ELSEWHERE_MM = (0.7, 1.1)
_ELSEWHERE_DEG = (-6.0, 0.0, 6.0)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the baseline lies in a frame.

    Parameters
    ----------
    shift_mm : (float, float)
        Of the baseline's middle, right and down of the frame's middle.
    turn_deg : float
        How the frame shows the baseline turned, clockwise as seen.
    scale : float
        Length in the frame over length in the baseline, as both scales have it.
    """

    shift_mm: tuple[float, float]
    turn_deg: float
    scale: float = 1.0

    def to_frame_mm(self, points_mm: Points) -> Points:
        """Where points (n, 2), from the baseline's middle, lie from the frame's middle."""
        angle = np.deg2rad(self.turn_deg)
        turn = self.scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray(points_mm @ turn.T + np.asarray(self.shift_mm))


class Refinement:
    """The baseline's hairs as points, for frames of any size.

    Parameters
    ----------
    drawn : DrawnHairs
    """

    def __init__(self, drawn: DrawnHairs) -> None:
        points, weights = drawn.points()
        # in a fixed order, spread over the field: the same ones for every frame
        order = np.random.default_rng(1).permutation(len(points))
        self._points, self._weights = points[order], weights[order]
        self._radius_mm = max(1.0, 0.35 * float(np.hypot(*drawn.size_mm)))

    def refine(self, hairs: Plane, placement: Placement, steps_mm: tuple[float, ...] = _STEPS) -> Placement:
        """Move a placement to where the hairs fit best, at most some 0.2 mm and two degrees away."""
        points, weights = self._in_view(hairs, placement)
        if len(points) < _LEAST_POINTS:
            return placement
        at = np.array([*placement.shift_mm, np.deg2rad(placement.turn_deg), placement.scale])
        for step_mm in steps_mm:
            step = step_mm * np.array([1.0, 1.0, 1.0 / self._radius_mm, 1.0 / self._radius_mm])
            for _ in range(3):
                tried = at + step * _NEIGHBOURS
                tried[:, 3] = np.clip(tried[:, 3], 1 - _MOST_SCALE, 1 + _MOST_SCALE)
                fits = _fits(hairs, points, weights, tried)
                best = int(fits.argmax())
                if best == _HERE:
                    break
                at = tried[best]
        return Placement((float(at[0]), float(at[1])), float(np.rad2deg(at[2])), float(at[3]))

    def standing_out(self, hairs: Plane, placement: Placement) -> float:
        """Say by how many standard deviations the hairs fit better here than at places around: 0 where no better."""
        points, weights = self._in_view(hairs, placement)
        if len(points) < _LEAST_POINTS:
            return 0.0
        at = np.array([*placement.shift_mm, np.deg2rad(placement.turn_deg), placement.scale])
        fits = _fits(hairs, points, weights, np.vstack([at, at + _ELSEWHERE]))
        return float((fits[0] - fits[1:].mean()) / max(float(fits[1:].std()), 1e-6))

    def _in_view(self, hairs: Plane, placement: Placement) -> tuple[Points, NDArray[np.float64]]:
        half_mm = np.asarray(hairs.shape[::-1]) * FINE_UM / 2000.0
        seen = (np.abs(placement.to_frame_mm(self._points)) < half_mm).all(axis=1)
        return self._points[seen][:_MOST_POINTS], self._weights[seen][:_MOST_POINTS]


def _fits(hairs: Plane, points: Points, weights: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean hairiness under the points, for each of the placements `at`: x, y in mm, radians, scale."""
    cos, sin = at[:, 3] * np.cos(at[:, 2]), at[:, 3] * np.sin(at[:, 2])
    px_per_mm = 1000.0 / FINE_UM
    middle = (np.asarray(hairs.shape[::-1]) - 1) / 2
    x = np.outer(cos, points[:, 0]) - np.outer(sin, points[:, 1]) + at[:, :1]
    y = np.outer(sin, points[:, 0]) + np.outer(cos, points[:, 1]) + at[:, 1:2]
    under = cv2.remap(
        hairs,
        (x * px_per_mm + middle[0]).astype(np.float32),
        (y * px_per_mm + middle[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0.0,
    )
    return np.asarray(under @ weights.astype(np.float32) / max(float(weights.sum()), 1e-9), np.float64)


_NEIGHBOURS = np.stack(np.meshgrid(*[(-1.0, 0.0, 1.0)] * 3, (-1.0, 0.0, 1.0), indexing="ij"), axis=-1).reshape(-1, 4)
_HERE = len(_NEIGHBOURS) // 2
_ELSEWHERE = np.array(
    [
        [away * np.cos(about), away * np.sin(about), np.deg2rad(turn), 0.0]
        for away in _ELSEWHERE_MM
        for about in np.linspace(0, 2 * np.pi, 12, endpoint=False)
        for turn in _ELSEWHERE_DEG
    ]
)
