"""Shafts side by side as bars between blurred edges: the profile a cross-section should show, and its derivatives.

A shaft's profile is a step down and a step up, each an error function of the optics' Gaussian blur.  Between its edges
the measured shaft may be shaded (a straight line and a parabola: a pale shaft has dark rims) and carry one line of
light, so that none of these moves the edges.  Neighbours are plain bars, and all stand on one sloping skin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TERMS, TERMS_BESIDE = 9, 3
LEVEL, SLOPE, CENTRE, WIDTH, DEPTH, SHADE, RIM, GLINT, GLINT_AT = range(TERMS)
"""Columns of the parameters of the measured shaft: px, and the profile's unit; `GLINT_AT` is in half widths."""
SIGMA = -1
"""The last column, after centre, width and depth of each bar beside: the blur."""
GLINT_SIGMA = 0.22
"""Of a line of light, in half widths of the shaft."""

Array = NDArray[np.float64]
Plane = NDArray[np.float32]


def columns_beside(terms: int) -> range:
    """First columns of the bars beside among so many parameters."""
    return range(TERMS, terms - 1, TERMS_BESIDE)


def evaluate(offsets_px: Plane, parameters: Array, sigma_px: Array) -> tuple[Plane, Plane]:
    """Evaluate S profiles and their derivatives.

    Parameters
    ----------
    offsets_px : ndarray, shape (samples, S)
        Sections lie side by side in memory: numpy then works on long rows, at twice the speed.
    parameters : ndarray, shape (S, terms)
        `TERMS` of the measured shaft, ``TERMS_BESIDE`` (centre, width, depth) of each bar beside, blur.
    sigma_px : ndarray, shape (S,)
        Blur to evaluate with.

    Returns
    -------
    profiles : ndarray, shape (samples, S)
    derivatives : ndarray, shape (terms, samples, S)
        By each parameter, the blur last (its part in shading and light, which hardly tell it, is left out).
    """
    t = offsets_px
    p, s = parameters.T.astype(t.dtype), sigma_px.astype(t.dtype)
    slopes = np.empty((len(p), *t.shape), t.dtype)
    reach = t[-1]
    level, slope, centre, width, depth, shade, rim, glint, glint_at = (p[i] for i in range(TERMS))
    slopes[LEVEL] = 1
    slopes[SLOPE] = t / reach
    r = width / 2
    x = t - centre
    step_near, g_near, near = _edge(x + r, s)
    step_far, g_far, far = _edge(x - r, s)
    bar = step_near - step_far
    # moments of the blur over the bar give the straight and the parabolic shading in closed form
    first = s * s * (g_far - g_near)
    second = s * s * (bar + far * g_far - near * g_near)
    line = (x * bar - first) / r
    parabola = (x * x * bar - 2 * x * first + second) / (r * r)
    at = x / r - glint_at
    q = (s / r) ** 2 + GLINT_SIGMA**2
    light = np.exp(-0.5 * at * at / q) * (GLINT_SIGMA / np.sqrt(q))
    model = level + slope * slopes[SLOPE] + depth * bar + shade * line + rim * parabola + glint * light
    right, left = depth + shade + rim, depth - shade + rim
    slopes[DEPTH] = bar
    slopes[SHADE] = line
    slopes[RIM] = parabola
    slopes[GLINT] = light
    slopes[GLINT_AT] = glint * light * at / q
    slopes[CENTRE] = right * g_far - left * g_near - (shade * bar + 2 * rim * line - slopes[GLINT_AT]) / r
    slopes[WIDTH] = (right * g_far + left * g_near) / 2 - (shade * line + 2 * rim * parabola) / width
    slopes[WIDTH] += slopes[GLINT_AT] * (x / r) / width
    blur = right * far * g_far - left * near * g_near
    for i in columns_beside(len(p)):
        centre, width, depth = (p[i + j] for j in range(3))
        step_near, g_near, near = _edge(t - centre + width / 2, s)
        step_far, g_far, far = _edge(t - centre - width / 2, s)
        slopes[i] = depth * (g_far - g_near)
        slopes[i + 1] = depth * (g_far + g_near) / 2
        slopes[i + 2] = step_near - step_far
        model += depth * slopes[i + 2]
        blur += depth * (far * g_far - near * g_near)
    slopes[SIGMA] = blur / s
    return model, slopes


def _edge(x: Plane, sigma: Plane) -> tuple[Plane, Plane, Plane]:
    """Evaluate the normal distribution function and its density at x, and hand x back.

    The error function within 1.5e-7 (Abramowitz & Stegun 7.1.26), which shares its exponential with the density; numpy
    has none.
    """
    z = x / sigma
    gauss = np.exp(-0.5 * z * z)
    u = 1 / (1 + np.float32(0.3275911 / np.sqrt(2)) * np.abs(z))
    tail = u * (0.254829592 + u * (-0.284496736 + u * (1.421413741 + u * (-1.453152027 + u * 1.061405429))))
    tail *= gauss * 0.5
    return 0.5 + np.copysign(0.5 - tail, z), gauss / (sigma * np.float32(np.sqrt(2 * np.pi))), x
