"""Calibrated and seen blur: shafts that were blurred in light, and what their edges tell of the focus."""

from __future__ import annotations

from math import erf

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import tone
from analysis.picture import Picture, read
from analysis.shafts import Shafts, measure_shafts

UM_PER_PX = 5.3
SKIN, HAIR = 0.45, 0.02
"""Light that skin and shafts send back."""
PLACES = tuple(range(60, 560, 100))

Array = NDArray[np.float64]
_AT = np.linspace(-6, 6, 2401)
_STEP = np.array([(1 + erf(v / np.sqrt(2))) / 2 for v in _AT])


def step(z: Array) -> Array:
    """Integral of the normal density."""
    return np.asarray(np.interp(z, _AT, _STEP))


def taken(widths_um: Array, sigmas_px: Array, *, linear_light: bool = True) -> Picture:
    """Photograph upright shafts, one at each place, each blurred by its own sigma, with a camera's noise."""
    x = np.arange(PLACES[-1] + 60, dtype=float)
    light = np.full((160, len(x)), SKIN)
    for place, width_um, sigma in zip(PLACES, widths_um, sigmas_px, strict=True):
        half = width_um / UM_PER_PX / 2
        light += (HAIR - SKIN) * (step((x - place + half) / sigma) - step((x - place - half) / sigma))
    light = light[:, :, None] + np.random.default_rng(3).normal(0, 0.003, (*light.shape, 3))
    values = np.rint(255 * tone.to_values(light)).astype(np.uint8)
    return read(values, UM_PER_PX, "bgr", linear_light=linear_light)


def measured(working: Picture, widths_um: Array, calibrated_px: Array | float) -> Shafts:
    """Measure them by lines and rough widths that are a little off."""
    y = np.arange(10.0, 150.0)
    lines = [np.column_stack([np.full(len(y), place + 0.7), y]) for place in PLACES]
    return measure_shafts(working, lines, 0.85 * widths_um / UM_PER_PX, calibrated_px)


USUAL_UM = np.array([30.0, 50.0, 70.0, 80.0, 100.0])


def test_shafts_that_were_blurred_in_light_are_measured_in_light() -> None:
    """Bars fitted to coded values are some 3 um too narrow on dark hair, thick or thin."""
    sigma_px = np.full(5, 0.9)
    of_light = measured(taken(USUAL_UM, sigma_px), USUAL_UM, 0.9)
    assert of_light.diameter_um == pytest.approx(USUAL_UM, abs=0.4)
    of_values = measured(taken(USUAL_UM, sigma_px, linear_light=False), USUAL_UM, 0.9)
    assert (of_values.diameter_um < USUAL_UM - 2.0).all()


def test_a_right_calibration_stands() -> None:
    """A flag on every picture would be read by nobody."""
    shafts = measured(taken(USUAL_UM, np.full(5, 1.1)), USUAL_UM, 1.1)
    assert shafts.blur_sigma_px == pytest.approx(1.1, rel=0.02)
    assert not shafts.defocused
    assert not shafts.blur_estimated


@pytest.mark.parametrize("softer", [1.3, 1.6])
def test_a_picture_out_of_focus_is_said_so_and_measured_by_its_own_edges(softer: float) -> None:
    """By the blur of best focus a thin hair would look wider the worse the focus: hair that seems to thicken."""
    shafts = measured(taken(USUAL_UM, np.full(5, 0.9 * softer)), USUAL_UM, 0.9)
    assert shafts.defocused
    assert not shafts.blur_estimated
    assert shafts.blur_sigma_px == pytest.approx(0.9 * softer, rel=0.06)
    assert shafts.diameter_um == pytest.approx(USUAL_UM, abs=1.0)


def test_a_small_excess_is_no_flag_and_costs_little() -> None:
    """Between a tenth too soft and plain defocus nobody can say which it is: neither may cost a micrometre."""
    shafts = measured(taken(USUAL_UM, np.full(5, 1.0)), USUAL_UM, 0.9)
    assert not shafts.defocused
    assert 0.9 < shafts.blur_sigma_px < 1.0
    assert shafts.diameter_um == pytest.approx(USUAL_UM, abs=1.0)


def test_edges_sharper_than_calibrated_make_the_blur_an_estimate() -> None:
    """A calibration out of focus would pass for the optics' best, and every hair be too thin by it."""
    shafts = measured(taken(USUAL_UM, np.full(5, 0.9)), USUAL_UM, 1.3)
    assert shafts.blur_estimated
    assert not shafts.defocused
    assert shafts.diameter_um == pytest.approx(USUAL_UM, abs=1.0)


def test_each_shaft_has_the_blur_of_its_place() -> None:
    """Towards a corner the optics blur more: one blur for all would widen the thin hairs there."""
    sigma_px = np.array([0.8, 0.9, 1.1, 1.4, 1.8])
    alike_um = np.full(5, 60.0)
    shafts = measured(taken(alike_um, sigma_px), alike_um, sigma_px)
    assert shafts.diameter_um == pytest.approx(alike_um, abs=0.5)
    assert not shafts.defocused


def test_thin_shafts_alone_do_not_tell_the_blur() -> None:
    """Width and blur of a thin shaft are one quantity: what it seems to tell must not overrule the calibration."""
    thin_um = np.full(5, 20.0)
    shafts = measured(taken(thin_um, np.full(5, 1.0)), thin_um, 1.4)
    assert shafts.blur_sigma_px == pytest.approx(1.4)
    assert not shafts.blur_estimated


def test_a_few_shafts_do_not_overrule_a_calibration() -> None:
    """Two hairs with fuzzy edges would put a whole picture out of focus."""
    widths_um = np.array([20.0, 20.0, 20.0, 90.0, 90.0])
    shafts = measured(taken(widths_um, np.full(5, 1.6)), widths_um, 1.1)
    assert shafts.blur_sigma_px == pytest.approx(1.1)
    assert not shafts.defocused
