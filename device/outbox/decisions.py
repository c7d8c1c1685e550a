"""What people decide of messages: each kept with who decided it, why and when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contract import Capture, Forced, content_sha256
from device.outbox.states import Event, State, after
from device.store import NoSuchMessage, Store


@dataclass(frozen=True)
class Word:
    """Who decided something, why and when; kept with what was decided."""

    by: str
    note: str
    at: datetime


def release(store: Store, message_id: UUID, forced: Forced) -> Capture:
    """Let a held capture travel, with the word of the person who decided it.

    Parameters
    ----------
    store
        Of the message.
    message_id
        Of the capture.
    forced
        Who, why and when; it travels with the figures.

    Raises
    ------
    device.store.NoSuchMessage
        If no capture of that id is held.
    """
    with store.transaction():
        row = store.connection.execute(
            "SELECT payload FROM message WHERE message_id = ? AND state = 'held'", (str(message_id),)
        ).fetchone()
        if row is None:
            raise NoSuchMessage(
                f"No refused capture {message_id} waits for a decision. `trichoscope refused` lists those that do."
            )
        kept = Capture.model_validate_json(row[0])
        capture = kept.model_copy(update={"quality": kept.quality.model_copy(update={"forced": forced})})
        payload = capture.encode()
        store.connection.execute(
            "UPDATE message SET payload = ?, content_sha256 = ?, state = ? WHERE message_id = ?",
            (payload, content_sha256(payload), after(State.HELD, Event.RELEASED), str(message_id)),
        )
    return capture


def decide(store: Store, message_id: UUID, event: Event, word: Word) -> State:
    """Do what a person decided of a message that the clinic refused, and keep who, when and why.

    Parameters
    ----------
    store
        Of the message.
    message_id
        Of the message.
    event
        ``SENT_AGAIN`` or ``WITHDRAWN``.
    word
        Of who decided it.

    Returns
    -------
    State
        The message's, from now on.

    Raises
    ------
    device.store.NoSuchMessage
        If no message of that id was refused.
    """
    with store.transaction():
        row = store.connection.execute("SELECT state FROM message WHERE message_id = ?", (str(message_id),)).fetchone()
        if row is None or State(row[0]) is not State.REFUSED:
            raise NoSuchMessage(
                f"The clinic has refused no message {message_id}: `trichoscope outbox` lists those that it did."
                " What the gate refused is let through by `trichoscope release`."
            )
        state = after(State.REFUSED, event)
        store.connection.execute(
            "UPDATE message SET state = ?, reason = iif(? = 'waiting', NULL, reason) WHERE message_id = ?",
            (state, state, str(message_id)),
        )
        store.connection.execute(
            "INSERT INTO decision VALUES (?, ?, ?, ?, ?)",
            (str(message_id), event, word.by, word.note, word.at.isoformat()),
        )
    return state


def send_again_since(store: Store, since: datetime, word: Word) -> int:
    """Send again what the clinic confirmed since then: it stands on an older copy of its store.

    Returns
    -------
    int
        How many messages; their pictures, and others that were confirmed since, are sent again too.
    """
    confirmed = "state = 'received' AND datetime(decided_at) >= datetime(?)"
    with store.transaction():
        store.connection.execute(
            f"INSERT INTO decision SELECT message_id, ?, ?, ?, ? FROM message WHERE {confirmed}",  # noqa: S608
            (Event.SENT_AGAIN, word.by, word.note, word.at.isoformat(), since.isoformat()),
        )
        sent = store.connection.execute(
            f"UPDATE message SET state = ? WHERE {confirmed}",  # noqa: S608
            (after(State.RECEIVED, Event.SENT_AGAIN), since.isoformat()),
        )
        store.connection.execute(
            "UPDATE picture SET received_at = NULL WHERE datetime(received_at) >= datetime(?)", (since.isoformat(),)
        )
    return sent.rowcount
