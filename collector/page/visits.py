"""A patient's visits as pages show them: the sites that each was to have, and which capture of each counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from contract import PROTOCOL, Capture, InstrumentChange, Rating, SiteKey, Visit, instrument_changes


class Word(Protocol):
    """What people said of captures, as far as a visit shows it."""

    def rejects(self, capture: Capture) -> bool:
        """Whether a capture is not to count."""

    def corrected(self, capture: Capture) -> bool:
        """Whether hairs of a capture were corrected."""


@dataclass(frozen=True)
class SiteOfVisit:
    """One site of a visit: of the captures that were not rejected the one taken last counts; all may be missing.

    Earlier takes and rejected ones stay reachable. ``changes`` says what of the instrument is another than when the
    site was last taken, at this visit or before; ``corrected``, whether hairs of the capture that counts were;
    ``left_out``, why the site was left out on purpose, empty where nobody said.
    """

    site: SiteKey
    latest: Capture | None
    earlier: tuple[Capture, ...]
    rejected: tuple[Capture, ...]
    changes: tuple[InstrumentChange, ...]
    corrected: bool
    left_out: str = ""


@dataclass(frozen=True)
class VisitShown:
    """One visit: the sites that it was to have in their order, then what else was taken; and its raters' opinions."""

    number: int
    sites: tuple[SiteOfVisit, ...]
    captures: tuple[Capture, ...]
    ratings: tuple[Rating, ...] = ()

    @property
    def sites_taken(self) -> int:
        """How many of the sites have a capture that counts."""
        return sum(site.latest is not None for site in self.sites)


def visits_of(
    captures: Sequence[Capture],
    word: Word,
    *,
    records: Sequence[Visit] = (),
    before: Mapping[SiteKey, Capture] | None = None,
) -> list[VisitShown]:
    """Return some of a patient's visits, newest first.

    Parameters
    ----------
    captures
        Of those visits, ordered by visit and time; their hairs are not looked at.
    word
        What people said of them.
    records
        What instruments said of the visits: which sites they were to have, what was left out and why, ratings.
    before
        Of each site the last capture that counts of an earlier visit: for what changed since.
    """
    visits = []
    last: dict[SiteKey, Capture] = dict(before or {})
    for number, group in groupby(captures, key=lambda capture: capture.visit_number):
        taken = tuple(group)
        said = [one for one in records if one.visit_number == number]
        sites = [_site(site, taken, word, last, said) for site in _sites(taken, said)]
        last |= {one.site: one.latest for one in sites if one.latest is not None}
        visits.append(VisitShown(number, tuple(sites), taken, tuple(dict.fromkeys(_ratings(said)))))
    return visits[::-1]


def changes_within(series: Sequence[Capture]) -> tuple[InstrumentChange, ...]:
    """Name what of the instrument changed from the last but one to the last of a site's captures."""
    return instrument_changes(series[-2], series[-1]) if len(series) > 1 else ()


def _site(
    site: SiteKey, taken: Sequence[Capture], word: Word, last: Mapping[SiteKey, Capture], said: Sequence[Visit]
) -> SiteOfVisit:
    of_site = [capture for capture in taken if capture.site == site]
    rejected = tuple(capture for capture in of_site if word.rejects(capture))
    takes = tuple(capture for capture in of_site if capture not in rejected)
    latest = takes[-1] if takes else None
    return SiteOfVisit(
        site,
        latest,
        takes[:-1],
        rejected,
        changes_within((*((last[site],) if site in last else ()), *takes)) if takes else (),
        latest is not None and word.corrected(latest),
        "; ".join(dict.fromkeys(skip.reason for one in said for skip in one.skipped if skip.site == site)),
    )


def _sites(taken: Sequence[Capture], said: Sequence[Visit]) -> list[SiteKey]:
    """Return the sites that a visit was to have, then those that were taken beside, in the order of their keys."""
    wanted = dict.fromkeys(site for one in said for site in one.protocol) or dict.fromkeys(PROTOCOL)
    return [*wanted, *sorted({capture.site for capture in taken} - set(wanted))]


def _ratings(said: Sequence[Visit]) -> list[Rating]:
    return [rating for one in said for rating in one.ratings]
