"""A chart of slanted squares: edges in two directions all over the field, for blur and for focus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantom.settings import SettingError, require_between
from phantom.targets.plane import Plane, step


@dataclass(frozen=True, slots=True)
class SlantedEdges:
    """Dark squares on a light ground without end, one in the target's middle, all turned by the same angle.

    Parameters
    ----------
    pitch_mm : float
        From the middle of one square to that of the next, along x and y.
    side_mm : float
        Of a square; both a square and the gap to the next have to be wider than ten sigmas of the blur.
    angle_deg : float
        Of each square about its own middle, against the rows of squares.
    light, dark : float
        Share of light that the ground and the squares send back.

    Raises
    ------
    SettingError
        For squares that touch, or for a ground darker than the squares.
    """

    pitch_mm: float = 2.0
    side_mm: float = 1.0
    angle_deg: float = 5.0
    light: float = 0.85
    dark: float = 0.08

    def __post_init__(self) -> None:
        require_between("pitch_mm", self.pitch_mm, 0.05, 50.0)
        turn = np.deg2rad(self.angle_deg)
        widest = self.side_mm * (abs(np.cos(turn)) + abs(np.sin(turn)))
        if not 0 < widest < self.pitch_mm:
            raise SettingError(
                f"squares of {self.side_mm} mm, turned by {self.angle_deg} degrees, touch at {self.pitch_mm} mm"
            )
        require_between("dark", self.dark, 0.0, self.light)
        require_between("light", self.light, 0.0, 1.0)

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """See `phantom.targets.plane.Target`."""
        turn = np.deg2rad(self.angle_deg)
        across, down = (along - np.float32(self.pitch_mm) * np.rint(along / self.pitch_mm) for along in (x_mm, y_mm))
        square = np.ones_like(blur_mm)
        for own in (across * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - across * np.sin(turn)):
            # the edge that is farther than ten sigmas adds nothing: the nearer one alone
            square *= step(np.asarray((0.5 * self.side_mm - np.abs(own)) / blur_mm, np.float32))
        return np.asarray(self.light + (self.dark - self.light) * square, np.float32)
