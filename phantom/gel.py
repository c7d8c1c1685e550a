"""What wets the skin: bubbles in the gel, which are bright rings with a dark one inside, and the glare of the light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.optics import DRAWN_SIGMA_PX, Optics, Pose, to_ideal_px
from phantom.scalp import Scalp

Plane = NDArray[np.float32]

_LAMP_BGR = np.array([1.0, 0.98, 0.96], np.float32)
_ROWS_AT_ONCE = 64


def draw_bubbles(picture: Plane, scalp: Scalp, optics: Optics, pose: Pose) -> None:
    """Draw the scalp's bubbles over a picture.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    scalp, optics, pose
        Which bubbles, and where they appear.
    """
    rng = np.random.default_rng([scalp.gel_seed, 41])
    width, height = scalp.grown_mm
    count = round(scalp.settings.bubbles_per_cm2 * width * height / 100.0)
    places_mm = (rng.random((count, 2)) - 0.5) * [width, height]
    radii_mm = np.clip(rng.lognormal(np.log(0.12), 0.5, count), 0.04, 0.6)
    middles = optics.distort(to_ideal_px(places_mm, optics, pose))
    for middle, radius in zip(middles, radii_mm * 1000.0 / optics.um_per_px, strict=True):
        _draw_bubble(picture, middle, float(radius))


def _draw_bubble(picture: Plane, middle: NDArray[np.float64], radius: float) -> None:
    low = np.maximum(np.floor(middle - radius - 4 * DRAWN_SIGMA_PX).astype(int), 0)
    high = np.minimum(np.ceil(middle + radius + 4 * DRAWN_SIGMA_PX).astype(int) + 1, picture.shape[1::-1])
    if (high <= low).any():
        return
    part = picture[low[1] : high[1], low[0] : high[0]]
    x, y = np.meshgrid(np.arange(low[0], high[0]) - middle[0], np.arange(low[1], high[1]) - middle[1])
    distance = np.hypot(x, y)
    rim = max(0.05 * radius, DRAWN_SIGMA_PX)
    bright = np.exp(-0.5 * ((distance - radius + rim) / rim) ** 2)
    dark = np.exp(-0.5 * ((distance - 0.82 * radius) / (1.6 * rim)) ** 2)
    # the window of light mirrored in the bubble's shoulder
    glint = np.exp(-0.5 * ((x + 0.4 * radius) ** 2 + (y + 0.45 * radius) ** 2) / max(0.1 * radius, DRAWN_SIGMA_PX) ** 2)
    part *= (1.0 - 0.4 * dark)[:, :, None].astype(np.float32)
    light = np.clip(0.55 * bright + 0.8 * glint, 0.0, 1.0)[:, :, None].astype(np.float32)
    part += light * (np.float32(0.97) - part)


def add_glare(picture: Plane, flecks: Plane, strength: float, seed: int) -> None:
    """Let the lamp's reflection fall on a picture: flecks of the relief, more of them in smooth wet patches.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    flecks : ndarray of float32, shape (rows, columns)
        How much every pixel glistens where light falls on it straight.
    strength : float
        0 to 1.
    seed : int
        Of the patches, which keep to the picture's frame as the lamps do.
    """
    rng = np.random.default_rng([seed, 42])
    patches = cv2.GaussianBlur(rng.random((12, 16), dtype=np.float32), (0, 0), 1.2)
    patches = (patches - patches.min()) / (patches.max() - patches.min())
    patches = cv2.resize(patches**2, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    for top in range(0, len(picture), _ROWS_AT_ONCE):
        strip = slice(top, top + _ROWS_AT_ONCE)
        shine = np.float32(strength) * (flecks[strip] * (0.12 + 1.4 * patches[strip]) + 0.10 * patches[strip])
        # glare has the lamp's own colour, whatever the skin's
        picture[strip] += shine[:, :, None] * (_LAMP_BGR - picture[strip])
