"""Blur over the field, from drawn charts."""

from __future__ import annotations

import numpy as np
import pytest

from device.calibration.blur import Blur, NotSlanted, measure_blur
from device.calibration.targets.refusals import (
    AnotherTarget,
    HalfOutOfView,
    NoTarget,
    Saturated,
    TargetRefused,
    TooBlurred,
    TooDark,
)
from phantom import Light, Pose
from phantom.targets.cards import WhiteCard
from phantom.targets.edges import SlantedEdges
from tests.device.calibration.cards import SIZE_PX, UM_PER_PX, edge_chart, picture_of

HALF_DIAGONAL = np.hypot(*SIZE_PX) / 2


def all_over() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Give places all over the picture, its corners too."""
    x, y = (np.linspace(0, side - 1, 15) for side in SIZE_PX)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


@pytest.mark.parametrize("sigma_px", [0.7, 1.5, 5.0])
def test_sigma_over_the_field(sigma_px: float) -> None:
    """More than 5 % off anywhere in the field, a diameter there is off too."""
    chart, certificate = edge_chart()
    picture = picture_of(chart, blur_sigma_px=sigma_px, blur_growth=0.4, pose=Pose(shift_mm=(0.07, 0.04), turn_deg=2))
    blur = measure_blur(picture, certificate, UM_PER_PX)
    off = ((all_over() - (np.array(SIZE_PX) - 1) / 2) ** 2).sum(axis=1) / HALF_DIAGONAL**2
    assert blur.sigma_px_at(all_over()) == pytest.approx(sigma_px * (1 + 0.4 * off), rel=0.05)
    middles = np.array([(cell.x_px, cell.y_px) for cell in blur.cells])
    assert blur.grid().ravel() == pytest.approx(blur.sigma_px_at(middles), rel=1e-9)
    for cell in blur.cells:
        assert cell.mtf50_lp_per_mm == pytest.approx(187.4 / UM_PER_PX / cell.sigma_px, rel=0.05)


def test_stated_uncertainty_covers() -> None:
    """A field believed more than it deserves hides a focus that has moved."""
    chart, certificate = edge_chart()
    scores = []
    for seed in range(4):
        picture = picture_of(chart, seed=seed, pose=Pose(shift_mm=(0.05 * seed, 0.03), turn_deg=1.5), vignette=0.1)
        scores += [(c.sigma_px - 1.2) / c.sigma_sd_px for c in measure_blur(picture, certificate, UM_PER_PX).cells]
    assert 0.4 < np.sqrt(np.mean(np.square(scores))) < 1.6


def test_blur_is_that_of_light_and_not_of_codes() -> None:
    """Read from coded values, the same edges look narrower or wider by several per cent."""
    chart, certificate = edge_chart()
    picture = picture_of(chart, blur_sigma_px=2.0, vignette=0.0)
    coded = measure_blur(picture, certificate, UM_PER_PX, linearise=lambda values: np.asarray(values / 255, np.float32))
    right = measure_blur(picture, certificate, UM_PER_PX)
    assert right.grid() == pytest.approx(2.0, rel=0.02)
    assert abs(float(coded.grid().mean()) / 2.0 - 1) > 0.03


def test_motion_shows_as_two_directions() -> None:
    """A picture that moved would pass for one out of focus, and the chart for a good one."""
    chart, certificate = edge_chart()
    picture = picture_of(chart, vignette=0.0)
    moved = np.mean([np.roll(picture, k, axis=1) for k in (-3, -1, 1, 3)], axis=0).astype(np.uint8)
    cell = measure_blur(moved, certificate, UM_PER_PX).cells[7]
    assert cell.across_x_px > 1.5 * cell.across_y_px


def test_record_comes_back_from_json() -> None:
    """A calibration that cannot be kept whole is lost with the process."""
    chart, certificate = edge_chart()
    blur = measure_blur(picture_of(chart), certificate, UM_PER_PX, cells=(4, 3))
    assert Blur.model_validate_json(blur.model_dump_json()) == blur
    assert blur.grid().shape == (3, 4)


def test_what_is_no_chart_is_refused() -> None:
    """Blur from something else than edges means nothing."""
    _, certificate = edge_chart()
    for picture in (
        picture_of(WhiteCard()),
        picture_of(WhiteCard(dust_per_cm2=400)),
        np.zeros((450, 600, 3), np.uint8),
    ):
        with pytest.raises(NoTarget, match="slanted-edge chart"):
            measure_blur(picture, certificate, UM_PER_PX)


@pytest.mark.parametrize(
    ("wanted", "chart", "blur_sigma_px", "light"),
    [
        (Saturated, SlantedEdges(pitch_mm=0.6, side_mm=0.3, light=1.0), 1.2, Light(level=1.6)),
        (TooDark, SlantedEdges(pitch_mm=0.6, side_mm=0.3), 1.2, Light(level=0.09)),
        (NotSlanted, SlantedEdges(pitch_mm=0.6, side_mm=0.3, angle_deg=0.2), 1.2, Light()),
        (TooBlurred, SlantedEdges(pitch_mm=0.6, side_mm=0.3), 11.0, Light()),
    ],
)
def test_bad_pictures_are_refused_by_name(
    wanted: type[TargetRefused], chart: SlantedEdges, blur_sigma_px: float, light: Light
) -> None:
    """The technician would not know what to mend, or a wrong width would be kept."""
    _, certificate = edge_chart()
    with pytest.raises(wanted):
        measure_blur(picture_of(chart, blur_sigma_px=blur_sigma_px, light=light), certificate, UM_PER_PX)


def test_more_edges_than_the_charts_are_refused() -> None:
    """A ChArUco board is full of edges; the width of a marker's is not that of a chart's."""
    _, certificate = edge_chart(pitch_mm=0.6)
    finer, _ = edge_chart(pitch_mm=0.36)
    with pytest.raises(AnotherTarget, match="more than"):
        measure_blur(picture_of(finer, blur_sigma_px=0.9), certificate, UM_PER_PX)


def test_half_a_chart_is_refused() -> None:
    """Blur in the other half would be a guess."""
    chart, certificate = edge_chart()
    picture = picture_of(chart).copy()
    picture[:, 320:] = picture[20, 20]
    with pytest.raises(HalfOutOfView, match="fills the picture"):
        measure_blur(picture, certificate, UM_PER_PX)
