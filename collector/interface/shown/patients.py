"""Patients and their visits, as other systems read them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import Field

from collector.interface.resource import Shown
from collector.interface.shown.figures import BodySite, body_site
from collector.store.stored import PatientSummary, StoredVisit
from contract import Scale


class ShownPatient(Shown):
    """A patient: a pseudonym, and how much there is of them."""

    patient_code: str = Field(description="A pseudonym of the clinic.", examples=["P-0042"])
    visits: int = Field(description="At which anything was taken.")
    captures: int
    last_taken_at: datetime


class Patients(Shown):
    """Patients by their codes."""

    patients: tuple[ShownPatient, ...]
    next: str | None = Field(description="Ask with `after` this for the next part; null where this is the last.")


class OnePatient(ShownPatient):
    """A patient, with the sites that were taken."""

    sites: tuple[BodySite, ...] = Field(description="With a capture, in the protocol's order.")


class ShownRating(Shown):
    """A rater's opinion on the whole head: not a measurement."""

    scale: Scale
    grade: str = Field(examples=["IIIv"])
    rater: str = Field(description="Code of the person.", examples=["mk"])


class SkippedSite(Shown):
    """A site that was left out on purpose."""

    site: str
    reason: str


class ShownVisit(Shown):
    """What one instrument said last of a visit. Who is in which arm of a study is never told here."""

    patient_code: str
    visit_number: int
    visit_date: date
    device_id: str
    received_at: datetime
    protocol: tuple[str, ...] = Field(description="The sites that the visit was to have.")
    taken: tuple[str, ...] = Field(description="The sites with a picture that counts.")
    skipped: tuple[SkippedSite, ...]
    missing: tuple[str, ...] = Field(description="Neither taken nor left out on purpose.")
    ratings: tuple[ShownRating, ...]


class Visits(Shown):
    """A patient's visits, by their numbers."""

    visits: tuple[ShownVisit, ...]


def patient(summary: PatientSummary) -> ShownPatient:
    """Return a patient of the list."""
    return ShownPatient(**_patient(summary))


def one_patient(summary: PatientSummary, sites: list[str]) -> OnePatient:
    """Return a patient with their sites."""
    return OnePatient(**_patient(summary), sites=tuple(map(body_site, sites)))


def visit(stored: StoredVisit) -> ShownVisit:
    """Return a visit."""
    said = stored.visit
    return ShownVisit(
        patient_code=said.patient_code,
        visit_number=said.visit_number,
        visit_date=said.visit_date,
        device_id=said.device_id,
        received_at=stored.received_at,
        protocol=said.protocol,
        taken=said.taken,
        skipped=tuple(SkippedSite(site=one.site, reason=one.reason) for one in said.skipped),
        missing=said.missing,
        ratings=tuple(ShownRating(scale=one.scale, grade=one.grade, rater=one.rater) for one in said.ratings),
    )


def _patient(summary: PatientSummary) -> dict[str, Any]:
    return {
        "patient_code": summary.patient_code,
        "visits": summary.visits,
        "captures": summary.captures,
        "last_taken_at": summary.last_taken_at,
    }
