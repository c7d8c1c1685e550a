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
_WET_EDGE = 0.9
_HIDDEN_FROM = 0.7
"""Share of the lamp above which a black root on skin differs from the white around it by less than a tenth."""
_OVER_WHITE = np.float32(1.35)


def draw_bubbles(picture: Plane, covered: NDArray[np.bool_], scalp: Scalp, optics: Optics, pose: Pose) -> None:
    """Draw the scalp's bubbles over a picture.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    covered : ndarray of bool, shape (rows, columns)
        Set within the bubbles, rims included.
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
        _draw_bubble(picture, covered, middle, float(radius))


def _draw_bubble(picture: Plane, covered: NDArray[np.bool_], middle: NDArray[np.float64], radius: float) -> None:
    low = np.maximum(np.floor(middle - radius - 4 * DRAWN_SIGMA_PX).astype(int), 0)
    high = np.minimum(np.ceil(middle + radius + 4 * DRAWN_SIGMA_PX).astype(int) + 1, picture.shape[1::-1])
    if (high <= low).any():
        return
    part = picture[low[1] : high[1], low[0] : high[0]]
    x, y = np.meshgrid(np.arange(low[0], high[0]) - middle[0], np.arange(low[1], high[1]) - middle[1])
    distance = np.hypot(x, y)
    rim = max(0.05 * radius, DRAWN_SIGMA_PX)
    covered[low[1] : high[1], low[0] : high[0]] |= distance < radius + rim
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
    patches = _lit_patches(np.random.default_rng([seed, 42]), picture.shape)
    for top in range(0, len(picture), _ROWS_AT_ONCE):
        strip = slice(top, top + _ROWS_AT_ONCE)
        shine = np.float32(strength) * (flecks[strip] * (0.12 + 1.4 * patches[strip]) + 0.10 * patches[strip])
        # glare has the lamp's own colour, whatever the skin's
        picture[strip] += shine[:, :, None] * (_LAMP_BGR - picture[strip])


def add_wet(
    picture: Plane,
    covered: NDArray[np.bool_],
    flecks: Plane,
    *,
    scalp: Scalp,
    optics: Optics,
    pose: Pose,
    strength: float,
    seed: int,
) -> None:
    """Let a film of oil or water throw the lamp back: white patches of 0.1 to 1 mm drawn out along the skin's lines.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place, hairs and all.
    covered : ndarray of bool, shape (rows, columns)
        Set where the film hides what is under it.
    flecks : ndarray of float32, shape (rows, columns)
        How much the relief glistens: it frays the patches.
    scalp, optics, pose
        How the skin's lines run in the picture, and its scale.
    strength : float
        0 to 1: four times the share of the picture that is patches.
    seed : int
        Of the patches, which keep to the picture's frame as the lamps do.
    """
    rng = np.random.default_rng([seed, 45])
    lie = np.random.default_rng([scalp.skin_seed, 34]).uniform(0.0, np.pi) + np.deg2rad(pose.turn_deg)
    height = 1.1 * _lit_patches(rng, picture.shape)
    for pitch_mm, stretch, weight in ((0.28, 2.2, 0.8), (0.07, 2.5, 0.35), (0.025, 1.5, 0.2)):
        pitch_px = max(pitch_mm * 1000.0 / optics.um_per_px, 2.0)
        height += np.float32(weight) * _drawn_out(rng, picture.shape, pitch_px, stretch=stretch, turn_rad=lie)
    height += np.float32(0.45) * flecks
    above = height - np.quantile(height[::4, ::4], 1.0 - 0.25 * strength).astype(np.float32)
    shine = np.clip(0.5 + above / np.float32(_WET_EDGE), 0.0, 1.0)
    shine *= shine * (np.float32(3.0) - np.float32(2.0) * shine)
    covered |= shine > _HIDDEN_FROM
    for top in range(0, len(picture), _ROWS_AT_ONCE):
        strip = slice(top, top + _ROWS_AT_ONCE)
        # brighter than white: the middle of a patch is saturated at its edge's every brightness
        picture[strip] += shine[strip, :, None] * (_OVER_WHITE * _LAMP_BGR - picture[strip])


def _lit_patches(rng: np.random.Generator, shape: tuple[int, ...]) -> Plane:
    """Where lamps stand so that a wet surface shows them, 0 to 1, a twelfth of the picture wide."""
    patches = cv2.GaussianBlur(rng.random((12, 16), dtype=np.float32), (0, 0), 1.2)
    patches = (patches - patches.min()) / (patches.max() - patches.min())
    return np.asarray(cv2.resize(patches**2, shape[1::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _drawn_out(
    rng: np.random.Generator, shape: tuple[int, ...], pitch_px: float, *, stretch: float, turn_rad: float
) -> Plane:
    """Smooth noise of mean 0: details of `pitch_px`, drawn out by `stretch` along a direction."""
    pitch = np.array([pitch_px * stretch, pitch_px])
    turn = np.array([[np.cos(turn_rad), np.sin(turn_rad)], [-np.sin(turn_rad), np.cos(turn_rad)]])
    middle = 0.5 * np.array([shape[1], shape[0]])
    half = np.full(2, np.hypot(*middle))
    lattice = rng.standard_normal(tuple((np.ceil(2 * half / pitch).astype(int) + 4)[::-1]), dtype=np.float32)
    # OpenCV 4 samples at 32nds of a pixel: a coarse lattice is refined first, lest the noise shows steps
    finer = np.maximum(1, np.rint(pitch / 6.0)).astype(int)
    columns, rows = finer * lattice.shape[::-1]
    lattice = np.asarray(cv2.resize(lattice, (int(columns), int(rows)), interpolation=cv2.INTER_CUBIC), np.float32)
    grid = np.column_stack([turn, half - turn @ middle]) * (finer / pitch)[:, None]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(lattice, grid, shape[1::-1], flags=flags, borderMode=cv2.BORDER_REFLECT), np.float32
    )
