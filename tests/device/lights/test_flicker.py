"""Bands under pulsed light, against pulses that are added up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.lights import LightsSettings, band_depth, whole_periods_us


def lit_until(phase: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """How long, in periods, pulses have been lit from phase 0 to a later one."""
    whole = np.floor(phase)
    return whole * level + np.minimum(phase - whole, level)


@given(level=st.floats(0.05, 1), frequency_hz=st.floats(100, 10_000), exposure_us=st.floats(200, 30_000))
def test_band_depth_is_that_of_pulses_added_up(level: float, frequency_hz: float, exposure_us: float) -> None:
    """Someone would choose exposure or frequency by a wrong figure."""
    periods = exposure_us * frequency_hz / 1e6
    starts = np.linspace(0, 1, 4001)
    collected = lit_until(starts + periods, level) - lit_until(starts, level)
    mean = periods * level
    # starts are 1/4000 of a period apart, and the least and the most are each found to that
    assert band_depth(level, frequency_hz, exposure_us) == pytest.approx(np.ptp(collected) / mean, abs=5e-4 / mean)


@given(level=st.floats(0.05, 1), frequency_hz=st.integers(100, 10_000), exposure_us=st.floats(1, 30_000))
def test_whole_periods_have_no_bands(level: float, frequency_hz: int, exposure_us: float) -> None:
    """The exposure that is offered in place of one that bands would band too, or be another one altogether."""
    offered_us = whole_periods_us(exposure_us, frequency_hz)
    assert abs(offered_us - max(exposure_us, 1e6 / frequency_hz)) <= 0.5e6 / frequency_hz + 0.5
    # an exposure is a whole number of microseconds: up to half of one is left over
    assert band_depth(level, frequency_hz, offered_us) <= 0.5 / (offered_us * level) + 1e-9


def test_the_usual_frequency_keeps_bands_below_what_the_settings_promise() -> None:
    """The docstring of the settings would promise what is not so."""
    usual_hz = LightsSettings.model_validate({"cross": {"pin": 12}}).frequency_hz
    depths = [
        band_depth(level, usual_hz, exposure_us)
        for level in np.linspace(0.01, 1, 100)
        for exposure_us in range(7900, 8101)
    ]
    assert max(depths) == pytest.approx(0.025, abs=0.001)
    assert band_depth(1.0, usual_hz, 8050) == 0
