"""The exposure time from raw values."""

from __future__ import annotations

import numpy as np
import pytest

from device.calibration.exposure import (
    ExposureLimits,
    ExposureOutOfReach,
    LevelRefused,
    NotLinear,
    find_exposure,
)
from device.calibration.mosaic import samples_by_colour
from device.calibration.targets.refusals import Saturated, TooDark
from device.camera.protocol import FrameMetadata, RawStill
from phantom import Light, Optics
from phantom.targets.cards import WhiteCard
from phantom.targets.plane import BLACK_LEVEL, WHITE_LEVEL, photograph_target

LIMITS = ExposureLimits(shortest_us=100, longest_us=30_000)
LEVEL_1_US = 10_000
"""At this exposure the phantom's light level is 1: white at 0.8 of the sensor's range."""


def raw(exposure_us: int, tint: tuple[float, float, float] = (0.6, 1.0, 0.7), black: float = BLACK_LEVEL) -> RawStill:
    """Take the white card raw."""
    optics = Optics(size_px=(160, 120), um_per_px=20.0, vignette=0.2)
    light = Light(level=exposure_us / LEVEL_1_US, tint=tint)
    shot = photograph_target(WhiteCard(), optics, light=light, seed=exposure_us)
    return RawStill(shot.raw, black, WHITE_LEVEL, "RGGB", FrameMetadata(exposure_us=exposure_us), None)


def level_of(still: RawStill, colour: str) -> float:
    """Give a colour's 99.9th percentile as a share of full."""
    samples = next(v for c, v in samples_by_colour(still).items() if c == colour)
    return float((np.quantile(samples, 0.999) - BLACK_LEVEL) / (WHITE_LEVEL - BLACK_LEVEL))


@pytest.mark.parametrize(("tint", "colour"), [((0.6, 1.0, 0.7), "green"), ((0.5, 0.7, 1.0), "red")])
def test_brightest_colour_reaches_the_level(tint: tuple[float, float, float], colour: str) -> None:
    """Set by another colour, the brightest one saturates and hair loses its own."""
    exposure = find_exposure([raw(t, tint) for t in (2000, 4000, 30_000)], LIMITS, level=0.7)
    assert exposure.colour == colour
    assert level_of(raw(exposure.exposure_us, tint), colour) == pytest.approx(0.7, abs=0.01)
    assert exposure.nonlinearity is not None
    assert exposure.nonlinearity < 0.02
    assert [reading.exposure_us for reading in exposure.readings] == [2000, 4000]


def test_one_still_gives_a_time_and_no_word_on_linearity() -> None:
    """A check that was not made would be stated as passed."""
    exposure = find_exposure([raw(5000)], LIMITS)
    assert exposure.nonlinearity is None
    assert level_of(raw(exposure.exposure_us), "green") == pytest.approx(0.75, abs=0.015)


@pytest.mark.parametrize("level", [0.95, 1.0, 0.02])
def test_levels_that_accept_saturation_are_refused(level: float) -> None:
    """Glints and shot noise above the level would be cut off, and with them the light they carry."""
    with pytest.raises(LevelRefused, match="ask for"):
        find_exposure([raw(5000)], LIMITS, level=level)


def test_what_the_sensor_cannot_do_is_said() -> None:
    """The camera would take another time than the record says."""
    with pytest.raises(ExposureOutOfReach, match="raise the light"):
        find_exposure([raw(5000)], ExposureLimits(shortest_us=100, longest_us=6000))
    with pytest.raises(ExposureOutOfReach, match="lower the light"):
        find_exposure([raw(5000)], ExposureLimits(shortest_us=12_000, longest_us=60_000))


def test_a_wrong_black_level_shows() -> None:
    """Light would no longer be in proportion to the time, and every dark hair too bright."""
    with pytest.raises(NotLinear, match="black level"):
        find_exposure([raw(t, black=BLACK_LEVEL - 120.0) for t in (1500, 6000)], LIMITS)


def test_saturated_or_dark_stills_are_refused() -> None:
    """A saturated still says nothing of how bright it was."""
    with pytest.raises(Saturated):
        find_exposure([raw(16_000), raw(25_000)], LIMITS)
    with pytest.raises(TooDark):
        find_exposure([raw(150)], LIMITS)


def test_colours_lie_where_the_pattern_says() -> None:
    """Gains for red would be set by blue."""
    mosaic = np.tile(np.array([[1, 2], [3, 4]], np.uint16), (4, 4))
    still = RawStill(mosaic, 0, 100, "GBRG", FrameMetadata(), None)
    apart = samples_by_colour(still, 0.6)
    assert {c: sorted(set(v.tolist())) for c, v in apart.items()} == {"green": [1, 4], "blue": [2], "red": [3]}
    grey = samples_by_colour(RawStill(mosaic, 0, 100, "MONO", FrameMetadata(), None))
    assert list(grey) == ["grey"]
