"""Ink, folds, flecks and fibres lie where they should, look as they should, and are no hairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from phantom import Light, Optics, Photograph, Scalp, ScalpSettings, SettingError, grow, photograph, wash
from phantom.optics import Pose, to_ideal_px

QUIET = Optics(size_px=(360, 300), um_per_px=8.0, vignette=0.0, full_well_e=1e9, read_noise=0.0)
EVEN = Light(glare=0.0, highlight=0.0)
PLAIN = ScalpSettings(
    size_mm=(3.0, 2.6), margin_mm=1.2, pores_per_cm2=0.0, flakes_per_cm2=0.0, vessels_per_cm2=0.0, length_mm=(0.8, 0.1)
)
BALD = replace(PLAIN, hair_density_per_cm2=0.0)
LITTER: list[dict[str, Any]] = [
    {"ink_strokes_per_cm2": 12.0},
    {"folds_per_cm2": 40.0},
    {"debris_per_cm2": 150.0},
    {"fibres_per_cm2": 30.0},
]


def _shot(scalp: Scalp) -> Photograph:
    return photograph(scalp, QUIET, light=EVEN)


def _seen(settings: ScalpSettings, seed: int = 12) -> NDArray[np.int64]:
    return _shot(grow(settings, seed)).picture.astype(np.int64)


def _darker(settings: ScalpSettings, seed: int = 12) -> NDArray[np.int64]:
    """How much darker than the bald scalp, blue, green and red."""
    return np.asarray(_seen(BALD, seed) - _seen(settings, seed))


@pytest.mark.parametrize("litter", LITTER)
def test_litter_shows_where_it_lies_and_leaves_the_truth(litter: dict[str, Any]) -> None:
    """Litter in the truth would teach that it is hair; litter that moved the hairs would be another scalp."""
    plain, littered = (_shot(grow(settings, 12)) for settings in (PLAIN, replace(PLAIN, **litter)))
    differ = np.abs(plain.picture.astype(int) - littered.picture).max(axis=2)
    assert differ.max() >= 10
    assert 0.003 < np.mean(differ > 0) < 0.75
    assert littered.truth.as_dict() == plain.truth.as_dict()
    assert not littered.covered.any()


@pytest.mark.parametrize("litter", LITTER)
def test_no_litter_unless_asked_for(litter: dict[str, Any]) -> None:
    """Pictures drawn before there was litter are locked figures: without it they stay as they were."""
    none: dict[str, Any] = dict.fromkeys(litter, 0.0)
    assert (_seen(replace(PLAIN, **none)) == _seen(PLAIN)).all()


@pytest.mark.parametrize("litter", LITTER)
def test_litter_moves_with_the_scalp(litter: dict[str, Any]) -> None:
    """Litter that stayed in the frame would be told from hair by standing still."""
    scalp, bald = (grow(settings, 12) for settings in (replace(BALD, **litter), BALD))
    optics = replace(QUIET, blur_sigma_px=1.5)
    pose = Pose((0.24, -0.16), 0.0)
    (still, plain), (moved, plain_moved) = (
        [photograph(s, optics, pose=p, light=EVEN).picture.astype(int) for s in (scalp, bald)] for p in (Pose(), pose)
    )
    before, after = (plain - still)[20:, :-30], (plain_moved - moved)[:-20, 30:]
    # at the picture's own edge the blur has nothing to take from beyond
    within = slice(8, -8), slice(8, -8)
    assert np.abs(before[within]).max() > 8
    assert np.abs(before - after)[within].max() <= 2


def test_ink_is_coloured_and_lies_under_the_hairs() -> None:
    """A marker over the hairs would hide them, and a grey one could not be told from dirt by its colour."""
    inked = replace(BALD, ink_strokes_per_cm2=25.0)
    dark = _darker(inked)
    there = dark.max(axis=2) > 30
    assert there.mean() > 0.02
    # violet, blue and green all take the red; the blue passes best in most
    assert (dark[there].mean(axis=0) / dark[there].mean()).max() > 1.15
    hairy: dict[str, Any] = {"hair_density_per_cm2": 150.0, "hair_colour": "black", "vellus_share": 0.0}
    bare, over = (_shot(grow(replace(s, **hairy), 12)) for s in (BALD, inked))
    for hair in bare.truth.hairs:
        for x, y in hair.centreline_px[4:-4]:
            if 0 <= round(x) < 360 and 0 <= round(y) < 300:
                column, row = round(x), round(y)
                assert np.abs(bare.picture[row, column].astype(int) - over.picture[row, column]).max() <= 20


def test_folds_are_soft_and_low_in_contrast() -> None:
    """A fold as dark and sharp as a hair would be wrong to call no hair."""
    before, after = (_seen(s)[:, :, 1].astype(float) for s in (BALD, replace(BALD, folds_per_cm2=60.0)))
    contrast = (before - after) / before
    assert 0.05 < contrast.max() < 0.32
    assert np.abs(np.diff(contrast, axis=1)).max() < 0.10
    assert contrast.min() > -0.02


def test_flecks_are_small_and_dark() -> None:
    """Flecks of 30 to 200 um are what a counter of dark lines takes for short hairs."""
    scalp = grow(replace(BALD, debris_per_cm2=20.0), 5)
    dark = (_seen(BALD, 5) - _shot(scalp).picture).max(axis=2)
    rows, columns = np.nonzero(dark > 25)
    # alone at this density: what is connected is one fleck, and fits in 200 um and its blurred edges
    places = np.column_stack([columns, rows]).astype(float)
    groups: list[NDArray[np.float64]] = []
    while len(places):
        near = np.hypot(*(places - places[0]).T) < 45
        groups.append(places[near])
        places = places[~near]
    assert groups
    assert max(float(np.ptp(group, axis=0).max()) for group in groups) * 8.0 < 240.0
    assert dark.max() > 60


def test_a_wash_takes_flecks_and_fibres_but_not_ink_and_folds() -> None:
    """Ink and folds are there on the day's next picture; dust is not."""
    for litter, stays in zip(LITTER, (True, True, False, False), strict=True):
        scalp = grow(replace(BALD, **litter), 12)
        same = (_shot(scalp).picture == _shot(wash(scalp, 99)).picture).all()
        assert bool(same) == stays


def test_fibres_lie_on_top_and_some_are_coloured() -> None:
    """A fibre under the hairs would be cut in pieces as short as hairs."""
    fibrous, bald = _seen(replace(BALD, fibres_per_cm2=60.0)), _seen(BALD)
    change = fibrous - bald
    there = np.abs(change).max(axis=2) > 12
    assert 0.005 < there.mean() < 0.3
    spread = np.ptp(change[there], axis=1)
    assert np.mean(spread > 15) > 0.2
    hairy = replace(PLAIN, hair_colour="black", vellus_share=0.0)
    bare, over = (_shot(grow(s, 12)) for s in (hairy, replace(hairy, fibres_per_cm2=60.0)))
    brighter = over.picture.astype(int).max(axis=2) - bare.picture.max(axis=2)
    assert brighter[bare.picture.max(axis=2) < 60].max() > 30


def test_flecks_keep_their_place_through_a_distorting_lens() -> None:
    """Drawn straight onto the picture, they must be bent as the skin under them is."""
    scalp = grow(replace(BALD, debris_per_cm2=150.0), 12)
    optics = replace(QUIET, k1=0.2)
    rng = np.random.default_rng([scalp.gel_seed, 43])
    width, height = scalp.grown_mm
    count = round(150.0 * width * height / 100.0)
    places = (rng.random((count, 2)) - 0.5) * [width, height]
    seen = optics.distort(to_ideal_px(places, optics, Pose()))
    inside = seen[((seen > 10) & (seen < [349, 289])).all(axis=1)]
    dark = photograph(grow(BALD, 12), optics, light=EVEN).picture.astype(int)
    dark -= photograph(scalp, optics, light=EVEN).picture
    at = dark[np.rint(inside[:, 1]).astype(int), np.rint(inside[:, 0]).astype(int)].max(axis=1)
    assert len(inside) > 5
    assert np.mean(at > 15) > 0.9


@pytest.mark.parametrize("name", ["ink_strokes_per_cm2", "folds_per_cm2", "debris_per_cm2", "fibres_per_cm2"])
def test_less_than_no_litter_is_refused(name: str) -> None:
    """A negative number drawn as none would be believed."""
    with pytest.raises(SettingError, match=name):
        ScalpSettings(**{name: -1.0})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), [("streak", 2.1), ("relief", -0.1), ("roughness", 1.5), ("ragged_cut", -1)])
def test_looks_out_of_range_are_refused(name: str, value: float) -> None:
    """So would a strength that is cut off in silence."""
    with pytest.raises(SettingError, match=name):
        ScalpSettings(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["streak", "relief"])
def test_streak_and_relief_grow_with_their_setting(name: str) -> None:
    """The two were fixed, and weaker than on real shaved scalps."""
    light = replace(EVEN, glare=0.4)
    looks: list[dict[str, Any]] = [{name: 0.0}, {name: 1.0}, {name: 1.9}]
    none, usual, strong = (
        photograph(grow(replace(PLAIN, **look), 12), QUIET, light=light).picture.astype(float) for look in looks
    )
    assert 0.3 < np.abs(usual - none).mean() < np.abs(strong - none).mean()
