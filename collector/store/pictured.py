"""Whom a picture shows, as captures name it."""

from sqlalchemy import Connection, select

from collector.store.tables import captures


def patients_of_picture(connection: Connection, sha256: str) -> list[str]:
    """Return the codes of the patients whose captures name a picture, in their order; mostly one, none where nobody."""
    question = select(captures.c.patient_code).distinct().where(captures.c.picture_sha256 == sha256)
    return list(connection.execute(question.order_by(captures.c.patient_code)).scalars())
