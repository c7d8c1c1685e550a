"""A study as it is stored now, read once for each state of the store: what pages, exports and interfaces show of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.store import studies, study_captures
from collector.store.store import Store
from collector.studies.completeness import Completeness, Quality, completeness, quality
from collector.studies.study import Study
from collector.studies.takes import Taken, taken_of

_MOST_KEPT = 8


@dataclass(frozen=True)
class Reading:
    """A study with its captures.

    Parameters
    ----------
    study
        As it is kept.
    patients
        Their codes, in order.
    taken
        The captures that count, and those that do not.
    complete, quality
        Of these.
    arm_of
        Each patient's arm; None while the study is blinded.
    """

    study: Study
    patients: Sequence[str]
    taken: Taken
    complete: Completeness
    quality: Quality
    arm_of: Mapping[str, str] | None


class Readings:
    """The newest readings. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[object, Reading]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, store: Store, study_code: str) -> Reading:
        """Read a study.

        Raises
        ------
        StudyRefused
            If there is none of this code.
        collector.store.stored.StoreFailed
            If it could not be read.
        """
        with store.reading() as connection:
            study = studies.of_code(connection, study_code)
            patients = studies.patients(connection, study_code)
            state = (study, tuple(patients), study_captures.state(connection, patients))
            with self._lock:
                known = self._kept.get(study_code)
            if known is not None and known[0] == state:
                return known[1]
            takes = study_captures.takes(connection, study.plan, patients)
            arm_of = None if study.is_blinded else studies.arms(connection, study_code)
        taken = taken_of(takes, simulated=study.plan.simulated)
        complete, good = completeness(study.plan, patients, taken), quality(study.plan, patients, taken)
        reading = Reading(study, patients, taken, complete, good, arm_of)
        with self._lock:
            self._kept[study_code] = (state, reading)
            self._kept.move_to_end(study_code)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return reading
