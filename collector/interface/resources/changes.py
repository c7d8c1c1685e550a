"""What changed at a patient's site."""

from __future__ import annotations

from collector.interface.asked import PATIENT, SITE, USUALLY_AT_ONCE, AfterCapture, Limit
from collector.interface.clinic import Clinic
from collector.interface.resource import Asked, Query, Resource
from collector.interface.resources.captures import part
from collector.interface.resources.patients import summary_of
from collector.interface.shown.changes import Changes, change
from collector.people.roles import Right
from collector.store import series, standings


class ChangesAsked(Query):
    """Which of a site's changes."""

    after: AfterCapture | None = None
    limit: Limit = USUALLY_AT_ONCE


def resources(clinic: Clinic) -> tuple[Resource, ...]:
    """Return the resource of changes."""

    def of_site(asked: Asked) -> Changes:
        code, site, query = asked.path["code"], asked.path["site"], asked.query
        with clinic.store.reading() as connection:
            summary_of(connection, code)
            compared = sorted(
                series.newest_comparisons(connection, code, [site]),
                key=lambda one: (one.followup.visit_number, one.followup.taken_at, one.message_id),
            )
            said = standings.of_patient(connection, code, [site])
        clinic.looked(asked, code, f"changes of {site}")
        some, following = part(compared, query.after, query.limit)
        return Changes(changes=tuple(change(one, counts=not said.rejects_one_of(one)) for one in some), next=following)

    return (
        Resource(
            "/patients/{code}/sites/{site}/changes",
            "listChanges",
            "What changed at a patient's site: of each later capture the newest comparison, with what is said of it"
            " beside the instrument's own noise.",
            Right.SEE_PATIENTS,
            of_site,
            (PATIENT, SITE),
            ChangesAsked,
            Changes,
        ),
    )
