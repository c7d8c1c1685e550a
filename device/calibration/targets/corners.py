"""Placing the corners of a chessboard to a few hundredths of a pixel: two blurred edges that cross, fitted robustly.

Light about a corner is ``mean + slope . place + height * wave(d1 / sigma) * wave(d2 / sigma)``, with d the distances
from two lines through the corner and wave a blurred step from -1 to 1: a corner under a Gaussian blur where the lines
are square to each other, and as symmetric about the corner where they are nearly.  Solved by Gauss-Newton, all corners
at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.targets.light import Plane
from device.calibration.targets.points import Places

_ROUNDS = 15
_TUKEY = 6.0
_DAMPING = 1e-6
_STEP_OF_BYTES = 0.02
"""Of the height: a picture without noise still lies off the model by the steps of its bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """What the fit says of each corner.

    Parameters
    ----------
    places_px : ndarray, shape (n, 2)
    sigma_px : ndarray, shape (n,)
        Blur of its edges.
    height : ndarray, shape (n,)
        Half the light between black and white; below 0 where they lie the other way round than expected.
    misfit : ndarray, shape (n,)
        Standard deviation of the light about the fit, as a share of the height.
    spoilt : ndarray, shape (n,)
        Share of the pixels that do not agree.
    square : ndarray, shape (n,)
        Cosine of the angle between both edges.
    """

    places_px: Places
    sigma_px: Places
    height: Places
    misfit: Places
    spoilt: Places
    square: Places


def corners_at(light: Plane, begun_px: Places, edges_px: Places, reach_px: float, sigma_px: float) -> Corners:
    """Fit corners that lie about where they are said to.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns)
    begun_px : ndarray, shape (n, 2)
        About where, within half the reach.
    edges_px : ndarray, shape (n, 2, 2)
        A step along each of both edges; light rises from the first towards the second, seen from the corner, where
        ``height`` is above 0.
    reach_px : float
        How far from it a corner has the picture to itself.
    sigma_px : float
        Blur to begin with.
    """
    middles = np.rint(begun_px)
    r = int(np.floor(reach_px))
    right, down = (m.ravel() for m in np.meshgrid(np.arange(-r, r + 1.0), np.arange(-r, r + 1.0)))
    inside = np.hypot(right, down) <= reach_px
    right, down = right[inside], down[inside]
    columns = np.clip((middles[:, :1] + right).astype(int), 0, light.shape[1] - 1)
    rows = np.clip((middles[:, 1:] + down).astype(int), 0, light.shape[0] - 1)
    seen = light[rows, columns].astype(float)
    angles = np.arctan2(edges_px[..., 1], edges_px[..., 0])
    n = len(begun_px)
    mean = np.median(seen, axis=1)
    height = 0.5 * (np.quantile(seen, 0.9, axis=1) - np.quantile(seen, 0.1, axis=1))
    # x, y, both angles, log sigma, mean, two slopes, height
    fitted = np.column_stack(
        [begun_px - middles, angles, np.full(n, np.log(sigma_px)), mean, np.zeros(n), np.zeros(n), height]
    )
    weights = np.ones_like(seen)
    spread = np.ones(n)
    for number in range(_ROUNDS):
        model, slopes = _model(fitted, right, down)
        residuals = seen - model
        if number >= 3:
            spread = np.maximum(1.4826 * np.median(np.abs(residuals), axis=1), _STEP_OF_BYTES * np.abs(fitted[:, 8]))
            spread = np.maximum(spread, 1e-6)
            off = residuals / (_TUKEY * spread[:, None])
            weights = np.where(np.abs(off) < 1, (1 - off**2) ** 2, 0.0)
        weighted = slopes * weights[:, :, None]
        normal = np.swapaxes(weighted, 1, 2) @ slopes
        diagonal = np.einsum("nii->ni", normal)
        diagonal += _DAMPING * diagonal + 1e-12
        step = np.linalg.solve(normal, np.swapaxes(weighted, 1, 2) @ residuals[:, :, None])[:, :, 0]
        limits = np.array([1.5, 1.5, 0.2, 0.2, 0.3, 1, 1, 1, 1])
        fitted = fitted + np.clip(step, -limits, limits)
        fitted[:, :2] = np.clip(fitted[:, :2], -reach_px, reach_px)
        fitted[:, 4] = np.clip(fitted[:, 4], np.log(0.3), np.log(reach_px))
    turned = np.cos(fitted[:, 3] - fitted[:, 2])
    return Corners(
        places_px=middles + fitted[:, :2],
        sigma_px=np.exp(fitted[:, 4]),
        height=fitted[:, 8],
        misfit=spread / np.maximum(np.abs(fitted[:, 8]), 1e-6),
        spoilt=np.mean(weights == 0, axis=1),
        square=turned,
    )


def _model(fitted: Places, right: Places, down: Places) -> tuple[Places, NDArray[np.float64]]:
    """Light, shape (n, pixels), and its slopes by the nine parameters, shape (n, pixels, 9)."""
    x, y = right - fitted[:, :1], down - fitted[:, 1:2]
    sigma, height = np.exp(fitted[:, 4:5]), fitted[:, 8:9]
    waves, bells, aside, along, normals = [], [], [], [], []
    for column in (2, 3):
        cosine, sine = np.cos(fitted[:, column : column + 1]), np.sin(fitted[:, column : column + 1])
        away = (y * cosine - x * sine) / sigma
        waves.append(_wave(away))
        bells.append(np.sqrt(2 / np.pi) * np.exp(-0.5 * away * away) / sigma)
        aside.append(away * sigma)
        along.append(x * cosine + y * sine)
        normals.append((-sine, cosine))
    first, second = bells[0] * waves[1], bells[1] * waves[0]
    slopes = [
        -height * (first * normals[0][axis] + second * normals[1][axis]) for axis in (0, 1)
    ] + [
        -height * first * along[0],
        -height * second * along[1],
        -height * (first * aside[0] + second * aside[1]),
        np.ones_like(x),
        x,
        y,
        waves[0] * waves[1],
    ]  # fmt: skip
    # the slopes' own places move with the corner; over a fraction of a pixel that is nothing
    model = fitted[:, 5:6] + fitted[:, 6:7] * x + fitted[:, 7:8] * y + height * slopes[8]
    return model, np.stack(slopes, axis=2)


def _wave(z: Places) -> Places:
    """Evaluate the error function of z / sqrt(2), within 3e-7 (Abramowitz and Stegun 7.1.26)."""
    scaled = np.abs(z) * np.sqrt(0.5)
    u = 1 / (1 + 0.3275911 * scaled)
    series = u * (0.254829592 + u * (-0.284496736 + u * (1.421413741 + u * (-1.453152027 + u * 1.061405429))))
    return np.asarray(np.sign(z) * (1 - series * np.exp(-scaled * scaled)))


def edge_sigma_of(light: Plane) -> float:
    """Estimate the blur of a picture's steepest edges, in px, whatever they are of."""
    smooth = cv2.GaussianBlur(light, (0, 0), 1.0)
    steepness = cv2.magnitude(
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1)
    )
    low, high = np.quantile(smooth[::4, ::4], [0.03, 0.97])
    steepest = float(np.quantile(steepness[::2, ::2], 0.995)) / 2  # the difference is taken over two pixels
    return float(np.sqrt(max(((high - low) / max(steepest, 1e-9)) ** 2 / (2 * np.pi) - 1.0, 0.0)))
