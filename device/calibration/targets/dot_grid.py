"""Finding a grid of dots: spots roughly, then numbered, then each dot placed by its edge.

A grid that is turned, by 180 degrees or any other angle, is read as it lies: the larger dots say how. One that lies
face down is refused.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.certificate import DotGrid
from device.calibration.fiducials import MIRRORED, TURNS, Place, Symmetry, best_shift, moved
from device.calibration.targets.coverage import coverage, require_coverage
from device.calibration.targets.discs import Discs, discs_at
from device.calibration.targets.lattice import Lattice, bent, numbered
from device.calibration.targets.light import Picture, Plane, light_of
from device.calibration.targets.points import Places, TargetPoints
from device.calibration.targets.refusals import (
    AnotherTarget,
    FaceDown,
    NoTarget,
    TooBlurred,
    WrongPitch,
)

_COARSE_PITCH_PX = 20.0
_LEAST_CONTRAST = 0.15
_LEAST_SPOTS, _LEAST_DOTS = 12, 30
_PITCH_TOLERANCE, _RATIO_TOLERANCE = 0.05, 0.08
_MOST_BLUR = 0.35  # of the dots' radius: beyond, neither middle nor ground are what they are
_MOST_SPOILT, _MOST_FLATTENED, _MOST_OFF_SIZE, _MOST_OFF_PLACE = 0.3, 0.08, 0.08, 0.08
_LEAST_CLEAN = 0.6


def find_dot_grid(picture: Picture, certificate: DotGrid, nominal_um_per_px: float) -> TargetPoints:
    """Find the dots of a certified grid.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8, sRGB-coded, or float32, linear, 0 to 1.
    certificate : DotGrid
    nominal_um_per_px : float
        Of the optics: what the grid's pitch has to agree with, within 5 %.

    Raises
    ------
    TargetRefused
        One of its children, with the reason: no target, another target, face down, wrong pitch, half out of view,
        saturated, too dark, too blurred.
    """
    light = light_of(picture)
    size_px = (light.shape[1], light.shape[0])
    expected_px = certificate.pitch_um / nominal_um_per_px
    spots, clutter = _spots(light, expected_px)
    lattice = _lattice(spots, clutter, size_px)
    radius_px = 0.5 * lattice.pitch_px * certificate.dot_diameter_um / certificate.pitch_um
    widest = max(certificate.dot_diameter_um, certificate.fiducial_diameter_um or 0.0) / certificate.dot_diameter_um
    numbers = lattice.in_view(size_px, 1.15 * widest * radius_px + 2)
    discs = discs_at(light, lattice.predict(numbers), radius_px, 0.48 * lattice.pitch_px)
    clean, large = _clean(discs, numbers, lattice, certificate)
    if discs.edge_sigma_px > _MOST_BLUR * radius_px:
        raise TooBlurred(
            f"The dots' edges are blurred by {discs.edge_sigma_px:.1f} px: focus on the target, then take "
            "the picture again."
        )
    if np.mean((discs.spoilt < _MOST_SPOILT) & (discs.flattened < _MOST_FLATTENED)) < 0.5:
        raise AnotherTarget("What is in view has no round dots: lay down the target that the certificate is of.")
    middle = (np.asarray(size_px) - 1) / 2
    _require_pitch(lattice.pitch_px_at(middle), certificate, nominal_um_per_px, 2.5 * _PITCH_TOLERANCE)
    if clean.sum() < max(_LEAST_DOTS, _LEAST_CLEAN * len(numbers) * min(1.0, coverage(spots, expected_px, size_px))):
        raise AnotherTarget(
            f"Only {clean.sum()} of {len(numbers)} places of the grid show a clean dot: clean the target, or "
            f"lay down the one that certificate {certificate.certificate_id} is of."
        )
    places, found = numbers[clean], discs.places_px[clean]
    _require_ratio(2 * float(np.median(discs.radius_px[clean & ~large])) / lattice.pitch_px, certificate)
    share = coverage(found, lattice.pitch_px, size_px)
    require_coverage(share)
    bend, kept = bent(places, found, lattice.pitch_px)
    refined = Lattice(places[kept], found[kept], bend)
    _require_pitch(refined.pitch_px_at(middle), certificate, nominal_um_per_px, _PITCH_TOLERANCE)
    on_target, turn_deg = _as_printed(places, numbers[large], refined, certificate)
    return TargetPoints(
        points_px=found,
        points_mm=on_target * (certificate.pitch_um / 1000),
        relative_pitch_sd=certificate.pitch_sd_um / certificate.pitch_um,
        certificate_id=certificate.certificate_id,
        kind="dot-grid",
        dirty=int(len(numbers) - clean.sum()),
        coverage=share,
        turn_deg=turn_deg,
        edge_sigma_px=discs.edge_sigma_px,
        disc_radius_mm=certificate.dot_diameter_um / 2000,
    )


def _spots(light: Plane, expected_px: float) -> tuple[Places, int]:
    """Middles of what is dark and about round, in a reduced picture, and how much else there is that is dark."""
    shrink = min(1.0, _COARSE_PITCH_PX / expected_px)
    small = np.asarray(cv2.resize(light, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.float32)
    side = 2 * round(1.25 * _COARSE_PITCH_PX) + 1
    ground = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    darkness = 1 - small / np.maximum(ground, 1e-4)
    level = float(np.quantile(darkness, 0.97))
    if level < _LEAST_CONTRAST:
        raise NoTarget("Nothing dark on white is in view: lay the target under the camera and focus on it.")
    count, _, stats, middles = cv2.connectedComponentsWithStats((darkness > 0.5 * level).astype(np.uint8))
    left, top, width, height, area = stats[1:count].T.astype(float)
    rows, columns = small.shape
    whole = (left > 0) & (top > 0) & (left + width < columns) & (top + height < rows)
    round_ = (
        (area >= 6)
        & (np.maximum(width, height) <= 1.5 * np.minimum(width, height) + 1)
        & (np.abs(area / (width * height) - 0.785) < 0.2)
    )
    chosen = whole & round_
    if chosen.any():
        size = np.sqrt(area)
        usual = float(np.median(size[chosen]))
        chosen &= (size > 0.6 * usual) & (size < 1.8 * usual)
    scale = np.array([light.shape[1] / columns, light.shape[0] / rows])
    spots = (middles[1:count][chosen] + 0.5) * scale - 0.5
    return np.asarray(spots, float), int((~round_ & (area >= 6)).sum())


def _lattice(spots: Places, clutter: int, size_px: tuple[int, int]) -> Lattice:
    lattice = numbered(spots, (np.asarray(size_px) - 1) / 2) if len(spots) >= _LEAST_SPOTS else None
    if lattice is not None and len(lattice.numbers) >= max(_LEAST_SPOTS, 0.4 * len(spots)):
        return lattice
    if len(spots) + clutter < 4:
        raise NoTarget("No target is in view: lay it under the camera and focus on it.")
    raise AnotherTarget("What is in view is no grid of dots: lay down the target that the certificate is of.")


def _require_pitch(pitch_px: float, certificate: DotGrid, nominal_um_per_px: float, tolerance: float) -> None:
    um_per_px = certificate.pitch_um / pitch_px
    if abs(um_per_px / nominal_um_per_px - 1) > tolerance:
        raise WrongPitch(
            f"By certificate {certificate.certificate_id} the scale would be {um_per_px:.3f} um/px, and the lens has "
            f"{nominal_um_per_px:.3f}: lay down the target that the certificate is of, and check lens and distance."
        )


def _require_ratio(seen: float, certificate: DotGrid) -> None:
    certified = certificate.dot_diameter_um / certificate.pitch_um
    if abs(seen / certified - 1) > _RATIO_TOLERANCE:
        raise WrongPitch(
            f"The dots are {seen:.2f} of their pitch wide, and by certificate {certificate.certificate_id} "
            f"{certified:.2f}: "
            "lay down the target that the certificate is of."
        )


def _clean(
    discs: Discs, numbers: NDArray[np.int64], lattice: Lattice, certificate: DotGrid
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which dots are used, and which are of the larger ones, dirty or not."""
    off_place = np.hypot(*(discs.places_px - lattice.predict(numbers)).T)
    round_ = (discs.spoilt < _MOST_SPOILT) & (discs.flattened < _MOST_FLATTENED)
    placed = off_place < _MOST_OFF_PLACE * lattice.pitch_px
    dark = discs.contrast > 0.5 * np.median(discs.contrast)
    usual = float(np.median(discs.radius_px))
    size = discs.radius_px / usual
    ratio = (certificate.fiducial_diameter_um or 0.0) / certificate.dot_diameter_um
    large = dark & (np.abs(size - ratio) < 0.5 * (ratio - 1)) if certificate.fiducials else np.zeros(len(numbers), bool)
    sized = np.abs(size / np.where(large, ratio, 1.0) - 1) < _MOST_OFF_SIZE
    smooth = discs.roughness_px < 0.15 + 3 * np.median(discs.roughness_px)
    return round_ & placed & dark & sized & smooth, large


def _as_printed(
    places: NDArray[np.int64], large: NDArray[np.int64], lattice: Lattice, certificate: DotGrid
) -> tuple[Places, float | None]:
    """Numbers as the certificate counts them, from the target's middle; and how the target is turned."""
    if not certificate.fiducials:
        return places.astype(float), None
    seen: list[Place] = [(int(column), int(row)) for column, row in large]
    ups = [(best_shift(moved(certificate.fiducials, turn), seen), turn) for turn in TURNS]
    downs = [best_shift(moved(certificate.fiducials, mirror), seen)[1] for mirror in MIRRORED]
    (shift, agree), turn = max(ups, key=lambda up: up[0][1])
    least = max(3, len(certificate.fiducials) - 2)
    if max(downs) >= least and max(downs) > agree:
        raise FaceDown("The target lies face down: turn it over, print or etching towards the camera.")
    rest = sorted([up[0][1] for up in ups] + downs)[-2]
    if agree < least or agree == rest:
        raise AnotherTarget(
            f"The {len(certificate.fiducials)} larger dots that certificate {certificate.certificate_id} "
            "names are not seen: "
            "lay down the target that it is of, its middle in the picture's middle, and clean it."
        )
    printed = (places - np.asarray(shift)) @ turn  # the inverse of a turn is its transpose
    if (printed < 0).any() or (printed >= (certificate.columns, certificate.rows)).any():
        raise AnotherTarget(
            f"The grid has more dots than certificate {certificate.certificate_id} says: lay down the "
            "target that it is of."
        )
    middle = np.array([certificate.columns - 1, certificate.rows - 1]) / 2
    return printed - middle, _turn_deg(turn, lattice)


def _turn_deg(turn: Symmetry, lattice: Lattice) -> float:
    about = lattice.numbers.mean(axis=0)
    ends = lattice.predict(about + np.stack([-turn[:, 0], turn[:, 0]]))
    across, down = ends[1] - ends[0]
    return float(np.rad2deg(np.arctan2(down, across)))
