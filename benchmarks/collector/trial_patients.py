"""The patients of a simulated trial: their arms, what is planted on their heads, and how it goes at their visits.

Effects and spread are those of the change's trial (``benchmarks.change_trial``): +11.5 hairs/cm2 treated against +2.8
placebo, patients of one arm differing by 8; a third arm lies halfway.  The donor control does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

import numpy as np

from benchmarks.change_trial import BIOLOGY_SD_PER_CM2, PLACEBO_PER_CM2, TREATED_PER_CM2
from benchmarks.phantoms import FIRST_SEED
from contract import Site

TREATED, DONOR = Site.VERTEX, Site.OCCIPITAL
BASELINE, END_POINT = 1, 2


@dataclass(frozen=True, slots=True)
class PlantedArm:
    """An arm: its mean change of density in the population, hairs/cm2, and the share that leaves before the end."""

    code: str
    title: str
    change_per_cm2: float
    leaving: float


PLACEBO = PlantedArm("P", "Placebo", PLACEBO_PER_CM2, 0.08)
ARMS = (
    PLACEBO,
    PlantedArm("A", "Treatment A", TREATED_PER_CM2, 0.12),
    PlantedArm("B", "Treatment B", (TREATED_PER_CM2 + PLACEBO_PER_CM2) / 2, 0.10),
)

_TREATED_DENSITY, _DONOR_DENSITY = (115.0, 25.0), (150.0, 20.0)  # mean and SD of patients, hairs/cm2
_LEAST, _MOST = 60.0, 210.0


class Going(StrEnum):
    """How it goes at one site of one visit."""

    WELL = "well"
    SHAKEN = "shaken"  # the gate refuses the first picture, which is taken again
    MISPLACED = "misplaced"  # a person rejects the first picture, and takes another
    LOST = "lost"  # likewise, but nobody takes another
    TWICE = "twice"  # taken twice, and the second counts
    CORRECTED = "corrected"  # hairs are added or removed by hand


_SHARES = {
    Going.SHAKEN: 0.05,
    Going.MISPLACED: 0.03,
    Going.LOST: 0.02,
    Going.TWICE: 0.03,
    Going.CORRECTED: 0.05,
}


@dataclass(frozen=True, slots=True)
class Head:
    """One place of a head: its true density at both visits, hairs/cm2, how it goes there, and a seed for the rest."""

    patient_code: str
    site: Site
    before_per_cm2: float
    after_per_cm2: float
    goings: tuple[Going, Going]
    seed: int

    def density(self, visit: int) -> float:
        """Return the true density at a visit."""
        return self.before_per_cm2 if visit == BASELINE else self.after_per_cm2


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient: code and arm, whether they come to the second visit, and two places of the head."""

    code: str
    arm: PlantedArm
    leaves: bool
    heads: tuple[Head, Head]

    @property
    def visits(self) -> tuple[int, ...]:
        """To which they come."""
        return (BASELINE,) if self.leaves else (BASELINE, END_POINT)


def recruit(number: int, seed: int) -> list[Patient]:
    """Return a trial's patients, allocated to the arms in blocks of random order."""
    chance = np.random.default_rng([seed, 909])
    blocks = [int(place) for _ in range(-(-number // len(ARMS))) for place in chance.permutation(len(ARMS))]
    return [_patient(f"P-{place + 1:04d}", ARMS[arm], chance) for place, arm in enumerate(blocks[:number])]


def _patient(code: str, arm: PlantedArm, chance: np.random.Generator) -> Patient:
    treated, donor = _density(_TREATED_DENSITY, chance), _density(_DONOR_DENSITY, chance)
    change = float(chance.normal(arm.change_per_cm2, BIOLOGY_SD_PER_CM2))
    leaves = bool(chance.random() < arm.leaving)
    return Patient(
        code,
        arm,
        leaves,
        (
            Head(code, TREATED, treated, treated + change, _goings(chance), int(chance.integers(FIRST_SEED, 2**31))),
            Head(code, DONOR, donor, donor, _goings(chance), int(chance.integers(FIRST_SEED, 2**31))),
        ),
    )


def _density(of: tuple[float, float], chance: np.random.Generator) -> float:
    return float(np.clip(chance.normal(*of), _LEAST, _MOST))


def _goings(chance: np.random.Generator) -> tuple[Going, Going]:
    kinds, shares = [Going.WELL, *_SHARES], [1.0 - sum(_SHARES.values()), *_SHARES.values()]
    first, second = chance.choice(len(kinds), 2, p=shares)
    return kinds[first], kinds[second]


def true_differences(changes: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Return by how much more each arm changed than placebo, of all patients' (arm, true change)."""
    means = {arm.code: fmean(change for code, change in changes if code == arm.code) for arm in ARMS}
    return {arm.code: means[arm.code] - means[PLACEBO.code] for arm in ARMS[1:]}


POPULATION = {arm.code: arm.change_per_cm2 - PLACEBO_PER_CM2 for arm in ARMS[1:]}
"""The same of the population that patients are drawn from."""
