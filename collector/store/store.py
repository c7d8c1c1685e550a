"""What the clinic holds: captures, comparisons, visits and reviews once and for ever, and each device's newest word.

Alarms, reviews and day lists have modules of their own beside this one.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from collector.ingestion.decisions import Accepted, Decision, Quarantined, Refused
from collector.store import alarms, day_lists, reviews
from collector.store.alarms import Alarm, AlarmKind, Alarms
from collector.store.order import health_follows, order_taken, status_follows
from collector.store.reviews import History, Reviews
from collector.store.rows import TABLES, device_summary, row_of, seen_at, stored_capture, stored_message, time_of, utc
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
from contract import (
    BaselineAsk,
    Capture,
    Channel,
    Comparison,
    DayList,
    Health,
    Message,
    Outcome,
    Receipt,
    Review,
    Status,
    Topic,
    Visit,
    content_sha256,
)

_SCHEMAS = tuple(
    Path(__file__).with_name(name) for name in ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql")
)
"""From nothing to the first format, and from each to the next: a new store takes all steps, an older one the rest."""

_BUSY_TIMEOUT_S = 5.0

_log = logging.getLogger(__name__)


class StoreUnusable(Exception):
    """The store's file cannot be used at all; the message says what to do."""


class Store:
    """The SQLite store: one writer, any number of readers.

    Parameters
    ----------
    path
        The database file; made if it is not there, in a folder that must be.

    Raises
    ------
    StoreUnusable
        If the file is no database of this release.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with ExitStack() as on_failure:
            try:
                # The subscriber's worker writes and the composition closes: two threads, never at once.
                self._writer = sqlite3.connect(
                    path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
                )
                on_failure.callback(self._writer.close)
                self._prepare()
            except sqlite3.Error as error:
                raise StoreUnusable(
                    f"{path} cannot be used as the store: {error}. Check the path and the disk."
                ) from error
            on_failure.pop_all()

    def _prepare(self) -> None:
        self._writer.execute("PRAGMA journal_mode = WAL")
        # A receipt vouches for the commit, so the commit must outlive a power cut: NORMAL loses some (measured).
        self._writer.execute("PRAGMA synchronous = FULL")
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        if version > len(_SCHEMAS):
            raise StoreUnusable(
                f"{self._path} has schema version {version}; this release reads up to {len(_SCHEMAS)}. Install the"
                " release that wrote it."
            )
        for step in _SCHEMAS[version:]:
            self._writer.executescript(f"BEGIN IMMEDIATE;\n{step.read_text(encoding='utf-8')}\nCOMMIT;")
        # On a disk that is read-only just now SQLite opens read-only, says nothing, and never writes again: so write.
        self._writer.executescript(f"BEGIN IMMEDIATE;\nPRAGMA user_version = {len(_SCHEMAS)};\nCOMMIT;")

    def close(self) -> None:
        """Close the writer; the store must not be used afterwards."""
        self._writer.close()

    def store_batch(self, decisions: Sequence[Decision], now: datetime) -> list[Answer | None]:
        """Keep a whole batch in one transaction, and return the answer to each, ``None`` where none is due.

        The same message again is answered again, and stored once. Another one under the id of a stored one is refused,
        kept in quarantine, and raises an alarm. An ask changes nothing here.

        Parameters
        ----------
        decisions
            In the order they came.
        now
            When they came.

        Raises
        ------
        StoreFailed
            If nothing could be committed.
        """
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                answers = [self._keep(decision, now) for decision in decisions]
                self._writer.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back by itself already.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreFailed(f"the store could not commit: {error}") from error
        return answers

    def _keep(self, decision: Decision, now: datetime) -> Answer | None:
        match decision:
            case Accepted():
                return self._keep_message(decision, now)
            case Refused():
                self._alarm_where_stored(decision, now)
                return self._refuse(decision, decision.reason, now)
            case Quarantined():
                self._keep_quarantined(decision.topic, decision.payload, decision.reason, now)
            case Status():
                self._keep_status(decision, now)
            case Health():
                self._keep_health(decision, now)
            case BaselineAsk():
                pass
        return None

    def _keep_message(self, accepted: Accepted, now: datetime) -> Answer:
        table, own_columns = row_of(accepted.message)
        message, content = accepted.message, content_sha256(accepted.payload)
        row = {
            "message_id": str(message.message_id),
            "content_sha256": content,
            "clinic_id": message.clinic_id,
            "device_id": message.device_id,
            "patient_code": message.patient_code,
            **own_columns,
            "received_at": utc(now),
            "payload": accepted.payload,
        }
        inserted = self._writer.execute(
            f"INSERT INTO {table} ({','.join(row)}) VALUES ({','.join('?' * len(row))})"  # noqa: S608
            " ON CONFLICT (message_id) DO NOTHING",
            tuple(row.values()),
        ).rowcount
        if not inserted:
            (stored,) = self._writer.execute(
                f"SELECT content_sha256 FROM {table} WHERE message_id = ?",  # noqa: S608
                (row["message_id"],),
            ).fetchone()
            if stored != content:
                reason = f"Another {_word_of(message)} is already stored under this id."
                self._alarm(accepted, reason, now)
                return self._refuse(accepted, reason, now)
        return _answer(accepted, now)

    def _alarm_where_stored(self, refused: Refused, now: datetime) -> None:
        """Raise an alarm if what breaks the contract comes under the id of something that is stored."""
        of_id = " UNION ".join(f"SELECT 1 FROM {table} WHERE message_id = :id" for table in TABLES)  # noqa: S608
        if self._writer.execute(of_id, {"id": str(refused.message_id)}).fetchone() is not None:
            self._alarm(refused, f"Stored under this id is something else. {refused.reason}", now)

    def _alarm(self, decision: Accepted | Refused, reason: str, now: datetime) -> None:
        altered = Alarm(
            kind=AlarmKind.MESSAGE_ALTERED,
            device_id=decision.topic.device_id,
            subject=str(decision.message_id),
            found_sha256=content_sha256(decision.payload),
            size_bytes=len(decision.payload),
            reason=reason,
        )
        alarms.write(self._writer, altered, utc(now))

    def _refuse(self, decision: Accepted | Refused, reason: str, now: datetime) -> Answer:
        self._keep_quarantined(str(decision.topic), decision.payload, reason, now)
        return _answer(decision, now, outcome=Outcome.REFUSED, reason=reason)

    def _keep_quarantined(self, topic: str, payload: bytes, reason: str, now: datetime) -> None:
        self._writer.execute(
            "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (topic, content_sha256(payload), reason, utc(now), payload),
        )

    def _keep_status(self, status: Status, now: datetime) -> None:
        known = self._device(status.device_id)
        if known is None or known.status is None or status_follows(known.status, status):
            self._writer.execute(
                "INSERT INTO devices (device_id, seen_at, status) VALUES (?, ?, ?) ON CONFLICT (device_id)"
                " DO UPDATE SET status = excluded.status, seen_at = max(seen_at, excluded.seen_at)",
                (status.device_id, seen_at(status, now), status.model_dump_json()),
            )

    def _keep_health(self, health: Health, now: datetime) -> None:
        known = self._device(health.device_id)
        if known is None or known.health is None or health_follows(known.health, health):
            self._writer.execute(
                "INSERT INTO devices (device_id, seen_at, health) VALUES (?, ?, ?) ON CONFLICT (device_id)"
                " DO UPDATE SET health = excluded.health, seen_at = max(seen_at, excluded.seen_at)",
                (health.device_id, seen_at(health, now), health.model_dump_json()),
            )

    def _device(self, device_id: str) -> DeviceSummary | None:
        row = self._writer.execute(
            "SELECT device_id, seen_at, status, health FROM devices WHERE device_id = ?", (device_id,)
        ).fetchone()
        return None if row is None else device_summary(*row)

    def raise_alarm(self, alarm: Alarm) -> None:
        """Keep an alarm, and log a new one; from any thread. Where the store fails it is logged alone."""
        try:
            with self._own_writer() as connection:
                alarms.write(connection, alarm, utc(datetime.now(UTC)))
        except sqlite3.Error as error:
            alarms.told_in_the_log(alarm)
            _log.error("The alarm could not be kept: %s", error)

    def keep_day_lists(self, lists: Sequence[DayList], today: date) -> None:
        """Put lists in the place of earlier ones of the same devices and days: all of them, or none.

        From any thread, and beside a service that runs. The lists of days before `today` are forgotten.

        Raises
        ------
        StoreFailed
            If nothing could be committed.
        """
        try:
            with self._own_writer() as connection:
                day_lists.replace(connection, lists, today)
        except sqlite3.Error as error:
            raise StoreFailed(f"the store could not commit: {error}") from error

    def forget_day_lists(self, before: date) -> None:
        """Forget the lists of earlier days, from any thread.

        Raises
        ------
        StoreFailed
            If nothing could be committed.
        """
        try:
            with self._own_writer() as connection:
                day_lists.forget_before(connection, before)
        except sqlite3.Error as error:
            raise StoreFailed(f"the store could not commit: {error}") from error

    @contextmanager
    def _own_writer(self) -> Iterator[sqlite3.Connection]:
        """Write in a transaction of a connection of its own: the writer belongs to the subscriber's thread."""
        with closing(sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection  # what is raised here closes the connection, and SQLite rolls back
            connection.execute("COMMIT")

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        # A connection for each question: a page's thread shares none with another, and opening one is cheap.
        address = f"{self._path.resolve().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_TIMEOUT_S)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise StoreFailed(f"the store could not be read: {error}") from error

    def patients(self) -> list[PatientSummary]:
        """Return all patients, the one taken last first."""
        with self._reader() as reader:
            rows = reader.execute(
                "SELECT patient_code, count(DISTINCT visit_number), count(*), max(taken_at) FROM captures"
                " GROUP BY patient_code ORDER BY max(taken_at) DESC, patient_code"
            ).fetchall()
        return [
            PatientSummary(code, visits, captures, datetime.fromisoformat(at)) for code, visits, captures, at in rows
        ]

    def captures_of(self, patient_code: str) -> list[StoredCapture]:
        """Return a patient's captures by visit, oldest first; empty if there is no such patient."""
        with self._reader() as reader:
            rows = reader.execute(
                "SELECT payload, received_at FROM captures WHERE patient_code = ?", (patient_code,)
            ).fetchall()
        captures = [stored_capture(*row) for row in rows]
        return [captures[place] for place in order_taken([stored.capture for stored in captures])]

    def captures_of_site(self, patient_code: str, site: str) -> list[Capture]:
        """Return the captures of one patient's site by visit, oldest first."""
        with self._reader() as reader:
            rows = reader.execute(
                "SELECT payload FROM captures WHERE patient_code = ? AND site = ?", (patient_code, site)
            ).fetchall()
        captures = [stored_message(Capture, payload) for (payload,) in rows]
        return [captures[place] for place in order_taken(captures)]

    def comparisons_of(self, patient_code: str, site: str) -> list[StoredComparison]:
        """Return the newest comparison of each of a site's later captures, by their visits and times."""
        with self._reader() as reader:
            rows = reader.execute(
                "SELECT payload, received_at FROM comparisons WHERE patient_code = ? AND site = ?",
                (patient_code, site),
            ).fetchall()
        newest: dict[UUID, StoredComparison] = {}
        for stored in (StoredComparison(stored_message(Comparison, text), time_of(at)) for text, at in rows):
            known = newest.get(stored.comparison.followup.message_id)
            if known is None or _counts(known.comparison) < _counts(stored.comparison):
                newest[stored.comparison.followup.message_id] = stored
        return sorted(
            newest.values(),
            key=lambda stored: (stored.comparison.followup.visit_number, stored.comparison.followup.taken_at),
        )

    def visits_of(self, patient_code: str) -> list[StoredVisit]:
        """Return what each instrument said last of each of a patient's visits, by visit."""
        with self._reader() as reader:
            rows = reader.execute(
                "SELECT payload, received_at FROM visits WHERE patient_code = ?", (patient_code,)
            ).fetchall()
        newest: dict[tuple[int, str], StoredVisit] = {}
        for stored in (StoredVisit(stored_message(Visit, text), time_of(at)) for text, at in rows):
            of = stored.visit.visit_number, stored.visit.device_id
            if of not in newest or _counts(newest[of].visit) < _counts(stored.visit):
                newest[of] = stored
        return [newest[of] for of in sorted(newest)]

    def reviews_of(self, patient_code: str, site: str | None = None) -> Reviews:
        """Return what stands of a patient's captures, of one site or of all."""
        with self._reader() as reader:
            return reviews.latest(reader, patient_code, site)

    def history_of(self, capture: Capture) -> History:
        """Return all that was said of one capture."""
        with self._reader() as reader:
            return reviews.history(reader, capture)

    def day_lists(self, day: date) -> list[DayList]:
        """Return whom each device expects on a day, where anybody said."""
        with self._reader() as reader:
            return day_lists.of_day(reader, day)

    def capture(self, message_id: UUID) -> StoredCapture | None:
        """Return one capture, or ``None`` if there is none of this id."""
        with self._reader() as reader:
            row = reader.execute(
                "SELECT payload, received_at FROM captures WHERE message_id = ?", (str(message_id),)
            ).fetchone()
        return None if row is None else stored_capture(*row)

    def devices(self) -> list[DeviceSummary]:
        """Return all devices that were ever heard of, by name."""
        with self._reader() as reader:
            rows = reader.execute(
                "SELECT device_id, seen_at, status, health FROM devices ORDER BY device_id"
            ).fetchall()
        return [device_summary(*row) for row in rows]

    def quarantine(self, limit: int) -> tuple[int, list[QuarantinedMessage]]:
        """Return how many messages are in quarantine, and the newest ``limit`` of them."""
        with self._reader() as reader:
            (count,) = reader.execute("SELECT count(*) FROM quarantine").fetchone()
            rows = reader.execute(
                "SELECT topic, reason, received_at, length(payload) FROM quarantine"
                " ORDER BY received_at DESC, topic, content_sha256 LIMIT ?",
                (limit,),
            ).fetchall()
        return count, [QuarantinedMessage(topic, why, datetime.fromisoformat(at), n) for topic, why, at, n in rows]

    def alarms(self) -> Alarms:
        """Return what came under the name of something else, the newest first."""
        with self._reader() as reader:
            return alarms.read(reader)


def _word_of(message: Capture | Comparison | Visit | Review) -> str:
    return type(message).__name__.lower()


def _counts(message: Message) -> tuple[int, datetime]:
    # An instrument counts over the life of its store; its clock may have been set in between.
    return message.sequence, message.created_at


def _answer(
    decision: Accepted | Refused, now: datetime, *, outcome: Outcome = Outcome.STORED, reason: str | None = None
) -> Answer:
    receipt = Receipt(
        message_id=decision.message_id,
        content_sha256=content_sha256(decision.payload),
        outcome=outcome,
        reason=reason,
        decided_at=now,
    )
    return Answer(Topic(decision.topic.clinic_id, decision.topic.device_id, Channel.RECEIPT), receipt)
