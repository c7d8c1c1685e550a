"""Results that take seconds are worked out once for each state of a study's data, beside the pages that wait for them.

Unlocked studies only: of a blinded one nobody can give the arms that it asks for.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from collector.studies.plan import StudyPlan
from collector.studies.results import Results, results
from collector.studies.takes import Taken

_State = tuple[object, ...]


class ResultsKept:
    """The newest results of each study. Any thread may ask."""

    def __init__(self) -> None:
        self._one_at_a_time = ThreadPoolExecutor(1, thread_name_prefix="study-results")
        self._kept: dict[str, tuple[_State, Future[Results]]] = {}
        self._lock = threading.Lock()

    def of(self, plan: StudyPlan, arm_of: Mapping[str, str], taken: Taken) -> Results | None:
        """Return a study's results; None while they are being worked out, which begins when they are first asked for.

        Parameters
        ----------
        plan, arm_of, taken
            Of the study, as it is stored now: where a capture or a review came since, the results are others.
        """
        # What the results are made of, and not a hash or a time of it: nothing else may pass for it.
        state = (plan, *arm_of.items(), *((place, take.value) for place, take in taken.counted.items()))
        with self._lock:
            known = self._kept.get(plan.study_code)
            if known is None or known[0] != state:
                if known is not None:
                    known[1].cancel()
                known = (state, self._one_at_a_time.submit(results, plan, dict(arm_of), taken))
                self._kept[plan.study_code] = known
        return known[1].result() if known[1].done() else None
