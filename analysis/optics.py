"""What is known of the optics that a picture came through: its scale, its blur, and what that blur acted upon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import PictureUnusable

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Optics:
    """What calibration knows of a picture.

    Parameters
    ----------
    um_per_px : float
        Scale, one over the whole picture.
    um_per_px_sd : float or None
        Its standard uncertainty, which every interval that hangs on the scale then holds. 0 for a scale that is exact
        (drawn pictures); None where nobody knows it, and the intervals then leave it out.
    blur_sigma_px : float or ndarray of float, shape (rows, columns), optional
        Gaussian blur at best focus, in pixels of the picture, the pixel's own square included. A grid holds the blur
        in the middles of as many equal cells of the picture; between them it is interpolated, beyond them held.
        Without it the blur is read from the shafts' own edges.
    linear_light : bool
        The picture's values are sRGB-coded (IEC 61966-2-1), and the optics blurred the light and not the values, as in
        every calibrated picture. Otherwise values are taken as they are: a camera whose tone curve is not known.
    true_colours : bool
        The picture's colours are calibrated, so that lightness compares between instruments.

    Raises
    ------
    PictureUnusable
        For an uncertainty or a blur that cannot be; the message says what to do.
    """

    um_per_px: float
    um_per_px_sd: float | None = 0.0
    blur_sigma_px: float | NDArray[np.floating] | None = None
    linear_light: bool = False
    true_colours: bool = False

    def __post_init__(self) -> None:
        sd, blur = self.um_per_px_sd, self.blur_sigma_px
        if sd is not None and not (np.isfinite(sd) and sd >= 0):
            raise PictureUnusable(
                f"the uncertainty of the scale must be a number of um per px, 0 or more, not {sd}: calibrate the optics"
            )
        if blur is None:
            return
        if np.ndim(blur) not in (0, 2) or not np.size(blur):
            raise PictureUnusable(
                f"the blur must be one number of pixels, or a grid of rows and columns, not an array of shape "
                f"{np.shape(blur)}: calibrate the optics"
            )
        if not (np.isfinite(blur).all() and (np.asarray(blur) > 0).all()):
            shown = blur if np.ndim(blur) == 0 else "a grid that holds others"
            raise PictureUnusable(f"the blur must be a positive number of pixels, not {shown}: calibrate the optics")

    @classmethod
    def of(cls, optics: float | Optics) -> Optics:
        """Take a bare number for a scale of which nothing else is known."""
        return optics if isinstance(optics, Optics) else cls(float(optics), um_per_px_sd=None)

    def sigma_px_at(self, points_px: Array, picture_px: tuple[int, int]) -> Array | None:
        """Give the blur at points of the picture, None where none was calibrated.

        Parameters
        ----------
        points_px : ndarray, shape (n, 2)
            (x, y), origin at the centre of the top-left pixel.
        picture_px : (int, int)
            Width and height of the picture.

        Returns
        -------
        ndarray, shape (n,)
            In pixels of the picture.
        """
        if self.blur_sigma_px is None:
            return None
        grid = np.atleast_2d(np.asarray(self.blur_sigma_px, float))
        (column, right, x), (row, down, y) = (
            _between((points_px[:, axis] + 0.5) * cells / side - 0.5, cells)
            for axis, (cells, side) in enumerate(zip(grid.shape[::-1], picture_px, strict=True))
        )
        upper = (1 - x) * grid[row, column] + x * grid[row, right]
        lower = (1 - x) * grid[down, column] + x * grid[down, right]
        return np.asarray((1 - y) * upper + y * lower)


def _between(at: Array, cells: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Cells before and behind places counted in cells, and how far on from the first each lies."""
    held = np.clip(at, 0, cells - 1)
    before = np.floor(held).astype(np.intp)
    return before, np.minimum(before + 1, cells - 1), held - before
