"""Studies and who is in them.

Who is in which arm is read in one place, :func:`arms`, whose question itself asks whether the study was unlocked: no
page, export or interface can show what this module does not give. (It stands in the database and in its back-ups: who
may read those is not blinded.)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from collector.store.erasure import codes_among, share_with_erasures
from collector.store.stored import StoreFailed
from collector.store.tables import studies, study_patients
from collector.studies.allocation import MOST_PATIENTS, Allocated
from collector.studies.plan import StudyPlan
from collector.studies.study import Study, StudyRefused

MOST_STUDIES = 200


def add(connection: Connection, plan: StudyPlan, by: str, now: datetime) -> None:
    """Keep a new study.

    Raises
    ------
    StudyRefused
        If there is one of its code, or there are too many.
    """
    if connection.execute(_of_code(plan.study_code)).one_or_none() is not None:
        raise StudyRefused(f"There is a study {plan.study_code} already, and a plan is never changed. Choose a code.")
    if connection.execute(select(func.count()).select_from(studies)).scalar_one() >= MOST_STUDIES:
        raise StudyRefused(f"There are {MOST_STUDIES} studies, which is the most of a clinic.")
    connection.execute(
        insert(studies).values(
            study_code=plan.study_code,
            title=plan.title,
            plan=plan.model_dump_json(),
            created_at=now,
            created_by=by,
        )
    )


def of_code(connection: Connection, study_code: str) -> Study:
    """Return a study.

    Raises
    ------
    StudyRefused
        If there is none of this code.
    """
    row = connection.execute(_of_code(study_code)).one_or_none()
    if row is None:
        raise StudyRefused("There is no study of this code. Look at the list of studies.")
    return _study(row)


def known(connection: Connection) -> list[Study]:
    """Return all studies, the newest first."""
    return [
        _study(row) for row in connection.execute(_STUDIES.order_by(studies.c.created_at.desc(), studies.c.study_code))
    ]


def add_patients(connection: Connection, study_code: str, allocated: Sequence[Allocated]) -> None:
    """Enter patients into a study that is blinded; once entered, nobody changes their arm.

    Raises
    ------
    StudyRefused
        If the study is unlocked, has too many patients, one was erased, or one is in it: under whichever arm, as else
        the answer would tell it.
    """
    share_with_erasures(connection)
    study = of_code(connection, study_code)
    if not study.is_blinded:
        raise StudyRefused("The study is unlocked: nobody can be entered who was allocated blindly.")
    there = set(patients(connection, study_code))
    codes = {one.patient_code for one in allocated}
    if twice := codes & there:
        raise StudyRefused(f"In the study already: {_listed(twice)}. Take them off the list; an arm is never changed.")
    if len(there) + len(allocated) > MOST_PATIENTS:
        raise StudyRefused(f"A study has {MOST_PATIENTS} patients at most.")
    if erased := codes_among(connection, codes):
        raise StudyRefused(
            f"Erased from the clinic's records: {_listed(erased)}. Take them off the list; nothing of them is taken."
        )
    rows = [
        {"study_code": study_code, "patient_code": one.patient_code, "arm": one.arm}
        # By their codes: the rows' order in the file would else be that of the list, which may be sorted by arms.
        for one in sorted(allocated, key=lambda one: one.patient_code)
    ]
    connection.execute(insert(study_patients), rows)


def _listed(codes: set[str]) -> str:
    named = sorted(codes)
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")


def patients(connection: Connection, study_code: str) -> list[str]:
    """Return the codes of a study's patients, in their order."""
    question = (
        select(study_patients.c.patient_code)
        .where(study_patients.c.study_code == study_code)
        .order_by(study_patients.c.patient_code)
    )
    return list(connection.execute(question).scalars())


def unlock(connection: Connection, study_code: str, by: str, now: datetime) -> None:
    """Unlock a study for good.

    Raises
    ------
    StudyRefused
        If there is none of this code, or it was unlocked before.
    """
    study = of_code(connection, study_code)
    still_blinded = studies.c.study_code == study_code, studies.c.unblinded_at.is_(None)
    done = connection.execute(update(studies).where(*still_blinded).values(unblinded_at=now, unblinded_by=by))
    if done.rowcount != 1:
        raise StudyRefused(f"The study was unlocked before, by {study.unlocked_by}.")


def arms(connection: Connection, study_code: str) -> dict[str, str]:
    """Return each patient's arm, in the order of the patients' codes.

    Raises
    ------
    StudyRefused
        If the study is blinded, or there is none.
    """
    if of_code(connection, study_code).is_blinded:
        raise StudyRefused("The study is blinded: nobody is told who is in which arm before it is unlocked.")
    question = (
        select(study_patients.c.patient_code, study_patients.c.arm)
        .join(studies, studies.c.study_code == study_patients.c.study_code)
        .where(study_patients.c.study_code == study_code, studies.c.unblinded_at.is_not(None))
        .order_by(study_patients.c.patient_code)
    )
    return {row.patient_code: row.arm for row in connection.execute(question)}


_STUDIES = select(
    studies,
    select(func.count())
    .where(study_patients.c.study_code == studies.c.study_code)
    .scalar_subquery()
    .label("patient_count"),
)


def _of_code(study_code: str) -> Select[Any]:
    return _STUDIES.where(studies.c.study_code == study_code)


def _study(row: Row[Any]) -> Study:
    try:
        plan = StudyPlan.model_validate_json(row.plan)
    except ValidationError as error:
        raise StoreFailed(
            f"a stored study's plan cannot be read by this release ({error.error_count()} faults)"
        ) from None
    return Study(plan, row.patient_count, row.created_at, row.created_by, row.unblinded_at, row.unblinded_by)
