"""The visits that the chair page has begun: which are open, who takes them, and how their sites stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contract import Capture, Review, SiteKey, SkippedSite, Verdict, Visit
from device import clock
from device.chair.refusals import ChairRefused
from device.settings import DeviceSettings
from device.sites import Appointment, Said, compose_visit, counts, last_record, rejected, reviews_of_visit, says_more
from device.store import Store


class SiteState(StrEnum):
    """How a site of a visit stands, as the head map shows it."""

    DONE = "done"
    WARN = "warn"
    DUE = "due"
    LEFT_OUT = "left-out"


@dataclass(frozen=True)
class OpenVisit:
    """A visit that was begun and not ended."""

    patient_code: str
    visit_number: int
    by: str
    opened_at: datetime


@dataclass(frozen=True)
class SiteOfVisit:
    """One site of a visit.

    Parameters
    ----------
    site
        Its key.
    state
        How it stands: a capture that the gate warned of, or refused, is a warning.
    captures
        All takes, the last one last.
    capture
        The one that counts; None where none does.
    skipped
        Where it was left out on purpose.
    of_protocol
        Whether the visit is to have it.
    """

    site: SiteKey
    state: SiteState
    captures: tuple[Capture, ...]
    capture: Capture | None
    skipped: SkippedSite | None
    of_protocol: bool = True


@dataclass(frozen=True)
class VisitStanding:
    """A whole visit as it stands.

    Parameters
    ----------
    sites
        The protocol's in its order, then others that were taken.
    reviews
        What a person said last of each capture, by its id.
    ended_at
        None while it is open, or where it was not begun at the page.
    """

    patient_code: str
    visit_number: int
    sites: tuple[SiteOfVisit, ...]
    reviews: dict[UUID, Review]
    ended_at: datetime | None

    @property
    def missing(self) -> tuple[SiteKey, ...]:
        """The protocol's sites that have no capture that counts, and were not left out."""
        due = (one for one in self.sites if one.of_protocol and one.capture is None and one.skipped is None)
        return tuple(one.site for one in due)

    def site(self, key: SiteKey) -> SiteOfVisit:
        """Return one site of it; one that is not of the protocol and was not taken is due."""
        for one in self.sites:
            if one.site == key:
                return one
        return SiteOfVisit(key, SiteState.DUE, (), None, None, of_protocol=False)


def open_visits(store: Store) -> list[OpenVisit]:
    """Return the visits that were begun and not ended, the last one first."""
    rows = store.connection.execute(
        "SELECT patient_code, visit_number, by, opened_at FROM appointment WHERE ended_at IS NULL"
        " ORDER BY opened_at DESC"
    )
    return [OpenVisit(code, number, by, datetime.fromisoformat(at)) for code, number, by, at in rows]


def begin(store: Store, patient_code: str, visit_number: int, by: str) -> None:
    """Begin a visit, or go on with one: what was ended is open again."""
    store.connection.execute(
        "INSERT INTO appointment (patient_code, visit_number, by, opened_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (patient_code, visit_number) DO UPDATE SET by = excluded.by, ended_at = NULL",
        (patient_code, visit_number, by, clock.now().isoformat()),
    )


def end(store: Store, patient_code: str, visit_number: int) -> None:
    """End a visit. What it holds is delivered whether it is ended or not."""
    store.connection.execute(
        "UPDATE appointment SET ended_at = ? WHERE patient_code = ? AND visit_number = ? AND ended_at IS NULL",
        (clock.now().isoformat(), patient_code, visit_number),
    )


def require_open(store: Store, patient_code: str, visit_number: int) -> OpenVisit:
    """Return an open visit.

    Raises
    ------
    ChairRefused
        If it is not open.
    """
    for one in open_visits(store):
        if (one.patient_code, one.visit_number) == (patient_code, visit_number):
            return one
    raise ChairRefused(f"Visit {visit_number} of {patient_code} is not open. Begin it at the start page.")


def next_visit_number(store: Store, patient_code: str) -> int:
    """Propose a visit's number: one that is open, else the one after the last that this instrument knows."""
    row = store.connection.execute(
        "SELECT max(visit_number) FROM message WHERE patient_code = ?", (patient_code,)
    ).fetchone()
    still_open = [one.visit_number for one in open_visits(store) if one.patient_code == patient_code]
    return still_open[0] if still_open else (row[0] or 0) + 1


def standing(store: Store, settings: DeviceSettings, patient_code: str, visit_number: int) -> VisitStanding:
    """Return how a visit stands."""
    captures = store.visit(patient_code, visit_number)
    reviews = reviews_of_visit(store, patient_code, visit_number)
    record = last_record(store, patient_code, visit_number)
    skipped = {one.site: one for one in (record.skipped if record else ())}
    protocol = settings.visits.protocol
    beside = sorted({one.site for one in captures} - set(protocol))
    row = store.connection.execute(
        "SELECT ended_at FROM appointment WHERE patient_code = ? AND visit_number = ?", (patient_code, visit_number)
    ).fetchone()
    ended_at = None if row is None or row[0] is None else datetime.fromisoformat(row[0])
    sites = tuple(
        replace(_site(site, captures, rejected(reviews), skipped.get(site)), of_protocol=site in protocol)
        for site in (*protocol, *beside)
    )
    return VisitStanding(patient_code, visit_number, sites, reviews, ended_at)


def keep_record(store: Store, settings: DeviceSettings, patient_code: str, visit_number: int, said: Said) -> Visit:
    """Keep the visit's record as it stands now, if it says more than before, and return it."""
    appointment = Appointment(
        settings.clinic_id, settings.device_id, patient_code, visit_number, settings.visits.protocol
    )
    with store.together():  # a record made from what is no longer the last one would drop what that one said
        captures, earlier = store.visit(patient_code, visit_number), last_record(store, patient_code, visit_number)
        not_counted = rejected(reviews_of_visit(store, patient_code, visit_number))

        def compose(sequence: int) -> Visit:
            return compose_visit(sequence, appointment, captures, said, earlier, rejected=not_counted)

        record = compose(1)
        return store.keep_message(compose) if says_more(record, earlier) else record


def _site(
    site: SiteKey, captures: Sequence[Capture], not_counted: Collection[UUID], skipped: SkippedSite | None
) -> SiteOfVisit:
    takes = tuple(one for one in captures if one.site == site)
    counting = [one for one in takes if counts(one) and one.message_id not in not_counted]
    if counting:
        state = SiteState.DONE if counting[-1].quality.verdict is Verdict.PASS else SiteState.WARN
        return SiteOfVisit(site, state, takes, counting[-1], None)
    if skipped is not None:
        return SiteOfVisit(site, SiteState.LEFT_OUT, takes, None, skipped)
    return SiteOfVisit(site, SiteState.WARN if takes else SiteState.DUE, takes, None, None)
