"""The simulated camera's lens, targets, and what exposure, gain and focus change."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device.calibration.certificate import read_certificate
from device.camera import (
    Camera,
    DngUnavailable,
    RawUnavailable,
    SettingsRefused,
    SimulatedSettings,
    StillSettings,
    TargetAim,
    TargetKind,
    open_camera,
    simulated,
)
from device.camera.simulated.heads import Heads
from device.camera.simulated.lens import Lens, as_a_scalp_is_seen, lens_of, optics_of, usual_of
from device.camera.simulated.targets import photograph_kind
from phantom.targets.cards import ColourChart
from phantom.targets.charuco import Charuco
from phantom.targets.dot_grid import DotGrid
from phantom.targets.edges import SlantedEdges
from phantom.targets.ruler import Ruler
from tests.device.camera.conftest import aim_at

WHITE_CARD, DOT_GRID, DARK = (TargetAim(kind) for kind in (TargetKind.WHITE_CARD, TargetKind.DOT_GRID, TargetKind.DARK))


def settings(**changes: object) -> SimulatedSettings:
    """A small world with a lens, with some settings changed."""
    usual = {"kind": "simulated", "size_px": (640, 480), "um_per_px": 12.0, "optics": "lens"}
    return SimulatedSettings.model_validate(usual | changes)


def usual(camera: Camera) -> StillSettings:
    """What the camera's stills are taken with."""
    assert camera.usual is not None
    return camera.usual


def light(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    """Linear light of green in the picture's middle, 0 to 1."""
    rows, columns = picture.shape[:2]
    middle = picture[rows // 2 - 20 : rows // 2 + 20, columns // 2 - 20 : columns // 2 + 20, 1]
    value = float(middle.mean()) / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize("kind", list(TargetKind))
@pytest.mark.parametrize("optics", ["ideal", "lens"])
def test_every_target_is_drawn(kind: TargetKind, optics: str) -> None:
    """A step of the calibration could not be tried without a camera."""
    if kind is TargetKind.CHARUCO and not hasattr(cv2, "aruco"):
        pytest.skip("ChArUco markers came with OpenCV 4.7")
    with open_camera(settings(optics=optics, size_px=(320, 240))) as camera:
        aim = TargetAim(kind)
        still, frame = camera.still(aim), camera.preview(aim)
        assert still.aim == frame.aim == aim
        assert still.picture.shape == (240, 320, 3)
        if kind not in (TargetKind.DARK, TargetKind.WHITE_CARD):
            assert float(still.picture.std()) > 10


def test_exposure_and_gain_are_light() -> None:
    """An exposure sweep would show the same picture at every step, and a response or an exposure be made of nothing."""
    with open_camera(settings()) as camera:
        at = usual(camera)
        steps = [
            at,
            replace(at, exposure_us=at.exposure_us // 4),
            replace(at, exposure_us=at.exposure_us // 8, analogue_gain=2.0),
        ]
        stills = camera.burst(WHITE_CARD, steps)
        dark = camera.still(DARK)
    full, quarter, same = (light(still.picture) for still in stills)
    assert full == pytest.approx(0.8, rel=0.03)
    assert quarter == pytest.approx(full / 4, rel=0.03)
    assert same == pytest.approx(quarter, rel=0.03)
    assert [still.metadata.exposure_us for still in stills] == [step.exposure_us for step in steps]
    assert stills[2].metadata.analogue_gain == 2.0
    assert dark.picture.mean() < 3


def test_gain_is_noise() -> None:
    """The price of gain would not show."""
    with open_camera(settings()) as camera:
        at = replace(usual(camera), exposure_us=1_000)
        noisy = replace(at, exposure_us=125, analogue_gain=8.0)
        spread = []
        for asked in (at, noisy):
            pair = [camera.still(WHITE_CARD, asked).picture[..., 1].astype(float) for _ in range(2)]
            spread.append(float((pair[0] - pair[1]).std()))
    assert spread[1] > 1.8 * spread[0]


def test_colour_gains_make_white_white() -> None:
    """White balance would change nothing; or the usual one not make the card grey."""
    with open_camera(settings()) as camera:
        at = replace(usual(camera), exposure_us=4_000)
        red, blue = at.colour_gains
        grey = camera.still(WHITE_CARD, at).picture.reshape(-1, 3).mean(axis=0)
        warm = camera.still(WHITE_CARD, replace(at, colour_gains=(red * 1.3, blue * 0.8))).picture
    assert np.ptp(grey) < 2
    assert warm[..., 2].mean() > grey[2] + 10
    assert warm[..., 0].mean() < grey[0] - 10


def test_the_lens_position_is_the_focus() -> None:
    """A lens sweep would have no peak; or one just at the usual position, so that finding it is worth nothing."""
    world = settings(size_px=(320, 240))
    best = lens_of(world).focus_dioptres
    assert best != usual_of(world).lens_position_dioptres
    sharpness = []
    with open_camera(world) as camera:
        for off in (-1.5, -0.75, 0.0, 0.75, 1.5):
            asked = replace(usual(camera), lens_position_dioptres=best + off)
            picture = camera.still(DOT_GRID, asked).picture
            sharpness.append(float(cv2.Laplacian(picture[..., 1], cv2.CV_64F).var()))
    assert np.argmax(sharpness) == 2
    assert sharpness[0] < sharpness[1] < sharpness[2] > sharpness[3] > sharpness[4]


def test_raw_values_are_the_light_before_the_gains() -> None:
    """Exposure would be set on values that have passed a tone curve or the gains."""
    with open_camera(settings()) as camera:
        at = replace(usual(camera), exposure_us=5_000)
        taken = camera.raw(WHITE_CARD, at)
    assert taken.mosaic.shape == (480, 640)
    middle = taken.mosaic[220:260, 300:340].astype(float) - taken.black_level
    span = taken.white_level - taken.black_level
    assert middle[0::2, 1::2].mean() / span == pytest.approx(0.4, rel=0.03)
    assert middle[0::2, 0::2].mean() / span == pytest.approx(0.4 / 1.8, rel=0.03)
    assert middle[1::2, 1::2].mean() / span == pytest.approx(0.4 / 2.0, rel=0.03)
    assert taken.metadata.exposure_us == 5_000


def test_what_it_does_not_have_is_refused_in_words() -> None:
    """A drawing as it is displayed would pass for raw values, or for a DNG."""
    with open_camera(settings(size_px=(320, 240))) as camera:
        with pytest.raises(RawUnavailable, match="of a head"):
            camera.raw(aim_at())
        with pytest.raises(DngUnavailable):
            camera.dng(DOT_GRID)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exposure_us": 10}, "exposure_us is 10"),
        ({"analogue_gain": 20.0}, "analogue_gain"),
        ({"lens_position_dioptres": 40.0}, "lens_position_dioptres"),
        ({"lens_position_dioptres": None}, "should stand"),
        ({"colour_gains": (9.0, 1.0)}, "colour_gains"),
        ({"size_px": (640, 480)}, "set up for 320 x 240"),
    ],
)
def test_settings_beyond_the_camera_are_refused(changes: dict[str, object], words: str) -> None:
    """A sweep past the end would look as if it had been done."""
    world = settings(size_px=(320, 240))
    asked = replace(usual_of(world), **changes)  # type: ignore[arg-type]
    with open_camera(world) as camera, pytest.raises(SettingsRefused, match=words):
        camera.still(DARK, asked)
    with pytest.raises(SettingsRefused, match=words), open_camera(world, asked):
        pass


def test_the_lens_is_worth_a_calibration() -> None:
    """Calibrating the simulated instrument would change nothing, and a fault in it go unseen."""
    lenses = [lens_of(settings(seed=seed)) for seed in range(30)]
    for lens in lenses:
        assert 0.005 <= abs(lens.scale - 1) <= 0.02
        assert 0.006 <= abs(lens.k1) <= 0.02
        assert 0.4 <= float(np.hypot(*lens.tilt_deg)) <= 1.7
        assert lens.blur_growth > 0
    assert len({lens.k1 for lens in lenses}) == 30
    assert lens_of(settings(seed=3)) == lenses[3]
    assert lens_of(settings(optics="ideal")) == Lens()


def test_a_scalp_goes_through_the_lens_of_the_targets() -> None:
    """What is calibrated on a target would not hold for the scalp: another scale, tilt or distortion."""
    world = settings(size_px=(640, 480))
    lens, at = lens_of(world), usual_of(world)
    seen, light_on_it = as_a_scalp_is_seen(optics_of(world, lens, at, 640), lens, at)
    scalp = Heads(world).photograph(aim_at(), 1, seen, lens, light_on_it)
    for truth in (scalp.truth.optics, seen):
        assert truth.um_per_px == pytest.approx(12.0 * lens.scale)
        assert truth.k1 == lens.k1
    assert scalp.truth.pose is not None
    assert scalp.truth.pose.tilt_deg == lens.tilt_deg


def test_the_grid_is_seen_at_the_lens_own_scale() -> None:
    """The true scale would be the nominal one, and a calibration that does nothing look right."""
    world = settings(size_px=(640, 480), um_per_px=10.0)
    lens = replace(lens_of(world), k1=0.0, tilt_deg=(0.0, 0.0))
    at = usual_of(world)
    taken = photograph_kind(
        TargetKind.DOT_GRID, optics_of(world, lens, at, 640), lens, at, world=world.seed, still_number=1
    )
    _, _, stats, middles = cv2.connectedComponentsWithStats((taken.picture[..., 1] < 128).astype(np.uint8))
    whole = stats[:, cv2.CC_STAT_AREA] < 2000
    points = middles[whole]
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    pitch_px = float(np.median(apart.min(axis=1)))
    assert pitch_px * 10.0 * lens.scale == pytest.approx(1000 * DotGrid().pitch_mm, rel=0.003)


def test_certificates_are_those_of_what_is_drawn() -> None:
    """The demonstration would be calibrated with figures of another target, and every density be off."""
    folder = Path(simulated.__file__).parent / "certificates"
    grid, drawn_grid = read_certificate(folder / "dot-grid.toml"), DotGrid()
    assert grid.kind == "dot-grid"
    assert grid.pitch_um == pytest.approx(1000 * drawn_grid.pitch_mm)
    assert grid.dot_diameter_um == pytest.approx(1000 * drawn_grid.dot_mm)
    assert (grid.columns, grid.rows, grid.fiducials) == (drawn_grid.columns, drawn_grid.rows, drawn_grid.fiducials)
    board = read_certificate(folder / "charuco.toml")
    assert board.kind == "charuco"
    # Not drawn here: an older OpenCV cannot.
    drawn: dict[str, Any] = {field.name: field.default for field in fields(Charuco)}
    assert board.square_um == pytest.approx(1000 * drawn["square_mm"])
    assert board.marker_um == pytest.approx(1000 * drawn["marker_mm"])
    assert (board.squares_x, board.squares_y) == (drawn["squares_x"], drawn["squares_y"])
    ruler, drawn_ruler = read_certificate(folder / "stage-micrometer.toml"), Ruler()
    assert ruler.kind == "stage-micrometer"
    assert ruler.division_um == pytest.approx(1000 * drawn_ruler.division_mm)
    assert ruler.divisions == drawn_ruler.divisions
    chart, drawn_chart = read_certificate(folder / "slanted-edge.toml"), SlantedEdges()
    assert chart.kind == "slanted-edge"
    assert chart.pitch_um == pytest.approx(1000 * drawn_chart.pitch_mm)
    assert chart.square_um == pytest.approx(1000 * drawn_chart.side_mm)
    colours = read_certificate(folder / "colour-chart.toml")
    assert colours.kind == "colour-chart"
    assert np.allclose(colours.patches_lab, ColourChart().patches_lab, atol=0.006)


def test_a_preview_is_drawn_once_for_as_long_as_the_aim_stays() -> None:
    """A live preview would draw heads all day; or show the place before the last."""
    with open_camera(settings(size_px=(320, 240))) as camera:
        first = camera.preview(aim_at()).picture
        again = camera.preview(aim_at()).picture
        grid = camera.preview(DOT_GRID).picture
    assert np.array_equal(first, again)
    assert first is not again
    assert not np.array_equal(first, grid)


def test_calibrated_settings_are_the_usual_ones() -> None:
    """A calibrated exposure or focus would be kept in its record and never be used."""
    world = settings(size_px=(320, 240))
    calibrated = replace(usual_of(world), exposure_us=5_000)
    with open_camera(world, calibrated) as camera:
        assert camera.usual == calibrated
        still = camera.still(WHITE_CARD)
    assert light(still.picture) == pytest.approx(0.4, rel=0.03)
    assert still.metadata.exposure_us == 5_000


@pytest.mark.parametrize("optics", ["ideal", "lens"])
def test_a_scalp_darkens_with_less_exposure(optics: str) -> None:
    """Over- and underexposed scalps could not be tried without a camera."""
    with open_camera(settings(size_px=(320, 240), optics=optics)) as camera:
        at = usual(camera)
        usually = camera.still(aim_at())
        dim = camera.still(aim_at(), replace(at, exposure_us=at.exposure_us // 4))
    # Held a little elsewhere and with other noise, the picture as a whole has a quarter of the light.
    assert light(dim.picture) == pytest.approx(light(usually.picture) / 4, rel=0.3)
    assert dim.picture.mean() < 0.65 * usually.picture.mean()
