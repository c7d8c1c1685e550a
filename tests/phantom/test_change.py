"""The same scalp later: what changes is what was asked for, and everything else keeps its id and place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phantom import Scalp, ScalpSettings, SettingError, clip, gain, grow, lose, photograph, regrow, thin, wash
from phantom.optics import Light, Optics

SCALP = grow(ScalpSettings(size_mm=(5.0, 5.0), length_mm=(3.0, 0.5), margin_mm=1.0), 8)
NUMBER = len(SCALP.hairs)
seeds = st.integers(0, 50)


def _ids(scalp: Scalp) -> set[int]:
    return {h.hair_id for h in scalp.hairs}


@settings(max_examples=20, deadline=None)
@given(length_mm=st.floats(0.3, 4.0), seed=seeds)
def test_clipping_shortens_and_moves_nothing(length_mm: float, seed: int) -> None:
    """Matching hairs between visits rests on a clipped hair being the same one, only shorter."""
    clipped = clip(SCALP, length_mm, seed)
    for before, after in zip(SCALP.hairs, clipped.hairs, strict=True):
        assert after.length_mm <= before.length_mm
        assert after.length_mm <= 1.31 * length_mm
        assert replace(after, length_mm=before.length_mm) == before
        whole = before.centreline_mm
        assert after.centreline_mm[:-1] == pytest.approx(whole[: len(after.centreline_mm) - 1])
    assert clip(SCALP, length_mm, seed) == clipped


def test_clipping_cuts_to_the_length_asked_for() -> None:
    """The mean stubble length sets how many hairs touch and cross."""
    lengths = [h.length_mm for h in clip(SCALP, 0.7, 1).hairs]
    assert np.mean(lengths) == pytest.approx(0.7, abs=0.03)
    assert np.std(lengths) == pytest.approx(0.07, abs=0.02)


def test_growth_lengthens_the_asked_share_at_the_asked_rate() -> None:
    """The anagen share and the growth rate are measured on two pictures like these."""
    stubble = clip(SCALP, 0.7, 1)
    later = regrow(stubble, 3.0, 2, anagen_share=0.6, um_per_day=400.0)
    grown = np.array([b.length_mm - a.length_mm for a, b in zip(stubble.hairs, later.hairs, strict=True)])
    assert (grown >= 0).all()
    assert np.mean(grown > 0) == pytest.approx(0.6, abs=3.5 * np.sqrt(0.24 / NUMBER))
    assert grown[grown > 0].mean() == pytest.approx(1.2, rel=0.06)
    assert _ids(later) == _ids(stubble)


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0.0, 1.0), seed=seeds)
def test_lost_hairs_are_gone_and_the_others_untouched(share: float, seed: int) -> None:
    """The lost share is the truth that a comparison of two visits is judged by."""
    left = lose(SCALP, share, seed)
    assert NUMBER - len(left.hairs) == round(share * NUMBER)
    assert set(left.hairs) <= set(SCALP.hairs)


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0.0, 1.0), seed=seeds)
def test_gained_hairs_are_new_and_the_others_untouched(share: float, seed: int) -> None:
    """A new hair with an old id would be taken for a kept one."""
    more = gain(SCALP, share, seed)
    assert len(more.hairs) - NUMBER == round(share * NUMBER)
    assert more.hairs[:NUMBER] == SCALP.hairs
    assert len(_ids(more)) == len(more.hairs)


def test_an_id_is_never_given_twice() -> None:
    """Lost, then gained: the newcomer must not pass for the one that was lost."""
    newest = max(_ids(SCALP))
    left = next(some for seed in range(99) if newest not in _ids(some := lose(SCALP, 0.5, seed)))
    again = gain(left, 0.5, 2)
    assert not (_ids(again) - _ids(left)) & _ids(SCALP)
    assert not (_ids(gain(again, 0.2, 3)) - _ids(again)) & (_ids(SCALP) | _ids(again))


def test_gained_hairs_open_units_and_fill_them() -> None:
    """Both happen in treatment, and only hairs of new units show as new openings."""
    more = gain(SCALP, 0.4, 4)
    units = {h.unit_id for h in SCALP.hairs}
    joined = [h.unit_id in units for h in more.hairs[NUMBER:]]
    assert 0 < sum(joined) < len(joined)
    half = np.asarray(SCALP.grown_mm) / 2 + 0.3
    assert all((np.abs(h.root_mm) < half).all() for h in more.hairs)


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.4, 1.5), share=st.floats(0.0, 1.0), seed=seeds)
def test_thinning_changes_the_asked_share_by_the_asked_factor(factor: float, share: float, seed: int) -> None:
    """Miniaturisation and thickening are measured hair by hair against this."""
    thinner = thin(SCALP, factor, seed, share=share)
    changed = [(a, b) for a, b in zip(SCALP.hairs, thinner.hairs, strict=True) if a != b]
    assert len(changed) == (round(share * NUMBER) if factor != 1.0 else 0)
    for before, after in changed:
        assert after == replace(before, diameter_um=before.diameter_um * factor)


def test_a_wash_moves_flakes_but_no_hair() -> None:
    """Registration must not hold on to flakes: between visits they lie elsewhere, with the same hairs and pores."""
    optics = Optics(size_px=(500, 500), um_per_px=8.0, full_well_e=1e9, read_noise=0.0)
    bald = lose(grow(ScalpSettings(size_mm=(4.0, 4.0), flakes_per_cm2=60.0), 2), 1.0, 0)
    pictures = [photograph(s, optics, light=Light(glare=0.0)).picture.astype(int) for s in (bald, wash(bald, 77))]
    differ = np.abs(pictures[0] - pictures[1]).max(axis=2)
    assert differ.max() > 15
    assert np.mean(differ > 0) < 0.5
    assert wash(SCALP, 77).hairs == SCALP.hairs


def test_changes_out_of_range_are_refused_by_name() -> None:
    """A share of 120 % drawn as 100 % would be believed."""
    with pytest.raises(SettingError, match="share"):
        lose(SCALP, 1.2, 0)
    with pytest.raises(SettingError, match="factor"):
        thin(SCALP, 0.0, 0)
    with pytest.raises(SettingError, match="length_mm"):
        clip(SCALP, -0.5, 0)
