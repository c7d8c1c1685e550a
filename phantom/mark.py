"""What is pigmented for good: the tattooed mark that finds a site again, and moles, which are not the mark."""

from __future__ import annotations

import numpy as np

from phantom.canvas import MAP_MM_PER_PX, Canvas, Plane, blurred
from phantom.colour import SKIN_BGR
from phantom.scalp import Points
from phantom.tattoo import Tattoo

_INK_BGR = {
    "blue-black": (0.25, 0.16, 0.12),
    "black": (0.14, 0.13, 0.13),
    "green": (0.30, 0.34, 0.16),
    "brown-black": (0.13, 0.17, 0.24),
}
"""Colour of a full layer near the surface, by eye."""
_SCATTERED_BGR = np.array([0.28, 0.17, 0.08], np.float32)
"""Share of the skin's colour that 1 mm of dermis scatters back before the light has reached the ink: blue most."""
_FULL = 0.85
_EDGE_MM = 0.018
_SPREAD = 0.11
"""Blur of what lies in the dermis, sigma over depth: chosen by eye on dermoscopic pictures' soft-edged dots."""
_MOLE_PASSES = np.array([0.28, 0.40, 0.56], np.float32)
"""What the darkest mole lets through: melanin takes blue first."""
MOLE_MM = (0.3, 3.0)


def tattoo(colour: Plane, canvas: Canvas) -> None:
    """Tattoo the scalp's mark: a dot in the dermis, not quite round.

    Parameters
    ----------
    colour : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    canvas : Canvas
        Its grid.
    """
    mark_mm = canvas.scalp.settings.mark_mm
    if mark_mm is None:
        return
    state = canvas.scalp.settings.tattoo
    ink = canvas.empty()
    canvas.fill(ink, np.asarray(state.place_mm) + _outline(mark_mm, state.smear, canvas.scalp.skin_seed), 1.0)
    ink = _spread(ink, mark_mm, state)
    if state.smear > 0.0:
        ink = _grains(ink, mark_mm, state, canvas)
    share = np.asarray(_FULL * ink, np.float32)
    if state.fading > 0.0:
        patchy = 1.0 + 0.35 * state.fading * canvas.noise(63, 0.09)
        share = np.asarray((1.0 - state.fading) * share * np.clip(patchy, 0.3, 1.5), np.float32)
    colour += share[:, :, None] * (_seen_ink(colour, state, canvas) - colour)


def moles(colour: Plane, canvas: Canvas) -> None:
    """Draw moles: brown, round to oval, of any size from a tattooed dot's to ten times that, softer or sharper.

    Parameters
    ----------
    colour : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    canvas : Canvas
        Its grid.
    """
    scalp = canvas.scalp
    places, rng = canvas.scattered(14, scalp.settings.moles_per_cm2, scalp.skin_seed)
    if not len(places):
        return
    angles = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    pigment = canvas.empty()
    for place in places:
        across_mm, long = np.exp(rng.uniform(*np.log(MOLE_MM))), rng.uniform(1.0, 1.4)
        wobble = np.ones(len(angles))
        for waves in (2, 3, 4, 5):
            wobble += rng.normal(0.0, 0.08 / waves**0.5) * np.cos(waves * angles + rng.uniform(0.0, 6.3))
        plain = (
            0.5
            * across_mm
            * wobble[:, None]
            * np.column_stack([np.cos(angles) * long**0.5, np.sin(angles) / long**0.5])
        )
        turn = rng.uniform(0.0, np.pi)
        outline = place + plain @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        soft_mm = float(rng.uniform(0.03, 0.08)) * min(1.0, across_mm / 0.6) + 0.01
        _stain(pigment, canvas, outline, float(rng.uniform(0.35, 1.0)), soft_mm)
    # pigment lies denser in the ridges of the epidermis: a network, and clods
    pigment *= np.clip(1.0 + 0.16 * canvas.noise(64, 0.05) + 0.14 * canvas.noise(65, 0.3), 0.4, 1.4)
    colour *= 1.0 - np.clip(pigment, 0.0, 1.0)[:, :, None] * (1.0 - _MOLE_PASSES)


def _stain(pigment: Plane, canvas: Canvas, outline: Points, strength: float, soft_mm: float) -> None:
    """Draw one mole's pigment, with a faint wide halo, on the part of the plane that it reaches."""
    reach_px = np.ceil(12.0 * soft_mm / MAP_MM_PER_PX).astype(int)
    outline_px = canvas.to_px(outline)
    first = np.maximum(np.floor(outline_px.min(axis=0)).astype(int) - reach_px, 0)
    last = np.minimum(np.ceil(outline_px.max(axis=0)).astype(int) + reach_px, np.array(canvas.shape[::-1]))
    columns, rows = (last - first).tolist()
    if min(columns, rows) < 1:
        return
    part = Canvas(canvas.scalp, canvas.corner_mm + first * MAP_MM_PER_PX, (rows, columns))
    one = part.empty()
    part.fill(one, outline, strength)
    window = pigment[first[1] : last[1], first[0] : last[0]]
    np.maximum(window, 0.8 * blurred(one, soft_mm) + 0.2 * blurred(one, 3 * soft_mm), out=window)


def _outline(mark_mm: float, smear: float, skin_seed: int) -> Points:
    """Outline of the ink about its own middle, shape (n, 2)."""
    rng = np.random.default_rng([skin_seed, 33])
    angles = np.linspace(0.0, 2 * np.pi, 36, endpoint=False)
    radius = (
        0.5
        * mark_mm
        * (1.0 + 0.04 * np.cos(2 * angles + rng.uniform(0, 6.3)) + 0.03 * np.cos(3 * angles + rng.uniform(0, 6.3)))
    )
    for waves in (2, 3, 4, 5, 7) if smear > 0.0 else ():
        radius *= 1.0 + smear * rng.normal(0.0, 0.16 / waves**0.5) * np.cos(waves * angles + rng.uniform(0, 6.3))
    outline = np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])
    return outline if smear == 0.0 else outline - _middle(outline)


def _middle(outline: Points) -> Points:
    """Centroid of a polygon's area."""
    following = np.roll(outline, -1, axis=0)
    doubled = outline[:, 0] * following[:, 1] - following[:, 0] * outline[:, 1]
    return np.asarray(((outline + following) * doubled[:, None]).sum(axis=0) / (3.0 * doubled.sum()))


def _spread(ink: Plane, mark_mm: float, state: Tattoo) -> Plane:
    """Soften the edge by the skin above, and by how far the ink ran; deep ink has a wide faint halo too."""
    sigma_mm = float(np.sqrt(_EDGE_MM**2 + (_SPREAD * state.depth_mm) ** 2 + (0.14 * state.smear * mark_mm) ** 2))
    sharp = blurred(ink, sigma_mm)
    if state.depth_mm == 0.0:
        return sharp
    halo = 0.25 * state.depth_mm
    return np.asarray((1.0 - halo) * sharp + halo * blurred(ink, 2.5 * sigma_mm), np.float32)


def _grains(ink: Plane, mark_mm: float, state: Tattoo, canvas: Canvas) -> Plane:
    """Strew grains of ink around the dot, which cells have carried off, evenly on all sides."""
    rng = np.random.default_rng([canvas.scalp.skin_seed, 36])
    strewn = canvas.empty()
    angles = np.linspace(0.0, 2 * np.pi, 12, endpoint=False)
    count = round(14 * state.smear)
    for turn in np.linspace(0.0, 2 * np.pi, count, endpoint=False) + rng.normal(0.0, 0.15, count):
        away = 0.5 * mark_mm * rng.uniform(0.9, 1.5) * np.array([np.cos(turn), np.sin(turn)])
        radius = rng.uniform(0.01, 0.03)
        around = radius * np.column_stack([np.cos(angles), np.sin(angles)])
        canvas.fill(strewn, np.asarray(state.place_mm) + away + around, float(rng.uniform(0.3, 0.9)))
    grains = blurred(strewn, max(0.012, 0.5 * _SPREAD * state.depth_mm))
    uneven = np.clip(1.0 + 0.18 * state.smear * canvas.noise(66, 0.06), 0.5, 1.2)
    return np.asarray(np.clip(np.maximum(ink * uneven, grains), 0.0, 1.0), np.float32)


def _seen_ink(colour: Plane, state: Tattoo, canvas: Canvas) -> Plane:
    """Colour of the ink through the skin: the epidermis dims ink and skin alike, the dermis above veils it in blue."""
    plain = np.minimum(np.array(_INK_BGR[state.ink], np.float32), colour)
    if state.depth_mm == 0.0:
        return plain
    base = np.array(SKIN_BGR[canvas.scalp.settings.skin_type], np.float32)
    fair = np.array(SKIN_BGR["II"], np.float32)
    # light coded by the square root, near enough to sRGB, passes the epidermis twice
    through = np.minimum(plain, np.array(_INK_BGR[state.ink], np.float32) * np.minimum(base / fair, 1.0))
    veil = np.float32(state.depth_mm) * _SCATTERED_BGR
    return np.asarray(np.minimum(through + veil * (colour - through) + 0.5 * veil * colour, colour), np.float32)
