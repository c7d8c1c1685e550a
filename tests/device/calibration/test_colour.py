"""White gains and the colour matrix, from drawn cards."""

from __future__ import annotations

import numpy as np
import pytest

from device.calibration.cielab import delta_e_2000, lab_of, light_of
from device.calibration.colour import Colour, ColoursUnfit, fit_colour, measure_colour, white_gains
from device.calibration.flat_field import Evener, measure_flat_field
from device.calibration.targets.refusals import (
    AnotherTarget,
    FaceDown,
    HalfOutOfView,
    NoTarget,
    Saturated,
    TargetRefused,
    TooDark,
)
from device.camera.protocol import FrameMetadata, RawStill
from phantom import Light, Optics, Pose
from phantom.targets.cards import ColourChart, WhiteCard
from phantom.targets.plane import BLACK_LEVEL, WHITE_LEVEL, photograph_target
from tests.device.calibration.cards import CAMERA, SIZE_PX, colour_certificate, picture_of

CHART = ColourChart(camera=CAMERA)
COARSE_UM_PER_PX = 17.5
"""So that the chart of 9 x 6 mm lies in a small picture."""


def shot(chart: ColourChart | WhiteCard, *, pose: Pose | None = None, light: Light | None = None) -> np.ndarray:
    """Photograph a card."""
    return picture_of(chart, um_per_px=COARSE_UM_PER_PX, pose=pose, light=light)


def test_matrix_undoes_the_cameras() -> None:
    """Hair and skin keep the camera's own tint, and two devices disagree on pigmentation."""
    flat = Evener(measure_flat_field(shot(WhiteCard()), "crossed"))
    colour = measure_colour(shot(CHART), colour_certificate(CHART), evener=flat)
    assert np.asarray(colour.matrix) == pytest.approx(np.linalg.inv(np.array(CAMERA)), abs=0.02)
    assert np.asarray(colour.matrix).sum(axis=1) == pytest.approx(1, abs=1e-9)
    assert colour.gains == pytest.approx((1, 1, 1), abs=0.005)
    assert colour.mean_delta_e_2000 < 0.3
    assert colour.worst_delta_e_2000 < 1.5
    assert Colour.model_validate_json(colour.model_dump_json()) == colour


@pytest.mark.parametrize("turn_deg", [0.0, 33.0, 181.0, 268.0])
def test_chart_may_lie_as_it_will(turn_deg: float) -> None:
    """A chart laid the other way round would swap red for blue without a word."""
    chart = ColourChart(camera=CAMERA, pitch_mm=1.05, patch_mm=0.85)
    pose = Pose(turn_deg=turn_deg, tilt_deg=(3, -2), shift_mm=(0.2, -0.3))
    flat = Evener(measure_flat_field(shot(WhiteCard()), "crossed"))
    colour = measure_colour(shot(chart, pose=pose), colour_certificate(chart), evener=flat)
    assert colour.mean_delta_e_2000 < 0.4


@pytest.mark.parametrize("ground", [0.2, 0.85])
def test_ground_between_the_patches_may_be_light(ground: float) -> None:
    """Only charts of one maker would be found."""
    chart = ColourChart(camera=CAMERA, ground=ground)
    flat = Evener(measure_flat_field(shot(WhiteCard()), "crossed"))
    assert measure_colour(shot(chart), colour_certificate(chart), evener=flat).mean_delta_e_2000 < 0.4


def test_tinted_light_is_taken_by_the_gains() -> None:
    """A white that is not white tints all that is corrected."""
    light = Light(tint=(0.7, 1.0, 0.85))
    flat = Evener(measure_flat_field(shot(WhiteCard(), light=light), "crossed"))
    colour = measure_colour(shot(CHART, light=light), colour_certificate(CHART), evener=flat)
    assert colour.gains == pytest.approx((1 / 0.7, 1.0, 1 / 0.85), rel=0.01)
    assert colour.mean_delta_e_2000 < 0.4
    grey = np.array([0.7, 1.0, 0.85]) * 0.4
    assert lab_of(colour.whole() @ grey)[1:] == pytest.approx([0, 0], abs=0.6)


def test_dyes_of_other_spectra_show_in_the_differences() -> None:
    """A figure of merit that is always good says nothing of a bad chart or a bad lamp."""
    chart = ColourChart(camera=CAMERA, metamerism=0.05, seed=2)
    flat = Evener(measure_flat_field(shot(WhiteCard()), "crossed"))
    colour = measure_colour(shot(chart), colour_certificate(chart), evener=flat)
    assert colour.mean_delta_e_2000 > 0.8
    assert colour.left_out_mean_delta_e_2000 > colour.mean_delta_e_2000
    matrix = colour.lightness_scale * colour.whole()
    seen = lab_of(chart.as_the_camera_sees().reshape(-1, 3) * 0.8 @ matrix.T)
    assert delta_e_2000(seen, np.array(chart.patches_lab)).mean() == pytest.approx(colour.mean_delta_e_2000, abs=0.3)


def test_differences_left_are_the_least() -> None:
    """A fit in light alone follows the brightest patches and leaves dark hair off."""
    rng = np.random.default_rng(4)
    reference = np.array(ColourChart().patches_lab)
    light = light_of(reference) @ np.array(CAMERA).T * (1 + 0.03 * rng.standard_normal(reference.shape))
    colour = fit_colour(light, reference)
    plain = np.linalg.lstsq(light, light_of(reference), rcond=None)[0]
    in_lab = np.sqrt(np.mean((lab_of(light @ plain) - reference) ** 2))
    ours = np.array([patch.seen_lab for patch in colour.patches])
    # nine numbers that minimise light against our seven that keep white and minimise Lab
    assert np.sqrt(np.mean((ours - reference) ** 2)) < 1.1 * in_lab


@pytest.mark.parametrize(
    ("wanted", "seen", "pose", "light"),
    [
        (NoTarget, WhiteCard(dust_per_cm2=50), Pose(), Light()),
        (HalfOutOfView, CHART, Pose(shift_mm=(2.2, 0)), Light()),
        (AnotherTarget, ColourChart(patches_lab=CHART.patches_lab[::2] + CHART.patches_lab[1::2]), Pose(), Light()),
        (Saturated, CHART, Pose(), Light(level=1.6)),
        (TooDark, CHART, Pose(), Light(level=0.05)),
    ],
)
def test_bad_pictures_are_refused_by_name(
    wanted: type[TargetRefused], seen: ColourChart | WhiteCard, pose: Pose, light: Light
) -> None:
    """A matrix from the wrong patches would paint every picture."""
    with pytest.raises(wanted):
        measure_colour(shot(seen, pose=pose, light=light), colour_certificate(CHART))


def test_mirrored_chart_is_refused() -> None:
    """A mirrored camera would swap left and right of every scalp."""
    with pytest.raises(FaceDown, match="mirrored"):
        measure_colour(np.ascontiguousarray(shot(CHART)[:, ::-1]), colour_certificate(CHART))


def test_colours_that_tell_nothing_are_refused() -> None:
    """A matrix of a grey picture amplifies noise without end."""
    reference = np.array(ColourChart().patches_lab)
    grey = light_of(reference).mean(axis=1, keepdims=True) * np.ones(3)
    with pytest.raises(ColoursUnfit, match="no colours"):
        fit_colour(grey, reference)
    with pytest.raises(ColoursUnfit, match="light grey"):
        fit_colour(light_of(reference[:18]), reference[:18])


def raw_card(tint: tuple[float, float, float], level: float = 0.8) -> RawStill:
    """Take the white card raw."""
    optics = Optics(size_px=SIZE_PX, um_per_px=10.0)
    shot_ = photograph_target(WhiteCard(), optics, light=Light(tint=tint, level=level), seed=2)
    return RawStill(shot_.raw, BLACK_LEVEL, WHITE_LEVEL, "RGGB", FrameMetadata(), None)


def test_white_gains_make_white() -> None:
    """Red and blue taken for each other, or the black level left in, tint every still."""
    gains = white_gains(raw_card((0.5, 1.0, 0.62)))
    assert (gains.blue, gains.red) == pytest.approx((2.0, 1 / 0.62), rel=0.005)


def test_white_gains_of_bad_stills_are_refused() -> None:
    """Gains of a saturated or dark card would be kept until the next calibration."""
    with pytest.raises(Saturated):
        white_gains(raw_card((1.0, 1.0, 1.0), level=1.3))
    with pytest.raises(TooDark):
        white_gains(raw_card((1.0, 1.0, 1.0), level=0.03))
    with pytest.raises(ColoursUnfit, match="white card"):
        white_gains(raw_card((0.1, 1.0, 0.9)))
