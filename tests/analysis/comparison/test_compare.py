"""The comparison by known scalps: who was kept, came and went; and what is said where nothing can be compared."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from analysis import Flag, Interval
from analysis.comparison import compare
from analysis.comparison.change import Change, ChangeFlag, Fate, Thickness
from analysis.comparison.shared_frame import SharedFrame
from phantom import Pose, Scalp, ScalpSettings, clip, gain, grow, lose, regrow, thin
from tests.analysis.comparison.sights import Sight, hair, measurement, sight

SEED = 3
POSE = Pose(shift_mm=(1.1, -0.7), turn_deg=9.0)
FIGURES = (
    "density_change_per_cm2",
    "terminal_density_change_per_cm2",
    "counted_density_change_per_cm2",
    "mean_diameter_change_um",
    "cumulative_thickness_change_mm_per_cm2",
    "anagen_share",
    "growth_um_per_day",
)


@cache
def scalp() -> Scalp:
    """Grow a scalp, clipped."""
    return clip(grow(ScalpSettings(size_mm=(15, 15), hair_density_per_cm2=150), seed=SEED), 0.8, SEED)


@cache
def pair() -> tuple[Sight, Sight]:
    """See it twice: a tenth of the hairs lost, 15 % come, all clipped anew, the camera moved and turned."""
    after = clip(gain(lose(scalp(), 0.10, SEED), 0.15, SEED), 0.65, SEED + 1)
    return sight(scalp(), seed=1), sight(after, pose=POSE, seed=2)


@cache
def changed() -> Change:
    """Compare the two."""
    was, now = pair()
    return compare(was.measurement, now.measurement)


def mirrored(interval: Interval | None) -> tuple[float, float, float]:
    """Return an interval of the opposite change."""
    assert interval is not None
    return -interval.value, -interval.high, -interval.low


def test_each_hair_has_the_fate_that_it_had() -> None:
    """The capability as a whole: hairs matched one by one."""
    was, now = pair()
    change = changed()
    assert change.same_place > 0.99
    assert change.transform is not None
    frame = SharedFrame(was.measurement, now.measurement, change.transform)
    roots_mm = np.array([one.root_px for one in was.measurement.hairs]) * was.measurement.um_per_px / 1000.0
    new_roots_mm = np.array([one.root_px for one in now.measurement.hairs]) * now.measurement.um_per_px / 1000.0
    before = {one for one, held in zip(was.ids, frame.holds(roots_mm), strict=True) if held}
    back_mm = change.transform.to_baseline_mm(new_roots_mm)
    after = {one for one, held in zip(now.ids, frame.holds(back_mm), strict=True) if held}
    paired = [one for one in change.hairs if one.baseline is not None and one.followup is not None]
    assert all(was.ids[one.baseline or 0] == now.ids[one.followup or 0] for one in paired)
    assert len(paired) >= 0.97 * len(before & after)
    gone = {was.ids[one.baseline or 0] for one in change.hairs if one.fate is Fate.LOST}
    come = {now.ids[one.followup or 0] for one in change.hairs if one.fate is Fate.NEW}
    assert len(gone ^ (before - after)) <= 1
    assert len(come ^ (after - before)) <= 1
    assert change.shared_area_cm2 is not None
    assert (len(after) - len(before)) / change.shared_area_cm2 in (change.density_change_per_cm2 or ())
    assert change.flags == ()


def test_the_later_picture_lies_as_the_camera_was_held() -> None:
    """The pictures laid on one another in a report would not match."""
    change = changed()
    assert change.transform is not None
    assert change.transform.turn_deg == pytest.approx(POSE.turn_deg, abs=0.2)
    assert change.transform.scale == pytest.approx(1.0, abs=0.002)
    middle_mm = np.array([[3.995, 3.995]])
    np.testing.assert_allclose(change.transform.to_followup_mm(middle_mm) - middle_mm, [POSE.shift_mm], atol=0.02)
    for one in change.hairs:
        ((x, y),) = change.transform.to_followup_mm(np.array([one.baseline_px]) / 100.0) * 100.0
        assert np.hypot(x - one.followup_px[0], y - one.followup_px[1]) < 6.0, "pixels of 10 um"


def test_a_series_read_backwards_has_the_opposite_changes() -> None:
    """Which visit is called the baseline would decide whether a patient gains hair."""
    was, now = pair()
    back = compare(now.measurement, was.measurement)
    there = changed()
    assert (back.count(Fate.NEW), back.count(Fate.LOST)) == (there.count(Fate.LOST), there.count(Fate.NEW))
    assert back.count(Fate.KEPT) == there.count(Fate.KEPT)
    assert (back.count(Thickness.THICKER), back.count(Thickness.THINNER)) == (
        there.count(Thickness.THINNER),
        there.count(Thickness.THICKER),
    )
    assert (back.terminal_to_vellus, back.vellus_to_terminal) == (there.vellus_to_terminal, there.terminal_to_vellus)
    assert back.shared_area_cm2 == pytest.approx(there.shared_area_cm2, rel=0.005)
    for name in FIGURES[:5]:
        interval = getattr(back, name)
        expected = mirrored(getattr(there, name))
        half = (expected[2] - expected[1]) / 2
        assert (interval.value, interval.low, interval.high) == pytest.approx(expected, abs=0.05 * half), name


def test_what_did_not_change_is_not_said_to() -> None:
    """Noise alone would be news."""
    changes = [
        compare(sight(scalp(), seed=11).measurement, sight(scalp(), pose=POSE, seed=12 + k).measurement)
        for k in range(4)
    ]
    for change in changes:
        assert change.count(Fate.NEW) + change.count(Fate.LOST) <= 1
        assert 0.0 in (change.density_change_per_cm2 or ())
        assert change.count(Thickness.THICKER) + change.count(Thickness.THINNER) <= 2
        assert change.flags == ()
    assert sum(0.0 in (change.mean_diameter_change_um or ()) for change in changes) >= 3


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_thicker_and_thinner_hairs_are_told(factor: float) -> None:
    """What a treatment does to the hairs that stay would not be seen."""
    was, after = sight(scalp(), seed=1), thin(scalp(), factor, SEED, share=0.5)
    now = sight(after, pose=POSE, seed=2)
    change = compare(was.measurement, now.measurement)
    before = {one.hair_id: one.diameter_um for one in scalp().hairs}
    later = {one.hair_id: one.diameter_um for one in after.hairs}
    wrong = expected = 0
    for one in change.hairs:
        if one.baseline is None or one.followup is None:
            continue
        true_um = later[was.ids[one.baseline]] - before[was.ids[one.baseline]]
        clear = Thickness.SAME if not true_um else Thickness.THICKER if true_um > 0 else Thickness.THINNER
        if abs(true_um) > 7.0 or not true_um:
            expected += 1
            wrong += one.thickness is not clear
    assert expected > 40
    assert wrong <= 0.03 * expected
    ids = [was.ids[one.baseline] for one in change.hairs if one.baseline is not None and one.followup is not None]
    assert float(np.mean([later[one] - before[one] for one in ids])) in (change.mean_diameter_change_um or ())


def test_conversions_are_counted_as_they_went() -> None:
    """Vellus hair that became terminal, the goal of treatment, would not be counted."""
    line = [(0.0, 0.0), (30.0, 60.0)]
    places = np.random.default_rng(8).uniform(60.0, 700.0, (60, 2))
    was_um = [30.0] * 6 + [55.0] * 4 + [70.0] * 50
    now_um = [55.0] * 6 + [30.0] * 4 + [70.0] * 50
    was, now = (
        measurement([hair(np.array(line) + place, diameter_um=one) for place, one in zip(places, widths, strict=True)])
        for widths in (was_um, now_um)
    )
    change = compare(was, now)
    assert (change.vellus_to_terminal, change.terminal_to_vellus) == (6, 4)
    assert (change.count(Thickness.THICKER), change.count(Thickness.THINNER)) == (6, 4)
    assert change.terminal_density_change_per_cm2 is not None
    assert change.shared_area_cm2 is not None
    assert change.terminal_density_change_per_cm2.value == pytest.approx(2 / change.shared_area_cm2)


@pytest.mark.parametrize(("anagen", "um_per_day"), [(0.85, 367.0), (0.6, 300.0)])
def test_hair_days_apart_shows_its_growth(anagen: float, um_per_day: float) -> None:
    """The phototrichogram's figures would be wrong."""
    grown = regrow(scalp(), 3.0, SEED, anagen_share=anagen, um_per_day=um_per_day)
    was = sight(scalp(), seed=1)
    change = compare(was.measurement, sight(grown, pose=POSE, seed=2).measurement, days=3.0)
    before = {one.hair_id: one.length_mm for one in scalp().hairs}
    longer = {one.hair_id: one.length_mm - before[one.hair_id] for one in grown.hairs}
    kept = [
        longer[was.ids[one.baseline]] for one in change.hairs if one.baseline is not None and one.followup is not None
    ]
    assert change.anagen_share is not None
    assert change.growth_um_per_day is not None
    true_share = float(np.mean(np.array(kept) > 0))
    assert true_share in change.anagen_share
    assert change.anagen_share.value == pytest.approx(true_share, abs=0.06), "of hairs that could be seen to grow"
    assert change.growth_um_per_day.value == pytest.approx(um_per_day, rel=0.06)
    assert sum(one.longer for one in change.hairs) == pytest.approx(np.sum(np.array(kept) > 0), abs=1)
    assert change.days == 3.0
    assert compare(was.measurement, sight(grown, pose=POSE, seed=2).measurement).anagen_share is None


def test_the_same_picture_twice_changed_nothing_and_says_so() -> None:
    """A slip of the hand at the command line would be a stable patient."""
    picture = pair()[0].measurement
    change = compare(picture, picture)
    assert ChangeFlag.SAME_PICTURE in change.flags
    assert change.count(Fate.KEPT) == len(change.hairs) > 50
    assert change.density_change_per_cm2 is not None
    assert change.mean_diameter_change_um is not None
    assert (change.density_change_per_cm2.value, change.mean_diameter_change_um.value) == (0.0, 0.0)
    assert change.transform is not None
    assert [change.transform.turn_deg, *change.transform.shift_mm] == pytest.approx([0.0, 0.0, 0.0])


def assert_no_figure(change: Change) -> None:
    """Hold that nothing is said of a change."""
    assert change.transform is None
    assert change.same_place < 0.5
    assert change.hairs == ()
    assert change.shared_area_cm2 is None
    assert change.density_per_cm2 is None
    assert {name: getattr(change, name) for name in FIGURES} == dict.fromkeys(FIGURES)
    assert (change.terminal_to_vellus, change.vellus_to_terminal) == (0, 0)


def test_another_place_gets_no_figure() -> None:
    """One patient's hair would be compared with another's."""
    other = clip(grow(scalp().settings, seed=99), 0.8, 1)
    change = compare(pair()[0].measurement, sight(other).measurement, days=3.0)
    assert_no_figure(change)
    assert change.flags == (ChangeFlag.NOT_THE_SAME_PLACE,)


@pytest.mark.parametrize("count", [0, 1, 11])
@pytest.mark.parametrize("bare_first", [True, False])
def test_too_few_hairs_get_no_figure(count: int, bare_first: bool) -> None:
    """A bald place would be registered by chance, or end in a traceback."""
    picture = pair()[0].measurement
    few = replace(picture, hairs=picture.hairs[:count])
    change = compare(few, picture) if bare_first else compare(picture, few)
    assert_no_figure(change)
    assert change.flags == (ChangeFlag.TOO_FEW_HAIRS,)


@pytest.mark.parametrize("off", [0.95, 1.05])
def test_scales_that_disagree_are_said_and_figures_stay_the_baselines(off: float) -> None:
    """A calibration gone wrong by 5 % would pass for 10 % more hair."""
    was, now = pair()[0], sight(scalp(), pose=POSE, seed=2, said_um_per_px=10.0 * off)
    change = compare(was.measurement, now.measurement)
    assert ChangeFlag.SCALES_DISAGREE in change.flags
    assert change.transform is not None
    assert change.transform.scale == pytest.approx(off, abs=0.003)
    assert 0.0 in (change.density_change_per_cm2 or ())
    assert 0.0 in (change.mean_diameter_change_um or ()), "all diameters are off by 5 %, and the interval knows"


@pytest.mark.parametrize("side", [0, 1])
def test_what_limits_one_picture_limits_the_change(side: int) -> None:
    """A figure would stand without its warning."""

    def flags(**change: object) -> tuple[ChangeFlag, ...]:
        both = [one.measurement for one in pair()]
        both[side] = replace(both[side], **change)  # type: ignore[arg-type]
        return compare(both[0], both[1]).flags

    assert flags(um_per_px_sd=None) == (ChangeFlag.SCALE_UNCERTAIN,)
    assert flags(flags=(Flag.LIGHT_HAIR,)) == (ChangeFlag.PALE_HAIR,)
    assert flags(hair_mode="long") == (ChangeFlag.LONG_HAIR, ChangeFlag.HAIR_MODES_DIFFER)


def test_little_shared_is_said() -> None:
    """A change of a corner would pass for that of the site."""
    far = sight(scalp(), pose=Pose(shift_mm=(3.4, 3.0)), seed=2)
    change = compare(pair()[0].measurement, far.measurement)
    assert change.transform is not None
    assert change.shared_area_cm2 == pytest.approx((7.8 - 0.12 - 3.4) * (7.8 - 0.12 - 3.0) / 100.0, rel=0.03)
    assert change.flags == (ChangeFlag.LITTLE_SHARED,)
    small = [replace(one.measurement, frame_px=(150.0, 150.0, 560.0, 560.0)) for one in pair()]
    assert ChangeFlag.SMALL_SHARED_AREA in compare(small[0], small[1]).flags


def test_frames_that_share_nothing_get_no_figure() -> None:
    """A density over no area would be printed, or divided by."""
    picture = pair()[0].measurement
    left, right = (replace(picture, frame_px=(x, 10.0, x + 380.0, 790.0)) for x in (10.0, 395.0))
    assert_no_figure(compare(left, right))


def test_hardly_any_shared_area_gets_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change would be told from two hairs in a corner."""
    monkeypatch.setattr(sys.modules["analysis.comparison.compare"], "COMPARED_FROM_CM2", 0.9)
    was, now = (replace(one.measurement, um_per_px_sd=None) for one in pair())
    change = compare(was, now)
    assert change.same_place > 0.5
    assert (change.transform, change.hairs) == (None, ())
    assert {name: getattr(change, name) for name in FIGURES} == dict.fromkeys(FIGURES)
    assert change.flags == (ChangeFlag.TOO_LITTLE_SHARED, ChangeFlag.SCALE_UNCERTAIN)


def test_a_hair_that_its_neighbours_line_covers_is_not_lost() -> None:
    """Two shafts drawn as one at the second visit would be a lost hair."""
    was, _ = pair()
    picture = was.measurement
    hidden = next(k for k, one in enumerate(picture.hairs) if (np.abs(np.array(one.root_px) - 400.0) < 200.0).all())
    others = tuple(one for k, one in enumerate(picture.hairs) if k != hidden)
    gone = compare(picture, replace(picture, hairs=others))
    line = picture.hairs[hidden].centreline_px
    there = compare(picture, measurement(others, uncounted=[line]))
    fates = [next(one for one in change.hairs if one.baseline == hidden) for change in (gone, there)]
    assert [one.fate for one in fates] == [Fate.LOST, Fate.KEPT]
    assert fates[1].followup is None
    np.testing.assert_allclose(fates[1].followup_px, picture.hairs[hidden].root_px, atol=1.0)


def test_the_collector_can_compare_without_opencv() -> None:
    """A service without OpenCV would not start."""
    needed = "analysis.comparison, analysis.measurement_file, analysis.comparison.change, analysis.comparison.words"
    subprocess.run([sys.executable, "-c", f"import sys; sys.modules['cv2'] = None; import {needed}"], check=True)


def test_two_cut_offs_give_no_conversions() -> None:
    """A hair of 35 um would turn terminal because the second picture was measured with 30 um for a cut-off."""
    was, now = (one.measurement for one in pair())
    change = compare(was, replace(now, terminal_from_um=30.0))
    assert ChangeFlag.CUT_OFFS_DIFFER in change.flags
    assert change.terminal_density_change_per_cm2 is None
    assert (change.terminal_to_vellus, change.vellus_to_terminal) == (0, 0)
    assert change.density_change_per_cm2 is not None


def test_a_pair_is_as_likely_as_it_is_alike() -> None:
    """Every kept hair would be called certain, those that lie elsewhere in the second picture too."""
    was = sight(scalp(), seed=1).measurement
    middle = np.array(was.picture_px) / 2
    k = int(np.argmin([np.hypot(*(one.root_px - middle)) for one in was.hairs]))
    hair_there, aside_px = was.hairs[k], np.array([30.0, 30.0]) / was.um_per_px
    x, y = (float(v) for v in hair_there.root_px + aside_px)
    moved = replace(hair_there, root_px=(x, y), centreline_px=hair_there.centreline_px + aside_px)
    change = compare(was, replace(was, hairs=(*was.hairs[:k], moved, *was.hairs[k + 1 :])))
    likely = {one.baseline: one.probability for one in change.hairs if one.followup is not None}
    others = [probability for one, probability in likely.items() if one != k]
    assert min(others) > 0.99
    assert 0.5 < likely[k] < min(others)
