"""Focus by a lens sweep: how sharp the picture is at each position, and where the curve has its peak.

Across an edge under a Gaussian blur the energy of the gradient goes with one over the blur's sigma, and the square of
sigma is a parabola over the lens position: so one over the square of the sharpness is a parabola too, and its lowest
point is the focus.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from analysis.tone import to_light
from device.calibration.targets.refusals import TargetRefused

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]
Linearise = Callable[[Picture], NDArray[np.float32]]

FEWEST_POSITIONS = 5
_LEAST_RISE = 1.5
_DIMMEST, _LEAST_CONTRAST = 0.02, 0.5
_NEAR_PEAK = 0.35
_VALLEY, _SECOND_PEAK = 0.8, 0.6
_TUKEY, _ROBUST_FROM = 4.685, 8
_LEAST_SCATTER = 0.01
"""Of 1 / sharpness^2, as a share: few points can lie on a parabola by chance, and no lens stands that still."""
_BARS = "▁▂▃▄▅▆▇█"


class FocusUnclear(TargetRefused):
    """A focus sweep has no single peak within it."""


class PeakAtEnd(FocusUnclear):
    """The sharpest position is the first or the last."""

    reason = "peak-at-end"


class FlatCurve(FocusUnclear):
    """Sharpness hardly changes with the lens."""

    reason = "flat-curve"


class TwinPeaks(FocusUnclear):
    """Two positions are sharp, with a valley between."""

    reason = "twin-peaks"


class FocusPoint(BaseModel):
    """Sharpness at one lens position.

    Parameters
    ----------
    position_dioptres
        Where the lens stood, by the frame's metadata.
    sharpness
        As `sharpness_of` gives it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    position_dioptres: float
    sharpness: float


class Focus(BaseModel):
    """Where the picture is sharpest.

    Parameters
    ----------
    position_dioptres, position_sd_dioptres
        Of the peak, and its standard uncertainty.
    sharpness
        At the peak.
    curve
        Every position of the sweep, in rising order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    position_dioptres: float
    position_sd_dioptres: float
    sharpness: float
    curve: tuple[FocusPoint, ...]


def sharpness_of(picture: Picture, linearise: Linearise = to_light) -> float:
    """Give the energy of the gradient in linear light over the variance of the light: 1/px^2.

    The contrast drops out, so that a lamp that ages does not look like defocus; the gradient that noise makes is taken
    off, so that a curve falls to its own foot. 0 where there is no chart, or one so blurred that it is gone: without
    contrast the figure would be one noise over another.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR; of a chart with edges all over it. The green is read, of a large picture its middle.
    linearise : callable
        What turns codes into linear light; the sRGB curve by default.
    """
    rows, columns = picture.shape[:2]
    high, wide = min(rows, 1200), min(columns, 1600)
    top, left = (rows - high) // 2, (columns - wide) // 2
    light = linearise(np.ascontiguousarray(picture[top : top + high, left : left + wide, 1]))
    dark, bright = np.quantile(light[::4, ::4], [0.05, 0.95])
    if bright < _DIMMEST or dark > _LEAST_CONTRAST * bright:
        return 0.0
    # differences over two pixels; noise adds half its variance to the square of each
    across, down = (light[1:-1, 2:] - light[1:-1, :-2]) / 2, (light[2:, 1:-1] - light[:-2, 1:-1]) / 2
    energy = float(np.mean(across**2) + np.mean(down**2)) - _noise_variance(light)
    return max(energy, 0.0) / max(float(np.var(cv2.blur(light, (5, 5)))), 1e-9)


def find_focus(points: Sequence[FocusPoint]) -> Focus:
    """Find the peak of a lens sweep.

    Parameters
    ----------
    points : sequence of FocusPoint
        At `FEWEST_POSITIONS` positions or more, in any order; three or more of them should lie on the peak.

    Raises
    ------
    FocusUnclear
        A child that says why: `PeakAtEnd`, `FlatCurve`, `TwinPeaks`.
    """
    curve = tuple(sorted(points, key=lambda point: (point.position_dioptres, point.sharpness)))
    positions = np.array([point.position_dioptres for point in curve])
    sharp = np.array([point.sharpness for point in curve])
    if len(np.unique(positions)) < FEWEST_POSITIONS:
        raise FlatCurve(
            f"A focus sweep needs {FEWEST_POSITIONS} lens positions or more, here are {len(np.unique(positions))}: "
            "take a sweep over more positions."
        )
    if sharp.max() < _LEAST_RISE * max(sharp.min(), 1e-12):
        raise FlatCurve(
            f"Sharpness rises by a factor of {sharp.max() / max(sharp.min(), 1e-12):.2f} only: lay the edge chart "
            "under the camera, light it, and sweep over more of the lens' way."
        )
    best = int(np.argmax(sharp))
    if best in (0, len(sharp) - 1):
        raise _at_end(best == 0)
    _require_one_peak(positions, sharp, best)
    place, sd, height = _lowest(positions, sharp, best)
    if not positions[0] < place < positions[-1]:
        raise _at_end(place <= positions[0])
    return Focus(position_dioptres=place, position_sd_dioptres=sd, sharpness=height, curve=curve)


def sparkline(focus: Focus) -> str:
    """Draw the curve in one line of text, a bar a position."""
    sharp = np.array([point.sharpness for point in focus.curve])
    return "".join(_BARS[round(float(s / sharp.max()) * (len(_BARS) - 1))] for s in sharp)


def curve_svg(focus: Focus, width_px: int = 480, height_px: int = 200) -> str:
    """Draw the curve, its points and the peak with its 95 % interval as an SVG of its own."""
    positions = np.array([point.position_dioptres for point in focus.curve])
    sharp = np.array([point.sharpness for point in focus.curve])
    margin = 28
    span = float(positions[-1] - positions[0])

    def x(position: float) -> float:
        return margin + (width_px - 2 * margin) * (position - float(positions[0])) / span

    highest = max(float(sharp.max()), focus.sharpness)

    def y(sharpness: float) -> float:
        return height_px - margin - (height_px - 2 * margin) * sharpness / highest

    low, high = (focus.position_dioptres + side * 1.96 * focus.position_sd_dioptres for side in (-1, 1))
    low, high = max(low, float(positions[0])), min(high, float(positions[-1]))
    path = " ".join(f"{x(p):.1f},{y(s):.1f}" for p, s in zip(positions, sharp, strict=True))
    dots = "".join(f'<circle cx="{x(p):.1f}" cy="{y(s):.1f}" r="3"/>' for p, s in zip(positions, sharp, strict=True))
    base = height_px - margin
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px} {height_px}" role="img" '
        f'aria-label="Sharpness by lens position, peak at {focus.position_dioptres:.3f} dioptres">'
        f'<rect x="{x(low):.1f}" y="{margin}" width="{max(x(high) - x(low), 0.5):.1f}" '
        f'height="{base - margin}" fill="currentColor" opacity="0.2"/>'
        f'<line x1="{margin}" y1="{base}" x2="{width_px - margin}" y2="{base}" stroke="currentColor"/>'
        f'<line x1="{x(focus.position_dioptres):.1f}" y1="{margin}" x2="{x(focus.position_dioptres):.1f}" y2="{base}" '
        'stroke="currentColor" stroke-dasharray="4 3"/>'
        f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f'<g fill="currentColor">{dots}</g>'
        f'<g fill="currentColor" font-family="sans-serif" font-size="11">'
        f'<text x="{margin}" y="{height_px - 8}">{positions[0]:g}</text>'
        f'<text x="{width_px - margin}" y="{height_px - 8}" text-anchor="end">{positions[-1]:g} dioptres</text>'
        f'<text x="{x(focus.position_dioptres):.1f}" y="{margin - 8}" text-anchor="middle">'
        f"{focus.position_dioptres:.3f} ± {1.96 * focus.position_sd_dioptres:.3f}</text></g></svg>"
    )


def _noise_variance(light: NDArray[np.float32]) -> float:
    """Variance of a pixel's noise, from what a mask shows that neither slopes nor edges answer to.

    After Immerkaer 1996 (Comput. Vis. Image Underst. 64:300), with the median, which edges do not raise.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    answer = cv2.filter2D(light, cv2.CV_32F, mask)[1:-1, 1:-1]
    return float((1.4826 * np.median(np.abs(answer))) ** 2) / 36.0


def _at_end(first: bool) -> PeakAtEnd:
    return PeakAtEnd(
        f"The picture is sharpest at the {'first' if first else 'last'} lens position: sweep further "
        f"{'below' if first else 'above'} it, or bring the chart to the place of the skin."
    )


def _require_one_peak(positions: Array, sharp: Array, best: int) -> None:
    """Refuse a second peak, two thirds as high as the first, behind a valley."""
    for side in (range(best + 1, len(sharp)), range(best - 1, -1, -1)):
        lowest = sharp[best]
        for k in side:
            lowest = min(lowest, sharp[k])
            if sharp[k] > _SECOND_PEAK * sharp[best] and lowest < _VALLEY * sharp[k]:
                raise TwinPeaks(
                    f"The picture is sharp at {positions[best]:.2f} and again at {positions[k]:.2f} dioptres: lay the "
                    "chart flat and keep it still, clean the glass, and sweep again."
                )


def _lowest(positions: Array, sharp: Array, best: int) -> tuple[float, float, float]:
    """Give place, standard uncertainty and height of the peak, from a robust parabola through 1 / sharpness^2."""
    near = np.flatnonzero(sharp >= _NEAR_PEAK * sharp[best])
    # only what hangs together with the peak, and never fewer than five
    first, last = best, best
    while last + 1 in near:
        last += 1
    while first - 1 in near:
        first -= 1
    while last - first + 1 < FEWEST_POSITIONS:
        first, last = max(0, first - 1), min(len(sharp) - 1, last + 1)
    at, inverse = positions[first : last + 1], (sharp[best] / np.maximum(sharp[first : last + 1], 1e-12)) ** 2
    middle, span = positions[best], float(np.ptp(at)) / 2
    terms = np.stack([np.ones_like(at), (at - middle) / span, ((at - middle) / span) ** 2], axis=1)
    # a sharpness that is uncertain by a share makes 1 / sharpness^2 uncertain by twice that share
    scale, trust = inverse, np.ones_like(at)
    for _ in range(10):
        rows = terms * (np.sqrt(trust) / scale)[:, None]
        c, b, a = np.linalg.lstsq(rows, inverse * np.sqrt(trust) / scale, rcond=None)[0]
        off = (inverse - terms @ np.array([c, b, a])) / scale
        if len(at) >= _ROBUST_FROM:
            spread = max(1.4826 * float(np.median(np.abs(off))), _LEAST_SCATTER)
            trust = np.clip(1 - (off / (_TUKEY * spread)) ** 2, 0.0, None) ** 2
        scale = np.maximum(terms @ np.array([c, b, a]), 0.2)
    if a <= 0:
        raise FlatCurve("The sharpness has no peak: lay the edge chart under the camera, light it, and sweep again.")
    lowest = -b / (2 * a)
    variance = float((trust * off**2).sum()) / max(float(trust.sum()) - 3, 1.0)
    covariance = np.linalg.pinv(rows.T @ rows) * max(variance, _LEAST_SCATTER**2)
    slope = np.array([0.0, -1 / (2 * a), b / (2 * a * a)])
    sd = span * float(np.sqrt(slope @ covariance @ slope))
    height = float(sharp[best] / np.sqrt(max(c - b * b / (4 * a), 0.05)))
    return float(middle + span * lowest), sd, height
