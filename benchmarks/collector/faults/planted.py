"""A collector with faults planted in it, to see that the judge finds them: ``python -m ... NAMES --settings FILE``.

Nothing of this is in the product: what is wrong is put over it here, in a process of the benchmark's own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from collector import service
from collector.ingestion import keeping, subscriber
from collector.ingestion.decisions import Accepted, Decision, Refused
from collector.ingestion.packets import Received
from collector.settings import CollectorSettings
from collector.store import batches
from collector.store.store import Store
from collector.store.stored import Answer, StoreFailed
from collector.store.tables import FACTS, patients
from collector.store.upsert import insert_into
from groundwork.settings_file import read

_LATER_S = 0.3


def _stored_for_all(decisions: Sequence[Decision], now: datetime) -> list[Answer | None]:
    answer = vars(batches)["_answer"]
    return [
        answer(one, now, one.reason if isinstance(one, Refused) else None)
        if isinstance(one, Accepted | Refused)
        else None
        for one in decisions
    ]


def receipt_before_commit() -> None:
    """Say what is stored a moment before it is."""

    def keep(store: Store, messages: Sequence[Received], decisions: Sequence[Decision], now: datetime) -> Any:  # noqa: ANN401
        threading.Timer(_LATER_S, lambda: keeping.keep(store, messages, decisions, now)).start()
        return _stored_for_all(decisions, now)

    vars(subscriber)["keep"] = keep


def receipt_after_failure() -> None:
    """Say that a batch is stored though the store could not commit it."""

    def keep(store: Store, messages: Sequence[Received], decisions: Sequence[Decision], now: datetime) -> Any:  # noqa: ANN401
        try:
            return keeping.keep(store, messages, decisions, now)
        except StoreFailed:
            return _stored_for_all(decisions, now)

    vars(subscriber)["keep"] = keep


def plain_insert() -> None:
    """Insert without ``ON CONFLICT``: what comes twice is an error."""
    vars(batches)["insert_new"] = lambda _connection, table: insert(table)


def plain_insert_without_keys() -> None:
    """Insert without ``ON CONFLICT`` into tables without primary keys (PostgreSQL): what comes twice is there twice."""
    plain_insert()
    opened = Store.__init__

    def open_without_keys(self: Store, *place: Any, **how: Any) -> None:  # noqa: ANN401
        opened(self, *place, **how)
        with self.writing() as connection:
            for table in FACTS:
                connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP CONSTRAINT IF EXISTS {table.name}_pkey")

    vars(batches)["_quarantine"] = lambda *_, **_named: None
    type.__setattr__(Store, "__init__", open_without_keys)


def erasures_unheard_of() -> None:
    """Take in what comes of patients who were erased."""
    vars(batches)["codes_among"] = lambda _connection, _codes: set()


def patients_by_last_arrival() -> None:
    """Let the list of patients say what came last, and not what was taken last."""

    def note(connection: Connection, taken: Sequence[Any]) -> None:
        for capture in sorted(taken, key=lambda one: one.patient_code):
            statement = insert_into(connection, patients)
            connection.execute(
                statement.values(
                    patient_code=capture.patient_code, last_taken_at=capture.taken_at
                ).on_conflict_do_update(
                    index_elements=[patients.c.patient_code], set_={"last_taken_at": capture.taken_at}
                )
            )

    vars(batches)["_note_patients"] = note


PLANTED: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        receipt_before_commit,
        receipt_after_failure,
        plain_insert,
        plain_insert_without_keys,
        erasures_unheard_of,
        patients_by_last_arrival,
    )
}

if __name__ == "__main__":
    for name in sys.argv[1].split(","):
        PLANTED[name]()
    sys.exit(not service.run(read(CollectorSettings, Path(sys.argv[-1]))))
