"""From the broker to the store: batches of one commit each; then receipts; then acknowledgements; asks are answered.

Over the same connection each device is sent its list of the day.

Whatever goes wrong ends the connection, and nothing that was not committed has been acknowledged: the session persists
at the broker, and it all comes again over the next connection.
"""

import logging
import threading
import time
from datetime import UTC, datetime

from collector.ingestion.answers import Answering
from collector.ingestion.broker_connection import RECEIVE_MAXIMUM, BrokerConnection, ConnectionEnded, tls_context
from collector.ingestion.decisions import decide
from collector.ingestion.todays_lists import TodaysLists
from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import BaselineAsk
from groundwork.broker_settings import BrokerSettings

_log = logging.getLogger(__name__)

_IDLE_S = 0.2
_ANSWER_LOOK_S = 0.01  # while an answer is being worked out, which no socket tells of
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0


class Subscriber:
    """Takes the clinic's messages in until it is stopped.

    Parameters
    ----------
    settings
        The broker's address and certificates.
    clinic_id
        Whose messages.
    store
        Where they go; its writer belongs to :meth:`run`'s thread from now on.
    answering
        Works out what instruments ask for; closed when :meth:`run` returns.

    Raises
    ------
    CertificatesUnusable
        If a certificate or key cannot be read.
    """

    def __init__(self, settings: BrokerSettings, clinic_id: str, store: Store, answering: Answering) -> None:
        self._settings = settings
        self._clinic_id = clinic_id
        self._store = store
        self._answering = answering
        self._tls = tls_context(settings)
        self._stopping = threading.Event()
        self._broker_trouble: str | None = "the broker is not connected yet"
        self._store_trouble: str | None = None
        self._pause_s = _PAUSE_S

    @property
    def trouble(self) -> str | None:
        """What keeps messages from being stored now, as a sentence's end; ``None`` if nothing does."""
        return self._store_trouble or self._broker_trouble

    def run(self) -> None:
        """Take messages in; return after :meth:`stop`. Broker and store are tried again for ever."""
        while not self._stopping.is_set():
            try:
                self._serve_one_connection()
            except ConnectionEnded as ended:
                self._broker_trouble = self._told(self._broker_trouble, str(ended))
            except StoreFailed as failed:
                self._store_trouble = self._told(self._store_trouble, str(failed))
            self._stopping.wait(self._pause_s)
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._answering.close()

    def stop(self) -> None:
        """Ask :meth:`run` to return; what is not committed stays with the broker."""
        self._stopping.set()

    def _serve_one_connection(self) -> None:
        connection = BrokerConnection(self._settings, self._clinic_id, self._tls)
        connection.open()
        todays_lists = TodaysLists(self._store)
        try:
            while not self._stopping.is_set():
                connection.turn(_ANSWER_LOOK_S if self._answering.busy else _IDLE_S)
                self._note(connection)
                for ready in self._answering.ready():
                    connection.answer(ready.topic, ready.answer, ready.correlation)
                if connection.subscribed:
                    for due in todays_lists.due(time.monotonic(), datetime.now().astimezone()):
                        connection.tell(due.topic, due.day_list, due.expires_in_s)
                _gather(connection)
                while connection.received:
                    self._take_in(connection)
        finally:
            connection.close()

    def _note(self, connection: BrokerConnection) -> None:
        if connection.subscribed and self._broker_trouble is not None:
            _log.info("Connected to the broker %s:%d.", self._settings.host, self._settings.port)
            self._broker_trouble = None
        if self.trouble is None:
            self._pause_s = _PAUSE_S

    def _take_in(self, connection: BrokerConnection) -> None:
        # paho reads as many packets in one turn as receipts are on their way, so more than a batch may have come.
        batch = connection.received[:RECEIVE_MAXIMUM]
        del connection.received[:RECEIVE_MAXIMUM]
        decisions = [decide(self._clinic_id, message.topic, message.payload) for message in batch]
        answers = self._store.store_batch(decisions, datetime.now(UTC))
        if self._store_trouble is not None:
            _log.info("The store takes messages again.")
            self._store_trouble = None
        for message, decision, answer in zip(batch, decisions, answers, strict=True):
            connection.settle(message, answer)
            if isinstance(decision, BaselineAsk):
                self._answering.ask(decision, message.correlation)

    def _told(self, known: str | None, trouble: str) -> str:
        if trouble != known:
            _log.error("Nothing is taken in: %s. Trying again.", trouble)
        return trouble


def _gather(connection: BrokerConnection) -> None:
    """Take in what has arrived by now, up to a batch: while one is being committed, the next one gathers by itself."""
    known = 0
    while known < len(connection.received) < RECEIVE_MAXIMUM:
        known = len(connection.received)
        connection.turn(0)
