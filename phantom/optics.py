"""How the scalp comes to the sensor: scale, place, distortion, blur, noise and light, as settings and as geometry."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.scalp import Points
from phantom.settings import require_between

DRAWN_SIGMA_PX = 0.5
"""Blur of what is drawn, the least there is: sharper edges would alias (a pixel's own square blurs by 0.29 px)."""
_COARSE_PX = 4
_NEWTON_STEPS = 8
_OUTER = np.sqrt(2.0)
"""Half diagonals from which the distortion stays as it is, lest a strong barrel folds the far scalp back into view."""

Maps = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Optics:
    """A camera, and what it makes of what it sees.

    Parameters
    ----------
    um_per_px : float
        Scale in the middle of the picture.
    size_px : (int, int)
        Width and height.
    k1 : float
        Radial distortion: a point at distance r from the middle goes to ``r * (1 + k1 * (r / R)**2)``, with R half the
        picture's diagonal; -0.1 to 0.3. Below 0 barrel, above 0 pincushion.
    vignette : float
        Share of the light lost in the corners; it falls with the square of the distance.
    blur_sigma_px : float
        Standard deviation of the Gaussian that spreads an edge, pixel and defocus together; 0.5 to 20.
    full_well_e : float
        Electrons in a white pixel: the shot noise of a value v has the standard deviation
        ``255 * sqrt(v / 255 / full_well_e)``. Values are display-coded: the noise's size, not its physics.
    read_noise : float
        Standard deviation of the noise in the dark, in values of 0 to 255.
    bayer : bool
        Take one colour per pixel (RGGB) and interpolate the others, as a sensor does.
    jpeg_quality : int or None
        Compress and decode; None for none.
    colour_gains : (float, float, float)
        White balance error on blue, green, red.
    field_mm : float or None
        Diameter of the round field that the optic lets through, about the picture's middle; around it is near black.
        None for a field that fills the picture.
    field_rim_mm : float
        Over which the light falls off at that field's edge, from 16 % to 84 %.
    gamma : float
        Tone curve ``255 * (v / 255) ** gamma``, before the sharpening; 0.4 to 2.5.
    sharpening : float
        Of an unsharp mask of 1.2 px, as video microscopes have: edges overshoot. 0 (none) to 4. `blur_sigma_px` is the
        blur before it.
    distance_mm : float
        From the entrance pupil to what is seen: a tilted plane shows the more perspective the nearer it is; 5 to 1000.
    linear_light : bool
        As a real camera does: shafts cover light, light is blurred, shaded and noisy, and it is sRGB-coded in the end
        (vignette, level, gains, shot and read noise are then of light). Otherwise all of it happens to the coded
        values, which shifts nobody's edges but is not what light does.

    Raises
    ------
    SettingError
        For a value that cannot be drawn.
    """

    um_per_px: float = 5.3
    size_px: tuple[int, int] = (2028, 1520)
    k1: float = 0.0
    vignette: float = 0.12
    blur_sigma_px: float = 0.9
    full_well_e: float = 9000.0
    read_noise: float = 0.8
    bayer: bool = False
    jpeg_quality: int | None = None
    colour_gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    field_mm: float | None = None
    field_rim_mm: float = 0.12
    gamma: float = 1.0
    sharpening: float = 0.0
    distance_mm: float = 40.0
    linear_light: bool = False

    def __post_init__(self) -> None:
        require_between("um_per_px", self.um_per_px, 0.5, 50.0)
        require_between("size_px", min(self.size_px), 16, 20000)
        require_between("k1", self.k1, -0.1, 0.3)
        require_between("vignette", self.vignette, 0.0, 0.9)
        require_between("blur_sigma_px", self.blur_sigma_px, DRAWN_SIGMA_PX, 20.0)
        require_between("full_well_e", self.full_well_e, 100.0, 1e9)
        require_between("read_noise", self.read_noise, 0.0, 50.0)
        require_between("jpeg_quality", 90 if self.jpeg_quality is None else self.jpeg_quality, 1, 100)
        require_between("colour_gains", min(self.colour_gains), 0.1, 4.0)
        require_between("field_mm", 5.0 if self.field_mm is None else self.field_mm, 0.5, 60.0)
        require_between("field_rim_mm", self.field_rim_mm, 0.01, 2.0)
        require_between("gamma", self.gamma, 0.4, 2.5)
        require_between("sharpening", self.sharpening, 0.0, 4.0)
        require_between("distance_mm", self.distance_mm, 5.0, 1000.0)

    @property
    def middle_px(self) -> Points:
        """(x, y) of the picture's middle, shape (2,)."""
        return (np.asarray(self.size_px) - 1) / 2

    @property
    def half_diagonal_px(self) -> float:
        """From the picture's middle to its corner."""
        return 0.5 * float(np.hypot(*self.size_px))

    @property
    def edges_px(self) -> tuple[float, float, float, float]:
        """The picture's own frame x0, y0, x1, y1: the outer edges of its outer pixels."""
        return -0.5, -0.5, self.size_px[0] - 0.5, self.size_px[1] - 0.5

    def distort(self, ideal_px: Points) -> Points:
        """Where a point (n, 2) of an undistorted picture appears."""
        from_middle = ideal_px - self.middle_px
        squared = (from_middle**2).sum(axis=-1, keepdims=True) / self.half_diagonal_px**2
        return np.asarray(self.middle_px + from_middle * (1.0 + self.k1 * np.minimum(squared, _OUTER**2)))

    def undistort(self, seen_px: Points) -> Points:
        """Undo `distort`, for points (..., 2)."""
        from_middle = (seen_px - self.middle_px) / self.half_diagonal_px
        seen = np.hypot(from_middle[..., 0], from_middle[..., 1])
        ideal = np.minimum(seen, _OUTER)
        for _ in range(_NEWTON_STEPS):
            step = (ideal * (1 + self.k1 * ideal**2) - seen) / (1 + 3 * self.k1 * ideal**2)
            ideal = np.clip(ideal - step, 0.0, _OUTER)
        outer_stretch = 1 + self.k1 * _OUTER**2
        ideal = np.where(seen > _OUTER * outer_stretch, seen / outer_stretch, ideal)
        shrink = np.divide(ideal, seen, out=np.ones_like(seen), where=seen > 0)
        return np.asarray(self.middle_px + self.half_diagonal_px * from_middle * shrink[..., None])

    def stretch_across(self, ideal_px: Points, tangent: Points) -> NDArray[np.float64]:
        """How much the distortion widens a narrow band through the points (n, 2) along the unit tangents (n, 2)."""
        from_middle = (ideal_px - self.middle_px) / self.half_diagonal_px
        squared = (from_middle**2).sum(axis=1)
        around, outward = 1 + self.k1 * squared, 1 + 3 * self.k1 * squared
        # the mapping's Jacobian is around * I + 2 k1 * from_middle from_middle^T, of determinant around * outward
        drawn = around[:, None] * tangent + 2 * self.k1 * from_middle * (from_middle * tangent).sum(
            axis=1, keepdims=True
        )
        return np.asarray(around * outward / np.hypot(drawn[:, 0], drawn[:, 1]))


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a plane lies under the camera: turned about its own middle, moved within itself, then tilted.

    Parameters
    ----------
    shift_mm : (float, float)
        Of the plane, in the picture's x and y.
    turn_deg : float
        Of the plane, from x to y (clockwise as seen).
    tilt_deg : (float, float)
        About the picture's x axis (above 0 the bottom edge is farther away) and then about its y axis (the right edge
        is farther away), through the picture's middle; within 30 degrees.
    """

    shift_mm: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        require_between("tilt_deg", max(abs(angle) for angle in self.tilt_deg), 0.0, 30.0)

    @property
    def turn(self) -> NDArray[np.float64]:
        """Rotation matrix, shape (2, 2), for columns of (x, y)."""
        angle = np.deg2rad(self.turn_deg)
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def projection(self, distance_mm: float) -> NDArray[np.float64]:
        """Homography, shape (3, 3), from mm of the moved plane to mm as they appear at the untilted distance."""
        about_x, about_y = np.deg2rad(self.tilt_deg)
        right = np.array([np.cos(about_y), 0.0, np.sin(about_y)])
        down = np.array([-np.sin(about_x) * np.sin(about_y), np.cos(about_x), np.sin(about_x) * np.cos(about_y)])
        columns = np.column_stack([right, down])
        return np.array([[*columns[0], 0.0], [*columns[1], 0.0], [*(columns[2] / distance_mm), 1.0]])


@dataclass(frozen=True, slots=True)
class Light:
    """The light on the scalp.

    Parameters
    ----------
    level : float
        Brightness of the whole picture; 1 is well exposed on skin of type III.
    tint : (float, float, float)
        Factors on blue, green, red.
    gradient : (float, float)
        Relative rise of the light from the left to the right edge, and from the top to the bottom.
    glare : float
        Glistening of the skin's relief and of wet patches, 0 (crossed polarisers) to 1.
    highlight : float
        Brightness of the line of light along the shafts, 0 to 1.
    wet : float
        Share of the skin, about a quarter of this number, on which a film of oil or water throws the lamp back so
        brightly that nothing under it is seen, 0 to 1.
    """

    level: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gradient: tuple[float, float] = (0.0, 0.0)
    glare: float = 0.25
    highlight: float = 0.15
    wet: float = 0.0

    def __post_init__(self) -> None:
        require_between("level", self.level, 0.01, 10.0)
        require_between("tint", min(self.tint), 0.0, 4.0)
        require_between("gradient", max(abs(rise) for rise in self.gradient), 0.0, 1.5)
        require_between("glare", self.glare, 0.0, 1.0)
        require_between("highlight", self.highlight, 0.0, 1.0)
        require_between("wet", self.wet, 0.0, 1.0)


def to_ideal_px(scalp_mm: Points, optics: Optics, pose: Pose) -> Points:
    """Scalp millimetres (n, 2) as undistorted pixels (n, 2)."""
    moved_mm = scalp_mm @ pose.turn.T + np.asarray(pose.shift_mm)
    return np.asarray(optics.middle_px + _through(pose.projection(optics.distance_mm), moved_mm) * _px_per_mm(optics))


def to_scalp_mm(seen_px: Points, optics: Optics, pose: Pose) -> Points:
    """Pixels (n, 2) of the picture as scalp millimetres (n, 2)."""
    seen_mm = (optics.undistort(seen_px) - optics.middle_px) / _px_per_mm(optics)
    moved_mm = _through(np.asarray(np.linalg.inv(pose.projection(optics.distance_mm)), np.float64), seen_mm)
    return np.asarray((moved_mm - np.asarray(pose.shift_mm)) @ pose.turn)


def magnified(scalp_mm: Points, optics: Optics, pose: Pose) -> NDArray[np.float64]:
    """How much larger than in the picture's middle a small thing at each point (n, 2) appears for being nearer."""
    moved_mm = scalp_mm @ pose.turn.T + np.asarray(pose.shift_mm)
    return np.asarray(1.0 / (1.0 + moved_mm @ pose.projection(optics.distance_mm)[2, :2]))


def _px_per_mm(optics: Optics) -> float:
    return 1000.0 / optics.um_per_px


def _through(homography: NDArray[np.float64], points: Points) -> Points:
    through = points @ homography[:2, :2].T + homography[:2, 2]
    return np.asarray(through / (points @ homography[2, :2] + homography[2, 2])[:, None])


def scalp_maps_mm(optics: Optics, pose: Pose) -> Maps:
    """Scalp x and y in mm under every pixel, each float32 of shape (rows, columns).

    Solved on every 4th pixel: between them the mapping of a picture of 1000 px bends by 0.011 px at most, of a smaller
    one by more in proportion.
    """
    width, height = optics.size_px
    xs, ys = (np.arange(-1, side // _COARSE_PX + 3) * _COARSE_PX + (_COARSE_PX - 1) / 2 for side in (width, height))
    nodes = to_scalp_mm(np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2), optics, pose)
    x_mm, y_mm = (
        cv2.resize(
            nodes[:, axis].reshape(len(ys), len(xs)).astype(np.float32),
            (len(xs) * _COARSE_PX, len(ys) * _COARSE_PX),
            interpolation=cv2.INTER_LINEAR,
        )[_COARSE_PX : _COARSE_PX + height, _COARSE_PX : _COARSE_PX + width]
        for axis in (0, 1)
    )
    return np.asarray(x_mm, np.float32), np.asarray(y_mm, np.float32)
