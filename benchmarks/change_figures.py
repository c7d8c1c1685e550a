"""The comparison against the truth of drawn pairs: each hair's fate, the change of density, and its interval."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analysis import Measurement, Optics, measure
from analysis.comparison import compare
from analysis.comparison.change import Change, Fate
from analysis.comparison.shared_frame import SharedFrame
from benchmarks.change_pairs import FIRST_PAIR, Kind, Pair, draw, on_baseline_mm, true_counts
from benchmarks.phantoms import UM_PER_PX
from benchmarks.targets import Bound
from phantom import Photograph

Row = tuple[str, str, str, str]

NEAR_MM, TURN_COS = 0.15, 0.9
"""A counted hair is the true one whose root lies this near and that runs about as it does."""
_UNLIKE = 1e3
_SPECIAL: tuple[tuple[Kind, str], ...] = (
    ("curly", "curls of 0.6 to 1 mm"),
    ("blond", "blond hair on skin I-III"),
    ("grey", "grey hair on skin I-V"),
    ("long", "long, parted hair"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one drawn pair.

    ``right_pairs`` of ``pairs`` made join one hair with itself; ``found_pairs`` of ``true_pairs``, hairs that were kept
    and counted in both pictures, were made. Densities in hairs/cm2.
    """

    registered: bool
    said: float = np.nan
    low: float = np.nan
    high: float = np.nan
    true: float = np.nan
    counted: float = np.nan
    area_cm2: float = np.nan
    pairs: int = 0
    right_pairs: int = 0
    true_pairs: int = 0
    found_pairs: int = 0


def rows(runs: int) -> list[Row]:
    """Compare `runs` drawn pairs, and a fifth as many of each special kind: (what, asked, reached, verdict) lines."""
    with ProcessPoolExecutor(2) as executor:
        usual = _outcomes(executor, "clipped", runs)
        lines = [*_lines(usual), *_comparison(usual)]
        for kind, words in _SPECIAL:
            lines += _special(words, _outcomes(executor, kind, max(3, runs // 5)))
    return lines


def outcome_of(seed: int, kind: Kind) -> Outcome:
    """Draw, measure and compare the pair of a seed, and hold it against its truth."""
    cv2.setNumThreads(1)
    pair = draw(seed, kind)
    was, now = (measure(photo.picture, Optics(UM_PER_PX)) for photo in (pair.baseline, pair.followup))
    change = compare(was, now)
    if change.transform is None or change.density_change_per_cm2 is None or not change.shared_area_cm2:
        return Outcome(registered=False)
    frame = SharedFrame(was, now, change.transform)
    _, came, went = true_counts(pair, frame)
    said = change.density_change_per_cm2
    counted = change.counted_density_change_per_cm2
    pairs, right, true_pairs, found = _matched(pair, was, now, change)
    return Outcome(
        registered=True,
        said=said.value,
        low=said.low,
        high=said.high,
        true=(came - went) / change.shared_area_cm2,
        counted=np.nan if counted is None else counted.value,
        area_cm2=change.shared_area_cm2,
        pairs=pairs,
        right_pairs=right,
        true_pairs=true_pairs,
        found_pairs=found,
    )


def _outcomes(executor: Executor, kind: Kind, runs: int) -> list[Outcome]:
    seeds = [FIRST_PAIR + number for number in range(runs)]
    return list(executor.map(outcome_of, seeds, [kind] * runs))


def _matched(pair: Pair, was: Measurement, now: Measurement, change: Change) -> tuple[int, int, int, int]:
    """Count pairs made, right ones among them, true pairs of counted hairs, and those of them that were made."""
    named = (hair_ids(pair, pair.baseline, was), hair_ids(pair, pair.followup, now))
    made = [
        (hair.baseline, hair.followup)
        for hair in change.hairs
        if hair.fate is Fate.KEPT and hair.baseline is not None and hair.followup is not None
    ]
    known = [(named[0][i], named[1][j]) for i, j in made if i in named[0] and j in named[1]]
    right = sum(a == b for a, b in known)
    shared = {hair.baseline for hair in change.hairs if hair.baseline is not None}
    true_pairs = {hair_id for i, hair_id in named[0].items() if i in shared} & set(named[1].values())
    return len(known), right, len(true_pairs), len({a for a, b in known if a == b} & true_pairs)


def hair_ids(pair: Pair, photo: Photograph, measured: Measurement) -> dict[int, int]:
    """Name the true hair of each counted one, one to one."""
    true = photo.truth.hairs
    if not true or not measured.hairs:
        return {}
    found = [_ends_mm(pair, photo, np.array([hair.root_px, hair.tip_px])) for hair in measured.hairs]
    drawn = [_ends_mm(pair, photo, np.array([hair.root_px, hair.tip_px])) for hair in true]
    a, b = np.array(found), np.array(drawn)
    apart = np.hypot(*np.moveaxis(a[:, None, 0] - b[None, :, 0], -1, 0))
    cosine = _ways(a) @ _ways(b).T
    cost = np.where((apart < NEAR_MM) & (cosine > TURN_COS), apart + 0.2 * (1 - cosine), _UNLIKE)
    rows_, columns = linear_sum_assignment(cost)
    return {int(i): true[j].hair_id for i, j in zip(rows_, columns, strict=True) if cost[i, j] < _UNLIKE}


def _ends_mm(pair: Pair, photo: Photograph, ends_px: NDArray[np.float64]) -> NDArray[np.float64]:
    return on_baseline_mm(pair, photo, ends_px)


def _ways(ends_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    way = ends_mm[:, 1] - ends_mm[:, 0]
    return np.asarray(way / np.maximum(np.hypot(*way.T), 1e-9)[:, None])


def _lines(outcomes: list[Outcome]) -> Iterator[Row]:
    registered = [one for one in outcomes if one.registered]
    off = np.array([one.said - one.true for one in registered])
    figures = {
        "registered": len(registered) / len(outcomes),
        "precision": _ratio(sum(one.right_pairs for one in registered), sum(one.pairs for one in registered)),
        "recall": _ratio(sum(one.found_pairs for one in registered), sum(one.true_pairs for one in registered)),
        "rms": float(np.sqrt(np.mean(off**2))) if len(off) else np.nan,
        "covered": float(np.mean([one.low <= one.true <= one.high for one in registered])) if registered else np.nan,
    }
    bounds = (
        Bound("registered", "pairs registered", low=0.99, digits=1, unit="%"),
        Bound("precision", "matched hairs, precision", low=0.98, digits=1, unit="%"),
        Bound("recall", "matched hairs, recall", low=0.98, digits=1, unit="%"),
        Bound("rms", "error of the density change, RMS", high=1.0, unit="hairs/cm2"),
        Bound("covered", "95 % interval holds the true change", low=0.93, high=0.97, digits=1, unit="%"),
    )
    for bound in bounds:
        value = figures[bound.figure]
        yield bound.words, bound.asked(), bound.shown(value), bound.verdict(value)


def _comparison(outcomes: list[Outcome]) -> Iterator[Row]:
    registered = [one for one in outcomes if one.registered]
    off = np.array([one.said - one.true for one in registered])
    counted = np.array([one.counted - one.true for one in registered])
    area = float(np.mean([one.area_cm2 for one in registered]))
    about = f"(mean of {area:.2f} cm2 shared)"
    yield f"the same, median of its size {about}", "-", f"{np.median(np.abs(off)):.2f} hairs/cm2", "for comparison"
    yield "the same, mean (bias)", "-", f"{off.mean():+.2f} hairs/cm2", "for comparison"
    yield (
        "the pictures counted separately, error RMS",
        "-",
        f"{np.sqrt(np.mean(counted**2)):.2f} hairs/cm2",
        "for comparison",
    )


def _special(words: str, outcomes: list[Outcome]) -> Iterator[Row]:
    registered = [one for one in outcomes if one.registered]
    if not registered:
        yield f"{words}: registered", "-", f"0 of {len(outcomes)}", "stated"
        return
    off = np.array([one.said - one.true for one in registered])
    covered = np.mean([one.low <= one.true <= one.high for one in registered])
    yield (
        f"{words}: registered; error RMS; covered",
        "-",
        f"{len(registered)} of {len(outcomes)}; {np.sqrt(np.mean(off**2)):.1f} hairs/cm2; {100 * covered:.0f} %",
        "stated",
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else np.nan
