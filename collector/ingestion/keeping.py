"""A batch into the store, whatever is in it: what cannot be stored is found, and kept in quarantine with its reason."""

import logging
from collections.abc import Sequence
from datetime import datetime

from collector.ingestion.decisions import Accepted, Decision, Quarantined, Refused
from collector.ingestion.packets import Received
from collector.store.store import Store
from collector.store.stored import Answer, StoreFailed

_log = logging.getLogger(__name__)


def keep(
    store: Store, messages: Sequence[Received], decisions: Sequence[Decision], now: datetime
) -> list[Answer | None]:
    """Store a batch in one commit, and return the answer to each message, ``None`` where none is due.

    Where storing it fails with anything but the store's own failure, halves of it are stored by themselves, down to the
    message that cannot be: that one is kept in quarantine, and refused if it can be named.

    Parameters
    ----------
    messages, decisions
        In the order they came; each decision is of its message.
    now
        When they came.

    Raises
    ------
    StoreFailed
        If the store could not commit. Parts of the batch may have been: all of it may be stored again.
    """
    try:
        return store.store_batch(decisions, now)
    except StoreFailed:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is: the messages beside it are stored
        if len(decisions) == 1:
            return [_quarantine(store, messages[0], decisions[0], error, now)]
        _log.warning("%d messages could not be stored (%s); halves are tried.", len(decisions), type(error).__name__)
    half = len(decisions) // 2
    return keep(store, messages[:half], decisions[:half], now) + keep(store, messages[half:], decisions[half:], now)


def _quarantine(store: Store, message: Received, decision: Decision, error: Exception, now: datetime) -> Answer | None:
    # Not the error's text: it may quote what must not reach log, page and receipt.
    reason = f"Storing it failed with {type(error).__name__}."
    _log.error("A message of %d bytes could not be stored: %s It is kept in quarantine.", len(message.payload), reason)
    kept: Decision
    match decision:
        case Accepted() | Refused():
            kept = Refused(decision.topic, decision.message_id, message.payload, reason)
        case Quarantined():
            kept = Quarantined(decision.topic, message.payload, reason)
        case _:
            kept = Quarantined(message.topic, message.payload, reason)
    try:
        (answer,) = store.store_batch([kept], now)
    except StoreFailed:
        raise
    except Exception as again:  # noqa: BLE001
        raise StoreFailed(f"a message can neither be stored nor kept in quarantine ({type(again).__name__})") from error
    return answer
