"""Changes: the figures that follow from matched hairs, worked out by hand for a few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import Flag, Measurement
from analysis.comparison import changes
from analysis.comparison.fates import UNSEEN_SHARE, Partnerless, Posterior
from analysis.comparison.matching import Matching
from tests.analysis.comparison.sights import hair, measurement


def picture(*diameters_um: float | None) -> Measurement:
    """Return a measurement of hairs with these diameters, in a row."""
    return measurement(
        [hair([(50 + 20 * k, 100), (50 + 20 * k, 180)], diameter_um=one) for k, one in enumerate(diameters_um)]
    )


def matched(pairs: int, lost: tuple[float, ...] = (), new: tuple[float, ...] = (), there: float = 0.0) -> Matching:
    """Pair the first hairs of both; after them come those without partner, gone with these probabilities."""
    sides = [np.array(one, float) for one in (lost, new)]
    return Matching(
        pairs=np.repeat(np.arange(pairs)[:, None], 2, axis=1),
        likely=np.ones(pairs),
        alone=(pairs + np.arange(len(lost)), pairs + np.arange(len(new))),
        partnerless=(Partnerless(np.zeros(len(lost)), sides[0]), Partnerless(np.zeros(len(new)), sides[1])),
        posteriors=(Posterior(sides[0], np.full(len(lost), there)), Posterior(sides[1], np.full(len(new), there))),
    )


def test_what_is_sure_is_counted() -> None:
    """The density's change would not be what came less what went."""
    counts = changes.counted(matched(10, lost=(1.0,) * 4, new=(1.0,) * 7))
    change = counts.density_change_per_cm2(0.5)
    unseen = 1 / (1 - UNSEEN_SHARE)
    assert counts.kept == 10
    assert change.value == pytest.approx(unseen * (7 - 4) / 0.5)
    was, now = counts.density_per_cm2(0.5)
    assert was == pytest.approx((10 + 4 * unseen) / 0.5)
    assert now == pytest.approx((10 + 7 * unseen) / 0.5)
    assert now - was == pytest.approx(change.value)


def test_the_doubt_about_each_hair_is_in_the_interval() -> None:
    """Hairs that may be there or not would make a change as sure as hairs that are gone."""
    sure = changes.counted(matched(40, lost=(1.0,) * 4, new=(1.0,) * 4)).density_change_per_cm2(1.0)
    doubtful = changes.counted(matched(40, lost=(0.5,) * 8, new=(0.5,) * 8, there=0.5)).density_change_per_cm2(1.0)
    assert sure.value == doubtful.value == pytest.approx(0.0)
    coins = np.random.default_rng(1).random((4000, 16)) < 0.5
    spread = 1.96 * float((coins[:, 8:].sum(axis=1) - coins[:, :8].sum(axis=1)).std())
    assert doubtful.high > spread > sure.high > 0


def test_nothing_seen_to_change_is_not_surely_nothing() -> None:
    """A change of 0.0 (0.0 to 0.0) would be printed."""
    change = changes.counted(matched(100)).density_change_per_cm2(1.0)
    assert change.value == 0
    assert change.low == -change.high < -0.5


def test_kept_hairs_that_cross_the_cut_off_change_the_terminal_density() -> None:
    """Miniaturised hair, what the drug trials count, would be no change."""
    was, now = picture(70, 70, 50, 20, 70), picture(70, 70, 20, 60, 70, 70)
    counts = changes.counted_terminal(matched(4, lost=(1.0,), new=(1.0, 1.0)), was, now)
    unseen = 1 / (1 - UNSEEN_SHARE)
    assert counts.new == pytest.approx(2 * unseen + 1)
    assert counts.lost == pytest.approx(unseen + 1)
    assert counts.kept == pytest.approx(2)
    vellus_came = changes.counted_terminal(matched(1, new=(1.0,)), picture(70), picture(70, 20))
    assert vellus_came.new == pytest.approx(0.0)


def test_a_hair_at_the_cut_off_is_half_terminal() -> None:
    """A hair of 40 um would be terminal for sure at one visit, and vellus for sure at the next."""
    at = changes.counted_terminal(matched(1), picture(40.0), picture(40.0))
    assert at.kept == pytest.approx(0.5)
    assert at.variance > changes.counted_terminal(matched(1), picture(70.0), picture(70.0)).variance + 0.4


def test_the_mean_diameter_changes_by_the_mean_of_the_changes() -> None:
    """Hairs without a diameter, or thinner than the optics resolve, would be in the mean."""
    was, now = picture(60, 70, None, 80, 25), picture(63, 71, 50, None, 45)
    limited = replace(was.hairs[4], diameter_limited=True)
    was = replace(was, hairs=(*was.hairs[:4], limited))
    found = changes.diameter_changes(matched(5), was, now, 1.0)
    assert np.isfinite(found.changes_um).tolist() == [True, True, False, False, False]
    assert found.mean_um is not None
    assert found.mean_um.value == pytest.approx(2.0)
    assert found.mean_um.high - 2.0 == pytest.approx(1.96 * np.std([3, 1], ddof=1) / np.sqrt(2), rel=1e-3)
    assert changes.diameter_changes(matched(1), was, now, 1.0).mean_um is None


def test_what_all_diameters_share_does_not_average_out() -> None:
    """A wrong scale, or a blur that was guessed, would be a treatment's effect of half a micrometre, for sure."""
    was, now = picture(*[60.0] * 100), picture(*[60.0] * 100)
    by_scale = changes.diameter_changes(matched(100), was, now, 1.04).mean_um
    guessed = replace(was, flags=(Flag.BLUR_ESTIMATED,))
    by_blur = changes.diameter_changes(matched(100), guessed, now, 1.0).mean_um
    assert by_scale is not None
    assert by_blur is not None
    assert by_scale.high >= 0.04 * 60, "the true change may be all that the scales differ by"
    assert by_blur.high > 0.9
    exact = changes.diameter_changes(matched(100), was, now, 1.0).mean_um
    assert exact is not None
    assert exact.high == pytest.approx(0.0)


def test_of_a_hundred_unchanged_hairs_hardly_one_is_called_thicker() -> None:
    """Every place would have thicker and thinner hairs at every visit."""
    chance = np.random.default_rng(5)
    true_um = chance.uniform(20.0, 90.0, 4000)
    was, now = (picture(*(true_um + chance.normal(0.0, 1.0, 4000))) for _ in range(2))
    called = changes.diameter_changes(matched(4000), was, now, 1.0).clearly_changed
    assert called.mean() < 0.01
    thicker = picture(*(true_um + 10.0 + chance.normal(0.0, 1.0, 4000)))
    assert changes.diameter_changes(matched(4000), was, thicker, 1.0).clearly_changed.mean() > 0.99


def test_thickness_is_of_what_was_kept_and_came_less_what_went() -> None:
    """The mass of hair would not follow from the hairs."""
    was, now = picture(60, 70, 80), picture(64, 74, 50, None)
    matching = matched(2, lost=(1.0,), new=(1.0, 1.0))
    found = changes.thickness_change_mm_per_cm2(
        matching, changes.diameter_changes(matching, was, now, 1.0), was, now, 0.5
    )
    assert found is not None
    usual_um = np.median([64, 74, 50])
    assert found.value == pytest.approx((2 * 4.0 + 50 + usual_um - 80) / 1000 / 0.5)


def test_pictures_counted_separately_have_both_their_errors() -> None:
    """Unmatched counting would look as good as matched."""
    was, now = picture(*[70.0] * 10), picture(*[70.0] * 14)
    found = changes.counted_change_per_cm2(was, now)
    a, b = was.hair_density_per_cm2, now.hair_density_per_cm2
    assert found.value == pytest.approx(b.value - a.value)
    assert found.high - found.value == pytest.approx(np.hypot(b.high - b.value, a.value - a.low))
    back = changes.counted_change_per_cm2(now, was)
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))
