"""What has still to reach the clinic, and what the clinic and people said of it.

A message (a capture, a comparison, a visit, a review) leaves the outbox only by a receipt that names its id and its
content, or because a person withdrew what the clinic had refused. Of one patient the messages leave one after the
other, in the order they were kept, each once the one before has its receipt; patients do not wait for each other.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contract import Channel, Outcome, Receipt
from device.outbox.states import Event, State, after
from device.store import Store

#: The picture of a capture that is held, or was withdrawn, stays with the instrument as the capture does.
_PICTURE_WAITS = (
    "received_at IS NULL AND EXISTS"
    " (SELECT 1 FROM message WHERE picture_sha256 = picture.sha256 AND state NOT IN ('held', 'withdrawn'))"
)

CHANNELS = (Channel.CAPTURE, Channel.CHANGE, Channel.VISIT, Channel.REVIEW)
"""Of the messages that are kept until their receipt."""

_EVENTS = {Outcome.STORED: Event.STORED, Outcome.REFUSED: Event.REFUSED}


@dataclass(frozen=True)
class Waiting:
    """A message that has no receipt."""

    message_id: UUID
    channel: Channel


@dataclass(frozen=True)
class Remaining:
    """A message that is not at the clinic: what it is, where it stands, and why.

    ``site`` is None of a whole visit, ``reason`` where the clinic refused nothing.
    """

    message_id: UUID
    channel: Channel
    patient_code: str
    visit_number: int
    site: str | None
    state: State
    reason: str | None


@dataclass(frozen=True)
class WaitingPicture:
    """A picture that the collector has not confirmed; ``trouble`` is why the last try failed, None of no try."""

    sha256: str
    media_type: str
    size_bytes: int
    trouble: str | None = None


@dataclass(frozen=True)
class Counts:
    """How much waits, and how much was refused and waits for a person. Others are comparisons, visits and reviews."""

    waiting_captures: int
    refused_captures: int
    waiting_pictures: int
    waiting_others: int
    refused_others: int


class Outbox:
    """The sending side of a :class:`~device.store.Store`.

    Parameters
    ----------
    store
        The store whose messages are to be delivered, opened by the calling thread.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection = store.connection

    def waiting(self, limit: int, channels: Collection[Channel] = CHANNELS) -> list[Waiting]:
        """Return up to ``limit`` messages of some channels that are next: of each patient the oldest without a receipt.

        In the order they were kept.
        """
        rows = self._connection.execute(
            # without the hint SQLite may sort all that waits, to give the first few
            "SELECT message_id, channel, patient_code FROM message INDEXED BY message_waiting"  # noqa: S608
            " WHERE state = 'waiting'"
            f" AND channel IN ({','.join('?' * len(channels))}) ORDER BY sequence",
            (*channels,),
        )
        next_of: dict[str, Waiting] = {}
        for message_id, channel, patient_code in rows:
            if len(next_of) >= limit:
                break
            next_of.setdefault(patient_code, Waiting(UUID(message_id), Channel(channel)))
        rows.close()
        return list(next_of.values())

    def payload(self, message_id: UUID) -> bytes:
        """Return the bytes to publish, the same each time."""
        row = self._connection.execute(
            "SELECT payload FROM message WHERE message_id = ?", (str(message_id),)
        ).fetchone()
        return bytes(row[0])

    def record_receipts(self, receipts: Sequence[Receipt]) -> list[bool]:
        """Write down what the clinic decided, in one transaction.

        Returns
        -------
        list of bool
            Of each, False if it says nothing new: for an unknown message, for other content, or a second time. A
            refusal may be followed by ``stored`` (the clinic re-tried it), never the other way round.
        """
        with self._store.transaction():
            return [self._record(receipt) for receipt in receipts]

    def _record(self, receipt: Receipt) -> bool:
        row = self._connection.execute(
            "SELECT state FROM message WHERE message_id = ? AND content_sha256 = ?",
            (str(receipt.message_id), receipt.content_sha256),
        ).fetchone()
        if row is None:
            return False
        known = State(row[0])
        state = after(known, _EVENTS[receipt.outcome])
        if state is known:
            return False
        self._connection.execute(
            "UPDATE message SET state = ?, reason = ?, decided_at = ? WHERE message_id = ?",
            (state, receipt.reason, receipt.decided_at.isoformat(), str(receipt.message_id)),
        )
        return True

    def record_trouble(self, message_id: UUID, trouble: str) -> None:
        """Write down what keeps a message from leaving: a sentence."""
        self._connection.execute(
            "UPDATE message SET reason = ? WHERE message_id = ? AND state = 'waiting' AND reason IS NOT ?",
            (trouble, str(message_id), trouble),
        )

    def remaining(self) -> Iterator[Remaining]:
        """Give what is not at the clinic: what waits for a person first, each part in the order it was kept."""
        rows = self._connection.execute(
            "SELECT message_id, channel, patient_code, visit_number, site, state, reason FROM message"
            " WHERE state <> 'received'"
            " ORDER BY state = 'withdrawn', state <> 'refused', state <> 'held', sequence"
        )
        for message_id, channel, patient_code, visit_number, site, state, reason in rows:
            yield Remaining(UUID(message_id), Channel(channel), patient_code, visit_number, site, State(state), reason)

    def waiting_pictures(self, limit: int) -> list[WaitingPicture]:
        """Return up to ``limit`` pictures that the collector has not confirmed, oldest capture first."""
        rows = self._connection.execute(
            "SELECT sha256, media_type, size_bytes, trouble FROM picture INDEXED BY picture_waiting"  # noqa: S608
            f" WHERE {_PICTURE_WAITS} ORDER BY rowid LIMIT ?",
            (limit,),
        )
        return [WaitingPicture(*row) for row in rows]

    def record_picture_received(self, sha256: str, at: datetime) -> None:
        """Write down that the collector holds the picture."""
        self._connection.execute(
            "UPDATE picture SET received_at = ?, trouble = NULL WHERE sha256 = ?", (at.isoformat(), sha256)
        )

    def record_picture_trouble(self, sha256: str, trouble: str) -> None:
        """Write down why a picture could not be delivered: a sentence."""
        self._connection.execute(
            "UPDATE picture SET trouble = ? WHERE sha256 = ? AND trouble IS NOT ?", (trouble, sha256, trouble)
        )

    def state(self, message_id: UUID) -> tuple[State, str | None]:
        """Return where a message stands, and the clinic's reason where it refused it."""
        state, reason = self._connection.execute(
            "SELECT state, reason FROM message WHERE message_id = ?", (str(message_id),)
        ).fetchone()
        return State(state), reason

    def counts(self) -> Counts:
        """Return how much is waiting and how much was refused."""
        row = self._connection.execute(
            "SELECT (SELECT count(*) FROM message WHERE state = 'waiting' AND channel = 'capture'),"  # noqa: S608
            " (SELECT count(*) FROM message WHERE state = 'refused' AND channel = 'capture'),"
            f" (SELECT count(*) FROM picture WHERE {_PICTURE_WAITS}),"
            " (SELECT count(*) FROM message WHERE state = 'waiting' AND channel <> 'capture'),"
            " (SELECT count(*) FROM message WHERE state = 'refused' AND channel <> 'capture')"
        ).fetchone()
        return Counts(*row)

    def oldest_waiting(self) -> datetime | None:
        """Return when the oldest message that waits was made, by the instrument's clock; None if none waits."""
        row = self._connection.execute(
            "SELECT json_extract(CAST(payload AS TEXT), '$.created_at') FROM message WHERE state = 'waiting'"
            " ORDER BY sequence LIMIT 1"
        ).fetchone()
        return None if row is None else datetime.fromisoformat(row[0])

    def bytes_of_a_capture(self) -> int | None:
        """Return what one of the captures kept last takes of the disk, its picture with it; None if there is none."""
        (mean,) = self._connection.execute(
            "SELECT avg(size) FROM (SELECT size_bytes + length(payload) AS size FROM message JOIN picture"
            " ON picture_sha256 = sha256 ORDER BY sequence DESC LIMIT 20)"
        ).fetchone()
        return None if mean is None else round(mean)

    def newest_picture(self) -> str | None:
        """Return the digest of the picture that was kept last; None if there is none."""
        row = self._connection.execute("SELECT sha256 FROM picture ORDER BY rowid DESC LIMIT 1").fetchone()
        return None if row is None else str(row[0])

    def version(self) -> int:
        """Return a number that differs once another process or thread has kept something (SQLite's data_version)."""
        (number,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(number)

    def open_connection(self, at: datetime) -> int:
        """Return the number of a new connection to the broker, greater than any before it; those are forgotten."""
        with self._store.transaction():
            (number,) = self._connection.execute(
                "INSERT INTO connection (opened_at) VALUES (?) RETURNING number", (at.isoformat(),)
            ).fetchone()
            self._connection.execute("DELETE FROM connection WHERE number < ?", (number,))
        return int(number)
