"""A patient's sites over their visits: which capture counts at each, and which comparison is the latest.

What :class:`collector.report.series.SiteSeries` says of one site by reading its messages whole, this says of all sites
by reading columns; of messages only those are read that columns cannot decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from collector.store import series, standings
from collector.store.order import order_taken
from collector.store.series import ListedCapture
from collector.store.standings import Standings
from contract import DONOR_CONTROL, PROTOCOL, Capture, Comparison, SiteKey, Verdict, baseline_of


@dataclass(frozen=True)
class Course:
    """One site over its visits.

    Parameters
    ----------
    site
        The site.
    captures
        One a visit, in the visits' order: the last take that counts; where none does, the last.
    baseline
        What later visits are compared with; None where no capture may be.
    comparisons
        One a later visit, in the visits' order.
    """

    site: SiteKey
    captures: tuple[ListedCapture, ...]
    baseline: ListedCapture | None
    comparisons: tuple[Comparison, ...]

    @property
    def newest(self) -> ListedCapture | None:
        """The capture of the latest visit that has one."""
        return self.captures[-1] if self.captures else None

    @property
    def latest(self) -> Comparison | None:
        """The comparison of the latest visit that has one."""
        return self.comparisons[-1] if self.comparisons else None

    @property
    def moments(self) -> dict[int, datetime]:
        """The visits of which anything is known, with their times."""
        known = {one.visit_number: one.taken_at for one in self.captures}
        for one in self.comparisons:
            for end in (one.baseline, one.followup):
                known.setdefault(end.visit_number, end.taken_at)
        return known


@dataclass(frozen=True)
class Courses:
    """All sites of a patient, in the order of the protocol, then by their keys; and what stands of their captures."""

    of_site: Mapping[SiteKey, Course]
    standings: Standings
    takes: tuple[ListedCapture, ...]

    def course(self, site: SiteKey) -> Course:
        """Return a site's course; an empty one where nothing is known."""
        return self.of_site.get(site) or Course(site, (), None, ())

    @property
    def visit_numbers(self) -> tuple[int, ...]:
        """The visits at which anything was taken."""
        return tuple(sorted({one.visit_number for one in self.takes}))


def read_courses(connection: Connection, patient_code: str, sites: Sequence[SiteKey] | None = None) -> Courses:
    """Read a patient's sites.

    Parameters
    ----------
    connection
        Of one state of the store.
    patient_code
        Whose.
    sites
        Those wanted; None for all.
    """
    takes = series.listed_captures(connection, patient_code, sites)
    heads = series.newest_comparisons(connection, patient_code, sites)
    said = standings.of_patient(connection, patient_code, sites)
    wanted = {one.site for one in takes} | {one.site for one in heads} if sites is None else set(sites)
    counting: dict[SiteKey, dict[int, list[ListedCapture]]] = defaultdict(lambda: defaultdict(list))
    for one in takes:
        if not said.rejects(one):
            counting[one.site][one.visit_number].append(one)
    undecided = [
        one.message_id
        for site in wanted
        for of_visit in counting[site].values()
        for one in of_visit
        if len(of_visit) > 1 or one.verdict is Verdict.REFUSE
    ]
    whole = series.captures_without_hairs(connection, undecided)
    return Courses(
        {
            site: _course(
                site,
                counting[site],
                [one for one in heads if one.site == site and not said.rejects_one_of(one)],
                whole,
            )
            for site in in_order(wanted)
        },
        said,
        tuple(takes),
    )


def in_order(sites: set[SiteKey]) -> list[SiteKey]:
    """Return sites in the protocol's order, then others by their keys."""
    return [*(site for site in PROTOCOL if site in sites), *sorted(sites - set(PROTOCOL))]


def with_donor(site: SiteKey) -> list[SiteKey]:
    """Return a site, and the donor control if it is another."""
    return [site] if site == DONOR_CONTROL else [site, DONOR_CONTROL]


def _course(
    site: SiteKey,
    visits: Mapping[int, Sequence[ListedCapture]],
    compared: Sequence[Comparison],
    whole: Mapping[UUID, Capture],
) -> Course:
    chosen = [_that_counts(number, visits[number], whole) for number in sorted(visits)]
    return Course(
        site,
        tuple(chosen),
        next((one for one in chosen if _may_be_compared(one, whole)), None),
        _one_a_follow_up(compared, {one.message_id for one in chosen}),
    )


def _that_counts(number: int, takes: Sequence[ListedCapture], whole: Mapping[UUID, Capture]) -> ListedCapture:
    if len(takes) == 1:
        return takes[0]
    read = [whole[one.message_id] for one in takes]
    ordered = [read[place] for place in order_taken(read)]
    counts = baseline_of(ordered, number + 1) or ordered[-1]
    return next(one for one in takes if one.message_id == counts.message_id)


def _may_be_compared(capture: ListedCapture, whole: Mapping[UUID, Capture]) -> bool:
    read = whole.get(capture.message_id)
    return read is None or baseline_of([read], read.visit_number + 1) is not None


def _one_a_follow_up(heads: Sequence[Comparison], counting: set[UUID]) -> tuple[Comparison, ...]:
    """Choose of each visit's comparisons that of the capture that counts; where it has none, the last."""
    chosen: dict[int, Comparison] = {}
    for one in sorted(heads, key=lambda head: (head.followup.visit_number, head.followup.taken_at)):
        known = chosen.get(one.followup.visit_number)
        if known is None or one.followup.message_id in counting or known.followup.message_id not in counting:
            chosen[one.followup.visit_number] = one
    return tuple(chosen[number] for number in sorted(chosen))
