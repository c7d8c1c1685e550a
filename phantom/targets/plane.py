"""Photographing a flat target: what is printed or etched on it, through the camera's geometry, blur, light and noise.

Everything is in linear light until it is coded at the end.  A target says of each point how much light it sends back,
blurred already: for straight edges under a Gaussian blur that has a closed form, so that nothing is drawn on a grid and
edges lie where they should to a thousandth of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.optics import Light, Optics, Pose, scalp_maps_mm

Plane: TypeAlias = NDArray[np.float32]

WHITE_LEVEL = 4095
"""Raw value of the brightest light that a converter of 12 bits holds."""
BLACK_LEVEL = 256
"""Raw value of darkness."""
_ROWS_AT_ONCE = 128


class Target(Protocol):
    """Something flat to photograph."""

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Give the share of white light sent back at points of the target, through a Gaussian blur.

        Parameters
        ----------
        x_mm, y_mm : ndarray of float32, shape (rows, columns)
            Points, from the target's middle.
        blur_mm : ndarray of float32, shape (rows, columns)
            Sigma of the blur there.

        Returns
        -------
        ndarray of float32, shape (rows, columns) or (rows, columns, 3)
            0 to 1, linear; three channels are B, G, R.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TargetPhotograph:
    """A photograph of a target.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR, sRGB-coded.
    raw : ndarray of uint16, shape (rows, columns)
        What the sensor read: one colour a pixel, red at the first (RGGB), from ``BLACK_LEVEL`` to ``WHITE_LEVEL``,
        before any colour gain.
    """

    picture: NDArray[np.uint8]
    raw: NDArray[np.uint16]


def photograph_target(
    target: Target,
    optics: Optics,
    *,
    pose: Pose | None = None,
    light: Light | None = None,
    seed: int = 0,
    blur_growth: float = 0.0,
) -> TargetPhotograph:
    """Photograph a target.

    Parameters
    ----------
    target : Target
        What is seen. At light level 1 its white is 0.8 of saturation.
    optics : Optics
        Scale, distortion, blur, vignette (of light), noise. Gains act on the picture and not on what is read raw;
        ``bayer``, ``gamma``, ``sharpening``, ``jpeg_quality`` and the round field are left out.
    pose : Pose, optional
        Where the target lies. Default: straight, its middle in the picture's.
    light : Light, optional
        Level, tint and gradient. Default: white and even.
    seed : int
        Of the noise.
    blur_growth : float
        By how much the blur's sigma is larger in the corners than in the middle, as a share; it grows with the square
        of the distance.
    """
    pose, light = pose or Pose(), light or Light()
    columns, rows = optics.size_px
    x_mm, y_mm = scalp_maps_mm(optics, pose)
    picture, raw = np.empty((rows, columns, 3), np.uint8), np.empty((rows, columns), np.uint16)
    x = (np.arange(columns) - optics.middle_px[0]).astype(np.float32)
    rng = np.random.default_rng([seed, 61])
    for top in range(0, rows, _ROWS_AT_ONCE):
        strip = slice(top, min(top + _ROWS_AT_ONCE, rows))
        y = (np.arange(strip.start, strip.stop) - optics.middle_px[1]).astype(np.float32)[:, None]
        off = (x * x + y * y) / np.float32(optics.half_diagonal_px**2)
        mm_per_px = _mm_per_px(x_mm[strip], y_mm[strip])
        blur_mm = np.float32(optics.blur_sigma_px) * (1 + np.float32(blur_growth) * off) * mm_per_px
        sent = target.reflectance(x_mm[strip], y_mm[strip], np.asarray(blur_mm, np.float32))
        shade = (1 - optics.vignette * off) * (1 + light.gradient[0] * x / columns + light.gradient[1] * y / rows)
        lit = np.float32(0.8 * light.level) * np.maximum(shade, 0).astype(np.float32)
        seen = (sent if sent.ndim == 3 else sent[:, :, None]) * lit[:, :, None] * np.asarray(light.tint, np.float32)
        noise = rng.standard_normal((*lit.shape, 3), dtype=np.float32)
        electrons = optics.full_well_e
        sigma = np.sqrt(np.maximum(seen, 0) / electrons + (optics.read_noise / 255.0) ** 2)
        held = np.clip(seen + sigma * noise, 0.0, 1.0)
        picture[strip] = np.rint(255.0 * coded(held * np.asarray(optics.colour_gains, np.float32))).astype(np.uint8)
        raw[strip] = np.rint(BLACK_LEVEL + (WHITE_LEVEL - BLACK_LEVEL) * mosaic(held)).astype(np.uint16)
    return TargetPhotograph(picture, raw)


def step(z: Plane) -> Plane:
    """Evaluate the normal distribution function: an edge under a Gaussian blur, at distances in sigmas.

    Within 1.5e-7 (Abramowitz and Stegun 7.1.26).
    """
    scaled = np.abs(z) * np.float32(np.sqrt(0.5))
    u = 1 / (1 + np.float32(0.3275911) * scaled)
    series = u * (0.254829592 + u * (-0.284496736 + u * (1.421413741 + u * (-1.453152027 + u * 1.061405429))))
    tail = 0.5 * series * np.exp(-scaled * scaled)
    return np.asarray(np.where(z < 0, tail, 1 - tail), np.float32)


def coded(light: Plane) -> Plane:
    """Code linear light (0 to 1, clipped) as sRGB values (IEC 61966-2-1)."""
    held = np.clip(light, 0.0, 1.0)
    power = np.power(held, np.float32(1 / 2.4))
    return np.asarray(np.where(held <= 0.0031308, 12.92 * held, 1.055 * power - 0.055), np.float32)


def mosaic(light: Plane) -> Plane:
    """One colour of B, G, R a pixel, red at the first: shape (rows, columns) of (rows, columns, 3), rows even."""
    read = light[:, :, 1].copy()
    read[0::2, 0::2] = light[0::2, 0::2, 2]
    read[1::2, 1::2] = light[1::2, 1::2, 0]
    return read


def _mm_per_px(x_mm: Plane, y_mm: Plane) -> Plane:
    """Geometric mean of the local scale in both directions, shape (rows, columns)."""
    if len(x_mm) < 2:
        return np.full_like(x_mm, np.hypot(*(np.diff(m[0]).mean() for m in (x_mm, y_mm))))
    (x_down, x_right), (y_down, y_right) = np.gradient(x_mm), np.gradient(y_mm)
    smooth = cv2.blur(np.abs(x_right * y_down - x_down * y_right).astype(np.float32), (9, 9))
    return np.asarray(np.sqrt(smooth), np.float32)
