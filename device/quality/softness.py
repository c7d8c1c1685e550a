"""What the edges' softness says: how sharp the picture is, whether it moved, and whether the skin was tilted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.quality.edges import Edges

WIDTH_PER_SIGMA = 2.5631
"""An edge under a Gaussian blur rises from 10 to 90 % over this many sigmas."""
CELLS = (5, 4)
FEWEST_EDGES = 60
_FEWEST_A_CELL = 12
_FEWEST_A_DIRECTION = 30
_DIRECTIONS = 12
_FEWEST_DIRECTIONS = 4
_CLEARLY = 4.0
"""Standard errors: on drawn pictures that did not move the anisotropy is within 2 of none; moved by 20 um, beyond 4."""
_MOST_TILT_SD_DEG = 3.0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Motion:
    """What moved during the exposure.

    Parameters
    ----------
    length_um : float
        Of the straight even motion whose variance (a twelfth of its square) softens the edges so. On drawn pictures
        20 um read 18 to 23, 45 read 50 to 63, 70 read 75 to 94; beyond, it reads too short, but never as slight.
    direction_deg : float
        Of that motion, 0 to 180, from x to y.
    """

    length_um: float
    direction_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Median softness by parts of the picture, those with too few edges left out.

    Parameters
    ----------
    at_px : ndarray, shape (n, 2)
        (x, y) of the median edge.
    variance_px2 : ndarray, shape (n,)
    edges : ndarray, shape (n,)
        How many.
    """

    at_px: Array
    variance_px2: Array
    edges: Array

    @classmethod
    def of(cls, edges: Edges, shape: tuple[int, ...], grid: tuple[int, int] = CELLS) -> Cells:
        """Divide a picture of this shape (rows, columns) into `grid` (columns, rows)."""
        at = np.floor(edges.at_px / np.array([shape[1], shape[0]]) * grid).astype(int)
        number = at[:, 1] * grid[0] + at[:, 0]
        chosen = [one for n in range(grid[0] * grid[1]) if (one := np.flatnonzero(number == n)).size >= _FEWEST_A_CELL]
        return cls(
            np.array([np.median(edges.at_px[one], axis=0) for one in chosen]).reshape(-1, 2),
            np.array([np.median(edges.variance_px2[one]) for one in chosen], float),
            np.array([len(one) for one in chosen], float),
        )


def sigma_px(edges: Edges, shape: tuple[int, ...]) -> float | None:
    """Blur of the softer parts of a picture (the quarter above which is a fourth of the cells); None without edges."""
    cells = Cells.of(edges, shape)
    if len(edges.at_px) < FEWEST_EDGES or not len(cells.edges):
        return None
    return float(np.sqrt(max(np.quantile(cells.variance_px2, 0.75), 0.0)))


def tells_motion(edges: Edges) -> bool:
    """Say whether edges run in so many directions that motion would show."""
    return _by_direction(edges) is not None


def motion(edges: Edges, um_per_px: float) -> Motion | None:
    """Read motion from how softness hangs on direction; None where it does not clearly, or edges run one way only."""
    seen = _by_direction(edges)
    if seen is None:
        return None
    angles, variances, sds = seen
    design = np.column_stack([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)]) / sds[:, None]
    covariance = np.linalg.pinv(design.T @ design)
    fitted = covariance @ design.T @ (variances / sds)
    left = float(((design @ fitted - variances / sds) ** 2).sum()) / max(len(angles) - 3, 1)
    amplitude = float(np.hypot(fitted[1], fitted[2]))
    along = np.array([0.0, fitted[1], fitted[2]]) / max(amplitude, 1e-9)
    sd = float(np.sqrt(along @ covariance @ along * max(left, 1.0)))
    if amplitude < _CLEARLY * sd:
        return None
    direction = float(np.rad2deg(np.arctan2(fitted[2], fitted[1]) / 2) % 180)
    return Motion(float(np.sqrt(12 * 2 * amplitude)) * um_per_px, direction)


def tilt_deg(
    edges: Edges, shape: tuple[int, ...], um_per_px: float, blur_um_per_mm: float, best_um: float | None
) -> float | None:
    """Read the tilt from how blur grows away from the line that is in focus; None where it is in doubt.

    Parameters
    ----------
    edges : Edges
    shape : tuple of int
        Of the picture they were found on, (rows, columns).
    um_per_px : float
        Its scale.
    blur_um_per_mm : float
        By how much the lens's blur (sigma, um) grows per mm of depth off focus.
    best_um : float or None
        Calibrated blur at best focus; None to read it from the sharpest part.
    """
    cells = Cells.of(edges, shape, (8, 6))
    if len(cells.edges) < 12:
        return None
    middle = (np.array([shape[1], shape[0]]) - 1) / 2
    places_mm = (cells.at_px - middle) * um_per_px / 1000.0
    softness = cells.variance_px2 * um_per_px**2
    best = best_um**2 if best_um is not None else float(np.quantile(softness, 0.1))
    off_mm = np.sqrt(np.maximum(softness - best, 0.0)) / blur_um_per_mm
    return _plane_tilt_deg(places_mm, off_mm)


def _plane_tilt_deg(places_mm: Array, off_mm: Array) -> float | None:
    """Fit a plane to distances from focus whose sign nobody knows: which side is farther is tried out."""
    best: tuple[float, Array, Array] | None = None
    ground = np.column_stack([places_mm, np.ones(len(places_mm))])
    for turn in np.arange(0, np.pi, np.pi / 12):
        across = places_mm @ [np.cos(turn), np.sin(turn)]
        for line in np.quantile(across, np.linspace(0.0, 1.0, 9)):
            sign = np.sign(across - line)
            for _ in range(3):
                plane = np.linalg.lstsq(ground, sign * off_mm, rcond=None)[0]
                sign = np.sign(ground @ plane)
            left = float(np.median(np.abs(np.abs(ground @ plane) - off_mm)))
            if best is None or left < best[0]:
                best = (left, plane, sign)
    if best is None:
        return None
    _, plane, sign = best
    left_mm = ground @ plane - sign * off_mm
    spread = float(left_mm @ left_mm) / max(len(off_mm) - 3, 1)
    covariance = np.linalg.pinv(ground.T @ ground) * spread
    steep = float(np.hypot(plane[0], plane[1]))
    sd_deg = float(np.rad2deg(np.sqrt(max(covariance[0, 0], covariance[1, 1]))))
    return float(np.rad2deg(np.arcsin(min(steep, 1.0)))) if sd_deg < _MOST_TILT_SD_DEG else None


def _by_direction(edges: Edges) -> tuple[Array, Array, Array] | None:
    """Angle, median variance and its standard error of the edges by direction across, which has no sign."""
    angles = np.mod(edges.across_rad, np.pi)
    sector = np.minimum((angles * _DIRECTIONS / np.pi).astype(int), _DIRECTIONS - 1)
    rows = []
    for one in range(_DIRECTIONS):
        here = np.flatnonzero(sector == one)
        if len(here) < _FEWEST_A_DIRECTION:
            continue
        variances = edges.variance_px2[here]
        usual = float(np.median(variances))
        spread = 1.4826 * float(np.median(np.abs(variances - usual)))
        # neighbouring edge pixels see the same edge: some eight make one independent reading
        rows.append((float(np.median(angles[here])), usual, spread / np.sqrt(len(here) / 8) + 0.05 * abs(usual) + 0.05))
    if len(rows) < _FEWEST_DIRECTIONS:
        return None
    angle, median, sd = np.array(rows).T
    return angle, median, sd
