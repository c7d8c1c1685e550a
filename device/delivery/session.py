"""What is known of the present connection to the broker, and forgotten with it.

Here lives the state *sent* of :mod:`device.outbox.states`: a message is sent from its publishing until its receipt, its
receipt's time is up, or this connection ends. What the broker acknowledges is known by a number of this connection
alone, so that an acknowledgement can never pass for one of a connection before.
"""

import time
from collections.abc import Collection
from uuid import UUID

from contract import Channel
from device.backoff import waiting_times_s
from device.outbox import CHANNELS, Waiting

# A receipt takes milliseconds. What no receipt came for is sent again: ever more rarely where the broker keeps every
# copy for a collector that is away, and soon where it dropped the message because no collector ever subscribed.
_RECEIPT_WITHIN_S, _RECEIPT_WITHIN_AT_MOST_S = 5.0, 3600.0
_UNHEARD_AFTER_S, _UNHEARD_AFTER_AT_MOST_S = 1.0, 30.0


class Session:
    """One connection.

    Parameters
    ----------
    number
        Counts connections over the life of the store.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.window = 0
        self.most_bytes = 0
        self.worked = False
        self.health_due_s = 0.0
        self._sent: dict[UUID, _Sending] = {}
        self._messages: dict[int, Waiting] = {}
        self._asks: dict[int, UUID] = {}
        self._asked: set[UUID] = set()
        self._resting: dict[Channel, float] = {}
        self._heard_s = float("-inf")
        self._doubted_s: dict[Channel, float] = {}

    @property
    def established(self) -> bool:
        """Whether the broker has accepted the connection."""
        return self.window > 0

    def due(self, message: Waiting, moment_s: float) -> bool:
        """Whether a message is to be published: not sent yet, or sent and without receipt for too long."""
        sending = self._sent.get(message.message_id)
        return sending is None or sending.due_s <= moment_s

    def published(self, message: Waiting, number: int) -> None:
        """Note what was handed to the broker, and the number that it will be acknowledged by."""
        self._messages[number] = message
        self._sent.setdefault(message.message_id, _Sending()).sent()

    def receipted(self, message_id: UUID) -> None:
        """Forget a message that its receipt came for."""
        self.worked = True
        self._sent.pop(message_id, None)

    def unacknowledged(self) -> list[UUID]:
        """Return what the broker was handed and has not said a word of."""
        return [message.message_id for message in self._messages.values()]

    def sent(self) -> Collection[UUID]:
        """Return the messages that were handed over and have no receipt."""
        return self._sent.keys()

    def give_up(self, message: Waiting) -> None:
        """Forget that a message was sent: the broker did not take it."""
        self._sent.pop(message.message_id, None)

    def asked(self, message_id: UUID, number: int) -> None:
        """Note an ask that was handed to the broker."""
        self._asks[number] = message_id
        self._asked.add(message_id)

    def was_asked(self, message_id: UUID) -> bool:
        """Whether an ask went out on this connection."""
        return message_id in self._asked

    def forget_asks_but(self, message_ids: set[UUID]) -> None:
        """Forget which asks went out that nobody waits for any more."""
        self._asked &= message_ids

    def acknowledged(self, number: int) -> Waiting | UUID | None:
        """Return what the broker acknowledges or refuses by that number: a message, the id of an ask, or None."""
        return self._messages.pop(number, None) or self._asks.pop(number, None)

    def heard(self) -> None:
        """Note that the clinic's collector is there: somebody heard something."""
        self._heard_s = time.monotonic()

    def unheard(self, message: Waiting) -> None:
        """Note that nobody heard a message: the broker has dropped it, and it is to be sent again."""
        self._doubted_s.setdefault(message.channel, time.monotonic())
        if (sending := self._sent.get(message.message_id)) is not None:
            sending.send_again_soon()

    def is_foreign(self, message: Waiting) -> bool:
        """Whether a message that nobody heard goes on a channel that the clinic does not know.

        That is so if the channel had been in doubt, then the collector heard something else, and then did not hear this
        one. Less proves nothing: it may have come, or gone, in between.
        """
        sending = self._sent.get(message.message_id)
        doubted_s = self._doubted_s.get(message.channel, float("inf"))
        return sending is not None and doubted_s < self._heard_s < sending.sent_s

    def rest(self, message: Waiting, for_s: float) -> None:
        """Send nothing of that message's channel for a while."""
        self._resting[message.channel] = time.monotonic() + for_s
        self._sent.pop(message.message_id, None)

    def channels_at(self, moment_s: float) -> list[Channel]:
        """Return the channels that the broker takes, as far as is known."""
        return [channel for channel in CHANNELS if self._resting.get(channel, 0.0) <= moment_s]


class _Sending:
    """One message on this connection: when it is to be sent again if no receipt comes."""

    def __init__(self) -> None:
        self.due_s = 0.0
        self.sent_s = 0.0
        self._waits_s = waiting_times_s(_RECEIPT_WITHIN_S, _RECEIPT_WITHIN_AT_MOST_S)
        self._unheard_waits_s = waiting_times_s(_UNHEARD_AFTER_S, _UNHEARD_AFTER_AT_MOST_S)

    def sent(self) -> None:
        self.sent_s = time.monotonic()
        self.due_s = self.sent_s + next(self._waits_s)

    def send_again_soon(self) -> None:
        self.due_s = time.monotonic() + next(self._unheard_waits_s)
        self._waits_s = waiting_times_s(_RECEIPT_WITHIN_S, _RECEIPT_WITHIN_AT_MOST_S)
