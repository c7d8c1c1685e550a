"""Where a message is between the chair and the clinic, and what moves it: the whole of it is the table below.

docs/pictures/outbox-states.svg is drawn from it. *Sent* is what the present connection to the broker knows
(:mod:`device.delivery`) and is written nowhere: a broker's acknowledgement survives neither the broker's crash nor the
connection's end.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a message is."""

    HELD = "held"
    WAITING = "waiting"
    SENT = "sent"
    RECEIVED = "received"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves it."""

    RELEASED = "released by a person"
    PUBLISHED = "published"
    UNCONFIRMED = "no receipt came"
    STORED = "receipt: stored"
    REFUSED = "receipt: refused"
    SENT_AGAIN = "sent again by a person"
    WITHDRAWN = "withdrawn by a person"


KEPT: Final = (State.WAITING, State.HELD)
"""What a message is when it is kept: held where the gate refused the picture, else waiting."""

TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (State.HELD, Event.RELEASED): State.WAITING,
    (State.WAITING, Event.PUBLISHED): State.SENT,
    (State.SENT, Event.UNCONFIRMED): State.WAITING,
    (State.SENT, Event.STORED): State.RECEIVED,
    (State.SENT, Event.REFUSED): State.REFUSED,
    # the receipt of a sending that the connection before made
    (State.WAITING, Event.STORED): State.RECEIVED,
    (State.WAITING, Event.REFUSED): State.REFUSED,
    (State.REFUSED, Event.SENT_AGAIN): State.WAITING,
    (State.REFUSED, Event.WITHDRAWN): State.WITHDRAWN,
    # the clinic lost it: it stands on an older copy of its store
    (State.RECEIVED, Event.SENT_AGAIN): State.WAITING,
    # the clinic holds it after all: that stands, whatever was decided here
    (State.REFUSED, Event.STORED): State.RECEIVED,
    (State.WITHDRAWN, Event.STORED): State.RECEIVED,
}


def after(state: State, event: Event) -> State:
    """Return the state that follows; what an event says nothing to stays as it is.

    A receipt may come twice, late, in any order, or for something unknown: none leads out of *received*, only a person.
    """
    return TRANSITIONS.get((state, event), state)
