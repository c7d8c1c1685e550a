"""How the baseline's millimetres lie in the follow-up's: turned, shifted, scaled, and the skin a little stretched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Json

Points: TypeAlias = NDArray[np.float64]

POWERS = ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3))
"""Of x and y in each term of the stretch: what a cubic over the field can follow, and nothing finer."""
_HELD = 1.1
"""Half sides of the overlap from which the stretch stays as it is: beyond its roots a cubic runs away."""
_INVERSE_STEPS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """From millimetres of the baseline picture to millimetres of the follow-up: (x, y), x right, y down.

    A point is first moved by the stretch, then scaled and turned about the overlap's middle, then shifted.

    Parameters
    ----------
    turn_deg : float
        From x to y, clockwise as seen: how the follow-up shows the scalp turned, -180 to 180.
    shift_mm : (float, float)
        Of the overlap's middle, right and down.
    scale : float
        Length in the follow-up over length in the baseline; 1 where both scales are right.
    middle_mm : (float, float)
        The overlap's middle, in the baseline.
    half_mm : (float, float)
        Half its width and height there.
    stretch : ndarray, shape (2, 9)
        Displacement in mm, in x and y, by each of ``POWERS`` of the place, counted from the middle in units of the
        half diagonal. Zeros where the skin lies as it did.
    """

    turn_deg: float
    shift_mm: tuple[float, float]
    scale: float = 1.0
    middle_mm: tuple[float, float] = (0.0, 0.0)
    half_mm: tuple[float, float] = (5.0, 4.0)
    stretch: Points = field(default_factory=lambda: np.zeros((2, len(POWERS))))

    def to_followup_mm(self, points_mm: Points) -> Points:
        """Where points (n, 2) of the baseline lie in the follow-up."""
        points = np.asarray(points_mm, np.float64).reshape(-1, 2)
        from_middle = points + self._stretched_by_mm(points) - np.asarray(self.middle_mm)
        return np.asarray(self.scale * from_middle @ self._turn.T + self.middle_mm + np.asarray(self.shift_mm))

    def to_baseline_mm(self, points_mm: Points) -> Points:
        """Where points (n, 2) of the follow-up lie in the baseline."""
        points = np.asarray(points_mm, np.float64).reshape(-1, 2)
        moved_back = points - np.asarray(self.middle_mm) - np.asarray(self.shift_mm)
        unturned = moved_back @ self._turn / self.scale + np.asarray(self.middle_mm)
        before = unturned
        for _ in range(
            _INVERSE_STEPS if self.stretch.any() else 0
        ):  # a stretch of 5 % leaves 0.05**12 of the first guess's error
            before = unturned - self._stretched_by_mm(before)
        return np.asarray(before)

    @property
    def largest_stretch_um(self) -> float:
        """The farthest that the stretch moves a point of the overlap."""
        x, y = (np.linspace(-half, half, 15) + at for half, at in zip(self.half_mm, self.middle_mm, strict=True))
        places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        return float(1000.0 * np.hypot(*self._stretched_by_mm(places).T).max())

    def as_dict(self) -> dict[str, Json]:
        """Give the transform as JSON-ready values."""
        return {
            "turn_deg": round(self.turn_deg, 4),
            "shift_mm": [round(float(v), 5) for v in self.shift_mm],
            "scale": round(self.scale, 6),
            "middle_mm": [round(float(v), 4) for v in self.middle_mm],
            "half_mm": [round(float(v), 4) for v in self.half_mm],
            "stretch_um": [[round(1000.0 * float(v), 2) for v in row] for row in self.stretch],
        }

    def _stretched_by_mm(self, points: Points) -> Points:
        if not self.stretch.any():
            return np.zeros_like(points)
        return stretch_terms(points, self.middle_mm, self.half_mm) @ self.stretch.T

    @property
    def _turn(self) -> Points:
        angle = np.deg2rad(self.turn_deg)
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def stretch_terms(points_mm: Points, middle_mm: tuple[float, float], half_mm: tuple[float, float]) -> Points:
    """Give the terms of the stretch at points (n, 2) of the baseline, shape (n, 9)."""
    half = np.asarray(half_mm)
    place = np.clip(points_mm - np.asarray(middle_mm), -_HELD * half, _HELD * half) / np.hypot(*half)
    return np.stack([place[:, 0] ** across * place[:, 1] ** down for across, down in POWERS], axis=1)
