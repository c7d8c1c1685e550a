"""Captures and what was compared and said at their visits, as they are asked for by patient, site and id."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from collector.store.order import order_taken
from collector.store.rows import payload_as, stored_capture
from collector.store.stored import StoredCapture, StoredComparison, StoredVisit
from collector.store.tables import captures, comparisons, visits
from contract import Comparison, Message, Visit

_CAPTURE = captures.c.payload, captures.c.received_at


def of_patient(connection: Connection, patient_code: str) -> list[StoredCapture]:
    """Return a patient's captures by visit, oldest first; empty if there is no such patient."""
    return _in_order(connection, captures.c.patient_code == patient_code)


def of_site(connection: Connection, patient_code: str, site: str) -> list[StoredCapture]:
    """Return the captures of one patient's site by visit, oldest first."""
    return _in_order(connection, captures.c.patient_code == patient_code, captures.c.site == site)


def of_id(connection: Connection, message_id: UUID) -> StoredCapture | None:
    """Return one capture, or ``None`` if there is none of this id."""
    row = connection.execute(select(*_CAPTURE).where(captures.c.message_id == message_id)).one_or_none()
    return None if row is None else stored_capture(*row)


def comparisons_of(connection: Connection, patient_code: str, site: str) -> list[StoredComparison]:
    """Return the newest comparison of each of a site's later captures, by their visits and times."""
    rows = connection.execute(
        select(comparisons.c.payload, comparisons.c.received_at).where(
            comparisons.c.patient_code == patient_code, comparisons.c.site == site
        )
    )
    newest: dict[UUID, StoredComparison] = {}
    for stored in (StoredComparison(payload_as(Comparison, payload), at) for payload, at in rows):
        known = newest.get(stored.comparison.followup.message_id)
        if known is None or _counts(known.comparison) < _counts(stored.comparison):
            newest[stored.comparison.followup.message_id] = stored
    return sorted(
        newest.values(),
        key=lambda stored: (stored.comparison.followup.visit_number, stored.comparison.followup.taken_at),
    )


def visits_of(connection: Connection, patient_code: str) -> list[StoredVisit]:
    """Return what each instrument said last of each of a patient's visits, by visit."""
    rows = connection.execute(
        select(visits.c.payload, visits.c.received_at).where(visits.c.patient_code == patient_code)
    )
    newest: dict[tuple[int, str], StoredVisit] = {}
    for stored in (StoredVisit(payload_as(Visit, payload), at) for payload, at in rows):
        of = stored.visit.visit_number, stored.visit.device_id
        if of not in newest or _counts(newest[of].visit) < _counts(stored.visit):
            newest[of] = stored
    return [newest[of] for of in sorted(newest)]


def _in_order(connection: Connection, *where: object) -> list[StoredCapture]:
    found = [stored_capture(*row) for row in connection.execute(select(*_CAPTURE).where(*where))]  # type: ignore[arg-type]
    return [found[place] for place in order_taken([stored.capture for stored in found])]


def _counts(message: Message) -> tuple[int, datetime]:
    # An instrument counts over the life of its store; its clock may have been set in between.
    return message.sequence, message.created_at
