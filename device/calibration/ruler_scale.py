"""Scale from a ruler: one direction of one line, with what a ruler cannot tell kept as uncertainty.

A ruler shows neither how the plane lies square to it nor what the lens does away from it.  Tilt and distortion are
carried through the fit with their usual sizes as prior knowledge: a short ruler in the middle leaves them as they are,
a long one narrows them, and the scale's uncertainty says what is left.
"""

from __future__ import annotations

import numpy as np

from device.calibration.geometry import PLACING_SD_PX, Geometry
from device.calibration.plane_fit import GeometryUnfit
from device.calibration.projection import PARAMETERS, Points, Projection
from device.calibration.targets.points import RulerMarks

USUAL_TILT_DEG, USUAL_K1 = 3.0, 0.02
"""Standard deviations of what lens and hand do: the sizes that the instrument is made to correct."""
_NEAR_MM = 30.0
"""Working distance taken where it is unknown: the nearer, the more a tilt does."""
_ROUNDS = 30
_TUKEY = 4.685
_LEAST_MARKS = 5


def fit_ruler(marks: RulerMarks, size_px: tuple[int, int], distance_mm: float | None) -> Geometry:
    """Fit the scale in the picture's middle to the marks of a ruler.

    Parameters
    ----------
    marks : RulerMarks
    size_px : (int, int)
        Width and height of the picture.
    distance_mm : float or None
        From the entrance pupil to the ruler; None where unknown.

    Returns
    -------
    Geometry
        ``scale_only``: without distortion or tilt; their usual sizes are in its uncertainty, which grows towards the
        corners.

    Raises
    ------
    GeometryUnfit
        If there are too few marks, or they are not evenly spaced.
    """
    if len(marks.along_mm) < _LEAST_MARKS:
        raise GeometryUnfit(f"Only {len(marks.along_mm)} marks of the ruler are usable: clean it, and focus on it.")
    bare = Projection(size_px, np.zeros(PARAMETERS))
    radius, middle = bare.half_diagonal_px, bare.middle_px
    seen = (marks.points_px - middle) / radius
    axis, foot = _line(seen)
    along = (seen - foot) @ axis
    beside = float(np.hypot(*foot))
    slope_sd = np.deg2rad(USUAL_TILT_DEG) / (distance_mm or _NEAR_MM)
    # place and scale where the ruler passes nearest to the middle; perspective and distortion along it
    begun = np.polyfit(marks.along_mm, along, 1)
    fitted = np.array([begun[1], begun[0], 0.0, 0.0])
    prior = np.diag([0.0, 0.0, slope_sd**-2, USUAL_K1**-2])
    residuals, normal, variance = along, prior, 1.0
    weights = np.ones(len(along))
    for _ in range(_ROUNDS):
        model, slopes = _model(fitted, marks.along_mm, beside)
        residuals = along - model
        sigma = max(1.4826 * float(np.median(np.abs(residuals))), 0.02 / radius)
        off = residuals / (_TUKEY * sigma)
        weights = np.where(np.abs(off) < 1, (1 - off**2) ** 2, 0.0)
        variance = max(float((weights * residuals**2).sum() / max(weights.sum() - 4, 1)), (0.02 / radius) ** 2)
        normal = (slopes * weights[:, None]).T @ slopes / variance + prior
        fitted = fitted + np.linalg.solve(normal, slopes.T @ (weights * residuals) / variance - prior @ fitted)
    if np.sqrt(variance) * radius > 1.5 or np.mean(weights > 0) < 0.6:
        raise GeometryUnfit("The marks are not evenly spaced: lay the ruler flat, clean it, and hold still.")
    scale = float(fitted[1])
    fit_sd = float(np.sqrt(np.linalg.inv(normal)[1, 1])) / scale
    # square to the ruler a tilted plane is seen shortened by the cosine, of which the geometric mean takes half, either
    # way; and from the ruler to the middle the perspective acts that the ruler's own direction does not show
    shortened = (1 - np.cos(np.deg2rad(USUAL_TILT_DEG))) / 2
    away = slope_sd * beside / scale
    placing_sd = PLACING_SD_PX / radius
    middle_sd = float(np.sqrt(fit_sd**2 + shortened**2 + away**2 + placing_sd**2))
    covariance = np.zeros((PARAMETERS, PARAMETERS))
    covariance[np.ix_([0, 4], [0, 4])] = (np.sqrt(max(middle_sd**2 - placing_sd**2, 0)) * scale) ** 2
    covariance[6, 6] = covariance[7, 7] = slope_sd**2
    covariance[8, 8] = USUAL_K1**2
    um_per_px = 1000.0 / (scale * radius)
    used = weights > 0
    return Geometry(
        size_px=size_px,
        homography=((scale, 0.0, 0.0), (0.0, scale, 0.0), (0.0, 0.0, 1.0)),
        k1=0.0,
        k1_sd=USUAL_K1,
        covariance=tuple(tuple(float(value) for value in row) for row in covariance),
        um_per_px=um_per_px,
        um_per_px_sd=float(np.hypot(middle_sd, marks.relative_pitch_sd) * um_per_px),
        relative_pitch_sd=marks.relative_pitch_sd,
        relative_placing_sd=placing_sd,
        tilt=None,
        distance_mm=distance_mm,
        residual_rms_um=um_per_px * radius * float(np.sqrt(np.mean(residuals[used] ** 2))),
        points=int(used.sum()),
        left_out=int((~used).sum()),
        scale_only=True,
    )


def _line(seen: Points) -> tuple[Points, Points]:
    """Direction of the line through the marks, and its point nearest to the picture's middle."""
    middle = np.median(seen, axis=0)
    axis = np.linalg.svd(seen - middle, full_matrices=False)[2][0]
    axis = axis if axis @ (seen[-1] - seen[0]) > 0 else -axis
    return axis, middle - (middle @ axis) * axis


def _model(fitted: Points, along_mm: Points, beside: float) -> tuple[Points, Points]:
    """Places along the seen line, in half diagonals, and their slopes by start, scale, perspective and distortion."""
    start, scale, perspective, k1 = fitted
    # the start is where the line passes the middle, in the same unit
    at_mm = along_mm + start / scale
    depth = 1 + perspective * at_mm
    ideal = scale * at_mm / depth
    squared = ideal**2 + beside**2
    stretch = 1 + k1 * (squared + 2 * ideal**2)
    by_place = scale / depth**2 * stretch
    return ideal * (1 + k1 * squared), np.column_stack(
        [
            by_place / scale,
            by_place * (-start / scale**2) + at_mm / depth * stretch,
            -scale * at_mm**2 / depth**2 * stretch,
            ideal * squared,
        ]
    )
