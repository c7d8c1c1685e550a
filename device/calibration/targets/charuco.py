"""Finding the corners of a ChArUco board: markers say which, a fit of the crossing edges says where.

A board that is turned, by 180 degrees or any other angle, is read as it lies.  One that lies face down is refused.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.certificate import Charuco
from device.calibration.targets.corners import Corners, corners_at, edge_sigma_of
from device.calibration.targets.coverage import coverage, require_coverage
from device.calibration.targets.lattice import Lattice, bent
from device.calibration.targets.light import Picture, Plane, light_of
from device.calibration.targets.points import Places, TargetPoints
from device.calibration.targets.refusals import (
    AnotherTarget,
    FaceDown,
    HalfOutOfView,
    NoTarget,
    OpenCVTooOld,
    TargetRefused,
    TooBlurred,
    WrongPitch,
)

_COARSE_MARKER_PX = 48.0
_LEAST_MARKERS, _LEAST_CORNERS = 6, 20
_LEAST_IN_PLACE = 0.6
_PITCH_TOLERANCE, _RATIO_TOLERANCE = 0.05, 0.08
_MOST_REACH_PX = 14.0
_MOST_SPOILT, _MOST_OFF_SQUARE = 0.2, 0.2
_MOST_BLUR = 0.4  # of the corner's reach
_LEAST_CONTRAST = 0.15


def find_charuco(picture: Picture, certificate: Charuco, nominal_um_per_px: float) -> TargetPoints:
    """Find the inner corners of a certified board.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8, sRGB-coded, or float32, linear, 0 to 1.
    certificate : Charuco
    nominal_um_per_px : float
        Of the optics: what the board's squares have to agree with, within 5 %.

    Raises
    ------
    TargetRefused
        One of its children, with the reason: no target, another target, face down, wrong pitch, half out of view,
        saturated, too dark, too blurred; or that OpenCV, before 4.7, does not read markers.
    """
    finder = _marker_finder(certificate)
    light = light_of(picture)
    size_px = (light.shape[1], light.shape[0])
    marker_px = certificate.marker_um / nominal_um_per_px
    found = _markers(light, finder, marker_px)
    known = found[0] < certificate.squares_x * certificate.squares_y // 2
    numbers, outlines = found[0][known], found[1][known]
    if len(numbers) < _LEAST_MARKERS:
        raise _nothing(light, finder, marker_px, certificate, len(found[0]))
    lattice, ratio = _board(numbers, outlines, certificate)
    middle = (np.asarray(size_px) - 1) / 2
    _require_pitch(lattice.pitch_px_at(middle), certificate, nominal_um_per_px, 2 * _PITCH_TOLERANCE)
    square_px = lattice.pitch_px
    reach = min(0.4 * square_px * (1 - certificate.marker_um / certificate.square_um), _MOST_REACH_PX)
    places = lattice.in_view(size_px, reach + 1)
    inner = ((places > 0) & (places < (certificate.squares_x, certificate.squares_y))).all(axis=1)
    places = places[inner]
    begun = lattice.predict(places)
    edges = np.stack([lattice.predict(places + step) - begun for step in np.eye(2)], axis=1)
    corners = corners_at(light, begun, edges, reach, max(0.15 * reach, 0.7))
    clean = _clean(corners, begun, places, reach)
    sigma = float(np.median(corners.sigma_px))
    if sigma > _MOST_BLUR * reach:
        raise TooBlurred(f"Edges are blurred by {sigma:.1f} px: focus on the target, then take the picture again.")
    if clean.sum() < max(_LEAST_CORNERS, 0.5 * len(places)):
        raise HalfOutOfView(
            f"Only {clean.sum()} corners of the board are seen clean: move it until it fills the whole "
            "picture, and clean it."
        )
    points_px, corner = corners.places_px[clean], places[clean]
    share = coverage(points_px, square_px, size_px)
    require_coverage(share)
    bend, kept = bent(corner, points_px, square_px)
    refined = Lattice(corner[kept], points_px[kept], bend)
    _require_pitch(refined.pitch_px_at(middle), certificate, nominal_um_per_px, _PITCH_TOLERANCE)
    _require_ratio(ratio, certificate)
    right = refined.predict(np.array([[1, 0]]) + corner.mean(axis=0)) - refined.predict(corner.mean(axis=0)[None])
    return TargetPoints(
        points_px=points_px,
        points_mm=(corner - np.array([certificate.squares_x, certificate.squares_y]) / 2)
        * (certificate.square_um / 1000),
        relative_pitch_sd=certificate.square_sd_um / certificate.square_um,
        certificate_id=certificate.certificate_id,
        kind="charuco",
        dirty=int(len(places) - clean.sum()),
        coverage=share,
        turn_deg=float(np.rad2deg(np.arctan2(right[0, 1], right[0, 0]))),
        edge_sigma_px=sigma,
    )


def _marker_finder(certificate: Charuco) -> Any:  # noqa: ANN401 - OpenCV before 4.7 has no such type to name
    aruco = getattr(cv2, "aruco", None)
    if aruco is None or not hasattr(aruco, "ArucoDetector"):
        raise OpenCVTooOld(
            f"OpenCV {cv2.__version__} on this machine reads no markers, 4.7 or newer does: calibrate with "
            "a dot grid, or "
            "install a newer OpenCV."
        )
    dictionary = aruco.getPredefinedDictionary(getattr(aruco, certificate.dictionary))
    return aruco.ArucoDetector(dictionary, aruco.DetectorParameters())


def _markers(light: Plane, finder: Any, marker_px: float) -> tuple[NDArray[np.int64], Places]:  # noqa: ANN401
    """Numbers, shape (n,), and outlines, shape (n, 4, 2), of the markers in view."""
    shrink = min(1.0, _COARSE_MARKER_PX / marker_px)
    small = cv2.resize(light, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    # a root evens shot noise, and is near enough to what markers are usually read from
    values = np.rint(255 * np.sqrt(np.clip(small, 0, 1))).astype(np.uint8)
    outlines, numbers, _ = finder.detectMarkers(values)
    if numbers is None or len(numbers) == 0:
        return np.zeros(0, np.int64), np.zeros((0, 4, 2))
    scale = np.array([light.shape[1] / values.shape[1], light.shape[0] / values.shape[0]])
    places = (np.stack([outline.reshape(4, 2) for outline in outlines]) + 0.5) * scale - 0.5
    return np.asarray(numbers).ravel().astype(np.int64), np.asarray(places, float)


def _board(numbers: NDArray[np.int64], outlines: Places, certificate: Charuco) -> tuple[Lattice, float]:
    """Find the board by its markers, in squares from its top left; and give their side as a share of a square's."""
    row = 2 * numbers // certificate.squares_x
    column = 2 * numbers - row * certificate.squares_x
    column += (column + row + 1) % 2  # markers lie in white squares, of odd sum
    side = certificate.marker_um / certificate.square_um
    middles = np.column_stack([column, row]) + 0.5
    pitch = float(np.median(np.hypot(*(outlines[:, 1] - outlines[:, 0]).T))) / side
    _, inliers = cv2.findHomography(middles, outlines.mean(axis=1), cv2.RANSAC, 0.2 * pitch)
    in_place = np.asarray(inliers).ravel() == 1  # OpenCV gives none where it finds no plane
    if in_place.sum() < max(_LEAST_MARKERS, _LEAST_IN_PLACE * len(numbers)):
        raise AnotherTarget(
            f"Markers are seen, but not as on the board of certificate {certificate.certificate_id}: lay "
            "down that board."
        )
    # the markers' middles alone: their sides come from the certificate, and may be wrong
    bend, kept = bent(middles[in_place], outlines.mean(axis=1)[in_place], pitch)
    lattice = Lattice(np.floor(middles[in_place][kept]).astype(np.int64), outlines.mean(axis=1)[in_place][kept], bend)
    sides = np.hypot(*(outlines - np.roll(outlines, 1, axis=1))[in_place].reshape(-1, 2).T)
    return lattice, float(np.median(sides)) / lattice.pitch_px


def _clean(corners: Corners, begun: Places, places: NDArray[np.int64], reach: float) -> NDArray[np.bool_]:
    moved = np.hypot(*(corners.places_px - begun).T)
    # black and white change places from corner to corner
    height = corners.height * np.where(places.sum(axis=1) % 2 == 0, 1.0, -1.0)
    expected = np.sign(np.median(height)) * height
    usual = float(np.median(expected))
    return np.asarray(
        (moved < 0.6 * reach)
        & (expected > 0.6 * usual)
        & (corners.spoilt < _MOST_SPOILT)
        & (np.abs(corners.square) < _MOST_OFF_SQUARE)
        & (np.abs(np.log(corners.sigma_px / np.median(corners.sigma_px))) < 0.5)
        & (corners.misfit < 0.01 + 3 * np.median(corners.misfit))
    )


def _require_pitch(square_px: float, certificate: Charuco, nominal_um_per_px: float, tolerance: float) -> None:
    um_per_px = certificate.square_um / square_px
    if abs(um_per_px / nominal_um_per_px - 1) > tolerance:
        raise WrongPitch(
            f"By certificate {certificate.certificate_id} the scale would be {um_per_px:.3f} um/px, and the lens has "
            f"{nominal_um_per_px:.3f}: lay down the target that the certificate is of, and check lens and distance."
        )


def _require_ratio(seen: float, certificate: Charuco) -> None:
    certified = certificate.marker_um / certificate.square_um
    if abs(seen / certified - 1) > _RATIO_TOLERANCE:
        raise WrongPitch(
            f"The markers are {seen:.2f} of a square wide, and by certificate {certificate.certificate_id} "
            f"{certified:.2f}: "
            "lay down the target that the certificate is of."
        )


def _nothing(light: Plane, finder: Any, marker_px: float, certificate: Charuco, others: int) -> TargetRefused:  # noqa: ANN401
    """Why there are no markers to work with."""
    mirrored = np.ascontiguousarray(light[:, ::-1])
    if len(_markers(mirrored, finder, marker_px)[0]) >= _LEAST_MARKERS:
        return FaceDown("The target lies face down: turn it over, print or etching towards the camera.")
    low, high = np.quantile(light[::2, ::2], [0.002, 0.97])
    if 1 - low / max(high, 1e-6) < _LEAST_CONTRAST:
        return NoTarget("Nothing dark on white is in view: lay the target under the camera and focus on it.")
    if edge_sigma_of(light) > 0.06 * marker_px:
        return TooBlurred("No marker can be read, for blur: focus on the target, then take the picture again.")
    if others >= _LEAST_MARKERS:
        return AnotherTarget(
            f"The markers seen are not of the board of certificate {certificate.certificate_id}: lay down that board."
        )
    return AnotherTarget(
        f"What is in view is not the board of certificate {certificate.certificate_id}: lay down that "
        "board, markers of "
        f"{certificate.dictionary}."
    )
