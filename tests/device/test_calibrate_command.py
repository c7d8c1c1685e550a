"""``trichoscope calibrate``, ``refused`` and ``release``: what a person at the command line sees and can do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract import Capture, Quality, Verdict
from device.calibration.records import Records
from device.calibration.session import Session
from device.camera.simulated import CERTIFICATES
from device.store import Store
from tests import examples
from tests.device.test_commands import DEVICE_SETTINGS, trichoscope

GRID, EDGES = CERTIFICATES / "dot-grid.toml", CERTIFICATES / "slanted-edge.toml"
MOST = [f"--skip={step}=not here" for step in ("focus", "exposure", "dark", "response", "flat-field", "colour", "blur")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write the settings of an instrument of few pixels that sees a centimetre."""
    text = DEVICE_SETTINGS.format(folder=tmp_path)
    for old, new in (("5.3", "10.6"), ("[640, 480]", '[1014, 760]\noptics = "lens"')):
        text = text.replace(old, new)
    path = tmp_path / "device.toml"
    path.write_text(text)
    return path


def calibrate(*arguments: str | Path, file: Path) -> str:
    """Call it, which must end well, and return what it said."""
    result = trichoscope("calibrate", *arguments, "--settings", file)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_a_calibration_from_begin_to_end(file: Path, tmp_path: Path) -> None:
    """Breaks when a technician cannot calibrate, check or see the calibration from the command line."""
    said = calibrate("run", "--by", "mk", "--target", GRID, "--no-wait", *MOST, file=file)
    assert "Scale: 10." in said
    assert "Colour: left out (not here)." in said
    assert "in force until" in said
    status = calibrate("status", file=file)
    assert "simulated-dot-grid" in status
    assert "The calibration is in date." in status
    checked = calibrate("check", "--by", "mk", "--no-wait", file=file)
    assert "scale: 10." in checked
    assert "ok" in checked
    assert len(Records(tmp_path / "state").all()) == 2


def test_a_refused_target_ends_with_its_reason_and_can_be_gone_on_with(file: Path, tmp_path: Path) -> None:
    """Breaks when a refusal is a traceback, puts something in force, or costs the session."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(GRID.read_text().replace("pitch_um = 500.0", "pitch_um = 560.0"))
    result = trichoscope("calibrate", "run", "--by", "mk", "--target", wrong, "--no-wait", *MOST, "--settings", file)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert Records(tmp_path / "state").all() == []
    again = trichoscope("calibrate", "run", "--by", "mk", "--target", GRID, "--no-wait", *MOST, "--settings", file)
    assert again.exit_code == 2
    assert "calibrate resume" in again.stderr
    assert trichoscope("calibrate", "resume", "--no-wait", "--settings", file).exit_code == 2
    assert "stays in force" in calibrate("abort", file=file)
    calibrate("run", "--by", "mk", "--target", GRID, "--no-wait", *MOST, file=file)


def test_ctrl_c_leaves_what_was_done(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when stopping a calibration loses its steps, or puts half of it in force."""

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Session, "run", interrupted)
        result = trichoscope("calibrate", "run", "--by", "mk", "--target", GRID, "--no-wait", *MOST, "--settings", file)
    assert result.exit_code == 130
    assert "calibrate resume" in result.stderr
    assert Records(tmp_path / "state").all() == []
    assert "in force until" in calibrate("resume", "--no-wait", file=file)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--skip", "colours=none"], "is no step"),
        (["--skip", "colour"], "say why"),
        (["--by", "Jane Doe"], "no person's code"),
        (["--target", "/nowhere/grid.toml"], "cannot be read"),
    ],
)
def test_bad_words_are_one_sentence(file: Path, arguments: list[str], says: str) -> None:
    """Breaks when a typing error begins a calibration, or ends in a traceback."""
    usual = ["--by", "mk", "--target", str(GRID), "--no-wait"]
    result = trichoscope("calibrate", "run", *usual, *arguments, "--settings", file)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_check_without_a_calibration_says_what_to_do(file: Path) -> None:
    """Breaks when the check of an uncalibrated instrument passes, or ends in a traceback."""
    result = trichoscope("calibrate", "check", "--by", "mk", "--no-wait", "--settings", file)
    assert result.exit_code == 2
    assert "calibrate run" in result.stderr
    assert "There is no calibration" in calibrate("status", file=file)


def test_a_check_out_of_tolerance_ends_with_1(file: Path, tmp_path: Path) -> None:
    """Breaks when a script that checks each morning cannot tell that the scale has moved."""
    calibrate("run", "--by", "mk", "--target", GRID, "--no-wait", *MOST, file=file)
    file.write_text(file.read_text().replace("seed = 7", "seed = 8"))
    swapped = trichoscope("calibrate", "check", "--by", "mk", "--no-wait", "--settings", file)
    assert swapped.exit_code == 2  # another camera: nothing to compare with
    (record,) = Records(tmp_path / "state").folder.iterdir()
    record.write_text(record.read_text().replace("seed 7", "seed 8"))
    moved = trichoscope("calibrate", "check", "--by", "mk", "--no-wait", "--settings", file)
    assert moved.exit_code == 1
    assert "scale is off by" in moved.stdout
    assert "due for calibration" in moved.stdout


def held(folder: Path) -> Capture:
    """Keep a capture that the gate refused."""
    refusal = Quality(verdict=Verdict.REFUSE, reasons=("Out of focus.",))
    example = examples.capture(quality=refusal, taken_at=datetime(2026, 3, 4, tzinfo=UTC))
    store = Store(folder / "state")
    kept = store.keep(
        example.picture,
        examples.PICTURE_BYTES,
        lambda sequence: example.model_copy(update={"sequence": sequence}),
        held=True,
    )
    store.close()
    return kept


def test_a_refused_capture_is_listed_and_released(file: Path, tmp_path: Path) -> None:
    """Breaks when a person cannot find, or cannot overrule, what the gate refused."""
    kept = held(tmp_path)
    listed = trichoscope("refused", "--settings", file)
    assert str(kept.message_id) in listed.stdout
    assert "Out of focus." in listed.stdout
    released = trichoscope(
        "release", str(kept.message_id), "--by", "tech-3", "--note", "Cannot come again.", "--settings", file
    )
    assert released.exit_code == 0, released.stderr
    assert trichoscope("refused", "--settings", file).stdout == ""
    store = Store(tmp_path / "state")
    (capture,) = store.visit("P-0042", 1)
    store.close()
    assert capture.quality.forced is not None
    assert (capture.quality.forced.by, capture.quality.forced.note) == ("tech-3", "Cannot come again.")


@pytest.mark.parametrize(
    ("by", "note", "says"), [("Jane Doe", "why", "person's code"), ("mk", " ", "note"), ("mk", "x" * 301, "note")]
)
def test_a_release_needs_a_person_and_a_reason(file: Path, tmp_path: Path, by: str, note: str, says: str) -> None:
    """Breaks when the gate is overruled by nobody, or for no reason."""
    kept = held(tmp_path)
    result = trichoscope("release", str(kept.message_id), "--by", by, "--note", note, "--settings", file)
    assert result.exit_code == 2
    assert says in result.stderr
    assert str(kept.message_id) in trichoscope("refused", "--settings", file).stdout


def test_releasing_what_is_not_held_is_one_sentence(file: Path) -> None:
    """Breaks when a mistyped number ends in a traceback."""
    result = trichoscope(
        "release", "01975a3c-0000-7000-8000-000000000000", "--by", "mk", "--note", "why", "--settings", file
    )
    assert result.exit_code == 2
    assert "trichoscope refused" in result.stderr
