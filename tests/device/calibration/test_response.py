"""The tone curve from an exposure sweep, whatever the curve."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.tone import to_bytes, to_light
from device.calibration.response import Exposed, Response, SweepUnfit, UnsteadyLight, measure_response
from device.calibration.targets.refusals import HalfOutOfView, Saturated, TooDark

Picture = NDArray[np.uint8]
Curve = Callable[[NDArray[np.float64]], Picture]
TINT = np.array([0.55, 1.0, 0.7])
"""The card's light in blue, green, red, as raw channels have it before their gains."""
CODES = np.arange(256)

CURVES: dict[str, tuple[Curve, NDArray[np.float64]]] = {
    "sRGB": (to_bytes, to_light(CODES / 255.0).astype(float)),
    "gamma 2.2": (lambda light: np.rint(255 * light ** (1 / 2.2)).astype(np.uint8), (CODES / 255.0) ** 2.2),
    "straight": (lambda light: np.rint(255 * light).astype(np.uint8), CODES / 255.0),
}


def card(curve: Curve, level: float, seed: int, shade: float = 0.2) -> Picture:
    """Picture an even card through a tone curve, darker towards the corners, with a sensor's noise."""
    rng = np.random.default_rng([seed, 5])
    x, y = np.meshgrid(np.linspace(-1, 1, 96), np.linspace(-1, 1, 72))
    light = level * (1 - shade * (x * x + y * y) / 2)[:, :, None] * TINT
    light = light + rng.standard_normal(light.shape) * np.sqrt(light / 9000 + 4e-7)
    return curve(np.clip(light, 0, 1))


def sweep(curve: Curve, steps: int = 24, ratio: float = 1.25, first: float = 0.95) -> list[Exposed]:
    """Take the card at falling exposure times; the longest is saturated."""
    return [Exposed(card(curve, first * ratio**-k, k), 20_000 * ratio**-k) for k in range(steps)]


def dark(curve: Curve) -> Picture:
    """Picture the dark."""
    return card(curve, 0.0, 99)


@pytest.mark.parametrize("name", CURVES)
def test_table_is_the_cameras_curve(name: str) -> None:
    """Lengths and colours are measured in light; a curve taken for another bends them all."""
    curve, true = CURVES[name]
    response = measure_response(sweep(curve), dark(curve))
    known = (response.lowest_code < CODES) & (response.highest_code > CODES)
    table = np.asarray(response.light)
    factor = np.median(table[known] / true[known])
    half_a_code = np.gradient(true) / 2
    assert (np.abs(table / factor - true) <= half_a_code + 0.005 * true)[known].all()
    assert table / factor == pytest.approx(true, rel=0.015, abs=4e-4)
    assert table[0] == 0
    assert response.residual_rms < 0.01
    assert response.dark_code < 3


def test_a_straight_curve_is_drawn_on_straight() -> None:
    """Beyond the sweep a smooth curve bends away: the brightest skin would be read too dark."""
    curve, true = CURVES["straight"]
    response = measure_response(sweep(curve, ratio=1.3, steps=20), dark(curve))
    table = np.asarray(response.light)
    assert response.highest_code < 200
    assert table[[220, 254]] / table[180] == pytest.approx(true[[220, 254]] / true[180], rel=0.005)


def test_linearise_is_the_table() -> None:
    """The flat field would be made in another light than it is applied in."""
    curve, _ = CURVES["gamma 2.2"]
    response = measure_response(sweep(curve), dark(curve))
    every = np.arange(256, dtype=np.uint8).reshape(2, 128, 1)
    assert response.linearise(every).ravel() == pytest.approx(response.light, rel=1e-6)
    assert response.linearise(every).shape == every.shape
    assert Response.model_validate_json(response.model_dump_json()) == response
    assert (np.diff(response.light) >= 0).all()
    assert response.light[0] == 0
    assert response.light[255] == 1


def test_order_of_the_sweep_does_not_matter() -> None:
    """A sweep from bright to dark would give another curve than one from dark to bright."""
    curve, _ = CURVES["sRGB"]
    steps = sweep(curve)
    assert measure_response(steps, dark(curve)) == measure_response(steps[::-1], dark(curve))


def test_unsteady_light_is_refused() -> None:
    """A lamp that warms up would bend the curve, and nothing would tell."""
    curve, _ = CURVES["sRGB"]
    swapped = sweep(curve)
    swapped[5], swapped[9] = (
        Exposed(swapped[9].picture, swapped[5].exposure_us),
        Exposed(swapped[5].picture, swapped[9].exposure_us),
    )
    with pytest.raises(UnsteadyLight, match="darker"):
        measure_response(swapped, dark(curve))
    rng = np.random.default_rng(2)
    flickering = [Exposed(s.picture, s.exposure_us * float(np.exp(0.08 * rng.standard_normal()))) for s in sweep(curve)]
    with pytest.raises(UnsteadyLight):
        measure_response(flickering, dark(curve))


def test_bad_sweeps_are_refused_by_name() -> None:
    """A curve from too little would be a guess beyond it."""
    curve, _ = CURVES["sRGB"]
    black = dark(curve)
    with pytest.raises(SweepUnfit, match="8 are needed"):
        measure_response(sweep(curve, steps=6), black)
    with pytest.raises(SweepUnfit, match="from code"):
        measure_response(sweep(curve, first=0.3), black)
    with pytest.raises(SweepUnfit, match="not dark"):
        measure_response(sweep(curve), card(curve, 0.1, 0))
    with pytest.raises(Saturated):
        measure_response(sweep(curve, first=60.0, steps=18), black)
    with pytest.raises(TooDark):
        measure_response(sweep(curve, first=0.003), black)
    edge = [Exposed(step.picture.copy(), step.exposure_us) for step in sweep(curve)]
    for step in edge:
        step.picture[:, 50:] //= 4
    with pytest.raises(HalfOutOfView):
        measure_response(edge, black)


def test_a_table_that_falls_is_no_response() -> None:
    """A record tampered with, or torn, would be applied."""
    fallen = [k / 255 for k in range(256)]
    fallen[100] = 0.9
    with pytest.raises(ValueError, match="falls"):
        Response(light=tuple(fallen), dark_code=0, lowest_code=5, highest_code=240, residual_rms=0.01, steps=12)
