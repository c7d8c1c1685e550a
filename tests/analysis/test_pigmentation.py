"""Pigmentation: sRGB to CIELAB by the book, and the core's colour without its highlights."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import tone
from analysis.cross_sections import cut
from analysis.picture import read
from analysis.pigmentation import Pigmentation, pigmentation, to_lab
from tests.analysis.drawn import HAIR_BGR, SKIN_BGR, UM_PER_PX, add_shaft, developed, skin

BGR = {
    "white": ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
    "black": ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    "red": ((0.0, 0.0, 1.0), (53.24, 80.09, 67.20)),
    "green": ((0.0, 1.0, 0.0), (87.74, -86.18, 83.18)),
    "blue": ((1.0, 0.0, 0.0), (32.30, 79.20, -107.86)),
    "mid grey": ((0.5, 0.5, 0.5), (53.39, 0.0, 0.0)),
}


@pytest.mark.parametrize("name", BGR)
def test_known_colours(name: str) -> None:
    """Published values of the sRGB primaries: a swapped channel or the wrong white would show."""
    bgr, lab = BGR[name]
    assert to_lab(np.array(bgr)) == pytest.approx(np.array(lab), abs=0.05)


def seen(width_um: float = 90.0, *, highlight: bool = False, linear_light: bool = False) -> Pigmentation:
    """A shaft down the picture, with a line of light a little off its middle or not."""
    fine = skin()
    add_shaft(fine, (200, 130), (200, 270), width_um)
    if highlight:
        add_shaft(fine, (201.5, 130), (201.5, 270), width_um / 5, (190, 190, 190))
    working = read(developed(fine), UM_PER_PX, "bgr", linear_light=linear_light)
    line = np.column_stack([np.full(141, 200.0), np.arange(130.0, 271)])
    sections = cut(working, [line], np.array([width_um / UM_PER_PX]))
    count = len(sections.hair)
    width_px, skin_bgr = np.full(count, width_um / UM_PER_PX), np.array([SKIN_BGR]) / 255.0
    if linear_light:
        skin_bgr = tone.to_light(skin_bgr).astype(float)
    return pigmentation(sections, np.zeros(count), width_px, skin_bgr, 1.0, linear_light=linear_light)


def test_the_core_has_the_shafts_colour() -> None:
    """Treatments are said to give pigmentation: a wrong L* would be one."""
    drawn = to_lab(np.array(HAIR_BGR) / 255.0)
    result = seen()
    assert result.lab[0] == pytest.approx(drawn, abs=1.5)
    assert result.lightness_contrast[0] == pytest.approx(drawn[0] - to_lab(np.array(SKIN_BGR) / 255.0)[0], abs=1.5)
    assert 0 <= result.hue_deg[0] < 360


def test_a_cut_in_light_has_the_same_colour() -> None:
    """A calibrated picture's shafts would look darker than the same shafts before."""
    assert seen(linear_light=True).lab[0] == pytest.approx(seen().lab[0], abs=0.7)
    assert seen(linear_light=True).skin_lab == pytest.approx(seen().skin_lab, abs=1e-4)


def test_a_highlight_is_left_out() -> None:
    """Gloss after washing would read as loss of pigment."""
    assert seen(highlight=True).lightness[0] == pytest.approx(seen().lightness[0], abs=3.0)


def test_a_shaft_without_a_core_has_no_colour() -> None:
    """Below four blur sigmas every sample holds skin."""
    assert np.isnan(seen(18.0).lab).all()
