"""How many captures a second reach the clinic and are confirmed, beside a bare publisher; and how soon one is.

Device, mosquitto and collector are the real programs, over TLS with client certificates, on this machine's loopback.
The peer is paho's client with nothing behind it: it publishes the same bytes to the same broker, with the device's
certificate, and is done with a message at its PUBACK. The device's way is longer by what it promises: the collector's
validation and commit, the receipt's way back, and the device's own commit of it.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.delivery.captures import composer, picture
from benchmarks.targets import Bound
from contract import Capture, Channel, Picture, Topic
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.store import Store
from groundwork.client_tls import client_context
from tests.free_ports import free_ports

Row: TypeAlias = tuple[str, str, str, str]

FIRST_SEED = 6_200_000
_PATIENTS = 300
_PICTURE_BYTES = 20_000
_RATE_PER_S = 20.0
_PEER_WINDOW = 20
_PEER_QUEUE = 4 * _PEER_WINDOW
_ROUNDS = 3
_WITHIN_S = 300.0
_LOOK_S = 0.02
_CLOSE_LOOK_S = 0.001

SHARE = Bound("share", "of the bare publisher's rate", low=0.05, digits=1, unit="%")
LATENCY = Bound("p99_ms", "99th percentile", high=100.0, digits=1, unit="ms")


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured.

    Parameters
    ----------
    delivered_per_s : tuple of float
        Captures that the device delivered a second, until the last receipt was written down, each round.
    peer_per_s : tuple of float
        Messages that the bare publisher sent a second, each round.
    latencies_ms : tuple of float
        From the call of ``keep`` to the receipt written down, each capture of those that came one by one.
    """

    delivered_per_s: tuple[float, ...]
    peer_per_s: tuple[float, ...]
    latencies_ms: tuple[float, ...]

    @property
    def share(self) -> float:
        """The device's median rate as a share of the bare publisher's."""
        return statistics.median(self.delivered_per_s) / statistics.median(self.peer_per_s)


def rows(runs: int) -> list[Row]:
    """Measure both, and word what is asked and reached.

    Parameters
    ----------
    runs
        Captures that wait when the device starts, in each of three rounds; at last a tenth as many are kept at 20 a
        second.

    Returns
    -------
    list of tuple
        What, asked, reached, verdict.
    """
    with tempfile.TemporaryDirectory() as folder:
        speed = measure(Path(folder), runs, max(20, runs // 10), rounds=_ROUNDS)
    latencies_ms = np.array(speed.latencies_ms)
    p50, p95, p99 = (float(np.percentile(latencies_ms, q)) for q in (50, 95, 99))
    rates = f"{statistics.median(speed.delivered_per_s):,.0f}/s of {statistics.median(speed.peer_per_s):,.0f}/s"
    return [
        (
            f"{runs:,} captures of 10 kB, device to receipt, as a share of a bare publish to its PUBACK",
            SHARE.asked(),
            f"{SHARE.shown(speed.share)} ({rates})",
            SHARE.verdict(speed.share),
        ),
        (
            f"from keep to the receipt written down, {len(latencies_ms):,} captures at {_RATE_PER_S:.0f}/s, p99",
            LATENCY.asked(),
            f"{LATENCY.shown(p99)} (p50 {p50:.1f}, p95 {p95:.1f}, most {latencies_ms.max():.1f})",
            LATENCY.verdict(p99),
        ),
    ]


def measure(folder: Path, captures: int, lone_captures: int, *, rounds: int) -> Speed:
    """Let a device deliver what has waited, in turn with a bare publisher; then what is kept at 20 a second.

    The bare publisher has a broker of its own with the same configuration: no collector has ever subscribed there, so
    that what it sends goes nowhere and waits nowhere.
    """
    clinic, empty = _clinic(folder, "clinic"), _clinic(folder, "empty")
    state = clinic.folder / "device"
    delivered_per_s, peer_per_s = [], []
    with closing(Store(state)) as store, empty.broker(), clinic.broker(), clinic.collector():
        # One picture for all of them: at first it is figures that are counted.
        first = picture(FIRST_SEED, _PICTURE_BYTES)
        for _ in range(rounds):
            for number in range(captures):
                kept = _keep(store, number, first)
            peer_per_s.append(_bare_per_s(empty, kept.encode(), captures))
            with clinic.device():
                begun_s = time.perf_counter()
                _await_receipts(store)
                delivered_per_s.append(captures / (time.perf_counter() - begun_s))
        with clinic.device():
            _keep(store, 0, first)
            _await_receipts(store)  # all three know each other now
            latencies_ms = _latencies_ms(state, store, lone_captures)
    return Speed(tuple(delivered_per_s), tuple(peer_per_s), tuple(latencies_ms))


def _latencies_ms(state: Path, store: Store, captures: int) -> list[float]:
    with _watched(state) as watch:
        begun_s = time.perf_counter()
        for number in range(1, captures + 1):
            own = picture(FIRST_SEED + number, _PICTURE_BYTES)
            time.sleep(max(0.0, begun_s + number / _RATE_PER_S - time.perf_counter()))
            called_s = time.perf_counter()
            watch.expect(str(_keep(store, number, own).message_id), called_s)
        return watch.latencies_ms()


def _clinic(folder: Path, name: str) -> Clinic:
    place = folder / name
    place.mkdir()
    return Clinic(place, free_ports(), "mosquitto", FIRST_SEED)


def _keep(store: Store, number: int, taken: tuple[Picture, bytes]) -> Capture:
    shown, content = taken
    return store.keep(shown, content, composer(shown, number % _PATIENTS, 1, clinic_id=CLINIC, device_id=DEVICE))


def _await_receipts(store: Store) -> None:
    end_s = time.monotonic() + _WITHIN_S
    # Not by the outbox, which looks for more than that: whoever looks on takes as little of the processor as can be.
    while store.connection.execute("SELECT 1 FROM message WHERE state = 'waiting' LIMIT 1").fetchone() is not None:
        if time.monotonic() > end_s:
            raise RuntimeError(f"captures still wait after {_WITHIN_S:.0f} s")
        time.sleep(_LOOK_S)


def _bare_per_s(clinic: Clinic, payload: bytes, messages: int) -> float:
    """Publish at QoS 1, twenty in flight, until all PUBACKs are in; return messages a second."""
    certificates = clinic.folder / "certificates"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=DEVICE, protocol=mqtt.MQTTv5)
    client.tls_set_context(
        client_context(certificates / "authority.crt", certificates / f"{DEVICE}.crt", certificates / f"{DEVICE}.key")
    )
    client.max_inflight_messages_set(_PEER_WINDOW)
    connected, room = threading.Event(), threading.Semaphore(_PEER_QUEUE)
    client.on_connect = lambda *_: connected.set()
    client.on_publish = lambda *_: room.release()
    client.connect("127.0.0.1", clinic.ports.broker)
    client.loop_start()
    try:
        if not connected.wait(_WITHIN_S):
            raise RuntimeError("the bare publisher was not let in")
        topic = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))
        begun_s = time.perf_counter()
        for _ in range(messages):
            room.acquire()
            last = client.publish(topic, payload, qos=1)
        for _ in range(_PEER_QUEUE):
            room.acquire()
        took_s = time.perf_counter() - begun_s
        last.wait_for_publish(_WITHIN_S)
    finally:
        client.disconnect()
        client.loop_stop()
    return messages / took_s


class _Watch:
    """Looks into the device's store, over and over, for the receipts of what it is told to expect."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._open: dict[str, float] = {}
        self._latencies_ms: list[float] = []
        self._stop = threading.Event()

    def expect(self, message_id: str, since_s: float) -> None:
        """Time a message from a moment on."""
        self._open[message_id] = since_s

    def latencies_ms(self) -> list[float]:
        """Wait for the last receipt and return how long each took."""
        end_s = time.monotonic() + _WITHIN_S
        while self._open:
            if time.monotonic() > end_s:
                raise RuntimeError(f"{len(self._open)} receipts did not come within {_WITHIN_S:.0f} s")
            time.sleep(_LOOK_S)
        return self._latencies_ms

    def look(self) -> None:
        """Look until told to stop."""
        with closing(Store(self._state)) as store:
            while not self._stop.is_set():
                for message_id, since_s in list(self._open.items()):
                    row = cast(
                        tuple[str | None],
                        store.connection.execute(
                            "SELECT decided_at FROM message WHERE message_id = ?", (message_id,)
                        ).fetchone(),
                    )
                    if row[0] is not None:
                        self._latencies_ms.append(1000 * (time.perf_counter() - since_s))
                        del self._open[message_id]
                time.sleep(_CLOSE_LOOK_S)

    def stop(self) -> None:
        """End :meth:`look`."""
        self._stop.set()


@contextmanager
def _watched(state: Path) -> Iterator[_Watch]:
    watch = _Watch(state)
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()
