"""Limits and the checks made with them; lines longer than clipped hair."""

import numpy as np
import pytest

from analysis import measure
from contract import Repeatability, Verdict
from device.quality.hair_checks import repeat_check
from device.quality.limits import Limits, check
from device.quality.long_lines import cover_share, long_share
from device.quality.seen import Plane
from tests.device.quality.drawn import UM_PER_PX, picture


@pytest.mark.parametrize(
    ("value", "verdict"), [(20.0, Verdict.PASS), (20.1, Verdict.WARN), (30.0, Verdict.WARN), (30.1, Verdict.REFUSE)]
)
def test_large_values_are_bad_where_the_refusal_lies_above(value: float, verdict: Verdict) -> None:
    """Breaks when a value at its limit is judged otherwise on the next page."""
    assert Limits(20.0, 30.0).verdict(value) is verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.8, Verdict.PASS), (0.7, Verdict.WARN), (0.5, Verdict.REFUSE)])
def test_small_values_are_bad_where_the_refusal_lies_below(value: float, verdict: Verdict) -> None:
    """Breaks when a frame is refused for being whole."""
    assert Limits(0.75, 0.6).verdict(value) is verdict


@pytest.mark.parametrize("limits", [Limits(None, None), Limits(None, 5.0), Limits(5.0, None)])
def test_a_limit_that_is_not_there_stops_nothing(limits: Limits) -> None:
    """Breaks when a check without a limit refuses, or warns below its only one."""
    assert limits.verdict(4.9) is Verdict.PASS
    assert Limits(None, 5.0).verdict(6.0) is Verdict.REFUSE
    assert Limits(5.0, None).verdict(6.0) is Verdict.WARN


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_was_not_measured_passes_and_says_so(value: float | None) -> None:
    """Breaks when a figure that nobody took refuses a picture, or travels as a number."""
    made = check("tilt", value, "deg", Limits(9.0, 14.0), good="", warned="", refused="", unknown="Not seen.")
    assert (made.value, made.verdict, made.sentence) == (None, Verdict.PASS, "Not seen.")


def _lines(*places: tuple[slice, slice]) -> Plane:
    """Draw dark bars on skin, at 10.6 um/px."""
    skin = np.full((400, 600), 0.6, np.float32)
    for place in places:
        skin[place] = 0.2
    return skin


def test_only_lines_that_are_long_within_the_picture_count() -> None:
    """Breaks when stubble at the picture's edge passes for long hair."""
    short, long = (slice(100, 106), slice(200, 300)), (slice(200, 206), slice(100, 420))
    assert long_share(_lines(short), 10.6) == 0.0
    assert long_share(_lines((slice(100, 106), slice(0, 150))), 10.6) == 0.0
    assert long_share(_lines(long), 10.6) > 0.9
    assert long_share(_lines(short, long), 10.6) == pytest.approx(320 / 420, abs=0.08)


def test_hair_cover_is_the_share_of_dark_lines() -> None:
    """Breaks when unparted hair looks like skin."""
    bars = tuple((slice(top, top + 6), slice(None)) for top in range(0, 396, 24))
    assert cover_share(_lines(*bars), 10.6) == pytest.approx(0.25, abs=0.12)
    assert cover_share(_lines(), 10.6) == 0.0


@pytest.mark.parametrize(
    ("sd_per_cm2", "verdict"), [(2.0, Verdict.PASS), (7.0, Verdict.WARN), (12.0, Verdict.REFUSE), (None, Verdict.PASS)]
)
def test_a_burst_that_does_not_agree_is_doubted(sd_per_cm2: float | None, verdict: Verdict) -> None:
    """Breaks when a density that changes from still to still, by a moving hand or a flickering lamp, is let through."""
    measurement = measure(picture(hair_density_per_cm2=120.0), UM_PER_PX)
    density = measurement.hair_density_per_cm2.value
    repeated = (
        None
        if sd_per_cm2 is None
        else Repeatability(stills=3, hair_density_sd_per_cm2=sd_per_cm2 * density / 120, noise_share=0.01)
    )
    made = repeat_check(repeated, measurement)
    assert made.verdict is verdict
    assert (made.value is None) == (sd_per_cm2 is None)
