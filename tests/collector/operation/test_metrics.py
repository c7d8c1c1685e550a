"""Metrics and the log: what they say of a day's work, and what they never say."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from collector.ingestion.decisions import Decision, Quarantined, Refused
from collector.operation import log
from collector.operation.metrics import Metrics, create_metrics_service
from collector.operation.observer import Observer, Unobserved
from collector.operation.requests import HEADER, REQUEST_ID, Observed
from collector.pictures.folder import PicturesInFolder
from collector.store import gauges as store_gauges
from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import PATIENT_CODE, Channel, Topic, new_message_id
from groundwork.log_privacy import without_codes
from tests.collector.asgi import AsgiClient
from tests.collector.examples import CLINIC, DEVICE, NOW, ask, health, status
from tests.collector.operation.clinic import accepted, fill
from tests.examples import capture, visit

CODE = re.compile(PATIENT_CODE[1:-1])


def read(metrics: Metrics) -> dict[str, float]:
    """Return every sample by its name and labels."""
    families = text_string_to_metric_families(metrics.as_text().decode())
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def metrics(store: Store, tmp_path: Path) -> Metrics:
    """Return the metrics of a collector that has done nothing yet."""
    return Metrics(store, tmp_path)


def test_messages_are_counted_by_channel_and_decision(store: Store, metrics: Metrics) -> None:
    """Breaks when a message is counted twice, under a label of a stranger's making, or not at all."""
    observer: Observer = metrics
    topic = Topic(CLINIC, DEVICE, Channel.CAPTURE)
    decisions: list[Decision] = [
        accepted(capture()),
        accepted(visit()),
        Refused(topic, new_message_id(), b"{", "No."),
        *(Quarantined(f"made/up/{number}", b"x", "No.") for number in range(3)),
        status(),
        health(),
        ask(),
    ]
    observer.batch_stored(decisions, store.store_batch(decisions, NOW), 0.03)
    observer.store_failed()
    observer.waiting(4)
    observer.picture_received("stored", 1000)
    seen = read(metrics)
    counted = {name: value for name, value in seen.items() if name.startswith("trichoscope_messages_total")}
    assert counted == {
        "trichoscope_messages_total capture stored": 1,
        "trichoscope_messages_total visit stored": 1,
        "trichoscope_messages_total capture refused": 1,
        "trichoscope_messages_total unknown quarantined": 3,
        "trichoscope_messages_total status heard": 1,
        "trichoscope_messages_total health heard": 1,
        "trichoscope_messages_total ask/baseline asked": 1,
    }
    assert (seen["trichoscope_receipts_total stored"], seen["trichoscope_receipts_total refused"]) == (2, 1)
    assert (seen["trichoscope_batch_messages_sum"], seen["trichoscope_batch_commit_seconds_sum"]) == (9, 0.03)
    assert seen["trichoscope_waiting_messages"] == 4
    assert (seen["trichoscope_pictures_total stored"], seen["trichoscope_picture_bytes_total"]) == (1, 1000)
    assert seen["trichoscope_store_failures_total"] == 1


def test_the_stores_state_is_told_without_a_patient(
    store: Store, pictures: PicturesInFolder, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a code stands in what is scraped, every device ever heard of makes a series, or a gauge is wrong."""
    monkeypatch.setattr(store_gauges, "MOST_DEVICES", 3)
    fill(store, pictures)
    words = [status(device_id=f"chair-{number}", message_id=new_message_id()) for number in range(5)]
    store.store_batch([*words, health(device_id="chair-1", waiting_captures=2, waiting_pictures=1)], NOW)
    store.store_batch([Quarantined("somewhere", b"P-0042", "No.")], NOW)
    seen = read(metrics)
    assert seen["trichoscope_store_up"] == 1
    assert seen["trichoscope_quarantined_messages"] == 1
    assert (seen["trichoscope_devices online"], seen["trichoscope_devices offline"]) == (5, 0)
    told = [name for name in seen if name.startswith("trichoscope_device_waiting")]
    assert told == [f"trichoscope_device_waiting chair-{number}" for number in range(3)]
    assert seen["trichoscope_device_waiting chair-1"] == 3
    assert seen["trichoscope_store_bytes"] > 10_000
    assert seen["trichoscope_disk_free_bytes"] > 0
    assert not CODE.search(metrics.as_text().decode())


def test_a_store_that_fails_is_told(metrics: Metrics, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when monitoring itself fails while the store does, just then when somebody looks."""

    def fails() -> None:
        raise StoreFailed("the disk is gone")

    monkeypatch.setattr(store, "reading", fails)
    seen = read(metrics)
    assert seen["trichoscope_store_up"] == 0
    assert "trichoscope_quarantined_messages" not in seen


def test_nobody_has_to_count() -> None:
    """Breaks when ingestion needs metrics to run."""
    observer: Observer = Unobserved()
    observer.batch_stored([], [], 0.0)
    observer.store_failed()
    observer.waiting(0)
    observer.picture_received("stored", 1)


@pytest.fixture
def pages(metrics: Metrics) -> Starlette:
    """Return an application of some routes, observed."""

    def show(_request: Request) -> Response:
        logging.getLogger("page").warning("slow")
        return PlainTextResponse(REQUEST_ID.get() or "")

    def fail(_request: Request) -> Response:
        raise ValueError("of P-0042")

    def refuse(_request: Request) -> Response:
        return PlainTextResponse("no", 403)

    application = Starlette(
        routes=[
            Route("/patients/{patient_code}", show),
            Route("/fails", fail),
            Route("/sign-in", refuse, methods=["POST"]),
            Mount("/static", PlainTextResponse("file")),
        ]
    )
    application.add_middleware(Observed, observed=application, metrics=metrics)
    return application


def test_requests_are_counted_by_route_template(pages: Starlette, metrics: Metrics) -> None:
    """Breaks when a patient's code, or an address that a stranger makes up, becomes a series of its own."""
    browser = AsgiClient(pages, "http://127.0.0.1")
    shown = browser.get("/patients/P-0042", headers={HEADER: "brought"})
    assert shown.headers[HEADER] == shown.text != "brought"
    browser.get("/made/up")
    browser.get("/static/page.css")
    browser.post("/sign-in")
    with pytest.raises(ValueError, match="of P-0042"):
        browser.get("/fails")
    seen = read(metrics)
    counted = {name.split(" ", 1)[1] for name in seen if name.startswith("trichoscope_request_seconds_count")}
    assert counted == {
        "GET /patients/{patient_code} 200",
        "GET none 404",
        "GET /static 200",
        "POST /sign-in 403",
        "GET /fails 500",
    }
    assert seen["trichoscope_sign_in_failures_total"] == 1
    assert not CODE.search(metrics.as_text().decode())


def test_metrics_are_served_alone(metrics: Metrics) -> None:
    """Breaks when the port of the metrics gives anything else, or Prometheus cannot read it."""
    browser = AsgiClient(create_metrics_service(metrics), "http://127.0.0.1")
    given = browser.get("/metrics")
    assert given.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "trichoscope_store_up 1.0" in given.text
    assert browser.get("/patients").status_code == 404


@pytest.fixture
def restored_log() -> Iterator[None]:
    """Put the log back as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def lines_of(message: object, *arguments: object, fault: BaseException | None = None) -> str:
    """Return the line of the JSON log that a message makes."""
    record = logging.LogRecord("any", logging.ERROR, "x.py", 1, message, arguments, None)
    if fault is not None:
        record.exc_info = (type(fault), fault, fault.__traceback__)
    return without_codes(log._JsonLine(), PATIENT_CODE).format(record)


@given(st.from_regex(PATIENT_CODE[1:-1], fullmatch=True), st.text(max_size=5), st.text(max_size=5))
def test_no_code_survives_in_json(code: str, before: str, after: str) -> None:
    """Breaks when a code is written out because of what stands beside it, or the line is no longer one of JSON."""
    line = lines_of("kept %s", f"{before}{code}{after}", fault=ValueError(f"{before}{code}{after}"))
    assert code not in line
    assert "\n" not in line
    told = json.loads(line)
    assert {"at", "level", "logger", "said", "fault"} <= told.keys()
    assert code not in str(told)


@pytest.mark.usefixtures("restored_log")
def test_a_line_names_its_request(pages: Starlette, capsys: pytest.CaptureFixture[str]) -> None:
    """Breaks when what a request caused cannot be found in the log by the id that the person saw."""
    log.log_to_standard_error("json")
    shown = AsgiClient(pages, "http://127.0.0.1").get("/patients/P-0042")
    (line,) = [json.loads(one) for one in capsys.readouterr().err.splitlines() if '"page"' in one]
    assert (line["level"], line["said"], line["request"]) == ("warning", "slow", shown.headers[HEADER])
