"""Batches decided beside the thread that stores: in a process of their own, once there is enough to do.

Reading a capture of 10 kB and validating it costs more than storing it, and pydantic holds the interpreter's lock all
the while: a second thread gains nothing (measured, docs/decisions/0029-the-collectors-own-subscriber.md). A clinic of
a few chairs never sees the process: it is started by the first batch that is worth it.

Nothing here waits for that process without a bound: where it hangs, is gone or cannot be started, its batch is decided
in this one, and it is started again later.
"""

import dataclasses
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import struct
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import cast

from collector.ingestion.decisions import Accepted, Decision, Quarantined, Refused, decide, topic_to_hold
from collector.ingestion.packets import Received
from contract import Capture, Topic

_log = logging.getLogger(__name__)

_WORTH_A_PROCESS = 16  # messages: fewer are decided sooner than they are handed over and given back
_AGAIN_AFTER_S = 30.0
_DECIDED_WITHIN_S = 30.0  # a full batch takes 20 ms, the process's own start a second: what takes longer hangs
_STALLED_AFTER_S = 2.0  # it reads what it is given at once, and does nothing else while it writes its answer
_END_WITHIN_S = 2.0
_READY = b"ready"

_Parcel = list[tuple[str, bytes]]
_Capture = tuple[bytes, str]
"""A capture that was accepted, on its way back: JSON without its lists, and the digest of what it came as."""


class Deciding:
    """Decides one batch at a time; while it does, its owner may do something else.

    Parameters
    ----------
    clinic_id
        The clinic of this collector.
    """

    def __init__(self, clinic_id: str) -> None:
        self._clinic_id = clinic_id
        self._batch: Sequence[Received] = ()
        self._decided: list[Decision] | None = None
        self._beside: Connection | None = None
        self._process: BaseProcess | None = None
        self._ready = False
        self._due_s = 0.0
        self._not_before_s = float("-inf")
        self._alone = len(os.sched_getaffinity(0)) < 2

    def begin(self, batch: Sequence[Received]) -> None:
        """Begin to decide a batch; the one before must have been given."""
        self._batch, self._decided = batch, None
        if len(batch) >= _WORTH_A_PROCESS and self._has_company() and self._beside is not None:
            try:
                _send(self._beside, [(message.topic, message.payload) for message in batch])
                self._due_s = time.monotonic() + _DECIDED_WITHIN_S
                return
            except OSError as error:
                self._lost(error)
        self._decided = _all_decided(self._clinic_id, [(message.topic, message.payload) for message in batch])

    @property
    def wait_for(self) -> int | None:
        """The file descriptor that can be read once the batch is decided; None where it is already."""
        return self._beside.fileno() if self._decided is None and self._beside is not None and self._batch else None

    @property
    def under_way(self) -> bool:
        """Whether a batch was begun and not given."""
        return bool(self._batch)

    @property
    def count(self) -> int:
        """How many messages are under way."""
        return len(self._batch)

    @property
    def done(self) -> bool:
        """Whether the batch is decided, or the process has had its time and :meth:`give` decides it here."""
        return self._decided is not None or self._beside is None or self._beside.poll() or self._overdue

    def give(self) -> tuple[Sequence[Received], list[Decision]]:
        """Give the batch and what was decided of each message, once that is done."""
        batch, self._batch = self._batch, ()
        if self._decided is None and self._beside is not None:
            try:
                travelled: list[Decision | _Capture] = pickle.loads(self._answer(self._beside))  # noqa: S301  our own
                self._decided = [_arrived(one, message) for one, message in zip(travelled, batch, strict=True)]
            except (OSError, EOFError) as error:
                self._lost(error)
        if self._decided is None:
            self._decided = _all_decided(self._clinic_id, [(message.topic, message.payload) for message in batch])
        decided, self._decided = self._decided, None
        return batch, decided

    def forget(self) -> None:
        """Leave a batch that was begun: its connection is lost, and it comes again. Waits for nothing."""
        if self.wait_for is not None:
            self._ready = False  # until it has answered, which nobody waits for
        self._batch, self._decided = (), None

    def close(self) -> None:
        """End the process."""
        if self._beside is not None:
            self._beside.close()  # it ends at the end of what it reads
        if self._process is not None:
            self._process.join(_END_WITHIN_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(_END_WITHIN_S)
            if not self._process.is_alive():  # else the system itself holds it, for a disk say
                self._process.close()
        self._beside = self._process = None
        self._batch, self._ready = (), False

    @property
    def _overdue(self) -> bool:
        return time.monotonic() >= self._due_s

    def _has_company(self) -> bool:
        if self._alone:
            return False
        try:
            if self._process is None and time.monotonic() >= self._not_before_s:
                self._start()
            if not self._ready and self._beside is not None and (self._beside.poll() or self._overdue):
                self._answer(self._beside)  # that it is there, or what it decided of a batch that was left
                self._ready = True
        except (OSError, EOFError, MemoryError) as error:
            self._lost(error)
        return self._ready

    def _answer(self, beside: Connection) -> bytes:
        if not beside.poll(max(0.0, self._due_s - time.monotonic())):
            raise TimeoutError(f"it said nothing for {_DECIDED_WITHIN_S:.0f} s")
        return beside.recv_bytes()

    def _start(self) -> None:
        # spawned: what is forked from a process with threads may hold their locks for good
        context = multiprocessing.get_context("spawn")
        beside, other = context.Pipe()
        try:
            _bound_waiting(beside)
            process = context.Process(target=_decide_all, args=(self._clinic_id, other), name="deciding", daemon=True)
            process.start()
        except BaseException:
            beside.close()
            raise
        finally:
            other.close()
        self._beside, self._process = beside, process
        self._due_s = time.monotonic() + _DECIDED_WITHIN_S

    def _lost(self, error: Exception) -> None:
        _log.error("The process that validates messages is not at work (%r); they are validated here meanwhile.", error)
        self._not_before_s = time.monotonic() + _AGAIN_AFTER_S
        batch = self._batch
        if self._process is not None:
            self._process.kill()
        self.close()
        self._batch = batch


def _decide_all(clinic_id: str, asked: Connection) -> None:
    """Decide batches until whoever asks is gone: the work of the process."""
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the collector, which ends this one in its time
        signal.signal(number, signal.SIG_IGN)
    try:
        asked.send_bytes(_READY)
        while True:
            parcel: _Parcel = pickle.loads(asked.recv_bytes())  # noqa: S301  our own
            _send(asked, [_to_travel(one) for one in _all_decided(clinic_id, parcel)])
    except (EOFError, OSError):
        return


def _bound_waiting(beside: Connection) -> None:
    """Let reading and writing raise where nothing moves: a process that hangs halfway must not hold this one."""
    whole_s = int(_STALLED_AFTER_S)
    bound = struct.pack("ll", whole_s, int((_STALLED_AFTER_S - whole_s) * 1_000_000))  # struct timeval
    with socket.socket(fileno=os.dup(beside.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bound)
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, bound)


def _send(to: Connection, parcel: _Parcel | list[Decision | _Capture]) -> None:
    # Not by the connection's own pickler: a ring holds it, and all that it pickled, until garbage is collected.
    to.send_bytes(pickle.dumps(parcel, pickle.HIGHEST_PROTOCOL))


def _all_decided(clinic_id: str, parcel: _Parcel) -> list[Decision]:
    return [_decided(clinic_id, topic, payload) for topic, payload in parcel]


def _decided(clinic_id: str, topic: str, payload: bytes) -> Decision:
    try:
        return decide(clinic_id, topic, payload)
    except Exception as error:  # noqa: BLE001  decide does not raise, by its word; if it does, one message only is held
        reason = f"Reading it failed with {type(error).__name__}."
        _log.error("A message could not be read: %s It is kept in quarantine.", reason)
        return Quarantined(topic_to_hold(topic), payload, reason)


def _to_travel(decision: Decision) -> Decision | _Capture:
    """Return what of a decision its owner does not have: a payload it has, and pydantic's models pickle slowly."""
    match decision:
        case Accepted(message=Capture()):
            return decision.message.model_dump_json().encode(), decision.content_sha256
        case Accepted() | Refused() | Quarantined():
            return dataclasses.replace(decision, payload=b"")
    return decision


def _arrived(travelled: Decision | _Capture, message: Received) -> Decision:
    match travelled:
        case (bytes() as figures, str() as content_sha256):
            accepted = Accepted(Topic.parse(message.topic), Capture.model_validate_json(figures), message.payload)
            accepted.__dict__["content_sha256"] = content_sha256  # as cached_property remembers it
            return accepted
        case Accepted() | Refused() | Quarantined():
            return dataclasses.replace(travelled, payload=message.payload)
    return cast(Decision, travelled)
