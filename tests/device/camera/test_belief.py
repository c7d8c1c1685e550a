"""Believing a frame by its own metadata."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.camera.belief import disagreement
from device.camera.protocol import FrameMetadata, StillSettings

ROWS = 2592
LINE_US = 26.9

ASKED = StillSettings(
    size_px=(4608, 2592), exposure_us=10_000, analogue_gain=2.0, colour_gains=(1.8, 2.0), lens_position_dioptres=8.0
)
SHOWN = FrameMetadata(
    exposure_us=10_000,
    analogue_gain=2.0,
    colour_gains=(1.8, 2.0),
    lens_position_dioptres=8.0,
    frame_duration_us=round(LINE_US * ROWS),
)


def test_a_frame_that_shows_all_is_believed() -> None:
    """No still would ever be believed."""
    assert disagreement(ASKED, SHOWN, ROWS) is None


@given(exposure_us=st.integers(60, 200_000))
def test_whole_lines_are_believed(exposure_us: int) -> None:
    """A sensor that can only expose whole lines would never be believed at short exposures."""
    whole_lines_us = int(exposure_us / LINE_US) * LINE_US
    duration_us = round(max(LINE_US * (ROWS + 57), whole_lines_us + LINE_US * 57))
    shown = replace(SHOWN, exposure_us=round(whole_lines_us), frame_duration_us=duration_us)
    assert disagreement(replace(ASKED, exposure_us=exposure_us), shown, ROWS) is None


@given(exposure_us=st.integers(5_000, 200_000), share=st.floats(0.015, 5).flatmap(lambda s: st.sampled_from([s, -s])))
def test_another_exposure_is_not_believed(exposure_us: int, share: float) -> None:
    """A frame from before the settings took hold would be measured."""
    shown = replace(SHOWN, exposure_us=round(exposure_us * (1 + max(share, -0.99))))
    found = disagreement(replace(ASKED, exposure_us=exposure_us), shown, ROWS)
    assert found is not None
    assert found.setting == "exposure_us"


@given(code=st.integers(0, 960), between=st.floats(0, 1))
def test_steps_of_gain_are_believed(code: int, between: float) -> None:
    """A sensor whose gain goes in steps, 1024 / (1024 - code), would never be believed between two of them."""
    gain = 1024 / (1024 - code - between)
    shown = replace(SHOWN, analogue_gain=1024 / (1024 - code))
    assert disagreement(replace(ASKED, analogue_gain=gain), shown, ROWS) is None


@pytest.mark.parametrize(
    ("setting", "got"),
    [
        ("analogue_gain", 2.1),
        ("colour_gains", (1.8, 2.1)),
        ("colour_gains", (1.7, 2.0)),
        ("lens_position_dioptres", 7.9),
        ("exposure_us", None),
        ("analogue_gain", None),
        ("colour_gains", None),
        ("lens_position_dioptres", None),
        ("exposure_us", float("nan")),
    ],
)
def test_each_setting_is_checked_and_its_absence_too(setting: str, got: object) -> None:
    """A setting that is not looked at, or that the metadata lack, would be believed."""
    found = disagreement(ASKED, replace(SHOWN, **{setting: got}), ROWS)  # type: ignore[arg-type]
    assert found is not None
    assert (found.setting, found.asked) == (setting, getattr(ASKED, setting))


def test_without_a_moving_lens_its_position_is_not_asked_for() -> None:
    """A camera with a fixed lens would never be believed."""
    fixed = replace(ASKED, lens_position_dioptres=None)
    assert disagreement(fixed, replace(SHOWN, lens_position_dioptres=None), ROWS) is None


def test_without_a_frame_duration_the_exposure_still_has_to_agree() -> None:
    """A camera that does not tell its frame duration would have any exposure believed, or none."""
    assert disagreement(ASKED, replace(SHOWN, frame_duration_us=None), ROWS) is None
    assert disagreement(ASKED, replace(SHOWN, frame_duration_us=None, exposure_us=9_800), ROWS) is not None
