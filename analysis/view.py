"""The picture at one scale whatever the camera's, and the way back to its own pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.picture import Picture, Plane

UM_PER_PX = 5.3
"""Scale at which the network sees a picture."""
LINE_UM_PER_PX = 2 * UM_PER_PX
"""Scale of its planes, and of the counting frame."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture at ``UM_PER_PX``; frame and lines are at half of it.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
        0 to 1.
    per_working_px : (float, float)
        Its pixels per working pixel, in x and y.
    halvings : int
        How often the picture was halved to become the working picture.
    """

    bgr: Plane
    per_working_px: tuple[float, float]
    halvings: int

    @classmethod
    def of(cls, working: Picture) -> View:
        """Bring a working picture to the network's scale."""
        magnified = working.um_per_px / UM_PER_PX
        rows, columns = (2 * round(size * magnified / 2) for size in working.bgr.shape[:2])
        if (rows, columns) == working.bgr.shape[:2]:
            return cls(working.bgr, (1.0, 1.0), working.halvings)
        how = cv2.INTER_AREA if magnified < 1 else cv2.INTER_LINEAR
        bgr = np.asarray(cv2.resize(working.bgr, (columns, rows), interpolation=how), np.float32)
        return cls(bgr, (columns / working.bgr.shape[1], rows / working.bgr.shape[0]), working.halvings)

    def at_line_scale(self) -> Plane:
        """Halve it: shape (rows / 2, columns / 2, 3)."""
        size = (self.bgr.shape[1] // 2, self.bgr.shape[0] // 2)
        return np.asarray(cv2.resize(self.bgr, size, interpolation=cv2.INTER_AREA), np.float32)

    def to_working_px(self, line_px: Array) -> Array:
        """Points (x, y) at the line scale as points of the working picture."""
        return np.asarray((2 * line_px + 1) / self.per_working_px - 0.5)

    def to_line_px(self, working_px: Array) -> Array:
        """Points (x, y) of the working picture as points at the line scale."""
        return np.asarray(((working_px + 0.5) * self.per_working_px - 1) / 2)

    def to_original_px(self, line_px: Array) -> Array:
        """Points (x, y) at the line scale as points of the picture as it was given."""
        return np.asarray((self.to_working_px(line_px) + 0.5) * 2**self.halvings - 0.5)
