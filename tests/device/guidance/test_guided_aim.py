"""From a kept baseline to the technician's line, through the command that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from contract import Site
from device.camera import Aim
from device.guidance import guided_aim
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read
from tests.device.test_commands import settings_file, trichoscope

PATIENT, SITE = "P-0042", "occipital"


@pytest.fixture(scope="module")
def settings_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take a first visit with the simulated camera."""
    folder = tmp_path_factory.mktemp("device")
    file = settings_file(folder, ("size_px = [640, 480]", "size_px = [1120, 840]"))
    file.write_text(file.read_text() + "\n[baseline]\nanswer_within_s = 0.2\n")
    result = trichoscope("visit", PATIENT, "--visit", 1, "--site", SITE, "--no-wait", "--settings", file)
    assert result.exit_code == 0, result.stderr
    return file


def aimed(file: Path, *options: str | int) -> str:
    """Aim for one frame; what was shown, on one line."""
    result = trichoscope("aim", "--frames", 1, *options, "--settings", file)
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def test_aiming_at_a_site_says_how_far_to_move_and_turn(settings_path: Path) -> None:
    """Breaks when the technician gets no way back to the place of the first visit, or loses the meters for it."""
    shown = aimed(settings_path, "--patient", PATIENT, "--site", SITE, "--visit", 2)
    assert "focus" in shown
    assert re.search(r"(Move the camera \d|Turn the camera|This is the place).*overlap \d+ %", shown), shown


def test_a_first_visit_is_said_to_have_no_baseline(settings_path: Path) -> None:
    """Breaks when the first visit waits for something, or an arrow is shown to nowhere."""
    shown = aimed(settings_path, "--patient", PATIENT, "--site", SITE, "--visit", 1)
    assert "first visit" in shown
    assert "Move" not in shown


def test_without_the_clinic_it_is_said_in_words(settings_path: Path) -> None:
    """Breaks when a patient whom this instrument never saw stops it while the clinic cannot be reached."""
    assert "cannot be reached" in aimed(settings_path, "--patient", "P-0077", "--site", SITE, "--visit", 3)


@pytest.mark.parametrize(
    "options",
    [("--patient", PATIENT), ("--patient", PATIENT, "--site", "nose", "--visit", 2),
     ("--patient", "Jane Doe", "--site", SITE, "--visit", 2)],
)  # fmt: skip
def test_a_place_that_is_none_is_refused_in_words(settings_path: Path, options: tuple[str | int, ...]) -> None:
    """Breaks when a slip is aimed at, or ends in a traceback."""
    result = trichoscope("aim", "--frames", 1, *options, "--settings", settings_path)
    assert result.exit_code == 2
    assert "--" in result.stderr


def test_the_ghost_is_there_only_with_a_baseline(settings_path: Path) -> None:
    """Breaks when the page is given a ghost of nothing, or none where there is a baseline."""
    settings = read(DeviceSettings, settings_path)
    store = Store(settings.state_folder)
    try:
        second, first = (guided_aim(settings, store, Aim(PATIENT, Site.OCCIPITAL, visit)) for visit in (2, 1))
    finally:
        store.close()
    drawn = second.ghost((640, 480), 9.275)
    assert drawn is not None
    assert drawn.shape == (480, 640, 4)
    assert drawn[..., 3].any()
    frame = np.full((480, 640, 3), 140, np.uint8)
    guidance = second.look(frame, 9.275)
    assert guidance is not None
    assert not guidance.found
    assert second.words(guidance).startswith("Place not found")
    assert first.ghost((640, 480), 9.275) is None
    assert first.look(frame, 9.275) is None
    assert "first visit" in first.words(None)
