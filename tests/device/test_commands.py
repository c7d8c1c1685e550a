"""The command line: figures for good input, one sentence and exit code 2 for bad."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

import analysis
import device.capture
from contract import PROTOCOL, Measurement
from device import picture_file
from device.commands import main
from device.store import Store
from phantom import Optics, ScalpSettings, grow, photograph

DEVICE_SETTINGS = """\
clinic_id = "riverside"
device_id = "chair-1"
state_folder = "{folder}/state"

[camera]
kind = "simulated"
seed = 7
um_per_px = 5.3
size_px = [640, 480]

[lens]
name = "simulated lens"
nominal_um_per_px = 5.3

[broker]
host = "127.0.0.1"
authority = "{folder}/a.crt"
certificate = "{folder}/c.crt"
key = "{folder}/c.key"

[pictures]
url = "https://127.0.0.1:8443"
"""


def trichoscope(*arguments: str | Path | float) -> Result:
    """Run the command line in this process; any other exception than a clean exit fails the test."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def scalp_picture() -> picture_file.Pixels:
    """Photograph a small phantom."""
    optics = Optics(um_per_px=5.3, size_px=(640, 480))
    return photograph(grow(ScalpSettings(size_mm=(3.4, 2.6)), seed=2), optics, seed=2).picture


def settings_file(folder: Path, change: tuple[str, str] = ("", "")) -> Path:
    """Write a device's settings, one part of them changed."""
    path = folder / "device.toml"
    path.write_text(DEVICE_SETTINGS.format(folder=folder).replace(*change))
    return path


def test_one_picture_s_json_fits_the_contract(tmp_path: Path, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when the JSON that is printed and the message that travels part."""
    path = tmp_path / "a.png"
    path.write_bytes(picture_file.encode(scalp_picture, "png"))
    printed = json.loads(trichoscope("measure", path, "--um-per-px", 5.3, "--json").stdout)
    measurement = Measurement.model_validate(printed)
    assert json.loads(measurement.model_dump_json()) == printed
    assert measurement.hairs
    x0, y0, x1, y1 = measurement.frame_px
    assert all(x0 <= h.root_px[0] <= x1 and y0 <= h.root_px[1] <= y1 for h in measurement.hairs)


def test_many_pictures_are_written_with_their_overlays(tmp_path: Path, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when a picture of a series is left out, or its overlay is not one."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.png").write_bytes(picture_file.encode(scalp_picture, "png"))
    result = trichoscope("measure", folder, "--um-per-px", 5.3, "--out", out, "--overlay")
    assert result.exit_code == 0
    assert sorted(p.name for p in out.iterdir()) == ["a.json", "a.overlay.jpg", "b.json", "b.overlay.jpg"]
    assert picture_file.read(out / "a.overlay.jpg").shape == scalp_picture.shape
    assert (out / "a.json").read_bytes() == (out / "b.json").read_bytes()


@pytest.mark.parametrize(
    ("options", "passed"),
    [
        ([], {}),
        (["--terminal-from-um", "30"], {"terminal_from_um": 30.0}),
        (["--blur-sigma-px", "0.9"], {"blur_sigma_px": 0.9}),
        (["--um-per-px-sd", "0.002"], {"um_per_px_sd": 0.002}),
        (["--linear-light"], {"linear_light": True}),
        (["--hair", "long"], {"hair_mode": "long"}),
        (["--hair", "auto", "--thin-recall"], {"hair_mode": "auto", "thin_recall": True}),
    ],
)
def test_options_reach_the_measuring(
    tmp_path: Path,
    scalp_picture: picture_file.Pixels,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    passed: dict[str, Any],
) -> None:
    """Breaks when an option is taken, and then measured without."""
    asked: list[dict[str, Any]] = []

    def stand_in(pixels: picture_file.Pixels, optics: analysis.Optics, **given: Any) -> analysis.Measurement:  # noqa: ANN401
        asked.append({**dataclasses.asdict(optics), **given})
        return analysis.measure(pixels, optics)

    monkeypatch.setattr(sys.modules["device.commands.measure"], "measure_picture", stand_in)
    _write(tmp_path / "a.png", scalp_picture)
    assert trichoscope("measure", tmp_path / "a.png", "--um-per-px", 5.3, *options).exit_code == 0
    assert asked == [dataclasses.asdict(analysis.Optics(5.3, um_per_px_sd=None)) | passed]


def test_the_cut_off_asked_for_is_in_the_measurement(tmp_path: Path, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when a terminal share does not say what terminal was."""
    _write(tmp_path / "a.png", scalp_picture)
    by_default, lower = (
        Measurement.model_validate_json(trichoscope("measure", tmp_path / "a.png", *options).stdout)
        for options in (
            ("--um-per-px", 5.3, "--json"),
            ("--um-per-px", 5.3, "--json", "--terminal-from-um", 30, "--blur-sigma-px", 0.9),
        )
    )
    assert (by_default.terminal_from_um, lower.terminal_from_um) == (40.0, 30.0)
    assert "blur-estimated" in by_default.flags
    assert "blur-estimated" not in lower.flags


@pytest.mark.parametrize(
    "option", ["--terminal-from-um=35", "--hair=short", "--blur-sigma-px=0", "--blur-sigma-px=nan"]
)
def test_a_senseless_option_is_refused(tmp_path: Path, option: str) -> None:
    """Breaks when a slip of the keyboard is measured with."""
    result = trichoscope("measure", tmp_path, "--um-per-px", 5.3, option)
    assert result.exit_code == 2
    assert option.partition("=")[0] in result.stderr


def test_the_table_is_read_on_100_columns(
    tmp_path: Path, scalp_picture: picture_file.Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a figure, a picture's name or a flag is cut short on a usual terminal."""
    monkeypatch.setattr(sys.modules["device.commands.measure"], "_WIDTH_IN_A_FILE", 100)
    _write(tmp_path / "P-0042_temporal-left.png", scalp_picture)
    lines = trichoscope("measure", tmp_path, "--um-per-px", 5.3).stdout.splitlines()
    measured = Measurement.model_validate_json(trichoscope("measure", tmp_path, "--um-per-px", 5.3, "--json").stdout)
    assert max(len(line) for line in lines) <= 100
    text = "\n".join(lines)
    assert "…" not in text
    density = measured.hair_density_per_cm2
    assert f"{density.value:.0f} ({density.low:.0f}-{density.high:.0f})" in text
    assert all(flag in text for flag in measured.flags)


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "1e300", "much"])
def test_a_senseless_scale_is_refused(tmp_path: Path, scale: str) -> None:
    """Breaks when a density is printed on a scale that is none."""
    result = trichoscope("measure", tmp_path, f"--um-per-px={scale}")
    assert result.exit_code == 2
    assert "--um-per-px" in result.stderr


def _write(path: Path, content: Any) -> None:  # noqa: ANN401  bytes or pixels
    path.write_bytes(content if isinstance(content, bytes) else picture_file.encode(content, "png"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a picture", "not a picture"),
        (picture_file.encode(np.full((90, 90, 3), 99, np.uint8), "jpeg")[:500], "ends early"),
        (np.full((1, 1, 3), 99, np.uint8), "small"),
        (np.zeros((300, 400, 3), np.uint8), "black"),
    ],
    ids=["no picture", "truncated", "1x1", "black"],
)
def test_a_bad_picture_is_one_sentence(tmp_path: Path, content: Any, said: str) -> None:  # noqa: ANN401
    """Breaks when a bad file ends in a traceback, a figure, or takes the good ones down with it."""
    path = tmp_path / "a.png"
    _write(path, content)
    result = trichoscope("measure", path, "--um-per-px", 5.3, "--json", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert str(path) in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_a_bad_picture_does_not_take_the_good_ones_down(tmp_path: Path, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when one broken file of a series costs the rest."""
    _write(tmp_path / "a.png", b"broken")
    _write(tmp_path / "b.png", scalp_picture)
    result = trichoscope("measure", tmp_path, "--um-per-px", 5.3, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b.json"]


@pytest.mark.parametrize("kind", ["grey", "16-bit"])
def test_grey_and_16_bit_pictures_are_measured(tmp_path: Path, kind: str, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when a picture's depth or colours decide whether it can be measured."""
    grey = cv2.cvtColor(scalp_picture, cv2.COLOR_BGR2GRAY)
    _write(tmp_path / "a.png", grey if kind == "grey" else scalp_picture.astype(np.uint16) * 257)
    result = trichoscope("measure", tmp_path / "a.png", "--um-per-px", 5.3, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["hairs"]


def test_a_folder_without_pictures_is_one_sentence(tmp_path: Path) -> None:
    """Breaks when an empty folder passes for a measured one."""
    result = trichoscope("measure", tmp_path, "--um-per-px", 5.3)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "without pictures" in result.stderr


def test_two_pictures_of_one_name_are_refused(tmp_path: Path, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when one picture's figures silently overwrite another's."""
    _write(tmp_path / "a.png", scalp_picture)
    (tmp_path / "a.jpg").write_bytes(picture_file.encode(scalp_picture, "jpeg"))
    result = trichoscope("measure", tmp_path, "--um-per-px", 5.3, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "called a" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_visit_is_kept_whole(tmp_path: Path) -> None:
    """Breaks when a site of the protocol is not taken, measured or kept."""
    result = trichoscope("visit", "P-0042", "--visit", 1, "--no-wait", "--settings", settings_file(tmp_path))
    assert result.exit_code == 0, result.stderr
    store = Store(tmp_path / "state")
    captures = store.visit("P-0042", 1)
    assert tuple(c.site for c in captures) == PROTOCOL
    assert all(c.simulated and c.measurement.hairs for c in captures)
    assert all(store.picture_path(c.picture.sha256).stat().st_size == c.picture.size_bytes for c in captures)
    store.close()


def test_a_kept_picture_measured_again_gives_the_same_figures(tmp_path: Path) -> None:
    """Breaks when the clinic cannot reproduce a figure from the picture it received."""
    trichoscope("visit", "P-0042", "--visit", 1, "--site", "vertex", "--no-wait", "--settings", settings_file(tmp_path))
    store = Store(tmp_path / "state")
    (capture,) = store.visit("P-0042", 1)
    path = tmp_path / "again.jpg"
    path.write_bytes(store.picture_path(capture.picture.sha256).read_bytes())
    store.close()
    again = json.loads(trichoscope("measure", path, "--um-per-px", 5.3, "--json").stdout)
    assert Measurement.model_validate(again) == capture.measurement


@pytest.mark.parametrize("code", ["Jane Doe", "p-42", "1985-03-04", "P-0042<script>", "P" * 10_000])
def test_what_is_no_patient_code_is_refused(tmp_path: Path, code: str) -> None:
    """Breaks when a name or a date of birth enters the system."""
    result = trichoscope("visit", code, "--visit", 1, "--settings", settings_file(tmp_path))
    assert result.exit_code == 2
    assert "such as P-0042" in result.stderr
    assert code not in result.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("command", [["visit", "P-0042", "--visit", "1"], ["run"]])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("seed = 7", "sede = 7"), "line 7: unknown setting 'camera.simulated.sede'"),
        (("nominal_um_per_px = 5.3", "nominal_um_per_px = 0"), "line 13: setting 'lens.nominal_um_per_px'"),
        (('url = "https', 'url = "http'), "https only"),
        (('host = "127.0.0.1"', 'host = ""'), "line 16: setting 'broker.host'"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(
    tmp_path: Path, command: list[str], change: tuple[str, str], said: str
) -> None:
    """Breaks when a typing error in the settings does not lead to its line."""
    result = trichoscope(*command, "--settings", settings_file(tmp_path, change))
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_missing_settings_file_is_one_sentence(tmp_path: Path) -> None:
    """Breaks when a wrong path ends in a traceback."""
    result = trichoscope("run", "--settings", tmp_path / "none.toml")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_a_name_in_brackets_is_shown_whole(tmp_path: Path, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when a part of a picture's name is taken for a colour."""
    _write(tmp_path / "left_[bold].png", scalp_picture)
    result = trichoscope("measure", tmp_path, "--um-per-px", 5.3)
    assert result.exit_code == 0
    assert "left_[bold].png" in result.stdout


def test_a_result_that_cannot_be_written_is_one_sentence(tmp_path: Path, scalp_picture: picture_file.Pixels) -> None:
    """Breaks when a full or refusing disk ends in a traceback, or takes the figures already made with it."""
    _write(tmp_path / "a.png", scalp_picture)
    _write(tmp_path / "b.png", scalp_picture)
    (tmp_path / "out" / "a.json").mkdir(parents=True)
    result = trichoscope("measure", tmp_path, "--um-per-px", 5.3, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.count("Error: ") == 1
    assert "b.png" in result.stdout
    assert (tmp_path / "out" / "b.json").is_file()


def test_a_name_that_no_file_can_have_is_one_sentence(tmp_path: Path) -> None:
    """Breaks when a typing slip in a path ends in a traceback."""
    result = trichoscope("measure", tmp_path / ("a" * 300), "--um-per-px", 5.3)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_a_picture_too_large_to_travel_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a picture is taken, measured, and then lost because its file is too large."""
    monkeypatch.setattr(device.capture, "MAX_PICTURE_BYTES", 1000)
    file = settings_file(tmp_path)
    result = trichoscope("visit", "P-0042", "--visit", 1, "--site", "vertex", "--no-wait", "--settings", file)
    assert result.exit_code == 2
    assert 'picture_format = "jpeg"' in result.stderr


def test_a_tiny_picture_before_the_camera_is_one_sentence(tmp_path: Path) -> None:
    """Breaks when a picture that cannot be judged ends in a traceback."""
    (tmp_path / "in").mkdir()
    _write(tmp_path / "in" / "a.png", np.full((1, 1, 3), 99, np.uint8))
    simulated = 'kind = "simulated"\nseed = 7\num_per_px = 5.3\nsize_px = [640, 480]'
    file = settings_file(tmp_path, (simulated, f'kind = "folder"\nfolder = "{tmp_path}/in"'))
    result = trichoscope("visit", "P-0042", "--visit", 1, "--site", "vertex", "--no-wait", "--settings", file)
    assert result.exit_code == 2
    assert "small" in result.stderr


def test_aiming_shows_the_meters(tmp_path: Path) -> None:
    """Breaks when a technician at the chair cannot see whether the picture is in focus before it is taken."""
    result = trichoscope("aim", "--frames", 3, "--settings", settings_file(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert "focus" in result.stdout
    assert "glare 0.0%" in result.stdout
