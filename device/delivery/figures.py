"""The delivery of figures: every waiting message to the broker, until the clinic's receipt is in; and the visit's asks.

One loop on one thread: it holds at most one connection, publishes what is next in the outbox within a window, writes
receipts down, and waits. A message leaves the outbox by its receipt alone. What a visit asks of the clinic goes the
same way, and the day's list comes by it: the broker gives a device one connection, and this is it.
"""

import logging
import math
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from contract import TO_DEVICE, BaselineAnswer, Channel, DayList, Outcome, Presence, Receipt
from device import clock
from device.backoff import waiting_times_s
from device.baseline import Asks
from device.delivery import day_list
from device.delivery.announcements import health, status, topic
from device.delivery.broker_connection import BrokerConnection, Connected, Event, Lost, NotTaken, Taken
from device.delivery.session import Session
from device.delivery.standing import StandingFile
from device.delivery.suspects import Suspects
from device.outbox import Outbox, Waiting
from device.settings import DeviceSettings
from device.store import Store

_log = logging.getLogger(__name__)

WINDOW = 20
"""Most messages without receipt on their way: what a connection may hold in memory, and send again when it is lost."""

# Another process keeps what is to be sent. To ask SQLite whether it did costs some microseconds, so it is asked often,
# and the tables are read only when it did.
_LOOK_EVERY_S = 0.01
_MOST_EVENTS = 2 * WINDOW  # of which the receipts are written down in one transaction
_LOOK_ALL_THE_SAME_EVERY_S = 1.0  # what is due by time alone
_HEALTH_EVERY_S = 60.0
# A clinic that is older than this instrument knows captures only: they must not wait behind what it does not take.
_REFUSED_CHANNEL_RESTS_S, _UNHEARD_CHANNEL_RESTS_S = 3600.0, 30.0
_RECONNECT_AFTER_S, _RECONNECT_AFTER_AT_MOST_S = 0.5, 30.0
_STANDS_AFTER_S = 10.0  # or after a receipt: a connection that ends before was none, and the pauses go on growing
_CHECK_THE_NAMES = "check that device_id is the certificate's common name, and clinic_id the broker's"
_TOO_LONG = (
    "It has {} bytes, and the clinic's broker takes {}. Run 'trichoscope-collector broker' there again, and restart the"
    " broker."
)
_BREAKS_OFF = "The connection to the clinic's broker breaks off at it: is it longer than that broker allows?"
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
        self._suspects = Suspects()
        self._standing = StandingFile(store.folder)

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop`` is set; a broker that is away is tried again for as long as it takes."""
        pauses = self._pauses()
        while not stop.is_set():
            session = Session(self._outbox.open_connection(clock.now()))
            connection = self._connect(session)
            try:
                reason = self._serve(connection, session, stop)
            finally:
                connection.close()
            if reason is None:
                return
            if (found := self._suspects.broke_at(session.unacknowledged())) is not None:
                self._outbox.record_trouble(found, _BREAKS_OFF)
            pauses = self._pauses() if session.worked else pauses
            pause_s = next(pauses)
            self._standing.tell_pause(reason, pause_s)
            _log.warning("No connection: %s. Next try in %.1f s; everything waits in the store.", reason, pause_s)
            stop.wait(pause_s)

    def _pauses(self) -> Iterator[float]:
        return waiting_times_s(_RECONNECT_AFTER_S, _RECONNECT_AFTER_AT_MOST_S)

    def _connect(self, session: Session) -> BrokerConnection:
        offline = status(self._settings, Presence.OFFLINE, session.number)
        return BrokerConnection(
            self._settings.broker,
            self._settings.device_id,
            [topic(self._settings, channel) for channel in TO_DEVICE],
            (topic(self._settings, Channel.STATUS), offline.encode()),
        )

    def _serve(self, connection: BrokerConnection, session: Session, stop: threading.Event) -> str | None:
        """Work one connection; return why it was lost, or None if ``stop`` ended it."""
        seen, look_at_s = -1, 0.0
        stands_s = time.monotonic() + _STANDS_AFTER_S
        while not stop.is_set():
            events = _next_events(connection)
            self._record([event for event in events if isinstance(event, Receipt)], session)
            for event in events:
                if (reason := self._handle(event, connection, session)) is not None:
                    return reason
            self._standing.tell(session.established, session.sent())
            if not session.established:
                continue
            version, moment_s = self._outbox.version(), time.monotonic()
            session.worked = session.worked or moment_s > stands_s
            if events or version != seen or moment_s >= look_at_s:
                seen, look_at_s = version, moment_s + _LOOK_ALL_THE_SAME_EVERY_S
                self._send_asks(connection, session)
                self._send_waiting(connection, session)
                self._send_health_when_due(connection, session)
        if session.established:
            self._announce(Presence.OFFLINE, connection, session)
        return None

    def _handle(self, event: Event, connection: BrokerConnection, session: Session) -> str | None:
        """Do what an event asks for, receipts apart; return why the connection is given up, or None."""
        match event:
            case Lost(reason):
                return reason
            case Connected(receive_maximum, most_bytes):
                _log.info("Connected to the broker.")
                # status and health need a place of the broker's own bound too
                session.window = max(1, min(WINDOW, receive_maximum - 2))
                session.most_bytes = most_bytes
                self._announce(Presence.ONLINE, connection, session)
            case Taken(number, heard):
                self._note_taken(session.acknowledged(number), session, heard=heard)
            case NotTaken(number, reason, for_its_name):
                sent = session.acknowledged(number)
                if not for_its_name and isinstance(sent, Waiting):
                    self._leave(sent, f"The clinic's broker does not take it: {reason}.", session)
                elif not self._rest_refused(sent, reason, session):
                    cure = f": {_CHECK_THE_NAMES}" if for_its_name else ""
                    return f"the broker refused a message: {reason}{cure}"
            case BaselineAnswer():
                self._record_answer(event)
            case DayList():
                self._keep_day_list(event)
        return None

    def _announce(self, presence: Presence, connection: BrokerConnection, session: Session) -> None:
        said = status(self._settings, presence, session.number)
        connection.publish(topic(self._settings, Channel.STATUS), said.encode(), retain=True)

    def _record(self, receipts: list[Receipt], session: Session) -> None:
        if not receipts:
            return
        for receipt, is_new in zip(receipts, self._outbox.record_receipts(receipts), strict=True):
            if not is_new:
                _log.info("A receipt for %s said nothing new.", receipt.message_id)
                continue
            session.receipted(receipt.message_id)
            if receipt.outcome is Outcome.REFUSED:
                _log.error(
                    "The clinic refused message %s: %s Decide on it with 'trichoscope outbox'.",
                    receipt.message_id,
                    receipt.reason,
                )
            else:
                _log.info("The clinic holds message %s.", receipt.message_id)

    def _record_answer(self, answer: BaselineAnswer) -> None:
        try:
            if not self._asks.record_answer(answer):
                _log.info("An answer to %s came that nobody waits for.", answer.message_id)
        except OSError as error:
            self._asks.give_up(answer.message_id, f"The clinic's answer could not be kept ({error}). Check the disk.")

    def _keep_day_list(self, expected: DayList) -> None:
        if (expected.clinic_id, expected.device_id) != (self._settings.clinic_id, self._settings.device_id):
            _log.warning("A day's list came that is another chair's; it is passed over.")
            return
        try:
            day_list.keep(self._folder, expected.encode())
        except OSError as error:  # a list is a help: what is to be delivered goes on
            _log.error("The list of today's patients could not be kept (%s). Check the disk.", error)

    def _note_taken(self, sent: Waiting | UUID | None, session: Session, *, heard: bool) -> None:
        if isinstance(sent, Waiting):
            self._suspects.passed(sent.message_id)
        if heard:
            session.heard()
        elif isinstance(sent, UUID):
            self._asks.give_up(sent, _NOBODY_ANSWERS)
        elif sent is not None and sent.channel is not Channel.CAPTURE and session.is_foreign(sent):
            session.rest(sent, _UNHEARD_CHANNEL_RESTS_S)
        elif sent is not None:
            session.unheard(sent)
            session.health_due_s = 0.0  # every collector hears that: so it tells whether one is there

    def _rest_refused(self, sent: Waiting | UUID | None, reason: str, session: Session) -> bool:
        """Leave out for a while what the broker refuses though captures pass; return False for anything else."""
        if isinstance(sent, UUID):
            self._asks.give_up(sent, _ACCESS_LIST_TOO_OLD)
        elif sent is not None and sent.channel is not Channel.CAPTURE:
            session.rest(sent, _REFUSED_CHANNEL_RESTS_S)
            _log.error("Messages on %r wait: %s. %s", sent.channel.value, reason, _ACCESS_LIST_TOO_OLD)
        else:
            return False
        return True

    def _send_asks(self, connection: BrokerConnection, session: Session) -> None:
        pending = self._asks.pending(clock.now())
        session.forget_asks_but({ask.message_id for ask in pending})
        for ask in pending:
            if session.was_asked(ask.message_id):
                continue
            number = connection.ask(
                topic(self._settings, Channel.BASELINE_ASK),
                ask.payload,
                topic(self._settings, Channel.ANSWER),
                ask.message_id.bytes,
                math.ceil(ask.seconds_left),
            )
            if number is not None:
                session.asked(ask.message_id, number)

    def _send_waiting(self, connection: BrokerConnection, session: Session) -> None:
        moment_s = time.monotonic()
        following = self._outbox.waiting(session.window + len(self._suspects), session.channels_at(moment_s))
        able = [message for message in following if not self._suspects.is_resting(message.message_id, moment_s)]
        able.sort(key=lambda message: message.message_id in self._suspects)  # stable: else in the order they were kept
        for message in able[: self._suspects.window(session.window)]:
            if not session.due(message, moment_s):
                continue
            payload = self._outbox.payload(message.message_id)
            if len(payload) > session.most_bytes:
                self._leave(message, _TOO_LONG.format(len(payload), session.most_bytes), session)
                continue
            number = connection.publish(topic(self._settings, message.channel), payload)
            if number is not None:
                session.published(message, number)

    def _leave(self, message: Waiting, trouble: str, session: Session) -> None:
        """Let a message rest that the broker does not take, and its patient's later ones with it; the others go on."""
        session.give_up(message)
        self._suspects.rest(message.message_id)
        self._outbox.record_trouble(message.message_id, trouble)
        _log.error("Message %s waits: %s", message.message_id, trouble)

    def _send_health_when_due(self, connection: BrokerConnection, session: Session) -> None:
        moment_s = time.monotonic()
        if moment_s < session.health_due_s:
            return
        session.health_due_s = moment_s + _HEALTH_EVERY_S
        said = health(self._settings, self._outbox, self._folder)
        connection.publish(topic(self._settings, Channel.HEALTH), said.encode(), retain=True)


def _next_events(connection: BrokerConnection) -> list[Event]:
    """Wait a moment for what happens on the connection, and return all that has happened by then."""
    events: list[Event] = []
    with suppress(queue.Empty):
        events.append(connection.events.get(timeout=_LOOK_EVERY_S))
        while len(events) < _MOST_EVENTS:
            events.append(connection.events.get_nowait())
    return events
