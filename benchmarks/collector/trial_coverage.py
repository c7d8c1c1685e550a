"""How often a study's intervals hold the truth: many trials by the instrument's error alone, straight into the store.

What works the differences out is the collector's own (:func:`collector.studies.results.results`), on what its store
reads back: rejections, drop-outs and second takes are dealt with as for its pages.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from scipy import stats

from analysis.measurement import Interval
from benchmarks.collector.trial_page import ANSWER
from benchmarks.collector.trial_patients import (
    ARMS,
    BASELINE,
    DONOR,
    END_POINT,
    PLACEBO,
    POPULATION,
    TREATED,
    Patient,
    recruit,
    true_differences,
)
from benchmarks.collector.trial_pictures import Sitting, modelled
from collector.ingestion.decisions import Accepted
from collector.store.store import Store
from collector.studies import conduct
from collector.studies.allocation import Allocated
from collector.studies.plan import Arm, StudyPlan
from collector.studies.reading import Readings
from collector.studies.results import Results, results
from contract import Capture, Channel, Decision, Review, Topic, Verdict, new_message_id
from tests import examples

STUDY = "TRIAL-1"
METHODS = (ANSWER, "Not adjusted", "Mixed model")
_TOPIC = Topic("riverside", "chair-1", Channel.CAPTURE)
_BOOT = UUID("d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3")
_FIRST_DAY, _BETWEEN = datetime(2026, 1, 7, 8, 0, tzinfo=UTC), timedelta(days=168)
_FIRST_SEED = 5_000
_PROCESSES = 2
_CONFIDENCE, _BY_CHANCE_BELOW = 0.95, 0.005


@dataclass(frozen=True)
class Coverage:
    """Shares of trials whose interval holds the truth.

    Parameters
    ----------
    trials
        How many.
    population, own
        By arm and method: of the difference in the population, which 95 % shall hold; and of that of the trial's own
        patients, which more do, as these differ by chance.
    told
        By arm: trials whose answer does not hold 0.
    donor
        Of no change of the donor control.
    """

    trials: int
    population: dict[str, dict[str, float]]
    own: dict[str, dict[str, float]]
    told: dict[str, float]
    donor: float

    @property
    def least(self) -> float:
        """The share below which intervals of 95 % fall in one run of 200 by chance (binomial)."""
        return float(stats.binom.ppf(_BY_CHANCE_BELOW, self.trials, _CONFIDENCE)) / self.trials


def covered(trials: int, patients: int, errors: Sequence[float] | None = None, processes: int = _PROCESSES) -> Coverage:
    """Simulate trials, each of so many patients, and count the intervals that hold the truth.

    Parameters
    ----------
    errors
        Of single pictures, hairs/cm2; None for normal ones of the size that is known.
    """
    simulate = partial(_trial, number=patients, errors=errors)
    seeds = [_FIRST_SEED + place for place in range(trials)]
    if processes > 1:
        with ProcessPoolExecutor(processes) as executor:
            counts = sum(executor.map(simulate, seeds), Counter[tuple[str, ...]]())
    else:
        counts = sum(map(simulate, seeds), Counter[tuple[str, ...]]())

    def shares(of: str) -> dict[str, dict[str, float]]:
        return {arm.code: {method: counts[of, arm.code, method] / trials for method in METHODS} for arm in ARMS[1:]}

    told = {arm.code: counts["told", arm.code] / trials for arm in ARMS[1:]}
    return Coverage(trials, shares("population"), shares("own"), told, counts["donor",] / trials)


def _trial(seed: int, *, number: int, errors: Sequence[float] | None) -> Counter[tuple[str, ...]]:
    """Run one trial, and count what its intervals hold."""
    patients = recruit(number, seed)
    changes = [(one.arm.code, one.heads[0].after_per_cm2 - one.heads[0].before_per_cm2) for one in patients]
    found, donor = _results(patients, errors)
    held = Counter[tuple[str, ...]]()
    for of, truth in (("population", POPULATION), ("own", true_differences(changes))):
        for difference in found.differences:
            intervals = (
                None if difference.adjusted is None else difference.adjusted.difference,
                None if difference.plain is None else difference.plain.difference,
                difference.mixed,
            )
            for method, interval in zip(METHODS, intervals, strict=True):
                held[of, difference.arm, method] += _holds(interval, truth[difference.arm])
    for difference in found.differences:
        answer = None if difference.adjusted is None else difference.adjusted.difference
        held["told", difference.arm] += answer is not None and not _holds(answer, 0.0)
    held["donor",] += _holds(donor, 0.0)
    return held


def _results(patients: Sequence[Patient], errors: Sequence[float] | None) -> tuple[Results, Interval | None]:
    plan = StudyPlan(
        study_code=STUDY,
        title="A simulated trial",
        sites=(TREATED,),
        donor=DONOR,
        visits=(BASELINE, END_POINT),
        baseline=BASELINE,
        end_point=END_POINT,
        arms=tuple(Arm(code=arm.code, title=arm.title) for arm in ARMS),
        reference=PLACEBO.code,
        simulated=True,
    )
    sittings = [
        modelled(head, visit, errors, hairs=False) for one in patients for visit in one.visits for head in one.heads
    ]
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder) / "collector.sqlite3")) as store:
        conduct.add(store, plan, "trial")
        conduct.enter_patients(store, STUDY, [Allocated(one.code, one.arm.code) for one in patients], "trial")
        messages = [message for place, one in enumerate(sittings) for message in _messages(one, 10 * place)]
        store.store_batch([Accepted(_TOPIC, one, one.encode()) for one in messages], _FIRST_DAY)
        conduct.unlock(store, STUDY, STUDY, "The last patient was seen.", "trial")
        read = Readings().of(store, STUDY)
        donor = None if read.quality.donor is None else read.quality.donor.interval
        return results(plan, read.arm_of or {}, read.taken), donor


def _messages(sitting: Sitting, sequence: int) -> list[Capture | Review]:
    """Return what travels of a sitting: not what the gate held back."""
    found: list[Capture | Review] = []
    for take in sitting.takes:
        if take.quality.verdict is Verdict.REFUSE:
            continue
        sequence += 1
        capture = examples.capture(
            message_id=new_message_id(),
            boot_id=_BOOT,
            sequence=sequence,
            patient_code=sitting.head.patient_code,
            visit_number=sitting.visit,
            site=sitting.head.site,
            taken_at=_FIRST_DAY + (sitting.visit - BASELINE) * _BETWEEN + timedelta(seconds=sequence),
            simulated=True,
            measurement=take.measurement,
        )
        found.append(capture)
        if take.misplaced:
            sequence += 1
            said = {"decision": Decision.REJECTED, "reason": "Not the place of the template.", "sequence": sequence}
            found.append(examples.review_of(capture, **said))
    return found


def _holds(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high
