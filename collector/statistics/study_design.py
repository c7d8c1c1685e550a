"""A study's figures as a model's columns: arm by visit, and site; what cannot be told apart is left out and named."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collector.statistics.arms import MOST_ARMS
from collector.statistics.given import Array, FiguresUnusable, TooFewFigures, alike, codes, figures
from collector.statistics.variance_components import Component, Labels

MOST_FIGURES = 10_000
MOST_COLUMNS = 120
"""Of the model: keeps its time bounded, as the figures' number does."""

FEWEST_PATIENTS = 2
"""An arm needs them at a visit: a single patient's change has no scatter."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One figure of one patient's site at one visit, in the figure's unit; visits are numbered."""

    patient: str
    arm: str
    site: str
    visit: int
    figure: float


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The model's columns and groups, one row a figure.

    Parameters
    ----------
    figures
        Shape (n,).
    columns
        Shape (n, k), of full rank: constant, visits, arms, arms by visits, sites; the first visit, the reference arm
        and the first site are what the others are held against.
    names
        Of the columns.
    patients
        A number a row.
    components
        Random parts that the figures can carry: "patient", and "trend", "site" and "visit" within patients.
    arms, visits, sites
        In the order of the columns.
    patients_twice
        Seen at two visits or more: those that tell of change.
    notes
        Whole sentences: what was left out.
    """

    figures: Array
    columns: Array
    names: tuple[str, ...]
    patients: Labels
    components: Mapping[str, Component]
    arms: tuple[str, ...]
    visits: tuple[int, ...]
    sites: tuple[str, ...]
    patients_twice: int
    notes: tuple[str, ...]

    def more_than_reference(self, arm: str, visit: int) -> Array:
        """Return the weights of the columns that give an arm's change less the reference's."""
        weights = np.zeros(len(self.names))
        if arm != self.arms[0]:
            weights[self.names.index(_both(arm, visit))] = 1.0
        return weights

    def change(self, arm: str, visit: int) -> Array:
        """Return the weights of the columns that give an arm's change since the first visit."""
        weights = self.more_than_reference(arm, visit)
        weights[self.names.index(_visit(visit))] = 1.0
        return weights


def design(seen: Sequence[Seen], reference: str) -> Design:
    """Make the model's columns.

    Arms with fewer than two patients seen at two visits, and visits at which an arm has fewer than two patients, are
    left out and named.

    Raises
    ------
    FiguresUnusable
        If a figure is no number, all are alike, one is given twice, or there are too many; `TooFewFigures` where too
        little is left.
    """
    _refuse_what_is_no_study(seen)
    notes: list[str] = []
    kept = _visits_with_all_arms(_arms_with_enough(seen, reference, notes), notes)
    kept = sorted(kept, key=lambda one: (one.patient, one.site, one.visit))
    if reference not in {one.arm for one in kept}:
        raise TooFewFigures(_TOO_FEW)
    arms = (reference, *sorted({one.arm for one in kept} - {reference}))
    visits, sites = tuple(sorted({one.visit for one in kept})), tuple(sorted({one.site for one in kept}))
    twice = _patients_twice(kept)
    if len(visits) < 2 or any(twice[arm] < FEWEST_PATIENTS for arm in arms):
        raise TooFewFigures(_TOO_FEW)
    values = np.array([one.figure for one in kept], dtype=float)
    if alike(values):
        raise FiguresUnusable("All figures are one number: no model can be made of them.")
    if len(arms) * len(visits) + len(sites) > MOST_COLUMNS:
        raise FiguresUnusable(
            f"{len(arms)} arms by {len(visits)} visits and {len(sites)} sites are too many for one model."
            " Choose fewer visits or sites."
        )
    columns = _columns(kept, arms, visits, sites)
    patients = _labels([one.patient for one in kept])
    return Design(
        figures=values,
        columns=np.column_stack(list(columns.values())),
        names=tuple(columns),
        patients=patients,
        components={"patient": Component(np.zeros_like(patients)), **_trends(kept, visits), **_within_patients(kept)},
        arms=arms,
        visits=visits,
        sites=sites,
        patients_twice=sum(twice.values()),
        notes=tuple(notes),
    )


_TOO_FEW = (
    "Too few figures for a model of the study: every arm, the reference arm among them, needs two patients at least who"
    " were seen at two visits, the first one among them."
)


def _refuse_what_is_no_study(seen: Sequence[Seen]) -> None:
    figures([one.figure for one in seen], "The study's figures", at_most=MOST_FIGURES)
    codes([one.patient for one in seen], "A patient's code")
    codes([one.arm for one in seen], "An arm")
    often = Counter((one.patient, one.site, one.visit) for one in seen)
    (patient, site, visit), times = often.most_common(1)[0]
    if times > 1:
        raise FiguresUnusable(
            f"Patient {patient}, site {site}, visit {visit}: {times} figures were given. Choose one capture a visit."
        )
    arms_of: dict[str, set[str]] = defaultdict(set)
    for one in seen:
        arms_of[one.patient].add(one.arm)
    for patient, arms in arms_of.items():
        if len(arms) > 1:
            raise FiguresUnusable(
                f"Patient {patient} is in two arms, {' and '.join(sorted(arms))}. Correct the study's list."
            )
    if len({one.arm for one in seen}) > MOST_ARMS:
        raise FiguresUnusable(f"More arms than {MOST_ARMS} are too many to compare.")


def _arms_with_enough(seen: Sequence[Seen], reference: str, notes: list[str]) -> list[Seen]:
    twice = _patients_twice(seen)
    few = {one.arm for one in seen if twice[one.arm] < FEWEST_PATIENTS}
    if reference in few:
        raise TooFewFigures(_TOO_FEW)
    notes += [f"Arm {arm} is left out: fewer than two of its patients were seen at two visits." for arm in sorted(few)]
    return [one for one in seen if one.arm not in few]


def _visits_with_all_arms(seen: Sequence[Seen], notes: list[str]) -> list[Seen]:
    there: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in seen:
        there[one.arm, one.visit].add(one.patient)
    arms, visits = {one.arm for one in seen}, sorted({one.visit for one in seen})
    few = {visit for visit in visits if any(len(there[arm, visit]) < FEWEST_PATIENTS for arm in arms)}
    if visits and visits[0] in few:
        raise TooFewFigures(_TOO_FEW)
    notes += [f"Visit {visit} is left out: an arm has fewer than two patients there." for visit in sorted(few)]
    return [one for one in seen if one.visit not in few]


def _patients_twice(seen: Sequence[Seen]) -> Counter[str]:
    """Count, by arm, the patients seen at two visits or more."""
    visits_of: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in seen:
        visits_of[one.arm, one.patient].add(one.visit)
    return Counter(arm for (arm, _), visits in visits_of.items() if len(visits) > 1)


def _columns(
    seen: Sequence[Seen], arms: Sequence[str], visits: Sequence[int], sites: Sequence[str]
) -> dict[str, Array]:
    arm, visit = np.array([one.arm for one in seen]), np.array([one.visit for one in seen])
    site = np.array([one.site for one in seen])
    columns = {"constant": np.ones(len(seen))}
    columns |= {_visit(later): (visit == later).astype(float) for later in visits[1:]}
    columns |= {f"arm {other}": (arm == other).astype(float) for other in arms[1:]}
    columns |= {
        _both(other, later): ((arm == other) & (visit == later)).astype(float)
        for other in arms[1:]
        for later in visits[1:]
    }
    for other in sites[1:]:
        # a site that only one arm has cannot be told from that arm; changes need no such column
        tried = {**columns, f"site {other}": (site == other).astype(float)}
        if np.linalg.matrix_rank(np.column_stack(list(tried.values()))) == len(tried):
            columns = tried
    return columns


def _trends(seen: Sequence[Seen], visits: Sequence[int]) -> dict[str, Component]:
    """Return patients' own trends, which can be told from the residual where two patients were seen thrice.

    Patients answer to a treatment by different amounts, which grow with the visits: without a part for it the first
    and the last visit would pass for as much alike as two that follow each other.
    """
    visits_of: dict[str, set[int]] = defaultdict(set)
    for one in seen:
        visits_of[one.patient].add(one.visit)
    if sum(len(of_patient) > 2 for of_patient in visits_of.values()) < 2:
        return {}
    since_first = np.array([one.visit - visits[0] for one in seen], dtype=float) / (visits[-1] - visits[0])
    return {"trend": Component(np.zeros(len(seen), dtype=np.int64), since_first)}


def _within_patients(seen: Sequence[Seen]) -> dict[str, Component]:
    """Return the parts within patients that can be told from the residual: two patients with two sites at two visits.

    A patient's sites may lie apart for good ("site"), and all of them may be higher at one visit, as they are where
    patients answer to a treatment by different amounts ("visit"): without the latter, several sites of one patient
    would pass for several patients.
    """
    sites_at: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in seen:
        sites_at[one.patient, one.visit].add(one.site)
    crossed = Counter(patient for (patient, _), sites in sites_at.items() if len(sites) > 1)
    if sum(visits > 1 for visits in crossed.values()) < 2:
        return {}
    return {
        "site": Component(_labels([one.site for one in seen])),
        "visit": Component(_labels([one.visit for one in seen])),
    }


def _labels(values: Sequence[str] | Sequence[int]) -> Labels:
    return np.asarray(np.unique(np.array(values), return_inverse=True)[1], dtype=np.int64).ravel()


def _visit(visit: int) -> str:
    return f"visit {visit}"


def _both(arm: str, visit: int) -> str:
    return f"arm {arm}, visit {visit}"
