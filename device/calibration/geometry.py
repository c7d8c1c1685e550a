"""From points of a flat target to the picture's geometry: scale over the field, tilt, distortion, how sure they are.

The standard uncertainty of whatever is derived from the fit comes by first-order propagation (GUM, JCGM 100:2008,
5.1.2), the certificate's own added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat

from device.calibration.plane_fit import GeometryUnfit, covariance_of, disc_shift, robust, start
from device.calibration.projection import PARAMETERS, Points, Projection
from device.calibration.targets.points import TargetPoints

Row: TypeAlias = tuple[float, float, float]

_LEAST_POINTS = 20
PLACING_SD_PX = 0.03
"""By which places may be wrong together, smoothly over the half diagonal, where blur grows and light falls off: a type
B estimate (GUM 4.3), from phantoms with blur that grows by 20 % and light that falls by 30 %: 0.01 to 0.03."""


class Tilt(BaseModel):
    """How the target lay against the sensor.

    Parameters
    ----------
    about_x_deg, about_y_deg
        About the picture's x axis (above 0 the bottom edge was farther away), then about its y axis (above 0 the right
        edge was).
    total_deg
        Between the target's normal and the optical axis.
    sd_deg
        Standard uncertainty of either component, the larger one. The working distance is taken as exact.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    about_x_deg: float
    about_y_deg: float
    total_deg: NonNegativeFloat
    sd_deg: NonNegativeFloat


class Geometry(BaseModel):
    """Where the pixels of a picture lie on the plane that the target lay in.

    Millimetres are counted on that plane from under the picture's middle, x to where the picture's x points there.

    Parameters
    ----------
    size_px
        Width and height of the pictures that it is of.
    homography
        Plane mm to half diagonals from the picture's middle, before the distortion; three rows, the last element 1.
    k1, k1_sd
        Radial distortion: a point at distance r from the middle goes to ``r * (1 + k1 * (r / R)**2)``, R half the
        picture's diagonal; and its standard uncertainty.
    covariance
        Of the homography's first eight elements, row by row, and k1: nine rows.
    um_per_px, um_per_px_sd
        Local scale in the picture's middle, on the plane: the geometric mean of both directions where it is tilted; and
        its standard uncertainty, the certificate's included.
    relative_pitch_sd, relative_placing_sd
        The parts of it that come from the certificate, and from errors that all points have in common, as shares; the
        rest is what the covariance says.
    tilt
        None where the working distance is unknown, or the target was a ruler.
    distance_mm
        The working distance that the tilt was computed with: from the entrance pupil to the plane.
    residual_rms_um
        Root mean square distance of the points in use from where the fit puts them.
    points, left_out
        How many points are in use, and how many were left out as outliers.
    scale_only
        Whether it is of a ruler: neither distortion nor tilt are known, their usual sizes are in the uncertainty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_px: tuple[Annotated[int, Field(ge=2)], Annotated[int, Field(ge=2)]]
    homography: tuple[Row, Row, Row]
    k1: float
    k1_sd: NonNegativeFloat
    covariance: Annotated[
        tuple[Annotated[tuple[float, ...], Field(min_length=PARAMETERS, max_length=PARAMETERS)], ...],
        Field(min_length=PARAMETERS, max_length=PARAMETERS),
    ]
    um_per_px: PositiveFloat
    um_per_px_sd: NonNegativeFloat
    relative_pitch_sd: NonNegativeFloat
    relative_placing_sd: NonNegativeFloat
    tilt: Tilt | None
    distance_mm: PositiveFloat | None
    residual_rms_um: NonNegativeFloat
    points: Annotated[int, Field(ge=2)]
    left_out: Annotated[int, Field(ge=0)]
    scale_only: bool = False

    @property
    def projection(self) -> Projection:
        """The same as a mapping."""
        elements = [element for row in self.homography for element in row][:8]
        return Projection(self.size_px, np.array([*elements, self.k1]))

    def to_mm(self, px: Points) -> Points:
        """Where pixels (x, y), shape (..., 2), lie on the plane, in mm."""
        return self.projection.to_mm(px)

    def to_px(self, mm: Points) -> Points:
        """Where places on the plane, mm, shape (..., 2), appear."""
        return self.projection.to_px(mm)

    def um_per_px_at(self, px: Points) -> Points:
        """Local scale at pixels (x, y), shape (..., 2): the geometric mean of both directions, shape (...)."""
        return self.projection.um_per_px_at(px)

    def um_per_px_sd_at(self, px: Points) -> Points:
        """Give the standard uncertainty of `um_per_px_at`, the certificate's included."""
        covariance = np.array(self.covariance)
        fitted = propagated(self.projection, covariance, lambda projection: projection.um_per_px_at(px))
        common = np.hypot(self.relative_pitch_sd, self.relative_placing_sd)
        return np.asarray(np.hypot(fitted, common * self.um_per_px_at(px)))


def fit(points: TargetPoints, size_px: tuple[int, int], distance_mm: float | None) -> Geometry:
    """Fit the plane and the distortion to points of a target.

    Parameters
    ----------
    points : TargetPoints
    size_px : (int, int)
        Width and height of the picture.
    distance_mm : float or None
        From the entrance pupil to the target, for the tilt; None where unknown.

    Raises
    ------
    GeometryUnfit
        If there are too few points, or they are no flat target's.
    """
    if len(points.points_px) < _LEAST_POINTS:
        raise GeometryUnfit(
            f"Only {len(points.points_px)} points of the target are usable, {_LEAST_POINTS} are needed: "
            "clean it, and lay "
            "it so that it fills the picture."
        )
    begun, _ = robust(start(points.points_px, points.points_mm, size_px), points.points_px, points.points_mm)
    points_px = points.points_px - disc_shift(begun, points.points_mm, points.disc_radius_mm)
    first, _ = robust(begun, points_px, points.points_mm)
    # counted anew from under the picture's middle, along the picture's x: a symmetric place to state uncertainties for
    under_middle = first.to_mm(first.middle_px)
    ahead = first.to_mm(first.middle_px + np.array([[-1.0, 0.0], [1.0, 0.0]]))
    angle = np.arctan2(*(ahead[1] - ahead[0])[::-1])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    places_mm = (points.points_mm - under_middle) @ turn
    back = np.eye(3)
    back[:2, :2], back[:2, 2] = turn, under_middle
    homography = first.homography @ back
    again = Projection(size_px, np.append((homography / homography[2, 2]).ravel()[:8], first.k1))
    projection, weights = robust(again, points_px, places_mm)
    covariance = covariance_of(projection, points_px, places_mm)
    um_per_px = float(projection.um_per_px_at(projection.middle_px))
    fitted_sd = float(propagated(projection, covariance, lambda p: p.um_per_px_at(p.middle_px)))
    off_px = np.hypot(*(projection.to_px(places_mm) - points_px).T)
    used = weights > 0
    placing_sd = PLACING_SD_PX / projection.half_diagonal_px
    return Geometry(
        size_px=size_px,
        homography=_rows(projection.homography),
        k1=projection.k1,
        k1_sd=float(np.hypot(np.sqrt(covariance[8, 8]), placing_sd)),
        covariance=tuple(tuple(float(value) for value in row) for row in covariance),
        um_per_px=um_per_px,
        um_per_px_sd=float(np.hypot(fitted_sd, np.hypot(points.relative_pitch_sd, placing_sd) * um_per_px)),
        relative_pitch_sd=points.relative_pitch_sd,
        relative_placing_sd=placing_sd,
        tilt=None if distance_mm is None else _tilt(projection, covariance, distance_mm),
        distance_mm=distance_mm,
        residual_rms_um=um_per_px * float(np.sqrt(np.mean(off_px[used] ** 2))),
        points=int(used.sum()),
        left_out=int((~used).sum()),
    )


def propagated(projection: Projection, covariance: Points, of: Callable[[Projection], Points]) -> Points:
    """Give the standard uncertainty of what is derived from a projection, of the shape that ``of`` gives."""
    spread = np.sqrt(np.maximum(np.diag(covariance), 0))
    gradient = []
    for number, sd in enumerate(spread):
        step = np.zeros(PARAMETERS)
        # small against the parameters' effect, large against rounding
        step[number] = min(max(sd, 1e-7), 1e-4)
        ends = [np.asarray(of(Projection(projection.size_px, projection.parameters + side * step))) for side in (1, -1)]
        gradient.append((ends[0] - ends[1]) / (2 * step[number]))
    by_parameter = np.stack(gradient)
    return np.asarray(np.sqrt(np.einsum("i...,ij,j...->...", by_parameter, covariance, by_parameter)))


def _tilt(projection: Projection, covariance: Points, distance_mm: float) -> Tilt:
    about = _tilt_deg(projection, distance_mm)
    sd = propagated(projection, covariance, lambda p: _tilt_deg(p, distance_mm))
    about_x, about_y = np.deg2rad(about)
    total = float(np.rad2deg(np.arccos(np.clip(np.cos(about_x) * np.cos(about_y), -1, 1))))
    # a slope of the scale over the half diagonal, as large as the error that all points may have in common
    half_diagonal_mm = projection.half_diagonal_px * float(projection.um_per_px_at(projection.middle_px)) / 1000
    common = np.rad2deg(PLACING_SD_PX / projection.half_diagonal_px * distance_mm / half_diagonal_mm)
    sd_deg = float(np.hypot(sd.max(), common))
    return Tilt(about_x_deg=float(about[0]), about_y_deg=float(about[1]), total_deg=total, sd_deg=sd_deg)


def _tilt_deg(projection: Projection, distance_mm: float) -> Points:
    """About x and y, from how fast the scale changes over the picture, shape (2,).

    With n the plane's normal and D the distance, the last row of picture to plane is n_x / (n_z D), n_y / (n_z D), 1.
    """
    inverse = np.linalg.inv(projection.homography)
    slope = inverse[2, :2] / inverse[2, 2]
    area_mm2 = np.linalg.det(inverse / inverse[2, 2])
    cosine = 1.0
    for _ in range(5):
        # of one half diagonal, at the distance, square to the axis: the tilt shortens the picture of the plane's area
        unit_mm = np.sqrt(area_mm2 * cosine)
        right, down = slope * distance_mm / unit_mm
        cosine = 1 / np.sqrt(1 + right**2 + down**2)
    about_y = -np.arctan(right)
    about_x = -np.arctan(down * np.cos(about_y))
    return np.asarray(np.rad2deg(np.array([about_x, about_y])))


def _rows(matrix: Points) -> tuple[Row, Row, Row]:
    first, second, third = ((float(a), float(b), float(c)) for a, b, c in matrix)
    return first, second, third
