"""Step 1, reading: any permitted picture becomes one float32 picture at the working scale.

Shafts are 30-120 um wide.  Between 4 and 8 um/px they are 4 to 30 px wide, enough to find every line and to fit
every edge, while a 12 MP picture at 2.65 um/px costs four times the time for the same figures: it is halved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import tone
from analysis.measurement import PictureUnusable

Channels: TypeAlias = Literal["bgr", "rgb"]
Plane: TypeAlias = NDArray[np.float32]

FINEST_WORKING_UM_PER_PX = 4.0
"""Pictures finer than this are halved until they are not."""
SMALLEST_SIDE_MM = 0.5
"""A picture smaller than a clipped hair is long cannot hold a counting frame."""
COARSEST_UM_PER_PX = 15.0
"""Beyond, a 30 um hair is less than two pixels wide and cannot be told from noise."""
_STRIP_ROWS = 256
_FULL_SCALE = {"u1": 255.0, "u2": 65535.0}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture at the working scale.

    Parameters
    ----------
    bgr : ndarray of float32, shape (rows, columns, 3)
        0 (black) to 1 (saturated), channels blue, green, red; a grey picture has three equal channels.
    um_per_px : float
        Working scale.
    halvings : int
        How often the picture was halved; one working pixel is ``2**halvings`` original ones.
    linear_light : bool
        The values are sRGB-coded, and the optics blurred the light behind them.
    """

    bgr: Plane
    um_per_px: float
    halvings: int
    linear_light: bool = False

    def to_original_px(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Working (x, y) as (x, y) of the original picture, both with the origin at a pixel's centre."""
        factor = 2**self.halvings
        return np.asarray((np.asarray(points, float) + 0.5) * factor - 0.5)


def least_of_channels(colours: Plane) -> Plane:
    """Take the smallest of the three channels, shape (...); ten times as fast as a minimum over the short last axis."""
    return np.minimum(np.minimum(colours[..., 0], colours[..., 1]), colours[..., 2])


def read(picture: NDArray[np.generic], um_per_px: float, channels: Channels, *, linear_light: bool = False) -> Picture:
    """Read a picture of any permitted type; the same scene gives the same values whatever its type.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8 or uint16 over their full range, or floating point from 0 to 1.
    um_per_px : float
        Scale of `picture`.
    channels : {"bgr", "rgb"}
        Order of a colour picture's channels.
    linear_light : bool
        Whether the optics blurred the light behind sRGB-coded values.

    Raises
    ------
    PictureUnusable
        For a scale, type, shape, size or content that cannot be measured.
    """
    _refuse_unusable(picture, um_per_px, channels)
    halvings = max(0, int(np.ceil(np.log2(FINEST_WORKING_UM_PER_PX / um_per_px))))
    strips = [
        _reduce(picture[top : top + _STRIP_ROWS * 2**halvings], halvings, channels, linear_light=linear_light)
        for top in range(0, picture.shape[0] - 2**halvings + 1, _STRIP_ROWS * 2**halvings)
    ]
    bgr = np.ascontiguousarray(np.concatenate(strips))
    if not np.isfinite(bgr).all():
        raise PictureUnusable("the picture holds values that are not numbers: decode it again")
    if float(bgr.max()) > 1.0 + 1e-6 or float(bgr.min()) < -1e-6:
        raise PictureUnusable("a floating-point picture must lie between 0 and 1: divide it by its full scale")
    _refuse_blank(bgr)
    return Picture(bgr, um_per_px * 2**halvings, halvings, linear_light)


def _refuse_unusable(picture: NDArray[np.generic], um_per_px: float, channels: Channels) -> None:
    if not isinstance(picture, np.ndarray):
        raise PictureUnusable(f"a picture must be a numpy array, not {type(picture).__name__}: decode the file first")
    if channels not in ("bgr", "rgb"):
        raise PictureUnusable(f"channels must be 'bgr' or 'rgb', not {channels!r}: declare the order of the picture")
    if not (np.isfinite(um_per_px) and um_per_px > 0):
        raise PictureUnusable(
            f"the scale must be a positive number of um per px, not {um_per_px}: calibrate the optics"
        )
    if um_per_px > COARSEST_UM_PER_PX:
        raise PictureUnusable(
            f"at {um_per_px} um per px thin hairs do not show: take the picture at {COARSEST_UM_PER_PX:g} um per px or "
            f"finer, or check the scale"
        )
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
        raise PictureUnusable(
            f"a picture must be [row, column] or [row, column, 3], not of shape {picture.shape}: make it grey or BGR"
        )
    if picture.dtype.str[1:] not in _FULL_SCALE and not np.issubdtype(picture.dtype, np.floating):
        raise PictureUnusable(
            f"pixels must be uint8, uint16 or floating point, not {picture.dtype}: convert the picture"
        )
    if min(picture.shape[:2]) * um_per_px < SMALLEST_SIDE_MM * 1000 or min(picture.shape[:2]) < 16:
        raise PictureUnusable(
            f"a picture of {picture.shape[1]} x {picture.shape[0]} px at {um_per_px} um/px is too small to count in: "
            f"take one of at least {SMALLEST_SIDE_MM} mm a side, or check the scale"
        )


def _refuse_blank(bgr: Plane) -> None:
    brightest, darkest = float(np.percentile(bgr[::4, ::4], 99)), float(np.percentile(bgr[::4, ::4], 1))
    if brightest < 0.02:
        raise PictureUnusable("the picture is black: switch the light on, or check the exposure")
    if darkest > 0.99:
        raise PictureUnusable("the picture is white throughout: shorten the exposure")


def _reduce(strip: NDArray[np.generic], halvings: int, channels: Channels, *, linear_light: bool = False) -> Plane:
    factor = 2**halvings
    if factor > 1:
        rows, columns = strip.shape[0] // factor, strip.shape[1] // factor
        whole = strip[: rows * factor, : columns * factor]
        # pixels join as light does: the mean of coded values would shift edges by up to 0.15 um
        fine = tone.to_light(_bytes_or_unit(whole)) if linear_light else _unit(whole)
        plane = np.asarray(cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
        plane = tone.to_values(plane) if linear_light else plane
    else:
        plane = _unit(strip)
    if plane.ndim == 2:
        return np.repeat(plane[:, :, None], 3, axis=2)
    return plane[:, :, ::-1] if channels == "rgb" else plane


def _unit(strip: NDArray[np.generic]) -> Plane:
    """Bring any permitted type to 0 to 1."""
    if strip.dtype.str[1:] in _FULL_SCALE:
        return strip.astype(np.float32) / np.float32(_FULL_SCALE[strip.dtype.str[1:]])
    return strip.astype(np.float32)


def _bytes_or_unit(strip: NDArray[np.generic]) -> NDArray[np.uint8] | Plane:
    """Leave bytes as they are: their light is had from a table."""
    return np.asarray(strip, np.uint8) if strip.dtype == np.uint8 else _unit(strip)


def as_bgr8(picture: NDArray[np.generic], channels: Channels) -> NDArray[np.uint8]:
    """Copy any permitted picture to uint8 BGR at its own size, to draw on."""
    plane = np.rint(np.clip(_reduce(picture, 0, channels), 0, 1) * 255)
    return np.ascontiguousarray(plane.astype(np.uint8))
