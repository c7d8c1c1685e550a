"""A simulated trial: how many patients an arm needs, by how its change of density is measured.

Arms differ as in the trial that this instrument is for: +11.5 hairs/cm2 treated against +2.8 placebo, over about 100;
patients of one arm differ by 8 (standard deviation).  To that comes the error of the measurement: of drawn pairs
compared in the same run, by matched hairs and by separate counts; and what a clinic found in its own donor areas with
the instruments of today (a smallest detectable change of 60 hairs/cm2).
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.change_figures import outcome_of
from benchmarks.change_pairs import FIRST_PAIR

Row = tuple[str, str, str, str]

TREATED_PER_CM2, PLACEBO_PER_CM2, BIOLOGY_SD_PER_CM2 = 11.5, 2.8, 8.0
TODAYS_SDC_PER_CM2 = 60.0
POWER, LEVEL = 0.8, 0.05
TRIALS = 2000
_MOST = 2000


def rows(runs: int) -> list[Row]:
    """Compare `runs` drawn pairs, and simulate trials with their errors: (what, asked, reached, verdict) lines."""
    seeds = [FIRST_PAIR + 10_000 + number for number in range(runs)]
    with ProcessPoolExecutor(2) as executor:
        outcomes = [one for one in executor.map(outcome_of, seeds, ["clipped"] * runs) if one.registered]
    matched = np.array([one.said - one.true for one in outcomes])
    counted = np.array([one.counted - one.true for one in outcomes])
    rng = np.random.default_rng(88)
    todays = rng.normal(0.0, TODAYS_SDC_PER_CM2 / 1.96, 10_000)
    ways = {
        "hairs matched one by one": matched,
        "pictures counted separately by this instrument": counted,
        "instruments of today (a clinic's own noise)": todays,
        "a measurement without error": np.zeros(1),
    }
    return [
        (
            f"patients an arm for 80 % power: {words}",
            "-",
            f"{patients(errors, rng)} (error {np.sqrt(np.mean(errors**2)):.1f} hairs/cm2)",
            "stated",
        )
        for words, errors in ways.items()
    ]


def patients(errors: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Find the fewest patients an arm with which four of five simulated trials tell the arms apart."""
    few, many = 2, 4
    while power(many, errors, rng) < POWER:
        few, many = many, 2 * many
        if many > _MOST:
            return many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if power(middle, errors, rng) >= POWER else (middle, many)
    return many


def power(an_arm: int, errors: NDArray[np.float64], rng: np.random.Generator) -> float:
    """Share of simulated trials in which Welch's test tells the arms apart."""
    arms = [
        mean + rng.normal(0.0, BIOLOGY_SD_PER_CM2, (TRIALS, an_arm)) + rng.choice(errors, (TRIALS, an_arm))
        for mean in (TREATED_PER_CM2, PLACEBO_PER_CM2)
    ]
    told = stats.ttest_ind(arms[0], arms[1], axis=1, equal_var=False).pvalue < LEVEL
    return float(np.mean(told))
