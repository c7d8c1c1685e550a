"""Edges and what their softness says: blur of known width, motion of known length and direction, known tilt."""

import cv2
import numpy as np
import pytest

from device.quality import edges, softness
from device.quality.edges import Edges
from device.quality.seen import Plane
from phantom import Depth, Motion, Pose
from tests.device.quality.drawn import BLUR_UM_PER_MM, SIZE_PX, UM_PER_PX, picture


def _edges(sigma_px: float, *, noise: float = 0.0, turn_deg: float = 25.0) -> Edges:
    """Edges of wide bars, blurred by a known sigma."""
    y, x = np.mgrid[:300, :300].astype(np.float32)
    at = x * np.cos(np.deg2rad(turn_deg)) + y * np.sin(np.deg2rad(turn_deg))
    finer = np.where(at % 60 < 30, 0.2, 0.7).astype(np.float32)
    drawn = np.asarray(cv2.GaussianBlur(finer, (0, 0), sigma_px), np.float32)
    drawn += np.random.default_rng(1).normal(0.0, noise, drawn.shape).astype(np.float32)
    return edges.find(drawn, np.ones(drawn.shape, bool))


def _grey(**what: object) -> Plane:
    return np.asarray(cv2.cvtColor(picture(**what), cv2.COLOR_BGR2GRAY), np.float32) / np.float32(255)


def _of(grey: Plane) -> Edges:
    return edges.find(grey, np.ones(grey.shape, bool))


@pytest.mark.parametrize("sigma_px", [1.0, 1.5, 2.5, 4.0])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_blur_of_a_known_edge_is_read(sigma_px: float, noise: float) -> None:
    """Breaks when sharpness is no physical width any more."""
    read = np.sqrt(np.median(_edges(sigma_px, noise=noise).variance_px2))
    assert read == pytest.approx(sigma_px, rel=0.08)


@pytest.mark.parametrize("turn_deg", [0.0, 40.0, 90.0, 130.0])
def test_the_direction_across_an_edge_is_known(turn_deg: float) -> None:
    """Breaks when motion would be told along a wrong direction."""
    across = np.rad2deg(_edges(1.5, turn_deg=turn_deg).across_rad)
    off = (across - turn_deg + 90) % 180 - 90
    assert np.median(np.abs(off)) < 3


@pytest.mark.parametrize("sigma_px", [0.9, 1.6, 2.4])
def test_the_blur_of_a_drawn_scalp_is_read_from_its_shafts(sigma_px: float) -> None:
    """Breaks when the limits in um mean another blur than they say."""
    grey = _grey(optics={"blur_sigma_px": sigma_px})
    assert softness.sigma_px(_of(grey), grey.shape) == pytest.approx(sigma_px, rel=0.1)


def test_where_usable_says_no_there_are_no_edges() -> None:
    """Breaks when glare or the optic's rim passes for a sharp edge."""
    grey = _grey()
    assert len(edges.find(grey, np.zeros(grey.shape, bool)).at_px) == 0
    half = np.zeros(grey.shape, bool)
    half[:, :300] = True
    assert edges.find(grey, half).at_px[:, 0].max() < 300


def test_an_empty_picture_tells_no_focus_and_no_motion() -> None:
    """Breaks when a picture without edges is called sharp."""
    nothing = _of(np.full((200, 200), 0.5, np.float32))
    assert softness.sigma_px(nothing, (200, 200)) is None
    assert softness.motion(nothing, UM_PER_PX) is None
    assert not softness.tells_motion(nothing)
    assert softness.tilt_deg(nothing, (200, 200), UM_PER_PX, BLUR_UM_PER_MM, None) is None


@pytest.mark.parametrize("direction_deg", [0.0, 50.0, 110.0])
def test_motion_is_read_with_its_direction(direction_deg: float) -> None:
    """Breaks when the technician is told to focus where the hand shook."""
    grey = _grey(motion=Motion.straight(45.0, direction_deg), hair_density_per_cm2=180.0, curl_per_mm=0.4)
    read = softness.motion(_of(grey), UM_PER_PX)
    assert read is not None
    assert 45.0 < read.length_um < 65.0  # a ramp reads a quarter too long (`softness.Motion`)
    assert abs((read.direction_deg - direction_deg + 90) % 180 - 90) < 15


def test_edges_that_all_run_one_way_tell_no_motion() -> None:
    """Breaks when a figure is made up where the picture cannot show one."""
    assert not softness.tells_motion(_edges(2.0))
    assert softness.tells_motion(_of(_grey(hair_density_per_cm2=180.0)))


@pytest.mark.parametrize("offset_mm", [0.0, 0.7])
def test_defocus_is_not_called_motion(offset_mm: float) -> None:
    """Breaks when the technician is told to hold still where the focus is off."""
    grey = _grey(depth=Depth(BLUR_UM_PER_MM, offset_mm=offset_mm))
    assert softness.motion(_of(grey), UM_PER_PX) is None


@pytest.mark.parametrize("tilt_deg", [(0.0, 0.0), (0.0, 12.0), (-15.0, 10.0)])
def test_tilt_is_read_from_how_blur_grows(tilt_deg: tuple[float, float]) -> None:
    """Breaks when a tilted instrument, whose scale is off, is called flat."""
    depth = Depth(BLUR_UM_PER_MM)
    grey = _grey(pose=Pose(tilt_deg=tilt_deg), depth=depth, hair_density_per_cm2=200.0)
    read = softness.tilt_deg(_of(grey), grey.shape, UM_PER_PX, BLUR_UM_PER_MM, 0.87 * UM_PER_PX)
    flat = np.cos(np.deg2rad(tilt_deg[0])) * np.cos(np.deg2rad(tilt_deg[1]))
    assert read == pytest.approx(np.rad2deg(np.arccos(flat)), abs=3.0)


def test_the_softer_parts_decide() -> None:
    """Breaks when a picture that is sharp in one half only passes as sharp."""
    grey = _grey(hair_density_per_cm2=200.0)
    half_soft = grey.copy()
    half_soft[:, SIZE_PX[0] // 2 :] = cv2.GaussianBlur(grey, (0, 0), 3.0)[:, SIZE_PX[0] // 2 :]
    whole, partly = (softness.sigma_px(_of(one), grey.shape) for one in (grey, half_soft))
    assert whole is not None
    assert partly is not None
    assert partly > 2 * whole
