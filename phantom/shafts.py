"""Hair shafts on a picture: the drawn width is the diameter, to a hundredth of a pixel.

Every pixel near a shaft gets its distance to the centreline and from it the share of it that the shaft covers,
through an edge that is an error function. (An edge drawn as a step would put the width to the nearest pixel.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phantom.colour import Colour, hair_opacity, hair_pigment, light_of, values_of
from phantom.optics import DRAWN_SIGMA_PX
from phantom.scalp import Points
from phantom.swath import Swath, swaths

Plane = NDArray[np.float32]

_SPLIT_FROM = 0.75
"""One ragged end in four is split."""
_GLINT_BGR = np.array([0.80, 0.74, 0.68])


@dataclass(frozen=True, slots=True)
class Shaft:
    """A shaft as the picture shows it.

    Parameters
    ----------
    centreline_px : ndarray, shape (n, 2)
        From root to tip, distorted as the picture is.
    width_px : ndarray, shape (n,)
        Across the shaft, at the same points.
    diameter_um, melanin : float
        Which give the colour.
    glint_seed : int
        Of the breaks in the highlight, and of what is rough.
    roughness : float
        Of the edges and the surface, 0 (smooth) to 1.
    ragged_cut : float
        Of the tip, 0 (square) to 1.
    """

    centreline_px: Points
    width_px: NDArray[np.float64]
    diameter_um: float
    melanin: float
    glint_seed: int
    roughness: float = 0.0
    ragged_cut: float = 0.0


def draw_shaft(picture: Plane, shaft: Shaft, highlight: float, *, linear_light: bool = False) -> None:
    """Draw a shaft over what is there, its edges blurred by no more than sampling needs.

    A pale shaft has dark rims, where it bends the light away; a black one is a flat band but for its highlight.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    shaft : Shaft
        What to draw.
    highlight : float
        Brightness of the line of light along it.
    linear_light : bool
        At its edges mix the light behind the values, and not the values: the same shaft, its edges in light.
    """
    pigment, opacity = hair_pigment(shaft.melanin), hair_opacity(shaft.melanin, shaft.diameter_um)
    rim = 0.45 * (1.0 - shaft.melanin)
    breaks = np.random.default_rng([shaft.glint_seed, 21]).random(64)
    for swath in swaths(shaft.centreline_px, shaft.width_px, picture.shape):
        covered = _covered(shaft, swath)
        out = np.clip(swath.across / np.maximum(swath.radius, DRAWN_SIGMA_PX), -1.2, 1.2)
        colour = pigment * (1.0 - rim * out**2)[:, None]
        if highlight > 0.0:
            colour = colour + _highlight(
                out, along=swath.along, radius=swath.radius, breaks=breaks, strength=highlight
            )[:, None] * (0.35 + 0.65 * np.sqrt(pigment))
        if shaft.roughness > 0.0:
            colour = _mottled(colour, shaft, swath, out)
        at = swath.rows, swath.columns
        if linear_light:
            picture[at] = _mixed_in_light(picture[at], colour, opacity, covered)
            continue
        share = (opacity * covered).astype(np.float32)[:, None]
        picture[at] += share * (colour.astype(np.float32) - picture[at])


def _mixed_in_light(
    under: Plane, colour: NDArray[np.float64], opacity: float, covered: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Values of pixels (n, 3) of which a shaft covers a share (n,): inside it those that are drawn without light."""
    body = under + np.float32(opacity) * (colour.astype(np.float32) - under)
    ground = light_of(under)
    return values_of(ground + covered.astype(np.float32)[:, None] * (light_of(body) - ground))


def draw_thread(picture: Plane, centreline_px: Points, width_px: float, *, colour: Colour, opacity: float) -> None:
    """Draw a thread of one width over what is there, a little darker at its edges.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    centreline_px : ndarray, shape (n, 2)
        Its middle.
    width_px : float
        Across it.
    colour : ndarray of float32, shape (3,)
        BGR from 0 to 1.
    opacity : float
        Share of what lies under it that it hides.
    """
    for swath in swaths(centreline_px, np.full(len(centreline_px), width_px), picture.shape):
        out = np.clip(swath.across / np.maximum(swath.radius, DRAWN_SIGMA_PX), -1.2, 1.2)
        dyed = colour * (1.0 - 0.25 * out**2)[:, None]
        share = (opacity * swath.covered()).astype(np.float32)[:, None]
        at = swath.rows, swath.columns
        picture[at] += share * (dyed.astype(np.float32) - picture[at])


def _highlight(
    out: NDArray[np.float64],
    *,
    along: NDArray[np.float64],
    radius: NDArray[np.float64],
    breaks: NDArray[np.float64],
    strength: float,
) -> NDArray[np.float64]:
    """Light a line a little off the middle, broken along the shaft."""
    line = np.exp(-0.5 * ((out - 0.25) / 0.22) ** 2)
    every_px = 5.0 * np.maximum(radius, 1.0)
    bright = np.interp(along / every_px, np.arange(len(breaks)), breaks, period=len(breaks))
    return strength * line * np.clip(1.6 * bright - 0.2, 0.0, 1.0)


def _covered(shaft: Shaft, swath: Swath) -> NDArray[np.float64]:
    """Share of each pixel that the shaft covers: ragged edges wander about the true ones, a ragged cut about its."""
    if shaft.roughness == 0.0 and shaft.ragged_cut == 0.0:
        return swath.covered()
    rng = np.random.default_rng([shaft.glint_seed, 22])
    # the two edges wander each by itself, mean 0: the median width stays
    wander = shaft.roughness * rng.normal(0.0, 0.07, (2, 64))
    aslant, rounded, split, split_at = rng.normal(0.0, 0.45), rng.uniform(0.0, 0.5), rng.random(), rng.normal(0.0, 0.3)
    every_px = 0.7 * np.maximum(swath.radius, 1.0)
    knots = np.arange(64)
    left, right = (swath.radius * np.interp(swath.along / every_px, knots, edge, period=64) for edge in wander)
    out = swath.across / np.maximum(swath.radius, DRAWN_SIGMA_PX)
    cut = np.clip(aslant, -1.0, 1.0) * out - rounded * (out**2 - 1.0 / 3.0)
    if split > _SPLIT_FROM:
        cut = cut - 1.4 * np.exp(-0.5 * ((out - split_at) / 0.18) ** 2)
    return swath.covered(left_px=left, right_px=right, beyond_px=shaft.ragged_cut * swath.radius * cut)


def _mottled(colour: NDArray[np.float64], shaft: Shaft, swath: Swath, out: NDArray[np.float64]) -> NDArray[np.float64]:
    """Darken and brighten a shaft in spots: scales that stand off, what sticks to them, small bluish glints."""
    rng = np.random.default_rng([shaft.glint_seed, 23])
    shades, glints = (rng.random((64, 4)).ravel() for _ in range(2))
    # spots a quarter of the width across, each column of the table shifted against the last
    beside = np.clip(np.floor(1.6 * (out + 1.25)), 0, 3)
    every_px = np.maximum(0.6 * swath.radius, 1.2)
    at = (swath.along / every_px + 0.37 * beside) % 64
    shade, glint = (
        0.2 * np.interp(at, np.arange(64), table[::4]) + 0.8 * _stepped(table, at, beside) for table in (shades, glints)
    )
    lit = np.clip(3.5 * (glint - 0.66), 0.0, 1.0) * np.clip(1.0 - out**2, 0.0, 1.0)
    uneven = colour * (1.0 + shaft.roughness * 1.6 * (shade - 0.4))[:, None]
    return uneven + (0.45 * shaft.roughness * lit)[:, None] * (_GLINT_BGR - uneven)


def _stepped(table: NDArray[np.float64], at: NDArray[np.float64], beside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read a table of 64 x 4 between its rows."""
    low = np.floor(at).astype(int) % 64
    share, column = at - np.floor(at), beside.astype(int)
    return np.asarray(table[4 * low + column] * (1.0 - share) + table[4 * ((low + 1) % 64) + column] * share)
