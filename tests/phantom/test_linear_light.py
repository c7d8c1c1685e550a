"""A camera that blurs light and codes it afterwards: edges, shade and noise are those of light, colours stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from phantom import Hair, Light, Optics, Scalp, ScalpSettings, grow, photograph
from phantom.colour import hair_opacity, hair_pigment, light_of, values_of
from phantom.sensor import expose

EVEN = Light(glare=0.0, highlight=0.0)
QUIET = Optics(size_px=(480, 400), vignette=0.0, full_well_e=1e9, read_noise=0.0, blur_sigma_px=1.6, linear_light=True)
BARE = ScalpSettings(
    hair_density_per_cm2=0.0, skin_type="I", size_mm=(3.0, 2.6), margin_mm=2.0, pores_per_cm2=0.0, flakes_per_cm2=0.0
)

Plane = NDArray[np.float32]


def scalp_with(diameter_um: float | None) -> Scalp:
    """A bare scalp with one black hair of 1.2 mm across the middle, or none."""
    bare = grow(BARE, 3)
    if diameter_um is None:
        return bare
    hair = Hair(0, 0, (-0.6, 0.1), 0.3, 0.0, 0.0, 3.0, 0.0, 1.2, diameter_um, 0.0, 1.0)
    return replace(bare, hairs=(hair,), next_hair_id=1, next_unit_id=1)


def seen(diameter_um: float | None, optics: Optics) -> Plane:
    """Light of its photograph's red channel, which the skin's streak under a root leaves alone."""
    picture = photograph(scalp_with(diameter_um), optics, light=EVEN).picture
    return light_of(picture[:, :, 2] / 255.0)


def across(diameter_um: float, optics: Optics) -> float:
    """Width by the light that is missing across the hair, over what is missing where it covers all, in um."""
    bare = seen(None, optics)
    opacity, pigment = hair_opacity(1.0, diameter_um), float(hair_pigment(1.0)[2])
    body = light_of((1 - opacity) * values_of(bare) + opacity * pigment)
    covered = (bare - seen(diameter_um, optics)) / (bare - body)
    # the middle of the hair, cut across by columns at an angle of 0.3 rad
    return float(covered[:, 200:280].sum(axis=0).mean() * np.cos(0.3) * optics.um_per_px)


@pytest.mark.parametrize("diameter_um", [80.0, 110.0])
def test_a_shaft_is_as_wide_in_light_as_it_is(diameter_um: float) -> None:
    """Chosen to prove a measuring in light, a drawing that shifts edges would prove the wrong one."""
    assert across(diameter_um, QUIET) == pytest.approx(diameter_um, abs=1.0)
    assert across(diameter_um, replace(QUIET, linear_light=False)) > diameter_um + 2.0


def test_colours_away_from_edges_are_those_drawn_without_light() -> None:
    """The same scalp coded both ways is to be compared: it must be the same scalp."""
    coded, of_light = (
        photograph(scalp_with(100.0), replace(QUIET, linear_light=linear), light=EVEN).picture.astype(int)
        for linear in (False, True)
    )
    differing = np.abs(coded - of_light).max(axis=2) > 2
    assert 0 < differing.mean() < 0.03  # the hair's edges and ends


def test_values_and_light_undo_one_another() -> None:
    """Colours are decoded and coded at every shaft: they would drift."""
    values = np.linspace(0, 1.4, 500).astype(np.float32)
    assert values_of(light_of(values)) == pytest.approx(values, abs=1e-5)
    assert light_of(np.array([0.5])) == pytest.approx([0.21404], abs=1e-5)


@pytest.mark.parametrize("bayer", [False, True])
def test_shade_and_noise_are_of_light(bayer: bool) -> None:
    """A fall-off of 30 % of the values would be one of half the light."""
    flat = np.full((400, 480, 3), 0.4, np.float32)
    camera = replace(QUIET, vignette=0.3, bayer=bayer)
    even = light_of(expose(flat.copy(), camera, EVEN, 0)[:, :, 1] / 255.0)
    assert even[:4, :4].mean() / even[198:202, 238:242].mean() == pytest.approx(0.7, abs=0.01)
    noisy = replace(QUIET, full_well_e=2000.0)
    seen_noise = light_of(expose(flat.copy(), noisy, EVEN, 1)[:, :, 1] / 255.0)
    assert seen_noise.std() == pytest.approx(np.sqrt(0.4 / 2000.0), rel=0.03)


def test_glare_beyond_white_stays_white() -> None:
    """A wet patch is brighter than white; decoded and cut off there, its rim would be grey."""
    wet = replace(BARE, skin_type="V")
    white, white_too = (
        (photograph(grow(wet, 3), optics, light=Light(wet=0.6), seed=2).picture >= 254).all(axis=2).mean()
        for optics in (QUIET, replace(QUIET, linear_light=False))
    )
    assert white > 0.05
    assert white == pytest.approx(white_too, abs=0.05)
