"""What has still to reach the clinic, and what the clinic said of it.

A message (a capture, a comparison, a visit) is *waiting* from the moment it is kept, or released where the gate refused
it, and *received* or *refused* once its receipt names its id and its content. *Sent* is what the present connection to
the broker knows (:mod:`device.delivery`); it is written nowhere, because a broker's acknowledgement survives neither
the broker's crash nor the connection's end.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contract import Channel, Outcome, Receipt
from device.store import Store

#: The picture of a capture that is held stays with the instrument as the capture does.
_PICTURE_WAITS = (
    "received_at IS NULL AND EXISTS (SELECT 1 FROM message WHERE picture_sha256 = picture.sha256 AND held = 0)"
)


CHANNELS = (Channel.CAPTURE, Channel.CHANGE, Channel.VISIT)
"""Of the messages that are kept until their receipt."""


@dataclass(frozen=True)
class Waiting:
    """A message that has no receipt."""

    message_id: UUID
    channel: Channel


@dataclass(frozen=True)
class WaitingPicture:
    """A picture that the collector has not confirmed."""

    sha256: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True)
class Counts:
    """How much waits, and how much was refused and waits for a person. Others are comparisons and visits."""

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
        self._connection = store.connection

    def waiting(self, limit: int, channels: Collection[Channel] = CHANNELS) -> list[Waiting]:
        """Return the oldest ``limit`` messages of some channels without a receipt, in the order they were kept."""
        rows = self._connection.execute(
            "SELECT message_id, channel FROM message WHERE outcome IS NULL AND held = 0"  # noqa: S608
            f" AND channel IN ({','.join('?' * len(channels))}) ORDER BY sequence LIMIT ?",
            (*channels, limit),
        )
        return [Waiting(UUID(message_id), Channel(channel)) for message_id, channel in rows]

    def payload(self, message_id: UUID) -> bytes:
        """Return the bytes to publish, the same each time."""
        row = self._connection.execute(
            "SELECT payload FROM message WHERE message_id = ?", (str(message_id),)
        ).fetchone()
        return bytes(row[0])

    def record_receipt(self, receipt: Receipt) -> bool:
        """Write down what the clinic decided.

        Returns
        -------
        bool
            False if the receipt says nothing new: for an unknown message, for other content, or a second time. A
            refusal may be followed by ``stored`` (the clinic re-tried it), never the other way round.
        """
        changed = self._connection.execute(
            "UPDATE message SET outcome = ?, reason = ?, decided_at = ? WHERE message_id = ? AND content_sha256 = ?"
            " AND (outcome IS NULL OR (outcome = 'refused' AND ? = 'stored'))",
            (
                receipt.outcome,
                receipt.reason,
                receipt.decided_at.isoformat(),
                str(receipt.message_id),
                receipt.content_sha256,
                receipt.outcome,
            ),
        )
        return changed.rowcount > 0

    def waiting_pictures(self, limit: int) -> list[WaitingPicture]:
        """Return up to ``limit`` pictures that the collector has not confirmed, oldest capture first."""
        rows = self._connection.execute(
            f"SELECT sha256, media_type, size_bytes FROM picture WHERE {_PICTURE_WAITS} ORDER BY rowid LIMIT ?",  # noqa: S608
            (limit,),
        )
        return [WaitingPicture(*row) for row in rows]

    def record_picture_received(self, sha256: str, at: datetime) -> None:
        """Write down that the collector holds the picture."""
        self._connection.execute("UPDATE picture SET received_at = ? WHERE sha256 = ?", (at.isoformat(), sha256))

    def outcome(self, message_id: UUID) -> tuple[Outcome | None, str | None]:
        """Return the clinic's decision on a message and its reason; None while there is no receipt."""
        outcome, reason = self._connection.execute(
            "SELECT outcome, reason FROM message WHERE message_id = ?", (str(message_id),)
        ).fetchone()
        return (Outcome(outcome) if outcome else None), reason

    def counts(self) -> Counts:
        """Return how much is waiting and how much was refused."""
        waits, refused = "outcome IS NULL AND held = 0", "outcome = 'refused'"
        row = self._connection.execute(
            f"SELECT (SELECT count(*) FROM message WHERE channel = 'capture' AND {waits}),"  # noqa: S608
            f" (SELECT count(*) FROM message WHERE channel = 'capture' AND {refused}),"
            f" (SELECT count(*) FROM picture WHERE {_PICTURE_WAITS}),"
            f" (SELECT count(*) FROM message WHERE channel <> 'capture' AND {waits}),"
            f" (SELECT count(*) FROM message WHERE channel <> 'capture' AND {refused})"
        ).fetchone()
        return Counts(*row)

    def open_connection(self, at: datetime) -> int:
        """Return the number of a new connection to the broker, greater than any before it."""
        number = self._connection.execute(
            "INSERT INTO connection (opened_at) VALUES (?) RETURNING number", (at.isoformat(),)
        ).fetchone()[0]
        return int(number)
