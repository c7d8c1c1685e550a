"""Studies for tests: a plan, patients in arms, and captures whose figures have planted changes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from collector.ingestion.decisions import Accepted, Kept
from collector.store.store import Store
from collector.store.studies import patients
from collector.store.study_captures import takes
from collector.studies.allocation import Allocated
from collector.studies.plan import StudyPlan
from collector.studies.takes import Taken, taken_of
from contract import Capture, Channel, Interval, Site, Topic
from tests.collector.examples import CLINIC, DEVICE, NOW
from tests.examples import capture, measurement

CODE = "HAIR-2026"
PLANTED: Mapping[str, float] = {"P": 2.8, "R": 8.9, "S": 11.5}
"""Change of density by arm, hairs/cm2."""

TOPIC = Topic(CLINIC, DEVICE, Channel.CAPTURE)
FIRST, SECOND = datetime(2026, 3, 4, 9, 30, tzinfo=UTC), datetime(2026, 9, 2, 9, 30, tzinfo=UTC)


def plan(**changes: Any) -> StudyPlan:  # noqa: ANN401  any field of the model
    """Return a plan of three arms, one treated site, the donor control, and two visits."""
    fields: dict[str, Any] = {
        "study_code": CODE,
        "title": "Secretome against platelets",
        "sites": (Site.VERTEX,),
        "donor": Site.OCCIPITAL,
        "visits": (1, 2),
        "baseline": 1,
        "end_point": 2,
        "arms": (
            {"code": "P", "title": "Placebo"},
            {"code": "R", "title": "Platelets"},
            {"code": "S", "title": "Secretome"},
        ),
        "reference": "P",
    }
    return StudyPlan.model_validate(fields | changes)


def allocated(count: int, arms: Sequence[str] = ("P", "R", "S")) -> list[Allocated]:
    """Return patients, arm by arm in turn."""
    return [Allocated(f"P-{number:04}", arms[number % len(arms)]) for number in range(1, count + 1)]


def taken(code: str, visit: int, site: str, density: float, **changes: Any) -> Capture:  # noqa: ANN401
    """Return a capture with a density."""
    moment = {1: FIRST, 2: SECOND}.get(visit, SECOND + timedelta(days=30 * visit))
    shown = Interval(value=density, low=density - 12, high=density + 12)
    fields: dict[str, Any] = {
        "patient_code": code,
        "visit_number": visit,
        "site": site,
        "taken_at": moment,
        "measurement": measurement(hair_density_per_cm2=shown),
    }
    return capture(**fields | changes)


def trial(
    people: Sequence[Allocated],
    of: StudyPlan,
    *,
    seed: int = 7,
    noise: float = 6.0,
    leave: float = 0.1,
    planted: Mapping[str, float] = PLANTED,
) -> list[Capture]:
    """Return a trial's captures: patients differ, treated sites change as planted, the donor control does not."""
    rng = np.random.default_rng(seed)
    shown = []
    for one in people:
        level, leaves = rng.normal(150, 25), rng.random() < leave
        for visit in of.visits:
            for site in of.all_sites:
                change = planted[one.arm] if site in of.sites and visit == of.end_point else 0.0
                density = level + change + rng.normal(0, noise)
                if not (leaves and visit == of.end_point):
                    shown.append(taken(one.patient_code, visit, site, max(density, 20.0)))
    return shown


def holds(store: Store, *messages: Kept) -> None:
    """Store captures and reviews."""
    store.store_batch([Accepted(TOPIC, one, one.encode()) for one in messages], NOW)


def read(store: Store, of: StudyPlan) -> Taken:
    """Return a study's captures as its page reads them."""
    with store.reading() as connection:
        people = patients(connection, of.study_code)
        return taken_of(takes(connection, of, people), simulated=of.simulated)
