"""The focus sweep: drawn charts out of focus by known amounts."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache

import numpy as np
import pytest

from device.calibration.focus import (
    FlatCurve,
    Focus,
    FocusPoint,
    PeakAtEnd,
    TwinPeaks,
    curve_svg,
    find_focus,
    sharpness_of,
    sparkline,
)
from phantom import Light
from phantom.targets.cards import WhiteCard
from tests.device.calibration.cards import edge_chart, picture_of

SHARPEST_PX, PX_PER_DIOPTRE = 0.9, 2.0


@cache
def sharpness(sigma_px: float, level: float, full_well_e: float, seed: int) -> float:
    """Give the sharpness of a chart under that blur."""
    picture = picture_of(
        edge_chart()[0],
        blur_sigma_px=sigma_px,
        size_px=(360, 270),
        light=Light(level=level),
        full_well_e=full_well_e,
        seed=seed,
    )
    return sharpness_of(picture)


def sweep(
    focus: float, positions: np.ndarray, level: float = 1.0, full_well_e: float = 9000.0, seed: int = 1
) -> list[FocusPoint]:
    """Sweep a lens whose blur grows on both sides of the focus."""
    return [
        FocusPoint(
            position_dioptres=float(at),
            sharpness=sharpness(
                round(float(np.hypot(SHARPEST_PX, PX_PER_DIOPTRE * (at - focus))), 3), level, full_well_e, seed + k
            ),
        )
        for k, at in enumerate(positions)
    ]


NINE = np.linspace(7.0, 13.0, 9)


@pytest.mark.parametrize("focus", [9.7, 10.0, 10.4])
@pytest.mark.parametrize("full_well_e", [9000.0, 800.0])
def test_peak_is_the_focus(focus: float, full_well_e: float) -> None:
    """A lens set beside its focus blurs every picture until the next calibration."""
    found = find_focus(sweep(focus, NINE, full_well_e=full_well_e))
    assert abs(found.position_dioptres - focus) < 3 * found.position_sd_dioptres
    # within a tenth of a pixel of extra blur
    assert np.hypot(SHARPEST_PX, PX_PER_DIOPTRE * (found.position_dioptres - focus)) < SHARPEST_PX + 0.1


def test_darker_light_is_not_less_sharp() -> None:
    """A lamp that ages would look like a lens that has moved."""
    assert sharpness(1.2, 0.5, 9000.0, 3) == pytest.approx(sharpness(1.2, 1.0, 9000.0, 3), rel=0.03)


def test_order_and_repeats_do_not_matter() -> None:
    """A second, finer sweep is thrown in with the first."""
    points = sweep(10.1, NINE) + sweep(10.1, np.linspace(9.6, 10.4, 5), seed=40)
    found = find_focus(points)
    assert find_focus(points[::-1]) == found
    assert found.position_dioptres == pytest.approx(10.1, abs=0.05)
    assert len(found.curve) == 14


def test_more_scatter_is_more_uncertainty() -> None:
    """An uncertainty that does not answer to the data is an ornament."""
    rng = np.random.default_rng(8)
    steady = sweep(10.0, np.linspace(7, 13, 17))
    shaken = [
        point.model_copy(update={"sharpness": point.sharpness * float(np.exp(0.1 * rng.standard_normal()))})
        for point in steady
    ]
    assert find_focus(shaken).position_sd_dioptres > 2 * find_focus(steady).position_sd_dioptres


def test_curves_without_one_peak_are_refused_by_name() -> None:
    """The lens would be set by chance, to a stop or to dust on the glass."""
    with pytest.raises(PeakAtEnd, match="last"):
        find_focus(sweep(14.0, NINE))
    with pytest.raises(PeakAtEnd, match="first"):
        find_focus(sweep(6.0, NINE))
    with pytest.raises(FlatCurve, match="factor"):
        find_focus(sweep(10.0, np.linspace(9.9, 10.1, 7)))
    with pytest.raises(FlatCurve, match="positions"):
        find_focus(sweep(10.0, np.array([8.0, 10.0, 12.0])))
    near, far = sweep(8.5, np.linspace(7, 13, 13)), sweep(11.5, np.linspace(7, 13, 13))
    both = [a.model_copy(update={"sharpness": max(a.sharpness, b.sharpness)}) for a, b in zip(near, far, strict=True)]
    with pytest.raises(TwinPeaks, match="again"):
        find_focus(both)


def test_a_card_without_edges_has_no_focus() -> None:
    """The lens would be set by the noise of a white card, or of a chart in the dark."""
    plain = [sharpness_of(picture_of(WhiteCard(dust_per_cm2=50), seed=seed, vignette=0.4)) for seed in range(5)]
    assert plain == [0.0] * 5
    assert sharpness(1.2, 0.01, 9000.0, 1) == 0.0
    with pytest.raises(FlatCurve, match="edge chart"):
        find_focus([FocusPoint(position_dioptres=k, sharpness=s) for k, s in enumerate(plain)])


def test_curve_is_drawn() -> None:
    """The technician would have to believe a number."""
    found = find_focus(sweep(10.1, NINE))
    drawn = ET.fromstring(curve_svg(found))  # noqa: S314 - our own drawing
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f".//{space}circle")) == 9
    across = [float(circle.attrib["cx"]) for circle in drawn.iter(f"{space}circle")]
    highest = min(drawn.iter(f"{space}circle"), key=lambda circle: float(circle.attrib["cy"]))
    assert across == sorted(across)
    assert across.index(float(highest.attrib["cx"])) == int(np.argmax([p.sharpness for p in found.curve]))
    text = sparkline(found)
    assert len(text) == 9
    assert text.index("█") == int(np.argmax([p.sharpness for p in found.curve]))
    assert Focus.model_validate_json(found.model_dump_json()) == found
