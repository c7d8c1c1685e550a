"""Skin in scalp coordinates: the same place looks the same however the camera lies.

A map of the seen part of the scalp is painted at 8 um per pixel, on a grid fixed to the scalp; the photograph samples
it. Everything on it is drawn from seeds of its own, so changing one number of things leaves the others where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantom.canvas import MAP_MM_PER_PX, Canvas, Plane, blurred
from phantom.colour import SKIN_BGR, hair_opacity
from phantom.mark import moles, tattoo
from phantom.scalp import Points, Scalp
from phantom.stains import fold, ink

_PAD_PX = 32
"""Painted beyond what is seen: four times the widest blur, so that the map's edge does not reach in."""
_FLAKE_BGR = np.array([0.86, 0.90, 0.90], np.float32)


@dataclass(frozen=True, slots=True)
class SkinMap:
    """A painted part of the scalp.

    Parameters
    ----------
    colour : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1, under even light.
    glisten : ndarray of float32, shape (rows, columns)
        How much a place shines where light falls on it straight, 0 to about 1.
    corner_mm : ndarray, shape (2,)
        Scalp (x, y) of the middle of the first pixel.
    """

    colour: Plane
    glisten: Plane
    corner_mm: Points


def paint(scalp: Scalp, low_mm: Points, high_mm: Points) -> SkinMap:
    """Paint the skin between two corners (x, y) of the scalp, with a little more around.

    Parameters
    ----------
    scalp : Scalp
        Its skin and the hairs whose roots shine through.
    low_mm, high_mm : ndarray, shape (2,)
        Smallest and largest x and y that are seen.

    Returns
    -------
    SkinMap
    """
    first = np.floor(np.asarray(low_mm) / MAP_MM_PER_PX).astype(int) - _PAD_PX
    columns, rows = np.ceil(np.asarray(high_mm) / MAP_MM_PER_PX).astype(int) + _PAD_PX + 1 - first
    corner = first * MAP_MM_PER_PX
    canvas = Canvas(scalp, corner, (int(rows), int(columns)))
    base = np.asarray(SKIN_BGR[scalp.settings.skin_type], np.float32)

    colour = np.empty((int(rows), int(columns), 3), np.float32)
    colour[:] = base
    relief = canvas.noise(4, 0.05)
    _tone(colour, canvas, relief)
    _vessels(colour, canvas)
    _streaks(colour, canvas)
    _pores(colour, canvas)
    fold(colour, canvas)
    moles(colour, canvas)
    tattoo(colour, canvas)
    ink(colour, canvas)
    flaked = _flakes(colour, canvas)
    np.clip(colour, 0.0, 1.0, out=colour)
    return SkinMap(colour, _glisten(canvas, relief, flaked), corner)


def _tone(colour: Plane, canvas: Canvas, relief: Plane) -> None:
    """Slow shading, reddish patches, fine grain, and the creases of the relief, which cross in two directions."""
    bright = 1.0 + 0.05 * canvas.noise(1, 2.2) + 0.025 * canvas.noise(2, 0.45) + 0.02 * canvas.noise(16, 0.12)
    grain = canvas.scalp.settings.relief
    bright += 0.022 * grain * relief + 0.016 * grain * canvas.noise(5, 0.02)
    lie = np.random.default_rng([canvas.scalp.skin_seed, 34]).uniform(0.0, np.pi)
    for stream, turn, pitch, depth in (
        (6, lie + 0.5, 0.30, 0.075),
        (7, lie - 0.5, 0.30, 0.075),
        (8, lie, 0.11, 0.05),
        (9, lie + 1.2, 0.13, 0.05),
    ):
        # a crease is where a drawn-out noise crosses zero; a slower one lets it come and go
        crease = np.exp(-((canvas.noise(stream, pitch, 3.5, turn) / 0.13) ** 2))
        bright -= depth * grain * crease * np.clip(0.35 + 0.7 * canvas.noise(stream + 40, 0.7), 0.0, 1.2)
    colour *= bright[:, :, None]
    red = np.clip(canvas.noise(3, 1.3), -1.0, 2.0) * 0.6 + np.clip(canvas.noise(17, 0.35), -1.0, 2.0) * 0.4
    colour[:, :, 0] *= 1.0 - 0.020 * red
    colour[:, :, 1] *= 1.0 - 0.026 * red


def _vessels(colour: Plane, canvas: Canvas) -> None:
    """Thin red lines that wander and fade under the skin."""
    scalp = canvas.scalp
    places, rng = canvas.scattered(1, scalp.settings.vessels_per_cm2, scalp.skin_seed)
    if not len(places):
        return
    blood = canvas.empty()
    for place in places:
        heading = rng.uniform(0.0, 2 * np.pi) + np.cumsum(rng.normal(0.0, 0.35, 24))
        course = place + np.cumsum(0.06 * np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
        canvas.line(blood, course, float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.02, 0.05)))
    blood = blurred(blood, 0.02)[:, :, None]
    colour *= 1.0 - blood * np.array([0.20, 0.24, 0.07], np.float32)


def _streaks(colour: Plane, canvas: Canvas) -> None:
    """Hair under the skin: a blurred grey-blue streak that goes on below the root, and the follicle's darker mouth."""
    strength = canvas.scalp.settings.streak
    length, darkness = 0.5 + 0.5 * strength, min(strength, 1.0 + 0.3 * (strength - 1.0))
    streak, mouth = canvas.empty(), canvas.empty()
    high = canvas.corner_mm + np.array(canvas.shape[::-1]) * MAP_MM_PER_PX
    for hair in canvas.scalp.hairs:
        root = np.asarray(hair.root_mm)
        if (root < canvas.corner_mm - 0.6).any() or (root > high + 0.6).any():
            continue
        back = -np.array([np.cos(hair.direction_rad), np.sin(hair.direction_rad)])
        stain = hair_opacity(hair.melanin, hair.diameter_um) * hair.melanin * min(1.0, hair.diameter_um / 70.0)
        width = hair.diameter_um / 1000.0
        # the longest and faintest first, the short dark ones over it
        for depth_mm, weight in ((0.34, 0.22), (0.26, 0.42), (0.18, 0.65), (0.11, 0.85), (0.05, 1.0)):
            canvas.line(
                streak, np.stack([root + 0.02 * back, root + length * depth_mm * back]), stain * weight, 1.25 * width
            )
        canvas.line(mouth, np.stack([root - 0.01 * back, root + 0.02 * back]), stain, 1.2 * width)
    deep = np.clip(0.55 * blurred(streak, 0.022 * length) + 0.5 * blurred(streak, 0.06 * length), 0.0, 1.0)[:, :, None]
    # what is deep looks blue: the skin above it scatters blue back
    colour *= np.maximum(1.0 - darkness * deep * np.array([0.42, 0.57, 0.68], np.float32), 0.1)
    colour *= 1.0 - 0.5 * blurred(mouth, 0.014)[:, :, None]


def _pores(colour: Plane, canvas: Canvas) -> None:
    """Empty openings: small round dips, darker, with a paler rim."""
    scalp = canvas.scalp
    places, rng = canvas.scattered(2, scalp.settings.pores_per_cm2, scalp.skin_seed)
    if not len(places):
        return
    dip = canvas.empty()
    for place in places:
        radius = rng.uniform(0.015, 0.04)
        angles = np.linspace(0.0, 2 * np.pi, 12, endpoint=False)
        outline = place + radius * np.column_stack([np.cos(angles), np.sin(angles)]) * rng.uniform(0.7, 1.0, 2)
        canvas.fill(dip, outline, float(rng.uniform(0.3, 1.0)))
    colour *= (1.0 - 0.28 * blurred(dip, 0.012) + 0.10 * blurred(dip, 0.045))[:, :, None]


def _flakes(colour: Plane, canvas: Canvas) -> Plane:
    """Loose scales: pale, ragged, half transparent, with brighter rims. Returns where they lie, 0 to 1."""
    scalp = canvas.scalp
    places, rng = canvas.scattered(3, scalp.settings.flakes_per_cm2, scalp.gel_seed)
    cover, rims = canvas.empty(), canvas.empty()
    for place in places:
        count = int(rng.integers(7, 14))
        angles = np.sort(rng.uniform(0.0, 2 * np.pi, count))
        size, long, turn = rng.lognormal(np.log(0.07), 0.45), rng.uniform(1.0, 2.2), rng.uniform(0.0, np.pi)
        radii = size * rng.uniform(0.6, 1.3, count)
        plain = np.column_stack([long * radii * np.cos(angles), radii * np.sin(angles)])
        outline = place + plain @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        canvas.fill(cover, outline, float(rng.uniform(0.25, 0.6)))
        canvas.line(rims, np.vstack([outline, outline[:1]]), float(rng.uniform(0.2, 0.5)), 0.012)
    share = np.clip(cover * (0.75 + 0.35 * canvas.noise(10, 0.04)) + rims, 0.0, 0.85)
    share = blurred(np.asarray(share, np.float32), 0.007)
    brightness = float(np.mean(SKIN_BGR[scalp.settings.skin_type])) ** 0.4 * 1.1
    colour += share[:, :, None] * (np.float32(brightness) * _FLAKE_BGR - colour)
    return np.minimum(cover * 2, 1.0)


def _glisten(canvas: Canvas, relief: Plane, flaked: Plane) -> Plane:
    """Facets of the relief that face the light: fine bright flecks, more of them on flakes."""
    fine = 0.55 * canvas.noise(11, 0.013, 1.8, 0.6) + 0.45 * canvas.noise(12, 0.02, 2.5, 2.2) + 0.5 * relief
    flecks = canvas.scalp.settings.relief**0.5 * np.clip(fine - 0.45 + 0.2 * flaked, 0.0, 1.2) ** 1.3
    return blurred(np.asarray(flecks, np.float32), 0.006)
