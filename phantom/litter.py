"""What lies about on skin and hair and is no hair: flecks of crust, dirt and cut hair, and textile fibres."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.colour import Colour, hair_pigment, melanin_of
from phantom.optics import DRAWN_SIGMA_PX, Optics, Pose, to_ideal_px
from phantom.scalp import Points, Scalp
from phantom.shafts import draw_thread

Plane = NDArray[np.float32]

_ON_HAIR_EVERY = 3
"""Every third fleck lies on the hairs, the others under them."""
_DUST_SHARE = 0.35
_FINER = 4
_SHIFT_BITS = 4
_FIBRES_BGR = np.array(
    [[0.72, 0.38, 0.16], [0.45, 0.22, 0.10], [0.20, 0.16, 0.72], [0.93, 0.94, 0.94], [0.85, 0.88, 0.88]], np.float32
)
"""Two blues, red, two whites: what towels, capes and gauze shed."""


def draw_flecks(picture: Plane, scalp: Scalp, optics: Optics, pose: Pose, *, on_hair: bool) -> None:
    """Draw the scalp's dark flecks over a picture.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    scalp, optics, pose
        Which flecks, and where they appear.
    on_hair : bool
        Those that lie on the hairs, or those under them.
    """
    places, rng = _scattered(scalp, scalp.settings.debris_per_cm2, 43)
    for index, place in enumerate(places):
        outline_mm, colour, opacity = _fleck(scalp, rng)
        grain = rng.random((4, 4), dtype=np.float32)
        if (index % _ON_HAIR_EVERY == 0) == on_hair:
            outline_px = optics.distort(to_ideal_px(place + outline_mm, optics, pose))
            _fill(picture, outline_px, colour=colour, opacity=opacity, grain=grain)


def draw_fibres(picture: Plane, scalp: Scalp, optics: Optics, pose: Pose) -> None:
    """Draw the scalp's textile fibres over a picture: thin, curly, of one width, coloured.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    scalp, optics, pose
        Which fibres, and where they appear.
    """
    places, rng = _scattered(scalp, scalp.settings.fibres_per_cm2, 44)
    for place in places:
        long_mm, wide_um = np.exp(rng.uniform(np.log(0.4), np.log(4.0))), rng.uniform(10.0, 20.0)
        colour = _FIBRES_BGR[int(rng.integers(len(_FIBRES_BGR)))] * np.float32(rng.uniform(0.8, 1.05))
        steps = max(8, round(long_mm / 0.04))
        # it bends this way and that over some 0.4 mm
        bend = np.convolve(rng.normal(0.0, 1.0, steps + 8), np.ones(9) / 3.0, "valid") + rng.normal(0.0, 0.4)
        heading = rng.uniform(0.0, 2 * np.pi) + np.cumsum(bend) * rng.uniform(1.0, 5.0) * long_mm / steps
        course = place + np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0) * long_mm / steps
        opacity = rng.uniform(0.55, 0.9)
        line = optics.distort(to_ideal_px(course, optics, pose))
        draw_thread(picture, line, wide_um / optics.um_per_px, colour=np.clip(colour, 0.0, 1.0), opacity=opacity)


def _scattered(scalp: Scalp, per_cm2: float, stream: int) -> tuple[Points, np.random.Generator]:
    rng = np.random.default_rng([scalp.gel_seed, stream])
    width, height = scalp.grown_mm
    return (rng.random((round(per_cm2 * width * height / 100.0), 2)) - 0.5) * [width, height], rng


def _fleck(scalp: Scalp, rng: np.random.Generator) -> tuple[Points, Colour, float]:
    """Outline in mm about its own place, colour and opacity: a piece of cut hair, or a crumb of crust or dirt."""
    turn = rng.uniform(0.0, 2 * np.pi)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    if rng.random() < _DUST_SHARE:
        long_mm, wide_mm = rng.uniform(0.05, 0.2), rng.uniform(0.02, 0.06)
        side = np.linspace(-0.5, 0.5, 5)
        edges = np.stack([np.column_stack([side, np.full(5, half)]) for half in (-0.5, 0.5)])
        edges[1] = edges[1, ::-1]
        plain = edges.reshape(-1, 2) * [long_mm, wide_mm] + rng.normal(0.0, 0.1 * wide_mm, (10, 2))
        return plain @ turned, hair_pigment(melanin_of(scalp.settings.hair_colour)), float(rng.uniform(0.8, 0.97))
    size_mm, corners = np.exp(rng.uniform(np.log(0.03), np.log(0.15))), int(rng.integers(7, 13))
    angles = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners
    radii = 0.5 * size_mm * rng.uniform(0.55, 1.0, corners)
    flat = rng.uniform(0.5, 1.0)
    plain = np.column_stack([radii * np.cos(angles), flat * radii * np.sin(angles)])
    # from black over dark brown to the amber of dried serum
    amber = np.array([0.06, 0.07, 0.08]) + rng.random() ** 1.5 * np.array([0.06, 0.15, 0.27])
    return plain @ turned, np.asarray(amber, np.float32), float(rng.uniform(0.55, 0.95))


def _fill(picture: Plane, outline_px: Points, *, colour: Colour, opacity: float, grain: Plane) -> None:
    """Fill a small polygon, its edges blurred by no more than sampling needs."""
    low = np.maximum(np.floor(outline_px.min(axis=0)).astype(int) - 3, 0)
    high = np.minimum(np.ceil(outline_px.max(axis=0)).astype(int) + 4, picture.shape[1::-1])
    if (high <= low).any():
        return
    columns, rows = (high - low).tolist()
    finer = np.zeros((rows * _FINER, columns * _FINER), np.uint8)
    at = (outline_px - low + 0.5) * _FINER - 0.5
    fixed = np.round(at * 2**_SHIFT_BITS).astype(np.int32).reshape(-1, 1, 2)
    cv2.fillPoly(finer, [fixed], 255, lineType=cv2.LINE_AA, shift=_SHIFT_BITS)
    share = cv2.resize(finer.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) / 255.0
    share = opacity * cv2.GaussianBlur(np.asarray(share, np.float32), (0, 0), DRAWN_SIGMA_PX)
    uneven = 0.65 + 0.75 * cv2.resize(grain, (columns, rows), interpolation=cv2.INTER_LINEAR)
    part = picture[low[1] : high[1], low[0] : high[0]]
    part += share[:, :, None] * (np.clip(uneven[:, :, None] * colour, 0.0, 1.0) - part)
