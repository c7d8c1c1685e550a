"""The delivery of figures: every waiting message to the broker, until the clinic's receipt is in; and the visit's asks.

One loop on one thread: it holds at most one connection, publishes the oldest messages first within a window, writes
receipts down, and waits. A message leaves the outbox by its receipt alone. What a visit asks of the clinic goes the
same way: the broker gives a device one connection, and this is it.
"""

import logging
import math
import queue
import shutil
import threading
import time
from collections.abc import Iterator
from uuid import UUID

from contract import (
    TO_DEVICE,
    BaselineAnswer,
    Channel,
    Health,
    Outcome,
    Presence,
    Receipt,
    Status,
    Topic,
    new_message_id,
)
from device import SOFTWARE_VERSION, clock
from device.backoff import waiting_times_s
from device.baseline import Asks
from device.calibration.in_force import standing_of
from device.delivery.broker_connection import BrokerConnection, Connected, Event, Lost, NotTaken, Taken
from device.outbox import CHANNELS, Outbox, Waiting
from device.settings import DeviceSettings
from device.store import Store

_log = logging.getLogger(__name__)

WINDOW = 20
"""Most messages on their way at a time: what a connection may hold in memory, and send again when it is lost."""

_LOOK_EVERY_S = 0.25  # another process keeps what is to be sent; this is how soon it is seen
_HEALTH_EVERY_S = 60.0
# A receipt takes milliseconds. What no receipt came for is sent again: ever more rarely where the broker keeps every
# copy for a collector that is away, and soon where it dropped the message because no collector ever subscribed.
_RECEIPT_WITHIN_S, _RECEIPT_WITHIN_AT_MOST_S = 5.0, 3600.0
_UNHEARD_AFTER_S, _UNHEARD_AFTER_AT_MOST_S = 1.0, 30.0
# A clinic that is older than this instrument knows captures only: they must not wait behind what it does not take.
_REFUSED_CHANNEL_RESTS_S, _UNHEARD_CHANNEL_RESTS_S = 3600.0, 30.0
_RECONNECT_AFTER_S, _RECONNECT_AFTER_AT_MOST_S = 0.5, 30.0
_CHECK_THE_NAMES = "check that device_id is the certificate's common name, and clinic_id the broker's"
_NOBODY_ANSWERS = (
    "Nobody answers at the clinic: this visit is measured without comparison, and compared later. Start its collector."
)
_ACCESS_LIST_TOO_OLD = (
    "The clinic's broker does not know what this instrument sends. Run 'trichoscope-collector broker' there again, and"
    " restart the broker."
)


class Delivery:
    """Delivers what one store holds.

    Parameters
    ----------
    settings
        The instrument's settings.
    store
        Its store, opened by the thread that calls :meth:`run`.
    """

    def __init__(self, settings: DeviceSettings, store: Store) -> None:
        self._settings = settings
        self._outbox = Outbox(store)
        self._asks = Asks(store)
        self._folder = store.folder
        self._boot_id = clock.boot_id()

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop`` is set; a broker that is away is tried again for as long as it takes."""
        pauses = self._pauses()
        while not stop.is_set():
            session = _Session(self._outbox.open_connection(clock.now()))
            connection = self._connect(session)
            try:
                reason = self._serve(connection, session, stop)
            finally:
                connection.close()
            if reason is None:
                return
            pauses = self._pauses() if session.established else pauses
            pause_s = next(pauses)
            _log.warning("No connection: %s. Next try in %.1f s; everything waits in the store.", reason, pause_s)
            stop.wait(pause_s)

    def _pauses(self) -> Iterator[float]:
        return waiting_times_s(_RECONNECT_AFTER_S, _RECONNECT_AFTER_AT_MOST_S)

    def _connect(self, session: "_Session") -> BrokerConnection:
        offline = self._status(Presence.OFFLINE, session.number)
        return BrokerConnection(
            self._settings.broker,
            self._settings.device_id,
            [self._topic(channel) for channel in TO_DEVICE],
            (self._topic(Channel.STATUS), offline.encode()),
        )

    def _serve(self, connection: BrokerConnection, session: "_Session", stop: threading.Event) -> str | None:
        """Work one connection; return why it was lost, or None if ``stop`` ended it."""
        while not stop.is_set():
            try:
                event: Event | None = connection.events.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                event = None
            match event:
                case Lost(reason):
                    return reason
                case Connected():
                    _log.info("Connected to the broker.")
                    session.established = True
                    connection.publish(
                        self._topic(Channel.STATUS), self._status(Presence.ONLINE, session.number).encode(), retain=True
                    )
                case Taken(number, heard):
                    self._note_taken(number, session, heard=heard)
                case NotTaken(number, reason):
                    if not self._rest_refused(number, reason, session):
                        return f"{reason}: {_CHECK_THE_NAMES}"
                case Receipt():
                    self._record(event, session)
                case BaselineAnswer():
                    self._record_answer(event)
            if session.established:
                self._send_asks(connection, session)
                self._send_waiting(connection, session)
                self._send_health_when_due(connection, session)
        if session.established:
            connection.publish(
                self._topic(Channel.STATUS), self._status(Presence.OFFLINE, session.number).encode(), retain=True
            )
        return None

    def _record(self, receipt: Receipt, session: "_Session") -> None:
        if not self._outbox.record_receipt(receipt):
            _log.info("A receipt for %s said nothing new.", receipt.message_id)
            return
        session.on_their_way.pop(receipt.message_id, None)
        if receipt.outcome is Outcome.REFUSED:
            _log.error("The clinic refused message %s: %s", receipt.message_id, receipt.reason)
        else:
            _log.info("The clinic holds message %s.", receipt.message_id)

    def _record_answer(self, answer: BaselineAnswer) -> None:
        try:
            if not self._asks.record_answer(answer):
                _log.info("An answer to %s came that nobody waits for.", answer.message_id)
        except OSError as error:
            self._asks.give_up(answer.message_id, f"The clinic's answer could not be kept ({error}). Check the disk.")

    def _note_taken(self, number: int, session: "_Session", *, heard: bool) -> None:
        asked = session.asks.pop(number, None)
        if asked is not None and not heard:
            self._asks.give_up(asked, _NOBODY_ANSWERS)
        sent = session.numbers.pop(number, None)
        if sent is None or heard or sent.message_id not in session.on_their_way:
            return
        if sent.channel is Channel.CAPTURE:
            session.on_their_way[sent.message_id].send_again_soon()
        else:
            session.rest(sent, _UNHEARD_CHANNEL_RESTS_S)

    def _rest_refused(self, number: int, reason: str, session: "_Session") -> bool:
        """Leave out for a while what the broker refuses though captures pass; return False for anything else."""
        asked, sent = session.asks.pop(number, None), session.numbers.pop(number, None)
        if asked is not None:
            self._asks.give_up(asked, _ACCESS_LIST_TOO_OLD)
        elif sent is not None and sent.channel is not Channel.CAPTURE:
            session.rest(sent, _REFUSED_CHANNEL_RESTS_S)
            _log.error("Messages on %r wait: %s. %s", sent.channel.value, reason, _ACCESS_LIST_TOO_OLD)
        else:
            return False
        return True

    def _send_asks(self, connection: BrokerConnection, session: "_Session") -> None:
        pending = self._asks.pending(clock.now())
        session.asked.intersection_update({ask.message_id for ask in pending})
        for ask in pending:
            if ask.message_id in session.asked:
                continue
            number = connection.ask(
                self._topic(Channel.BASELINE_ASK),
                ask.payload,
                self._topic(Channel.ANSWER),
                ask.message_id.bytes,
                math.ceil(ask.seconds_left),
            )
            if number is not None:
                session.asks[number] = ask.message_id
                session.asked.add(ask.message_id)

    def _send_waiting(self, connection: BrokerConnection, session: "_Session") -> None:
        moment_s = time.monotonic()
        for message in self._outbox.waiting(WINDOW, session.channels_at(moment_s)):
            sending = session.on_their_way.setdefault(message.message_id, _Sending())
            if sending.due_s > moment_s:
                continue
            number = connection.publish(self._topic(message.channel), self._outbox.payload(message.message_id))
            if number is not None:
                session.numbers[number] = message
                sending.sent()

    def _send_health_when_due(self, connection: BrokerConnection, session: "_Session") -> None:
        moment_s = time.monotonic()
        if moment_s < session.health_due_s:
            return
        session.health_due_s = moment_s + _HEALTH_EVERY_S
        counts = self._outbox.counts()
        lights, triggers = self._settings.lights, self._settings.triggers
        standing = standing_of(self._settings, clock.now())
        health = Health(
            message_id=new_message_id(),
            clinic_id=self._settings.clinic_id,
            device_id=self._settings.device_id,
            boot_id=self._boot_id,
            sequence=clock.since_boot_ms(),
            created_at=clock.now(),
            clock_trusted=clock.is_trusted(),
            waiting_captures=counts.waiting_captures,
            waiting_pictures=counts.waiting_pictures,
            refused_captures=counts.refused_captures,
            free_disk_bytes=shutil.disk_usage(self._folder).free,
            lights=() if lights is None else lights.rings,
            triggers=() if triggers is None else triggers.kinds,
            calibration_made_at=standing.made_at,
            calibration_due=standing.due,
        )
        connection.publish(self._topic(Channel.HEALTH), health.encode(), retain=True)

    def _status(self, presence: Presence, number: int) -> Status:
        return Status(
            message_id=new_message_id(),
            clinic_id=self._settings.clinic_id,
            device_id=self._settings.device_id,
            boot_id=self._boot_id,
            sequence=number,
            created_at=clock.now(),
            clock_trusted=clock.is_trusted(),
            presence=presence,
            software_version=SOFTWARE_VERSION,
            simulated=self._settings.camera.kind == "simulated",
        )

    def _topic(self, channel: Channel) -> Topic:
        return Topic(self._settings.clinic_id, self._settings.device_id, channel)


class _Sending:
    """One message on this connection: when it is to be sent again if no receipt comes."""

    def __init__(self) -> None:
        self.due_s = 0.0
        self._waits_s = waiting_times_s(_RECEIPT_WITHIN_S, _RECEIPT_WITHIN_AT_MOST_S)
        self._unheard_waits_s = waiting_times_s(_UNHEARD_AFTER_S, _UNHEARD_AFTER_AT_MOST_S)

    def sent(self) -> None:
        self.due_s = time.monotonic() + next(self._waits_s)

    def send_again_soon(self) -> None:
        self.due_s = time.monotonic() + next(self._unheard_waits_s)
        self._waits_s = waiting_times_s(_RECEIPT_WITHIN_S, _RECEIPT_WITHIN_AT_MOST_S)


class _Session:
    """What is known of the present connection, and forgotten with it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.established = False
        self.health_due_s = 0.0
        self.on_their_way: dict[UUID, _Sending] = {}
        self.numbers: dict[int, Waiting] = {}
        self.asks: dict[int, UUID] = {}
        self.asked: set[UUID] = set()
        self.resting: dict[Channel, float] = {}

    def rest(self, message: Waiting, for_s: float) -> None:
        """Send nothing of that message's channel for a while."""
        self.resting[message.channel] = time.monotonic() + for_s
        self.on_their_way.pop(message.message_id, None)

    def channels_at(self, moment_s: float) -> list[Channel]:
        """Return the channels that the broker takes, as far as is known."""
        return [channel for channel in CHANNELS if self.resting.get(channel, 0.0) <= moment_s]
