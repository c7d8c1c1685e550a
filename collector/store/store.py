"""The store as a whole: opened in this release's format, written in batches, asked by the modules beside it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from collector.ingestion.decisions import Decision
from collector.store import alarms, batches, captures, day_lists, devices, patients, reviews, schema
from collector.store.alarms import Alarm, Alarms
from collector.store.database import Database
from collector.store.reviews import History, Reviews
from collector.store.stored import (
    Answer,
    DeviceSummary,
    PatientSummary,
    QuarantinedMessage,
    StoredCapture,
    StoredComparison,
    StoredVisit,
    StoreFailed,
)
from contract import Capture, DayList

_log = logging.getLogger(__name__)


class Store:
    """The clinic's store. Every method may be called from any thread.

    What asks little and often has a method here; what else there is to ask takes :meth:`reading` or :meth:`writing`
    and a module of this folder.

    Parameters
    ----------
    place
        SQLite's file, or a URL (:class:`collector.store.database.Database`).
    password
        Of PostgreSQL, where it asks for one.
    bring_forward
        Whether an older store is brought forward; else it is refused.
    new
        Whether an empty database becomes a store; else it is refused.

    Raises
    ------
    StoreUnusable
        If it is no store of this release or an earlier one, or cannot be reached.
    """

    def __init__(
        self, place: Path | str, password: str | None = None, *, bring_forward: bool = True, new: bool = True
    ) -> None:
        self.database = Database(place, password)
        self._format = schema.newest()
        try:
            if bring_forward:
                schema.bring_forward(self.database)
            else:
                schema.require_newest(self.database, new=new)
        except BaseException:
            self.database.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that reads one state of the store.

        Raises
        ------
        StoreFailed
            If it could not be read.
        """
        with self.database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection within a transaction.

        Raises
        ------
        StoreFailed
            If nothing could be committed, now.
        StoreRefused
            If the database will not take what it was given.
        """
        with self.database.writing() as connection:
            yield connection

    def store_batch(self, decisions: Sequence[Decision], now: datetime) -> list[Answer | None]:
        """Keep a whole batch in one transaction, and return the answers (:func:`collector.store.batches.keep`).

        Raises
        ------
        StoreFailed
            If nothing could be committed, or the store was meanwhile brought to another format.
        """
        with self.writing() as connection:
            schema.refuse_another_format(connection, self._format)
            return batches.keep(connection, decisions, now)

    def raise_alarm(self, alarm: Alarm) -> None:
        """Keep an alarm, and log a new one. Where the store fails it is logged alone."""
        try:
            with self.writing() as connection:
                alarms.write(connection, alarm, datetime.now(UTC))
        except StoreFailed as failed:
            alarms.told_in_the_log(alarm)
            _log.error("The alarm could not be kept: %s", failed)

    def keep_day_lists(self, lists: Sequence[DayList], today: date) -> None:
        """Put lists in the place of earlier ones of the same devices and days: all of them, or none.

        The lists of days before `today` are forgotten.

        Raises
        ------
        StoreFailed
            If nothing could be committed.
        """
        with self.writing() as connection:
            day_lists.replace(connection, lists, today)

    def forget_day_lists(self, before: date) -> None:
        """Forget the lists of earlier days.

        Raises
        ------
        StoreFailed
            If nothing could be committed.
        """
        with self.writing() as connection:
            day_lists.forget_before(connection, before)

    def patients(self, limit: int = 1000) -> list[PatientSummary]:
        """Return patients, the one taken last first."""
        with self.reading() as connection:
            return patients.newest(connection, limit)

    def captures_of(self, patient_code: str) -> list[StoredCapture]:
        """Return a patient's captures by visit, oldest first; empty if there is no such patient."""
        with self.reading() as connection:
            return captures.of_patient(connection, patient_code)

    def captures_of_site(self, patient_code: str, site: str) -> list[Capture]:
        """Return the captures of one patient's site by visit, oldest first."""
        with self.reading() as connection:
            return [stored.capture for stored in captures.of_site(connection, patient_code, site)]

    def capture(self, message_id: UUID) -> StoredCapture | None:
        """Return one capture, or ``None`` if there is none of this id."""
        with self.reading() as connection:
            return captures.of_id(connection, message_id)

    def comparisons_of(self, patient_code: str, site: str) -> list[StoredComparison]:
        """Return the newest comparison of each of a site's later captures, by their visits and times."""
        with self.reading() as connection:
            return captures.comparisons_of(connection, patient_code, site)

    def visits_of(self, patient_code: str) -> list[StoredVisit]:
        """Return what each instrument said last of each of a patient's visits, by visit."""
        with self.reading() as connection:
            return captures.visits_of(connection, patient_code)

    def reviews_of(self, patient_code: str, site: str | None = None) -> Reviews:
        """Return what stands of a patient's captures, of one site or of all."""
        with self.reading() as connection:
            return reviews.latest(connection, patient_code, site)

    def history_of(self, capture: Capture) -> History:
        """Return all that was said of one capture."""
        with self.reading() as connection:
            return reviews.history(connection, capture)

    def day_lists(self, day: date) -> list[DayList]:
        """Return whom each device expects on a day, where anybody said."""
        with self.reading() as connection:
            return day_lists.of_day(connection, day)

    def devices(self) -> list[DeviceSummary]:
        """Return all devices that were ever heard of, by name."""
        with self.reading() as connection:
            return devices.known(connection)

    def quarantine(self, limit: int) -> tuple[int, list[QuarantinedMessage]]:
        """Return how many messages are in quarantine, and the newest ``limit`` of them."""
        with self.reading() as connection:
            return devices.quarantined(connection, limit)

    def alarms(self) -> Alarms:
        """Return what came under the name of something else, the newest first."""
        with self.reading() as connection:
            return alarms.read(connection)
