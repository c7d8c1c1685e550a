"""Depth of field: what lies off the plane of focus is blurred, so that a tilted scalp is sharp along a line only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.optics import Maps, Optics, Pose
from phantom.settings import require_between

Plane = NDArray[np.float32]

_FINEST_PX, _COARSER = 0.4, 1.3
"""Sigmas of the blurred copies that are mixed: the first, and each over the one before."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How the blur grows off the plane of focus.

    Parameters
    ----------
    blur_um_per_mm : float
        Sigma of the Gaussian on the scalp, in um, per mm off the plane; 0 to 200. A lens of aperture D at the distance
        s spreads a point over a disc of diameter ``D / s`` per unit of depth, whose standard deviation along one axis
        is a quarter of that: 16 um per mm for 2.6 mm at 40 mm.
    offset_mm : float
        How much farther than the picture's middle the plane of focus lies; -5 to 5.

    Raises
    ------
    SettingError
        For a value that cannot be drawn.
    """

    blur_um_per_mm: float
    offset_mm: float = 0.0

    def __post_init__(self) -> None:
        require_between("blur_um_per_mm", self.blur_um_per_mm, 0.0, 200.0)
        require_between("offset_mm", self.offset_mm, -5.0, 5.0)

    def sigma_px(self, maps: Maps, optics: Optics, pose: Pose) -> Plane:
        """Blur that depth adds at every pixel.

        Parameters
        ----------
        maps : (ndarray, ndarray)
            Scalp x and y in mm under every pixel, each of shape (rows, columns).
        optics, pose
            How the scalp is seen.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            Sigma in pixels.
        """
        # the projection divides by 1 + depth / distance
        away = pose.projection(optics.distance_mm)[2, :2] * optics.distance_mm
        to_plane = away @ pose.turn
        farther_mm = maps[0] * np.float32(to_plane[0]) + maps[1] * np.float32(to_plane[1])
        farther_mm += np.float32(away @ np.asarray(pose.shift_mm) - self.offset_mm)
        return np.asarray(np.abs(farther_mm) * np.float32(self.blur_um_per_mm / optics.um_per_px), np.float32)


def blur_by(picture: Plane, sigma_px: Plane) -> None:
    """Blur each place of a picture by its own sigma, in place, as a mixture of evenly blurred copies.

    Between two copies the variance is exact; the shape is that of a Gaussian to 2 % of an edge's height.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        Before it is exposed.
    sigma_px : ndarray of float32, shape (rows, columns)
    """
    variance, most = sigma_px**2, float(sigma_px.max())
    sharp = picture.copy()
    nearer, nearer_variance, sigma = sharp, 0.0, _FINEST_PX
    while nearer_variance < most**2:
        farther = np.asarray(cv2.GaussianBlur(sharp, (0, 0), sigma), np.float32)
        share = np.clip((variance - nearer_variance) / (sigma**2 - nearer_variance), 0.0, 1.0)[:, :, None]
        here = (variance > nearer_variance)[:, :, None]
        np.copyto(picture, nearer + share.astype(np.float32) * (farther - nearer), where=here)
        nearer, nearer_variance, sigma = farther, sigma**2, sigma * _COARSER
