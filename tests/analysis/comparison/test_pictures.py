"""Two photographs of a drawn scalp, measured and compared: every hair of it is known."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from analysis import Measurement, Optics, measure, measurement_file
from analysis.comparison import compare
from analysis.comparison.change import Change, ChangeFlag, Fate
from analysis.comparison.shared_frame import SharedFrame
from benchmarks.change_pairs import Pair, true_counts
from benchmarks.scoring import Finding, FoundHair, score
from phantom import Light, Photograph, Pose, Scalp, ScalpSettings, clip, gain, grow, lose, photograph, regrow, wash
from phantom import Optics as DrawnOptics

SEED = 41
SIDE_PX = 1000
UM_PER_PX = 5.3
SETTINGS = ScalpSettings(size_mm=(9.5, 9.5), hair_density_per_cm2=150.0, hair_colour="dark brown")


@cache
def scalp() -> Scalp:
    """Grow a scalp, clipped."""
    return clip(grow(SETTINGS, seed=SEED), 0.8, SEED)


def taken(shown: Scalp, *, pose: Pose | None = None, light: Light | None = None, seed: int = 1) -> Photograph:
    """Photograph a scalp."""
    optics = DrawnOptics(um_per_px=UM_PER_PX, size_px=(SIDE_PX, SIDE_PX))
    return photograph(shown, optics, pose=pose or Pose(), light=light or Light(), seed=seed)


def measured(photo: Photograph, um_per_px: float = UM_PER_PX) -> Measurement:
    """Measure a photograph at the scale it is said to have."""
    return measure(photo.picture, Optics(um_per_px, um_per_px_sd=0.01))


@cache
def pair() -> Pair:
    """Photograph it at two visits: hairs lost and come, all clipped anew, washed, lit and held otherwise."""
    after = clip(wash(gain(lose(scalp(), 0.15, SEED), 0.10, SEED), 5), 0.7, SEED + 1)
    light = Light(level=0.9, gradient=(0.08, -0.05), glare=0.2, highlight=0.1)
    later = taken(after, pose=Pose(shift_mm=(0.6, -0.4), turn_deg=7.0), light=light, seed=2)
    return Pair(taken(scalp()), later)


@cache
def baseline() -> Measurement:
    """Measure the first visit."""
    return measured(pair().baseline)


@cache
def followup() -> Measurement:
    """Measure the second visit."""
    return measured(pair().followup)


@cache
def change() -> Change:
    """Compare the two."""
    return compare(baseline(), followup())


def ids_of(measured: Measurement, photo: Photograph) -> list[int | None]:
    """Tell which hair of the scalp each counted one is; None where it is none."""
    hairs = tuple(FoundHair(one.centreline_px, one.diameter_um, one.kind) for one in measured.hairs)
    scored = score(Finding(hairs, measured.frame_px, measured.hair_density_per_cm2.value), photo, "clipped")
    found: list[int | None] = [None] * len(hairs)
    for mine, true in scored.pairs:
        found[mine] = photo.truth.hairs[true].hair_id
    return found


def test_hairs_of_two_photographs_are_matched_one_by_one() -> None:
    """The capability as a whole."""
    was, now = ids_of(baseline(), pair().baseline), ids_of(followup(), pair().followup)
    assert sum(one is not None for one in was) > 0.85 * len(was), "this test can tell hairs apart"
    assert change().transform is not None
    paired = [
        (was[one.baseline], now[one.followup])
        for one in change().hairs
        if one.baseline is not None and one.followup is not None
    ]
    known = [(a, b) for a, b in paired if a is not None and b is not None]
    assert len(known) > 15
    assert sum(a == b for a, b in known) >= 0.98 * len(known)
    before, after = ({one.hair_id for one in photo.truth.hairs} for photo in (pair().baseline, pair().followup))
    for one in change().hairs:
        if one.fate is Fate.LOST:
            assert was[one.baseline or 0] not in before & after
        if one.fate is Fate.NEW:
            assert now[one.followup or 0] not in before & after


def test_the_change_of_two_photographs_is_the_true_one() -> None:
    """What the trials turn on would be wrong."""
    found = change()
    assert found.transform is not None
    assert found.shared_area_cm2 is not None
    frame = SharedFrame(baseline(), followup(), found.transform)
    kept, new, lost = true_counts(pair(), frame)
    assert 0.85 * kept <= found.count(Fate.KEPT) <= kept + 1, "a twentieth to a tenth is seen in neither"
    assert abs(found.count(Fate.NEW) - new) <= 1
    assert abs(found.count(Fate.LOST) - lost) <= 1
    assert (new - lost) / found.shared_area_cm2 in (found.density_change_per_cm2 or ())
    assert found.transform.turn_deg == pytest.approx(7.0, abs=0.4)
    assert found.transform.scale == pytest.approx(1.0, abs=0.006)


def test_measurement_files_give_the_change_of_their_pictures() -> None:
    """What the clinic compares later would be another change than the chair's."""
    filed = [measurement_file.read(json.loads(json.dumps(one.as_dict()))) for one in (baseline(), followup())]
    from_files, from_pictures = compare(*filed).as_dict(), change().as_dict()
    same = ("matched", "new", "lost", "thicker", "thinner", "flags", "terminal_to_vellus", "vellus_to_terminal")
    assert {name: from_files[name] for name in same} == {name: from_pictures[name] for name in same}
    for name in ("density_change_per_cm2", "mean_diameter_change_um", "cumulative_thickness_change_mm_per_cm2"):
        there, here = from_files[name], from_pictures[name]
        assert isinstance(there, dict)
        assert isinstance(here, dict)
        assert list(there.values()) == pytest.approx(list(here.values()), abs=0.15), name
    assert compare(baseline(), filed[0]).flags == compare(baseline(), baseline()).flags
    assert ChangeFlag.SAME_PICTURE in compare(baseline(), filed[0]).flags


def test_another_photograph_of_the_same_hairs_changes_nothing() -> None:
    """The camera's noise, the light and how it was held would be news."""
    again = measured(taken(scalp(), pose=Pose(shift_mm=(-0.5, 0.3), turn_deg=-4.0), seed=9))
    found = compare(baseline(), again)
    assert ChangeFlag.SAME_PICTURE not in found.flags
    assert found.count(Fate.NEW) + found.count(Fate.LOST) <= 1
    assert 0.0 in (found.density_change_per_cm2 or ())
    assert 0.0 in (found.mean_diameter_change_um or ())


def test_photographs_days_apart_show_growth() -> None:
    """The phototrichogram: share in anagen and rate of growth."""
    grown = regrow(scalp(), 2.0, SEED, anagen_share=0.8)
    later = taken(grown, pose=Pose(shift_mm=(0.3, 0.2), turn_deg=3.0), seed=3)
    found = compare(baseline(), measured(later), days=2.0)
    before = {one.hair_id: one.length_mm for one in scalp().hairs}
    by_id = {one.hair_id: one.length_mm - before[one.hair_id] for one in grown.hairs}
    was = ids_of(baseline(), pair().baseline)
    kept = [was[one.baseline] for one in found.hairs if one.baseline is not None and one.followup is not None]
    true_mm = np.array([by_id[one] for one in kept if one is not None])
    assert len(true_mm) > 15
    assert found.anagen_share is not None
    assert found.growth_um_per_day is not None
    assert found.anagen_share.value == pytest.approx(float((true_mm > 0).mean()), abs=0.1)
    assert found.growth_um_per_day.value == pytest.approx(float(true_mm[true_mm > 0].mean()) * 1000.0 / 2.0, rel=0.1)


def test_another_place_and_an_empty_one_get_no_figure() -> None:
    """One patient's hair would be compared with another's, or with none."""
    other = measured(taken(clip(grow(SETTINGS, seed=SEED + 1), 0.8, SEED)))
    bare = measured(taken(lose(scalp(), 1.0, SEED)))
    assert len(bare.hairs) < 5
    for picture, flag in ((other, ChangeFlag.NOT_THE_SAME_PLACE), (bare, ChangeFlag.TOO_FEW_HAIRS)):
        for found in (compare(baseline(), picture), compare(picture, baseline())):
            assert found.flags == (flag,)
            assert found.same_place < 0.5
            assert found.hairs == ()
            assert found.density_change_per_cm2 is None
            assert found.counted_density_change_per_cm2 is None
            assert found.mean_diameter_change_um is None


def test_a_scale_that_is_wrong_is_noticed() -> None:
    """A calibration gone wrong would pass for hair."""
    found = compare(baseline(), measured(pair().followup, um_per_px=1.05 * UM_PER_PX))
    assert ChangeFlag.SCALES_DISAGREE in found.flags
    assert found.transform is not None
    assert found.transform.scale == pytest.approx(1.05, abs=0.006)
    unknown = compare(measure(pair().baseline.picture, UM_PER_PX), followup())
    assert ChangeFlag.SCALE_UNCERTAIN in unknown.flags


def test_long_hair_against_clipped_hair_is_said() -> None:
    """Hairs hidden under long ones would be lost hairs."""
    settings = ScalpSettings(
        size_mm=(9.5, 9.5), hair_density_per_cm2=90.0, parted=True, length_mm=(12.0, 1.8), curl_per_mm=0.03
    )
    long = grow(settings, seed=SEED)
    found = compare(measured(taken(clip(long, 0.8, SEED))), measured(taken(long, seed=2)))
    assert {ChangeFlag.LONG_HAIR, ChangeFlag.HAIR_MODES_DIFFER} <= set(found.flags)
