"""A message of the quarantine settled by a person: decided anew and kept as if it came now, or discarded.

Each is settled in one transaction with its entry in the audit trail: whatever happens in between, it is held, or
settled, and once. Of two who settle the same one the second finds it gone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from collector.ingestion.decisions import Accepted, Decision, Quarantined, Refused, decide
from collector.people import audit
from collector.store import batches, quarantine
from collector.store.erasure import share_with_erasures
from collector.store.quarantine import Key
from collector.store.store import Store
from contract import BaselineAsk, Outcome

_log = logging.getLogger(__name__)


class Became(StrEnum):
    """What became of a message."""

    STORED = "stored"
    HEARD = "heard"
    """A status, a health message or an ask: nothing of it is stored for good."""
    STILL_HELD = "still held"
    DISCARDED = "discarded"
    GONE = "gone"
    """Somebody else settled it before."""


@dataclass(frozen=True)
class Settled:
    """What became of one message; ``reason`` says why it is still held."""

    key: Key
    became: Became
    reason: str | None = None


def retry(store: Store, clinic_id: str, by: str, key: Key, now: datetime) -> Settled:
    """Decide a message anew and keep it as a batch of its own; what is kept leaves the quarantine with it.

    No receipt goes out: the instrument was told that it is refused, and holds it until a person there sends it again,
    which is then answered as stored, or withdraws it. No alarm is raised again.

    Parameters
    ----------
    store
        Of the clinic.
    clinic_id
        The clinic of this collector.
    by
        Whose account.
    key
        Of the message.
    now
        When it counts as having come, if it is stored.

    Raises
    ------
    StoreFailed
        If nothing could be committed: then nothing changed.
    """
    with store.writing() as connection:
        share_with_erasures(connection)  # before the row: an erasure takes them in this order
        found = quarantine.of_key(connection, key, to_change=True)
        if found is None:
            return Settled(key, Became.GONE)
        decision = decide(clinic_id, key.topic, found.payload)
        why_not = _kept(connection, decision, now, found.held.received_at)
        patient_code = decision.message.patient_code if isinstance(decision, Accepted) else None
        if why_not is not None:
            settled = Settled(key, Became.STILL_HELD, why_not)
            if why_not != found.held.reason:
                quarantine.say_why(connection, key, why_not)
        else:
            quarantine.remove(connection, key)
            settled = Settled(key, Became.STORED if isinstance(decision, Accepted) else Became.HEARD)
        audit.write(
            connection,
            by,
            audit.Action.QUARANTINE_RETRIED,
            patient_code=patient_code,
            subject=_named(key),
            detail=settled.became.value,
        )
        return settled


def discard(store: Store, by: str, key: Key, why: str) -> Settled:
    """Delete a message; the trail keeps its topic, its digest and why.

    Raises
    ------
    StoreFailed
        If nothing could be committed: then nothing changed.
    """
    with store.writing() as connection:
        if not quarantine.remove(connection, key):
            return Settled(key, Became.GONE)
        audit.write(connection, by, audit.Action.QUARANTINE_DISCARDED, subject=_named(key), detail=why)
        return Settled(key, Became.DISCARDED)


def _kept(connection: Connection, decision: Decision, now: datetime, came_at: datetime) -> str | None:
    """Keep a decision, and return None; or why it cannot be kept, having changed nothing."""
    match decision:
        case Refused() | Quarantined():
            return decision.reason
        case BaselineAsk():
            return None  # nobody waits for its answer any more
    # What an instrument said of itself is as old as it was then; a capture comes to the clinic's figures now.
    at = now if isinstance(decision, Accepted) else came_at
    savepoint = connection.begin_nested()
    why_not = _batch_of(connection, decision, at)
    if why_not is None:
        savepoint.commit()
    else:
        savepoint.rollback()  # with the alarm that the batch raised: a person's try is no attack
    return why_not


def _batch_of(connection: Connection, decision: Decision, at: datetime) -> str | None:
    try:
        (answer,) = batches.keep(connection, [decision], at)
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is: as it came, so it stays
        # Not the error's text: it may quote what must not reach log and page.
        _log.error("A message of the quarantine could not be stored: %s.", type(error).__name__)
        return f"Storing it failed with {type(error).__name__}."
    if answer is None or answer.receipt.outcome is Outcome.STORED:
        return None
    return answer.receipt.reason or "It was refused."


def _named(key: Key) -> str:
    return f"{key.topic[:200]} sha256:{key.content_sha256}"
