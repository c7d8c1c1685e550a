"""The tattooed mark and moles: where they are set to lie, as they are set to look, and nothing else moved."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from phantom import Light, Optics, ScalpSettings, SettingError, Tattoo, grow, photograph

QUIET = Optics(size_px=(250, 200), um_per_px=8.0, vignette=0.0, full_well_e=1e9, read_noise=0.0)
EVEN = Light(glare=0.0, highlight=0.0)
BALD = ScalpSettings(
    size_mm=(2.0, 1.6),
    margin_mm=0.6,
    hair_density_per_cm2=0.0,
    pores_per_cm2=0.0,
    flakes_per_cm2=0.0,
    vessels_per_cm2=0.0,
)
DEEP = Tattoo(depth_mm=0.4)


def _seen(settings: ScalpSettings, seed: int = 12) -> NDArray[np.float64]:
    return photograph(grow(settings, seed), QUIET, light=EVEN).picture.astype(np.float64)


def _ink(tattoo: Tattoo, mark_mm: float = 0.4, **skin: Any) -> NDArray[np.float64]:  # noqa: ANN401 (settings)
    """Light that the mark takes, by channel."""
    bare = replace(BALD, **skin)
    return _seen(bare) - _seen(replace(bare, mark_mm=mark_mm, tattoo=tattoo))


def _width_of_edge(ink: NDArray[np.float64]) -> float:
    profile = ink[100, 125:, 2] / ink[95:105, 120:130, 2].mean()
    return float((profile < 0.2).argmax() - (profile < 0.8).argmax()) * 8.0


@pytest.mark.parametrize("smear", [0.0, 0.5, 1.0])
def test_the_middle_of_the_ink_lies_where_it_is_set(smear: float) -> None:
    """An irregular dot whose middle wandered would be held against whoever finds it."""
    at_mm = (0.31, -0.22)
    ink = _ink(replace(DEEP, place_mm=at_mm, smear=smear)).sum(axis=2)
    rows, columns = np.indices(ink.shape)
    middle_mm = [((ink * columns).sum() / ink.sum() - 124.5) * 0.008, ((ink * rows).sum() / ink.sum() - 99.5) * 0.008]
    assert middle_mm == pytest.approx(at_mm, abs=0.002 + 0.022 * smear)


def test_ink_fades_in_step_and_is_gone_at_one() -> None:
    """A finder's limit is told in faintness: fading must mean one."""
    taken = [_ink(replace(DEEP, fading=fading))[80:120, 105:145].mean() for fading in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert taken[:4] == pytest.approx([taken[0] * left for left in (1.0, 0.7, 0.4, 0.1)], rel=0.2)
    assert taken[4] == 0.0


def test_the_skin_over_deep_ink_softens_its_edge_and_pales_it() -> None:
    """Ink in the dermis is never as sharp and dark as ink on the skin."""
    shallow, deep, deepest = (_ink(Tattoo(depth_mm=depth)) for depth in (0.0, 0.3, 0.8))
    assert _width_of_edge(shallow) + 8 <= _width_of_edge(deep) < _width_of_edge(deepest)
    assert shallow[100, 125, 2] > deep[100, 125, 2] > deepest[100, 125, 2] > 20


def test_each_ink_has_its_own_colour() -> None:
    """Brown ink in the hue of black, or green in that of blue, would leave the finder's trouble with them unseen."""
    bare = _seen(replace(BALD, skin_type="II"))[95:105, 120:130].mean(axis=(0, 1))
    blue, green, red = {}, {}, {}
    for ink in ("blue-black", "black", "green", "brown-black"):
        taken = _ink(replace(DEEP, ink=ink), skin_type="II")[95:105, 120:130].mean(axis=(0, 1))
        blue[ink], green[ink], red[ink] = bare - taken
    assert max(green, key=lambda ink: green[ink] - 0.5 * (blue[ink] + red[ink])) == "green"
    assert max(red, key=lambda ink: red[ink] - blue[ink]) == "brown-black"
    assert max(blue, key=lambda ink: blue[ink] - 0.5 * (green[ink] + red[ink])) == "blue-black"
    # black deep in the skin is bluish, whatever the ink
    assert blue["black"] > red["black"]


@pytest.mark.parametrize("skin_type", ["I", "IV", "VI"])
def test_ink_is_dark_on_every_skin_and_darker_skin_shows_less_of_it(skin_type: Any) -> None:  # noqa: ANN401 (a name)
    """On the darkest skin the mark is hard to see; it must be neither gone nor bright."""
    taken = _ink(DEEP, skin_type=skin_type)
    assert taken[95:105, 120:130, 2].min() > 8
    assert taken.min() > -1.0
    assert taken[95:105, 120:130].mean() < _ink(DEEP, skin_type="I")[95:105, 120:130].mean() + 1e-9


def test_smeared_ink_is_irregular_and_wider_at_its_edge() -> None:
    """A round dot with a smear's name would make the smeared class easy."""
    round_one, smeared = _ink(DEEP)[..., 2], _ink(replace(DEEP, smear=1.0))[..., 2]
    reaches = []
    for ink in (round_one, smeared):
        rows, columns = np.nonzero(ink > 0.4 * ink[95:105, 120:130].mean())
        away = np.hypot(columns - 124.5, rows - 99.5)
        turn = np.arctan2(rows - 99.5, columns - 124.5)
        reaches.append(np.array([away[np.abs(turn - at) < 0.2].max() for at in np.linspace(-2.8, 2.8, 12)]))
    assert reaches[1].std() > 2 * reaches[0].std()


def test_moles_are_brown_and_only_where_they_lie() -> None:
    """A mole that took red as ink does would be no confuser, one that moved the vessels would change every picture."""
    settings = replace(BALD, vessels_per_cm2=20.0, flakes_per_cm2=30.0, skin_type="II")
    bare, spotted = _seen(settings), _seen(replace(settings, moles_per_cm2=25.0))
    taken = (bare - spotted) / bare
    covered = taken[..., 2] > 0.05
    assert 0.003 < covered.mean() < 0.9
    assert (taken[covered, 0] > taken[covered, 1]).mean() > 0.95
    assert (taken[covered, 1] > taken[covered, 2]).mean() > 0.95


def test_moles_come_in_the_sizes_of_marks_and_far_larger() -> None:
    """Only moles of a mark's size try the finder."""
    settings = replace(BALD, size_mm=(12.0, 9.0))
    optics = replace(QUIET, size_px=(480, 360), um_per_px=24.0)
    bare, spotted = (
        photograph(grow(replace(settings, moles_per_cm2=n), 5), optics, light=EVEN).picture.astype(float)
        for n in (0.0, 9.0)
    )
    whole_mm2 = ((bare - spotted)[..., 0] > 8).sum() * 0.024**2
    assert 0.3 < whole_mm2 / (9.0 * 1.08) < 3.0


@pytest.mark.parametrize(
    "wrong", [{"depth_mm": 1.2}, {"fading": -0.1}, {"smear": 2.0}, {"place_mm": (np.nan, 0.0)}, {"ink": "red"}]
)
def test_what_cannot_be_tattooed_is_refused_by_name(wrong: dict[str, Any]) -> None:
    """A mistyped ink drawn as another would be believed."""
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Tattoo(**wrong)


def test_the_same_seed_gives_the_same_mark() -> None:
    """Two visits must show one tattoo."""
    settings = replace(BALD, mark_mm=0.4, tattoo=replace(DEEP, smear=0.7, fading=0.4), moles_per_cm2=30.0)
    first, second = (sha256(_seen(settings).tobytes()).hexdigest() for _ in range(2))
    assert first == second
    assert not np.array_equal(_seen(settings), _seen(settings, seed=13))
