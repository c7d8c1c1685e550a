"""What lies on the skin under the hairs and darkens it: a skin marker's ink, and folds."""

from __future__ import annotations

import numpy as np

from phantom.canvas import Canvas, Plane, blurred
from phantom.scalp import Points

_INKS_PASS = np.array(
    [
        [0.74, 0.22, 0.42],  # gentian violet
        [0.72, 0.36, 0.16],  # blue
        [0.30, 0.18, 0.14],  # black-blue
        [0.34, 0.48, 0.14],  # green
    ],
    np.float32,
)
"""Blue, green and red that a full layer of each ink lets through: the skin's own light shines through a marker's."""
_INK_SHARES = (0.4, 0.3, 0.2, 0.1)
_BRISTLE_MM = 0.03
_DOT_SHARE = 0.3
_SPECKS_A_STROKE = 4


def ink(colour: Plane, canvas: Canvas) -> None:
    """Draw a skin marker's strokes, dots and specks: uneven along the stroke, grainy, soft at the edges.

    Parameters
    ----------
    colour : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    canvas : Canvas
        Its grid.
    """
    scalp = canvas.scalp
    places, rng = canvas.scattered(11, scalp.settings.ink_strokes_per_cm2, scalp.skin_seed)
    specks, speck_rng = canvas.scattered(12, _SPECKS_A_STROKE * scalp.settings.ink_strokes_per_cm2, scalp.skin_seed)
    if not len(places):
        return
    layers = [canvas.empty() for _ in _INKS_PASS]
    for place in places:
        layer = layers[int(rng.choice(len(layers), p=_INK_SHARES))]
        if rng.random() < _DOT_SHARE:
            _dot(layer, canvas, place, radius_mm=rng.uniform(0.15, 0.5), strength=rng.uniform(0.6, 1.0), rng=rng)
        else:
            _stroke(layer, canvas, place, rng)
    for place in specks:
        layer = layers[int(speck_rng.choice(len(layers), p=_INK_SHARES))]
        strength = speck_rng.uniform(0.5, 1.0)
        _dot(layer, canvas, place, radius_mm=speck_rng.uniform(0.015, 0.05), strength=strength, rng=speck_rng)
    # ink runs along the fine creases and stays off the ridges
    grain = np.clip(1.0 + 0.14 * canvas.noise(61, 0.035) + 0.16 * canvas.noise(62, 0.12), 0.4, 1.3)
    for layer, passed in zip(layers, _INKS_PASS, strict=True):
        if layer.any():
            full = np.clip((0.6 * blurred(layer, 0.014) + 0.4 * blurred(layer, 0.045)) * grain, 0.0, 1.0)
            colour *= 1.0 - full[:, :, None] * (1.0 - passed)


def _stroke(layer: Plane, canvas: Canvas, place: Points, rng: np.random.Generator) -> None:
    """Draw a stroke as the marker's bristles do: side by side, each with gaps of its own where the tip runs dry."""
    long_mm, wide_mm = rng.uniform(1.0, 6.0), np.exp(rng.uniform(np.log(0.2), np.log(1.2)))
    heading = rng.uniform(0.0, 2 * np.pi) + rng.normal(0.0, 0.12) * np.linspace(-0.5, 0.5, 41) * long_mm
    ahead = np.column_stack([np.cos(heading), np.sin(heading)])
    course = place + np.cumsum(ahead, axis=0) * long_mm / 41
    course -= course.mean(axis=0) - place
    aside = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    dryness, strength = rng.uniform(0.0, 0.6), rng.uniform(0.55, 1.0)
    bristles = max(6, round(wide_mm / _BRISTLE_MM))
    # neighbouring bristles take up alike
    taken_up = np.convolve(rng.normal(0.0, 1.0, bristles + 2), [0.5, 0.7, 0.5], "valid")
    for across, wetness in zip(np.linspace(-0.5, 0.5, bristles), taken_up, strict=True):
        run = course + aside * (across * wide_mm + 0.006 * np.cumsum(rng.normal(0.0, 0.25, 41))[:, None])
        # the tip is round, and lifts off at the stroke's end
        start, stop = (round(41 * short) for short in _ends(across, wide_mm / long_mm, rng))
        fades = np.convolve(rng.normal(0.0, 1.0, 45), np.ones(5) / 5**0.5, "valid")
        drying = dryness * np.linspace(0.2, 1.0, 41)
        flow = strength * np.clip(
            1.0 + 0.12 * wetness - drying * np.clip(0.4 + 0.6 * fades + 0.4 * wetness, 0, 2), 0, 1
        )
        for at in range(start, min(stop, 40)):
            canvas.line(layer, run[at : at + 2], float(flow[at]), 1.15 * wide_mm / bristles)


def _ends(across: float, wide_to_long: float, rng: np.random.Generator) -> tuple[float, float]:
    rounding = 0.5 * min(wide_to_long, 0.8) * (1.0 - np.sqrt(max(0.0, 1.0 - (2 * across) ** 2)))
    return rounding + 0.02 * rng.random(), 1.0 - rounding - 0.05 * rng.random()


def _dot(
    layer: Plane, canvas: Canvas, place: Points, *, radius_mm: float, strength: float, rng: np.random.Generator
) -> None:
    """Draw a dot, near round, with a darker rim where its ink dried last."""
    angles = np.linspace(0.0, 2 * np.pi, 32, endpoint=False)
    wobble = np.ones(32)
    for waves in (2, 3, 5):
        wobble += rng.normal(0.0, 0.07 / waves**0.5) * np.cos(waves * angles + rng.uniform(0.0, 6.3))
    outline = radius_mm * wobble[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    canvas.fill(layer, place + outline, float(strength))
    if radius_mm > 0.1:
        canvas.fill(layer, place + 0.85 * outline, float(0.85 * strength))


def fold(colour: Plane, canvas: Canvas) -> None:
    """Draw folds: wavy soft lines, deepest in their middle, that run out at both ends.

    Parameters
    ----------
    colour : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1; drawn upon in place.
    canvas : Canvas
        Its grid.
    """
    scalp = canvas.scalp
    places, rng = canvas.scattered(13, scalp.settings.folds_per_cm2, scalp.skin_seed)
    if not len(places):
        return
    # the folds of a scalp run more or less alike
    lie = np.random.default_rng([scalp.skin_seed, 35]).uniform(0.0, np.pi)
    dark = canvas.empty()
    for place in places:
        long_mm, wide_mm, contrast = rng.uniform(1.0, 4.0), rng.uniform(0.03, 0.12), rng.uniform(0.05, 0.25)
        steps = max(12, round(long_mm / 0.05))
        wander = np.convolve(rng.normal(0.0, 1.0, steps + 8), np.ones(9) / 9**0.5, "valid")
        heading = lie + rng.normal(0.0, 0.5) + 0.28 * wander + np.cumsum(rng.normal(0.0, 0.02, steps))
        course = place + np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0) * long_mm / steps
        depth = np.sin(np.linspace(0.0, np.pi, steps)) ** 0.7 * np.clip(1.0 + 0.25 * np.roll(wander, 5), 0.3, 1.0)
        for at in range(steps - 1):
            canvas.line(dark, course[at : at + 2], float(contrast * depth[at]), wide_mm * (0.5 + 0.5 * depth[at]))
    # a line of 30 um loses half its depth to this blur, as a shallow crease does
    soft = np.clip(0.75 * blurred(dark, 0.012) + 0.4 * blurred(dark, 0.03), 0.0, 0.3)
    colour *= 1.0 - soft[:, :, None] * np.array([1.05, 1.0, 0.8], np.float32)
