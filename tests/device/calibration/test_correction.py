"""From a still to a calibrated picture: even, of one scale, and the same strip by strip as all at once."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from analysis import tone
from device.calibration.certificate import DotGrid as GridCertificate
from device.calibration.correction import Correction, correction_of
from device.calibration.flat_field import Evener, measure_flat_field
from device.calibration.geometry import Geometry, fit
from device.calibration.record import Results
from device.calibration.targets.dot_grid import find_dot_grid
from phantom import Light, Optics, Pose
from phantom.targets.cards import WhiteCard
from phantom.targets.dot_grid import DotGrid
from phantom.targets.plane import photograph_target
from tests.device.calibration.simulated import certificates

OPTICS = Optics(um_per_px=10.6, size_px=(1014, 760), k1=0.02, vignette=0.15)
POSE = Pose(shift_mm=(0.1, -0.2), turn_deg=2.0, tilt_deg=(1.0, -2.5))
PICTURE = photograph_target(DotGrid(), OPTICS, pose=POSE, seed=1).picture


def geometry_of(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Geometry:
    """Find the dot grid and fit to it."""
    (certificate,) = certificates("dot-grid")
    assert isinstance(certificate, GridCertificate)
    points = find_dot_grid(picture, certificate, OPTICS.um_per_px)
    return fit(points, (picture.shape[1], picture.shape[0]), OPTICS.distance_mm)


@pytest.fixture(scope="module")
def correction() -> Correction:
    """Calibrate the geometry alone."""
    return correction_of(Results(geometry=geometry_of(PICTURE)), "as-it-is")


def test_one_scale_is_left_over_the_whole_picture(correction: Correction) -> None:
    """Breaks when distortion or tilt is taken out the wrong way round: corners would count hairs on another area."""
    seen = geometry_of(correction.apply(PICTURE))
    assert abs(seen.k1) < 3e-4
    assert seen.tilt is not None
    assert seen.tilt.total_deg < 0.05
    corners = np.array([[20.0, 20.0], [seen.size_px[0] - 20.0, 20.0], [500.0, 380.0]])
    assert seen.um_per_px_at(corners) == pytest.approx(correction.um_per_px, rel=5e-4)


def test_strips_join_without_a_seam(correction: Correction) -> None:
    """Breaks when the strips or the coarse map between them bend the picture where they meet."""
    width, height = correction.size_px()
    grid = np.stack(np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float)), axis=-1)
    from_middle = grid.reshape(-1, 2) - [(width - 1) / 2, (height - 1) / 2]
    source = correction.geometry.to_px(from_middle * correction.um_per_px / 1000).reshape(height, width, 2)
    x, y = np.moveaxis(source.astype(np.float32), -1, 0)
    at_once = cv2.remap(tone.to_light(PICTURE), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    off = correction.apply(PICTURE).astype(int) - tone.to_bytes(np.asarray(at_once, np.float32))
    # OpenCV 4 samples at 32nds of a pixel: what is a hair's breadth apart may fall on two sides of one, in x and in y
    steepest = np.abs(np.diff(PICTURE.astype(int), axis=1)).max()
    assert np.abs(off).max() <= 2 * steepest / 32 + 1
    assert np.abs(off).mean() < 0.02


def test_the_still_fills_the_picture(correction: Correction) -> None:
    """Breaks when corners from beyond the still, which show nothing, count as skin."""
    width, height = correction.size_px()
    assert (width, height) < OPTICS.size_px
    assert width > 0.97 * OPTICS.size_px[0]
    corners = np.array([[0.0, 0.0], [OPTICS.size_px[0] - 1.0, 0.0]])
    for x, y in correction.from_still_px(corners):
        assert not (0 <= x < width and 0 <= y < height)


def test_places_of_the_still_are_found_again(correction: Correction) -> None:
    """Breaks when what is known of a still points beside its place in the calibrated picture."""
    before, after = (find(picture) for find, picture in ((dots, PICTURE), (dots, correction.apply(PICTURE))))
    moved = correction.from_still_px(before)
    apart = after[None] - moved[:, None]
    off = np.take_along_axis(apart, np.square(apart).sum(axis=2).argmin(axis=1)[:, None, None], axis=1)[:, 0]
    assert np.abs(off.mean(axis=0)).max() < 0.02
    assert float(np.median(np.hypot(*off.T))) < 0.1


def dots(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Find the grid's dots that lie well inside, (x, y)."""
    (certificate,) = certificates("dot-grid")
    assert isinstance(certificate, GridCertificate)
    places = find_dot_grid(picture, certificate, OPTICS.um_per_px).points_px
    return np.asarray(places[np.abs(places - [507, 380]).max(axis=1) < 250])


def test_an_even_card_is_even_after(correction: Correction) -> None:
    """Breaks when the flat field is applied in the wrong place, on coded values, or after the picture was moved."""
    light = Light(gradient=(0.2, -0.1))
    card = photograph_target(WhiteCard(white=0.6), OPTICS, light=light, seed=2).picture
    again = photograph_target(WhiteCard(white=0.6), OPTICS, light=light, seed=3).picture
    flat = measure_flat_field(card, "ring")
    even = Correction(tone.to_light, Evener(flat), None, correction.geometry).apply(again)
    cells = cv2.resize(tone.to_light(even)[..., 1], (24, 18), interpolation=cv2.INTER_AREA)
    bare = cv2.resize(tone.to_light(again)[..., 1], (24, 18), interpolation=cv2.INTER_AREA)
    assert float(np.std(cells) / np.mean(cells)) < 0.01
    assert float(np.std(bare) / np.mean(bare)) > 0.05


def test_colours_are_set_in_light(correction: Correction) -> None:
    """Breaks when the colour matrix is applied to coded values or with its channels in another order."""
    matrix = np.array([[0.8, 0.1, 0.1], [0.0, 1.0, 0.0], [0.2, 0.0, 0.8]])
    patch = np.full((760, 1014, 3), (60, 120, 200), np.uint8)
    seen = Correction(tone.to_light, None, matrix, correction.geometry).apply(patch)
    wanted = tone.to_bytes(np.asarray(matrix @ tone.to_light(patch[0, 0]), np.float32))
    assert np.abs(seen[300, 500].astype(int) - wanted).max() <= 1


def test_without_a_geometry_there_is_no_correction() -> None:
    """Breaks when a calibration without its scale passes for one."""
    with pytest.raises(ValueError, match="geometry"):
        correction_of(Results(), "as-it-is")
