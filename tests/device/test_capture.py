"""A capture, whole: corrected, judged, measured and kept; a burst, a bracket, a picture that the gate refused."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import device.capture
from analysis import Optics, measure
from collector.pictures.identifying_tags import identifying_tags
from contract import Measurement, Quality, Site, Verdict
from device import picture_file
from device.calibration.step_names import StepName
from device.camera import Aim, Still, StillSettings
from device.capture import take
from device.instrument import open_instrument
from device.outbox import Outbox
from device.store import PictureKeyUnusable
from phantom import Optics as PhantomOptics
from phantom import ScalpSettings, grow, photograph
from tests.device.calibration.simulated import calibrated, settings

AIM = Aim("P-0042", Site.VERTEX, 1)


def small(folder: Path, **changes: Any) -> Any:  # noqa: ANN401  settings with any table changed
    """Give an uncalibrated instrument of few pixels."""
    camera = {"kind": "simulated", "seed": 7, "um_per_px": 5.3, "size_px": (640, 480)}
    lens = {"name": "lens 7", "nominal_um_per_px": 5.3}
    return settings(folder, camera=camera, lens=lens, **changes)


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every picture pass: these tests are not about the gate."""
    monkeypatch.setattr(device.capture, "judge", lambda *_, **__: Quality(verdict=Verdict.PASS))


@pytest.mark.usefixtures("passing")
def test_without_a_calibration_the_nominal_scale_is_used_and_said(tmp_path: Path) -> None:
    """Breaks when a scale that nobody measured passes for a traceable one."""
    with open_instrument(small(tmp_path)) as instrument:
        capture = take(instrument, AIM)
    assert (capture.calibration.um_per_px, capture.calibration.source) == (5.3, "settings")
    assert capture.calibration.standard_uncertainty_um_per_px is None
    assert capture.calibration.due is not None
    assert (capture.lens, capture.light, capture.repeatability) == ("lens 7", None, None)


def test_a_calibrated_capture_can_be_measured_again(tmp_path: Path) -> None:
    """Breaks when the clinic, with the picture and the message alone, gets other figures than the instrument."""
    of = settings(tmp_path)
    record = calibrated(of, StepName.SCALE, StepName.FLAT_FIELD, StepName.BLUR)
    with open_instrument(of) as instrument:
        capture = take(instrument, AIM)
        content = instrument.store.read_picture(capture.picture.sha256)
    assert capture.calibration.record_id == record.record_id
    assert capture.calibration.due is None
    assert record.results.geometry is not None
    assert capture.calibration.um_per_px == record.results.geometry.um_per_px
    told = capture.calibration
    assert told.standard_uncertainty_um_per_px is not None
    optics = Optics(
        told.um_per_px,
        um_per_px_sd=told.standard_uncertainty_um_per_px,
        blur_sigma_px=np.asarray(told.blur_sigma_px),
        linear_light=told.linear_light,
    )
    again = measure(picture_file.decode(content, "it"), optics)
    assert Measurement.model_validate(again.as_dict()).hair_density_per_cm2 == capture.measurement.hair_density_per_cm2
    assert len(again.hairs) == len(capture.measurement.hairs)


@pytest.mark.usefixtures("passing")
def test_a_burst_says_how_much_figures_scatter(tmp_path: Path) -> None:
    """Breaks when the instrument's own noise is not known beside a patient's change."""
    with open_instrument(small(tmp_path, capture={"stills": 3})) as instrument:
        repeated = take(instrument, AIM).repeatability
    assert repeated is not None
    assert repeated.stills == 3
    assert 0 <= repeated.hair_density_sd_per_cm2 < 40
    assert 0.001 < repeated.noise_share < 0.05


@pytest.mark.usefixtures("passing")
def test_of_a_focus_bracket_the_sharpest_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the first still of a bracket is measured in place of the sharp one."""
    bracket = {"focus_bracket_dioptres": (-1.0, 0.0, 1.0)}
    positions: list[float | None] = []
    with open_instrument(small(tmp_path, capture=bracket)) as instrument:
        burst = instrument.camera.burst

        def recording(aim: Aim, asked: list[StillSettings]) -> tuple[Still, ...]:
            positions.extend(one.lens_position_dioptres for one in asked)
            return burst(aim, asked)

        monkeypatch.setattr(instrument.camera, "burst", recording)
        usual = instrument.camera.usual
        capture = take(instrument, AIM)
        kept = picture_file.decode(instrument.store.read_picture(capture.picture.sha256), "it")
        sharp = instrument.camera.still(AIM, usual).picture
    assert usual is not None
    assert usual.lens_position_dioptres is not None
    assert positions == [usual.lens_position_dioptres + offset for offset in (-1.0, 0.0, 1.0)]
    assert kept.std() == pytest.approx(float(sharp.std()), rel=0.02)


def test_a_refused_picture_is_kept_and_does_not_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a blurred picture's density reaches the clinic, or is thrown away before anyone has seen it."""
    refusal = Quality(verdict=Verdict.REFUSE, reasons=("Out of focus.",))
    monkeypatch.setattr(device.capture, "judge", lambda *_, **__: refusal)
    with open_instrument(small(tmp_path)) as instrument:
        capture = take(instrument, AIM)
        assert instrument.store.held() == [capture]
        assert instrument.store.picture_path(capture.picture.sha256).exists()
        assert Outbox(instrument.store).counts().waiting_captures == 0


@pytest.mark.usefixtures("passing")
def test_captures_are_taken_in_their_light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a picture is taken in the dark, in the wrong light, or the ring burns on after it."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    lit: list[object] = []
    rings = {"cross": {"pin": 12, "settle_s": 0.0}, "parallel": {"pin": 13, "settle_s": 0.0}}
    with open_instrument(small(tmp_path, lights=rings, capture={"light": "parallel"})) as instrument:
        burst = instrument.camera.burst

        def looking(aim: Aim, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
            lit.append(instrument.lights.lit_ring)
            return burst(aim, asked)

        monkeypatch.setattr(instrument.camera, "burst", looking)
        capture = take(instrument, AIM)
        assert instrument.lights.lit_ring is None
    assert lit == ["parallel"]
    assert capture.light == "parallel"


@pytest.mark.usefixtures("passing")
def test_a_dng_is_kept_where_the_board_makes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a clinic that keeps raw values loses them, or they travel."""
    with open_instrument(small(tmp_path, capture={"keep_dng": True})) as instrument:
        monkeypatch.setattr(instrument.camera, "dng", lambda _aim: b"II*\0 what the sensor read")
        capture = take(instrument, AIM)
        dng = instrument.store.picture_path(capture.picture.sha256).with_suffix(".dng")
        assert dng.read_bytes().startswith(b"II*")
        assert [one.sha256 for one in Outbox(instrument.store).waiting_pictures(9)] == [capture.picture.sha256]


@pytest.mark.usefixtures("passing")
def test_with_a_key_nothing_of_a_capture_can_be_seen_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a stolen instrument shows a patient's picture or its raw values, or cannot read them itself."""
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    with open_instrument(small(tmp_path, capture={"keep_dng": True}, storage={"picture_key": key})) as instrument:
        monkeypatch.setattr(instrument.camera, "dng", lambda _aim: b"II*\0 what the sensor read")
        capture = take(instrument, AIM)
        content = instrument.store.read_picture(capture.picture.sha256)
        assert instrument.store.pictures.read_beside(capture.picture.sha256, ".dng").startswith(b"II*")
    assert hashlib.sha256(content).hexdigest() == capture.picture.sha256
    lying = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {capture.picture.sha256, f"{capture.picture.sha256}.dng"} <= set(lying)
    for kept in lying.values():
        assert b"II*\0 what" not in kept
        assert content[1000:1032] not in kept


def test_a_key_that_is_lost_is_said_before_the_first_patient(tmp_path: Path) -> None:
    """Breaks when a visit begins on an instrument that cannot keep what it takes."""
    with (
        pytest.raises(PictureKeyUnusable, match="Bring it back"),
        open_instrument(small(tmp_path, storage={"picture_key": tmp_path / "lost"})),
    ):
        pass


def photographed() -> NDArray[np.uint8]:
    """Return a picture of a small phantom."""
    optics = PhantomOptics(um_per_px=5.3, size_px=(640, 480))
    return photograph(grow(ScalpSettings(size_mm=(3.4, 2.6)), seed=2), optics).picture


def with_a_place_and_a_name(folder: Path, file_format: str) -> None:
    """Lay a file there that carries what a telephone or a person writes into it."""
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "Jane Doe", "Jane Doe"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0)})
    text = PngInfo()
    text.add_text("Patient", "Jane Doe")
    options: dict[str, object] = {"comment": b"Jane Doe"} if file_format == "jpg" else {"pnginfo": text}
    Image.fromarray(photographed()[:, :, ::-1]).save(folder / f"DSC_1.{file_format}", exif=exif, **options)  # type: ignore[arg-type]
    assert b"Jane Doe" in (folder / f"DSC_1.{file_format}").read_bytes()


@pytest.mark.usefixtures("passing")
@pytest.mark.parametrize(("of", "picture_format"), [("simulated", "jpeg"), ("jpg", "jpeg"), ("png", "png")])
def test_a_picture_leaves_without_what_may_name_somebody(tmp_path: Path, of: str, picture_format: str) -> None:
    """Breaks when the place, the name or the text of a camera's file travels within the picture."""
    if of == "simulated":
        settings_of = small(tmp_path, picture_format=picture_format)
    else:
        folder = tmp_path / "in"
        folder.mkdir()
        with_a_place_and_a_name(folder, of)
        settings_of = settings(
            tmp_path,
            camera={"kind": "folder", "folder": folder},
            lens={"name": "lens 7", "nominal_um_per_px": 5.3},
            picture_format=picture_format,
        )
    with open_instrument(settings_of) as instrument:
        capture = take(instrument, AIM)
        path = instrument.store.picture_path(capture.picture.sha256)
        assert identifying_tags(path) is None
        assert b"Jane" not in path.read_bytes()
        with Image.open(path) as opened:
            assert opened.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            assert not opened.getexif()


@pytest.mark.usefixtures("passing")
def test_without_a_dng_the_capture_is_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when a board that makes no DNG files loses captures, or says nothing."""
    with open_instrument(small(tmp_path, capture={"keep_dng": True})) as instrument:
        capture = take(instrument, AIM)
        assert instrument.store.visit("P-0042", 1) == [capture]
    assert "without its DNG" in caplog.text


@pytest.mark.usefixtures("passing")
def test_pictures_of_a_folder_are_no_burst(tmp_path: Path) -> None:
    """Breaks when three different pictures pass for repeats of one, and two of them are never captures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.png").write_bytes(picture_file.encode(photographed(), "png"))
    lens = {"name": "lens 7", "nominal_um_per_px": 5.3}
    of = settings(tmp_path, camera={"kind": "folder", "folder": folder}, lens=lens, capture={"stills": 3})
    with open_instrument(of) as instrument:
        captures = [take(instrument, AIM) for _ in range(3)]
    assert [capture.repeatability for capture in captures] == [None, None, None]
