"""Patients, and their visits."""

from __future__ import annotations

from sqlalchemy import Connection

from collector.interface.asked import PATIENT, USUALLY_AT_ONCE, AfterPatient, Beginning, Limit
from collector.interface.clinic import Clinic
from collector.interface.problems import Refusal
from collector.interface.resource import Asked, Query, Resource
from collector.interface.shown.patients import OnePatient, Patients, Visits, one_patient, patient, visit
from collector.people.roles import Right
from collector.store import captures, patients, series
from collector.store.stored import PatientSummary
from contract import PROTOCOL


class PatientsAsked(Query):
    """Which patients."""

    beginning: Beginning = ""
    after: AfterPatient | None = None
    limit: Limit = USUALLY_AT_ONCE


def resources(clinic: Clinic) -> tuple[Resource, ...]:
    """Return the resources of patients."""

    def all_of_them(asked: Asked) -> Patients:
        query: PatientsAsked = asked.query
        with clinic.store.reading() as connection:
            found = patients.found(connection, query.beginning, query.limit + 1, query.after)
        some = found[: query.limit]
        clinic.looked_at_list(asked, (one.patient_code for one in some), "list of patients")
        following = some[-1].patient_code if len(found) > query.limit else None
        return Patients(patients=tuple(map(patient, some)), next=following)

    def one(asked: Asked) -> OnePatient:
        code = asked.path["code"]
        with clinic.store.reading() as connection:
            found = summary_of(connection, code)
            sites = {one.site for one in series.listed_captures(connection, code)}
        clinic.looked(asked, code, "patient")
        return one_patient(found, [*(site for site in PROTOCOL if site in sites), *sorted(sites - set(PROTOCOL))])

    def visits_of(asked: Asked) -> Visits:
        code = asked.path["code"]
        with clinic.store.reading() as connection:
            summary_of(connection, code)
            found = captures.visits_of(connection, code)
        clinic.looked(asked, code, "visits")
        return Visits(visits=tuple(map(visit, found)))

    return (
        Resource(
            "/patients",
            "listPatients",
            "Patients by their codes, some at a time.",
            Right.SEE_PATIENTS,
            all_of_them,
            query=PatientsAsked,
            shown=Patients,
        ),
        Resource(
            "/patients/{code}",
            "getPatient",
            "One patient, with the sites that were taken.",
            Right.SEE_PATIENTS,
            one,
            (PATIENT,),
            shown=OnePatient,
        ),
        Resource(
            "/patients/{code}/visits",
            "listVisits",
            "What each instrument said last of each of a patient's visits.",
            Right.SEE_PATIENTS,
            visits_of,
            (PATIENT,),
            shown=Visits,
        ),
    )


def summary_of(connection: Connection, code: str) -> PatientSummary:
    """Return a patient as lists show them.

    Raises
    ------
    Refusal
        If nothing of them has arrived.
    """
    # Of all codes that begin so the shortest comes first: the code itself, if there is one.
    first = patients.found(connection, code, 1)
    if not first or first[0].patient_code != code:
        raise no_patient()
    return first[0]


def no_patient() -> Refusal:
    """Return the refusal of a code of which nothing has arrived."""
    return Refusal(404, "No capture of a patient of this code has arrived. Check the code.")
