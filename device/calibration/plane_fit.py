"""Fitting a plane and a radial distortion to points, robustly.

Gauss-Newton on all nine parameters, reweighted by Tukey's biweight; covariance of an M-estimate after Huber, Robust
Statistics, 1981, 7.6.
"""

from __future__ import annotations

import cv2
import numpy as np

from device.calibration.projection import PARAMETERS, Points, Projection

_TUKEY = 4.685
_STEPS = 30
_LEAST_KEPT = 0.7
_WORST_SIGMA = 1.5e-3
"""Of the half diagonal (2 px of 1270): points scatter less on a flat target, whatever its dirt."""


class GeometryUnfit(ValueError):
    """The points do not fit a flat target seen through a lens with radial distortion; the message says what to do."""


def disc_shift(projection: Projection, mm: Points, radius_mm: float) -> Points:
    """By how much the circle fitted to a disc's outline lies beside where the disc's middle appears, shape (n, 2).

    A radial distortion of 2 % and dots of 250 um: 20 parts per million of the scale.
    """
    if radius_mm == 0:
        return np.zeros_like(mm)
    angles = np.arange(8) * (np.pi / 4)
    around = radius_mm * np.column_stack([np.cos(angles), np.sin(angles)])
    outline = projection.to_px(mm[:, None, :] + around) - projection.to_px(mm)[:, None, :]
    # the spokes' first harmonic is what moves the fitted circle
    radius = np.hypot(outline[..., 0], outline[..., 1])
    return np.asarray(2 * (outline - outline / radius[..., None] * radius.mean(axis=1)[:, None, None]).mean(axis=1))


def start(px: Points, mm: Points, size_px: tuple[int, int]) -> Projection:
    """Find a projection without distortion to begin with.

    Raises
    ------
    GeometryUnfit
        If the points lie on no plane.
    """
    bare = Projection(size_px, np.zeros(PARAMETERS))
    seen = (px - bare.middle_px) / bare.half_diagonal_px
    # a distortion of 3 % and more still lies within the threshold
    homography, _ = cv2.findHomography(mm.astype(np.float64), seen, cv2.RANSAC, 0.05)
    # OpenCV gives none where it finds no plane, and declares otherwise
    if np.shape(homography) != (3, 3) or not np.isfinite(homography).all() or abs(homography[2, 2]) < 1e-9:
        raise GeometryUnfit("The points found lie on no plane: take the picture again with the target flat and clean.")
    return Projection(size_px, np.append((homography / homography[2, 2]).ravel()[:8], 0.0))


def robust(begun: Projection, px: Points, mm: Points) -> tuple[Projection, Points]:
    """Fit a projection to places in the picture and on the plane, both of shape (n, 2).

    Returns
    -------
    (Projection, ndarray of shape (n,))
        And each point's last weight, 0 for an outlier.

    Raises
    ------
    GeometryUnfit
        If the points scatter, or too many are outliers.
    """
    projection, weights = begun, np.ones(len(px))
    for _ in range(_STEPS):
        residuals = px - projection.to_px(mm)
        weights = _weights(residuals)
        jacobian = projection.jacobian(mm).reshape(-1, PARAMETERS)
        root = np.repeat(np.sqrt(weights), 2)
        step = np.linalg.lstsq(jacobian * root[:, None], residuals.ravel() * root, rcond=None)[0]
        projection = Projection(projection.size_px, projection.parameters + step)
        if np.abs(step).max() < 1e-12:
            break
    scattered = _sigma(px - projection.to_px(mm)) > _WORST_SIGMA * projection.half_diagonal_px
    if not np.isfinite(projection.parameters).all() or scattered or np.mean(weights > 0) < _LEAST_KEPT:
        raise GeometryUnfit(
            "The points do not fit a flat target: lay it flat against the cover glass, clean it, and hold "
            "still while the "
            "picture is taken."
        )
    return projection, weights


def _sigma(residuals: Points) -> float:
    """Robust standard deviation of one coordinate, by the median of distances (Rayleigh's median is 1.1774 sigma)."""
    return max(float(np.median(np.hypot(*residuals.T))) / 1.1774, 1e-9)


def _weights(residuals: Points) -> Points:
    off = np.hypot(*residuals.T) / (_TUKEY * _sigma(residuals))
    return np.asarray(np.where(off < 1, (1 - off**2) ** 2, 0.0))


def covariance_of(projection: Projection, px: Points, mm: Points) -> Points:
    """Of the parameters, for a two-dimensional M-estimate: E[psi^2] / E[psi']^2 over the unweighted normal matrix."""
    residuals = px - projection.to_px(mm)
    bound = _TUKEY * _sigma(residuals)
    off = np.hypot(*residuals.T) / bound
    inside = off < 1
    squares = np.where(inside, (off * bound) ** 2 * (1 - off**2) ** 4, 0.0).sum() / 2
    # mean over both coordinates of the slope of psi = r * (1 - |r|^2 / b^2)^2
    slope = np.where(inside, (1 - off**2) * (1 - 3 * off**2), 0.0).mean()
    variance = squares / max(len(px) - PARAMETERS / 2, 1) / slope**2
    jacobian = projection.jacobian(mm).reshape(-1, PARAMETERS)
    scale = np.linalg.norm(jacobian, axis=0)
    inverse = np.linalg.inv((jacobian / scale).T @ (jacobian / scale))
    return np.asarray(variance * inverse / np.outer(scale, scale))
