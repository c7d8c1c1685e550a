"""From the broker to the store: batches of one commit each; then receipts; then acknowledgements; asks are answered.

Over the same connection each device is sent its list of the day.

Whatever goes wrong ends the connection, and nothing that was not committed has been acknowledged: the session persists
at the broker, and it all comes again over the next connection.

While one batch is being committed, the next one is decided in a process of its own, and the one after gathers at the
socket; what has gathered when its turn comes is a batch.
"""

import logging
import random
import threading
import time
from datetime import UTC, datetime

from collector.ingestion.answers import Answering
from collector.ingestion.broker_connection import BrokerConnection, ConnectionEnded, Membership, tls_context
from collector.ingestion.deciding import Deciding
from collector.ingestion.keeping import keep
from collector.ingestion.pauses import Pauses
from collector.ingestion.todays_lists import TodaysLists
from collector.operation.observer import Observer, Unobserved
from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import BaselineAsk
from groundwork.broker_settings import BrokerSettings

_log = logging.getLogger(__name__)

_IDLE_S = 0.2
_ANSWER_LOOK_S = 0.01  # while an answer is being worked out, which no socket tells of
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_STANDS_AFTER_S = 10.0  # or when a batch is stored: a connection that ends before was none, and the pauses grow on


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
    membership
        Of collectors that share the clinic's messages over one database; None for one that takes them all.
    observer
        Told of what was stored; None where nobody counts.
    chance
        What the pauses between connections are drawn from; None for one that nobody can foresee.

    Raises
    ------
    CertificatesUnusable
        If a certificate or key cannot be read.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        clinic_id: str,
        store: Store,
        answering: Answering,
        *,
        membership: Membership | None = None,
        observer: Observer | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._clinic_id = clinic_id
        self._store = store
        self._answering = answering
        self._membership = membership
        self._observer = observer or Unobserved()
        self._deciding = Deciding(clinic_id)
        self._tls = tls_context(settings)
        self._stopping = threading.Event()
        self._broker_trouble: str | None = "the broker is not connected yet"
        self._store_trouble: str | None = None
        self._pauses = Pauses(_PAUSE_S, _LONGEST_PAUSE_S, chance or random.Random())  # noqa: S311  to spread, no secret

    @property
    def trouble(self) -> str | None:
        """What keeps messages from being stored now, as a sentence's end; ``None`` if nothing does."""
        return self._store_trouble or self._broker_trouble

    def run(self) -> None:
        """Take messages in; return after :meth:`stop`. Broker and store are tried again for ever."""
        try:
            while not self._stopping.is_set():
                try:
                    self._serve_one_connection()
                except ConnectionEnded as ended:
                    self._broker_trouble = self._told(self._broker_trouble, str(ended))
                except StoreFailed as failed:
                    self._observer.store_failed()
                    self._store_trouble = self._told(self._store_trouble, str(failed))
                self._stopping.wait(self._pauses.next_s())
        finally:
            self._deciding.close()
            self._answering.close()

    def stop(self) -> None:
        """Ask :meth:`run` to return; what is not committed stays with the broker."""
        self._stopping.set()

    def _serve_one_connection(self) -> None:
        connection = BrokerConnection(self._settings, self._clinic_id, self._tls, self._membership)
        connection.open()
        todays_lists = TodaysLists(self._store)
        stands_at_s = time.monotonic() + _STANDS_AFTER_S
        try:
            while not self._stopping.is_set():
                self._listen(connection)
                self._note(connection)
                if connection.subscribed and time.monotonic() >= stands_at_s:
                    self._pauses.begin_anew()
                self._observer.waiting(len(connection.received) + self._deciding.count)
                for ready in self._answering.ready():
                    connection.answer(ready.topic, ready.answer, ready.correlation)
                if connection.subscribed:
                    for due in todays_lists.due(time.monotonic(), datetime.now().astimezone()):
                        connection.tell(due.topic, due.day_list, due.expires_in_s)
                if self._deciding.under_way and self._deciding.done:
                    self._store_decided(connection)
                elif connection.received and not self._deciding.under_way:
                    self._deciding.begin(connection.take())
        finally:
            self._deciding.forget()
            connection.close()

    def _listen(self, connection: BrokerConnection) -> None:
        """Wait for messages, or for the batch that is being decided."""
        if not self._deciding.under_way:
            connection.turn(_ANSWER_LOOK_S if self._answering.busy else _IDLE_S)
        elif (decided := self._deciding.wait_for) is None:
            connection.turn(0)
        else:
            connection.turn(_ANSWER_LOOK_S if self._answering.busy else _IDLE_S, beside=decided)

    def _store_decided(self, connection: BrokerConnection) -> None:
        """Store what is decided, while the next batch is being decided already."""
        batch, decisions = self._deciding.give()
        if connection.received:
            self._deciding.begin(connection.take())
        begun_s = time.perf_counter()
        answers = keep(self._store, batch, decisions, datetime.now(UTC))
        self._pauses.begin_anew()
        self._observer.batch_stored(decisions, answers, time.perf_counter() - begun_s)
        if self._store_trouble is not None:
            _log.info("The store takes messages again.")
            self._store_trouble = None
        for message, decision, answer in zip(batch, decisions, answers, strict=True):
            connection.settle(message, answer)
            if isinstance(decision, BaselineAsk):
                self._answering.ask(decision, message.correlation)

    def _note(self, connection: BrokerConnection) -> None:
        if connection.subscribed and self._broker_trouble is not None:
            _log.info("Connected to the broker %s:%d.", self._settings.host, self._settings.port)
            self._broker_trouble = None

    def _told(self, known: str | None, trouble: str) -> str:
        if trouble != known:
            _log.error("Nothing is taken in: %s. Trying again.", trouble)
        return trouble
