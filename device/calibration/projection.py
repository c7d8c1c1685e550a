"""A flat target seen through a lens with radial distortion: plane millimetres to pixels and back.

The plane goes through a homography into the picture of a lens without distortion, where lengths are counted in half
diagonals from the picture's middle; from there a point at distance r goes to ``r * (1 + k1 * r**2)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

PARAMETERS = 9
"""Eight of the homography, row by row without its last, which is 1; then k1."""

_NEWTON_STEPS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """One lens and one plane.

    Parameters
    ----------
    size_px : (int, int)
        Width and height of the picture.
    parameters : ndarray, shape (9,)
        See ``PARAMETERS``.
    """

    size_px: tuple[int, int]
    parameters: Points

    @property
    def homography(self) -> Points:
        """Plane mm to half diagonals, shape (3, 3)."""
        return np.append(self.parameters[:8], 1.0).reshape(3, 3)

    @property
    def k1(self) -> float:
        """Radial distortion."""
        return float(self.parameters[8])

    @property
    def middle_px(self) -> Points:
        """(x, y) of the picture's middle."""
        return (np.asarray(self.size_px, float) - 1) / 2

    @property
    def half_diagonal_px(self) -> float:
        """From the picture's middle to its corner."""
        return 0.5 * float(np.hypot(*self.size_px))

    def to_px(self, mm: Points) -> Points:
        """Plane mm, shape (..., 2), to pixels."""
        ideal = _through(self.homography, mm)
        squared = (ideal**2).sum(axis=-1, keepdims=True)
        return np.asarray(self.middle_px + self.half_diagonal_px * ideal * (1 + self.k1 * squared))

    def to_mm(self, px: Points) -> Points:
        """Pixels, shape (..., 2), to plane mm."""
        return _through(np.asarray(np.linalg.inv(self.homography), float), self._ideal(px))

    def um_per_px_at(self, px: Points) -> Points:
        """Local scale at pixels (..., 2), shape (...): the geometric mean of both directions."""
        ideal = self._ideal(px)
        squared = (ideal**2).sum(axis=-1)
        inverse = np.linalg.inv(self.homography)
        depth = ideal @ inverse[2, :2] + inverse[2, 2]
        area = np.linalg.det(inverse) / depth**3 / ((1 + self.k1 * squared) * (1 + 3 * self.k1 * squared))
        return np.asarray(1000.0 / self.half_diagonal_px * np.sqrt(area))

    def jacobian(self, mm: Points) -> Points:
        """Give the derivatives of `to_px` by the parameters at n places, shape (n, 2, 9)."""
        homography = self.homography
        flat = np.column_stack([mm, np.ones(len(mm))])
        depth = flat @ homography[2]
        ideal = (flat @ homography[:2].T) / depth[:, None]
        by_homography = np.zeros((len(mm), 2, 8))
        by_homography[:, 0, 0:3] = by_homography[:, 1, 3:6] = flat / depth[:, None]
        by_homography[:, :, 6:8] = -ideal[:, :, None] * (mm / depth[:, None])[:, None, :]
        squared = (ideal**2).sum(axis=1)
        outer = ideal[:, :, None] * ideal[:, None, :]
        stretch = (1 + self.k1 * squared)[:, None, None] * np.eye(2) + 2 * self.k1 * outer
        by_k1 = ideal * squared[:, None]
        return np.asarray(self.half_diagonal_px * np.concatenate([stretch @ by_homography, by_k1[:, :, None]], axis=2))

    def _ideal(self, px: Points) -> Points:
        seen = (np.asarray(px, float) - self.middle_px) / self.half_diagonal_px
        radius = np.hypot(seen[..., 0], seen[..., 1])
        ideal = radius.copy()
        for _ in range(_NEWTON_STEPS):
            ideal -= (ideal * (1 + self.k1 * ideal**2) - radius) / (1 + 3 * self.k1 * ideal**2)
        shrink = np.divide(ideal, radius, out=np.ones_like(radius), where=radius > 0)
        return np.asarray(seen * shrink[..., None])


def _through(homography: Points, places: Points) -> Points:
    through = places @ homography[:2, :2].T + homography[:2, 2]
    return np.asarray(through / (places @ homography[2, :2] + homography[2, 2])[..., None])
