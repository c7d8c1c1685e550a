"""Metrics as Prometheus reads them: what this process did, and, asked for at most every few seconds, how the store is.

No label tells of a patient, and none is made of what a stranger sends: devices are those that the store knows, some
hundred at most, routes are the program's own.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter as Counted
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.ingestion.decisions import Accepted, Decision, Quarantined, Refused
from collector.store.gauges import Gauges, gauges
from collector.store.store import Store
from collector.store.stored import Answer, StoreFailed
from contract import BaselineAsk, Channel, Health, Outcome, Status

ADDRESS = "/metrics"
_OLD_S = 10.0
"""The store is asked again after so long, however often somebody looks."""
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MESSAGES = (1, 2, 5, 10, 20, 50, 100, 200)


class Metrics:
    """All metrics of one collector: an :class:`~collector.operation.observer.Observer`, for any thread.

    Parameters
    ----------
    store
        Whose state is told.
    state_folder
        On whose disk room is needed.
    """

    def __init__(self, store: Store, state_folder: Path) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self.registry.register(_OfStore(store, state_folder))
        self._messages = Counter(
            "trichoscope_messages",
            "Messages that were decided and committed, by channel and what became of them.",
            ("channel", "decision"),
            registry=self.registry,
        )
        self._receipts = Counter("trichoscope_receipts", "Receipts by outcome.", ("outcome",), registry=self.registry)
        self._batch_messages = Histogram(
            "trichoscope_batch_messages", "Messages of a batch.", buckets=_MESSAGES, registry=self.registry
        )
        self._batch_seconds = Histogram(
            "trichoscope_batch_commit_seconds",
            "Time to store a batch, its commit included.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._store_failures = Counter(
            "trichoscope_store_failures", "Batches that could not be committed.", registry=self.registry
        )
        self._waiting = Gauge(
            "trichoscope_waiting_messages", "Messages received and not answered.", registry=self.registry
        )
        self._pictures = Counter(
            "trichoscope_pictures", "Pictures that came, by outcome.", ("outcome",), registry=self.registry
        )
        self._picture_bytes = Counter(
            "trichoscope_picture_bytes", "Bytes received of pictures.", registry=self.registry
        )
        self._requests = Histogram(
            "trichoscope_request_seconds",
            "Time until an answer began, by route template.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._sign_in_failures = Counter(
            "trichoscope_sign_in_failures", "Refused tries to sign in.", registry=self.registry
        )

    def batch_stored(self, decisions: Sequence[Decision], answers: Sequence[Answer | None], seconds: float) -> None:
        """Count a batch that was committed."""
        self._batch_messages.observe(len(decisions))
        self._batch_seconds.observe(seconds)
        # Counted before they are told: a metric's lock for each of ten thousand messages a second would be felt.
        for labels, times in Counted(map(_labels, decisions, answers)).items():
            self._messages.labels(*labels).inc(times)
        outcomes = Counted(answer.receipt.outcome.value for answer in answers if answer is not None)
        for outcome, times in outcomes.items():
            self._receipts.labels(outcome).inc(times)

    def store_failed(self) -> None:
        """Count a batch that could not be committed."""
        self._store_failures.inc()

    def waiting(self, messages: int) -> None:
        """Note what waits."""
        self._waiting.set(messages)

    def picture_received(self, outcome: str, size_bytes: int) -> None:
        """Count a picture that came."""
        self._pictures.labels(outcome).inc()
        self._picture_bytes.inc(size_bytes)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Parameters
        ----------
        method, route, status
            The route as the program writes it, never the address that was asked for.
        seconds
            Until the answer began.
        """
        self._requests.labels(method, route, str(status)).observe(seconds)

    def sign_in_failed(self) -> None:
        """Count a refused try."""
        self._sign_in_failures.inc()

    def as_text(self) -> bytes:
        """Return all of them as Prometheus reads it (text format 0.0.4)."""
        return generate_latest(self.registry)


def route(metrics: Metrics) -> Route:
    """Return the route that gives the metrics: for loopback, or for a port that only the clinic's monitoring sees.

    Parameters
    ----------
    metrics
        What is given.
    """

    def give(_request: Request) -> Response:
        return Response(metrics.as_text(), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    return Route(ADDRESS, give)


def create_metrics_service(metrics: Metrics) -> Starlette:
    """Return an application that gives the metrics and nothing else."""
    return Starlette(routes=[route(metrics)])


_CHANNELS = {Status: Channel.STATUS, Health: Channel.HEALTH, BaselineAsk: Channel.BASELINE_ASK}


def _labels(decision: Decision, answer: Answer | None) -> tuple[str, str]:
    match decision:
        case Accepted() | Refused():
            stored = answer is not None and answer.receipt.outcome is Outcome.STORED
            return decision.topic.channel.value, "stored" if stored else "refused"
        case Quarantined():
            return "unknown", "quarantined"  # its topic may be anybody's text
        case _:
            return _CHANNELS[type(decision)].value, "asked" if isinstance(decision, BaselineAsk) else "heard"


class _OfStore:
    """What is asked of the store when somebody looks, and remembered for a while."""

    def __init__(self, store: Store, state_folder: Path) -> None:
        self._store = store
        self._state_folder = state_folder
        self._asking = threading.Lock()
        self._read_s = -_OLD_S
        self._known: Gauges | None = None

    def collect(self) -> Iterator[Metric]:
        """Give the store's state; where it fails only that it does."""
        with self._asking:
            if time.monotonic() - self._read_s >= _OLD_S:
                self._known = self._read()
                self._read_s = time.monotonic()
            known = self._known
        yield _one("trichoscope_store_up", "Whether the store can be read.", known is not None)
        with suppress(OSError):
            free = shutil.disk_usage(self._state_folder).free
            yield _one("trichoscope_disk_free_bytes", "Free on the state folder's disk.", free)
        if known is not None:
            yield from _of(known)

    def _read(self) -> Gauges | None:
        try:
            with self._store.reading() as connection:
                return gauges(connection)
        except StoreFailed:
            return None


def _of(known: Gauges) -> Iterator[Metric]:
    yield _one("trichoscope_store_bytes", "Size of the store, without pictures.", known.store_bytes)
    yield _one("trichoscope_quarantined_messages", "Messages in quarantine.", known.quarantined)
    yield _one(
        "trichoscope_erasures_unfinished", "Erasures that were begun and are not done.", known.erasures_unfinished
    )
    yield _family("trichoscope_alarms", "Times that something came under another's name.", "kind", known.alarms)
    yield _family(
        "trichoscope_devices",
        "Devices by what they said last.",
        "state",
        {"online": known.online, "offline": known.offline},
    )
    seen = {device.device_id: device.seen_at.timestamp() for device in known.devices}
    yield _family("trichoscope_device_seen_timestamp_seconds", "When a device was heard of last.", "device", seen)
    waiting = {device.device_id: device.waiting for device in known.devices}
    yield _family("trichoscope_device_waiting", "Captures and pictures that wait there.", "device", waiting)
    refused = {device.device_id: device.refused for device in known.devices}
    yield _family("trichoscope_device_refused", "Captures that were refused and lie there.", "device", refused)


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=float(value))


def _family(name: str, about: str, label: str, values: dict[str, int] | dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for of, value in values.items():
        family.add_metric([of], float(value))
    return family
