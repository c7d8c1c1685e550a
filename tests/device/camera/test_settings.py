"""The [camera] table, and the choice of a camera by it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import device.camera as camera_package
from device.camera import CameraError, CameraSettings, SettingsNotHonoured, SimulatedSettings
from tests.device.camera.conftest import pi_settings

TABLE: TypeAdapter[CameraSettings] = TypeAdapter(CameraSettings)
PI_TABLE = {
    "kind": "picamera2",
    "still_size_px": [4608, 2592],
    "exposure_us": 12_000,
    "analogue_gain": 1.0,
    "colour_gains": [1.8, 2.0],
    "lens_position_dioptres": 9.5,
}


def test_a_table_as_toml_gives_it_is_read() -> None:
    """The settings file of a Pi would be refused, or a list of two sizes not become what a still is asked for."""
    settings = TABLE.validate_python(PI_TABLE)
    assert settings.kind == "picamera2"
    assert settings.asked.size_px == (4608, 2592)
    assert settings.asked.colour_gains == (1.8, 2.0)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "auto"},
        {"kind": "simulated"},
        {"exposure": 12_000},
        {"exposure_us": 0},
        {"analogue_gain": 0.5},
        {"analogue_gain": float("nan")},
        {"colour_gains": [1.8]},
        {"still_size_px": [4607, 2592]},
        {"time_limit_s": 0},
    ],
)
def test_a_faulty_table_is_refused(fault: dict[str, object]) -> None:
    """A mistyped or impossible setting would be ignored, and the camera run on another one."""
    with pytest.raises(ValidationError):
        TABLE.validate_python(PI_TABLE | fault)


def test_no_kind_is_no_camera() -> None:
    """A settings file without a camera would get the simulated one."""
    with pytest.raises(ValidationError, match="kind"):
        TABLE.validate_python({})


@given(width=st.integers(64, 4608), height=st.integers(64, 4608), preview=st.integers(32, 1000))
def test_the_preview_keeps_the_stills_shape(width: int, height: int, preview: int) -> None:
    """The preview would be cropped to another shape, and show less than the still."""
    settings = pi_settings(still_size_px=(width - width % 2, height - height % 2), preview_width_px=preview * 2)
    preview_width, preview_height = settings.preview_size_px
    assert preview_width % 2 == preview_height % 2 == 0
    still_width, still_height = settings.still_size_px
    assert abs(preview_height - preview_width * still_height / still_width) <= 2


@pytest.mark.parametrize("unwanted", ["picamera2", "phantom"])
def test_what_is_not_chosen_is_not_imported(unwanted: str, tmp_path: Path) -> None:
    """An instrument would need picamera2 to read a folder, or carry the phantom into a real visit."""
    program = (
        "import sys; from pathlib import Path; from device.camera import FolderSettings, open_camera; "
        f"open_camera(FolderSettings(kind='folder', folder=Path({str(tmp_path)!r}))); "
        f"sys.exit({unwanted!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_settings_cannot_be_changed() -> None:
    """Settings could drift from what the record says while the instrument runs."""
    settings = SimulatedSettings(kind="simulated")
    with pytest.raises(ValidationError, match="frozen"):
        settings.seed = 3


def test_every_error_says_cause_and_cure() -> None:
    """The operator would read what went wrong and not what to do about it."""
    errors = [getattr(camera_package, name) for name in camera_package.__all__]
    children = [error for error in errors if isinstance(error, type) and issubclass(error, CameraError)]
    assert len(children) == 15
    for child in children:
        made = (
            SettingsNotHonoured("exposure_us", 10_000, 33_000, 12, 5.0)
            if child is SettingsNotHonoured
            else child("The cable is loose", "Push it in")
        )
        assert isinstance(made, CameraError)
        assert str(made) == f"{made.cause}. {made.cure}."
