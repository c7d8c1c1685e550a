"""The whole way by real processes: nothing that was kept is lost, doubled or altered, whoever dies in between."""

import hashlib
import random
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, closing

import pytest

from contract import Capture, Picture
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.demo.processes import own_program
from device.outbox import Outbox, State
from device.store import Store
from tests import examples

MakeClinic = Callable[[str], Clinic]


def keep(store: Store, number: int, device_id: str = DEVICE) -> Capture:
    """Keep one small capture with a picture of its own."""
    content = examples.png(str(number).encode())
    picture = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/png", size_bytes=len(content))
    return store.keep(
        picture,
        content,
        lambda sequence: examples.capture(
            clinic_id=CLINIC, device_id=device_id, sequence=sequence, visit_number=number, picture=picture
        ),
    )


def await_empty_outbox(store: Store, within_s: float) -> None:
    """Wait until everything has been confirmed."""
    outbox, end_s = Outbox(store), time.monotonic() + within_s
    while (counts := outbox.counts()).waiting_captures or counts.waiting_pictures:
        assert time.monotonic() < end_s, f"still waiting: {counts}"
        time.sleep(0.1)


def stored_payloads(clinic: Clinic) -> list[bytes]:
    """Return the messages that the collector holds, in no order."""
    with closing(sqlite3.connect(clinic.folder / "collector" / "collector.sqlite3")) as database:
        return [bytes(row[0]) for row in database.execute("SELECT payload FROM captures")]


def test_every_capture_is_stored_once_though_collector_and_device_are_killed(make_clinic: MakeClinic) -> None:
    """Breaks when a kill of either side loses, doubles or alters a capture, a picture or a receipt."""
    clinic, chance = make_clinic("mosquitto"), random.Random(5)
    with ExitStack() as running, closing(Store(clinic.folder / "device")) as store:
        running.enter_context(clinic.broker())
        kept: list[Capture] = []
        for _ in range(3):
            with clinic.collector() as collector, clinic.device() as device:
                for _ in range(40):
                    kept.append(keep(store, len(kept) + 1))
                    time.sleep(chance.uniform(0, 0.03))
                collector.process.kill()
                kept.append(keep(store, len(kept) + 1))
                time.sleep(chance.uniform(0, 0.5))
                device.process.kill()
        with clinic.collector(), clinic.device():
            await_empty_outbox(store, within_s=60)
        outbox = Outbox(store)
        assert {outbox.state(capture.message_id) for capture in kept} == {(State.RECEIVED, None)}
        assert sorted(stored_payloads(clinic)) == sorted(capture.encode() for capture in kept)
        for capture in kept:
            name = capture.picture.sha256
            (file,) = (clinic.folder / "collector").rglob(f"{name}*")
            assert hashlib.sha256(file.read_bytes()).hexdigest() == name


@pytest.mark.parametrize("broker_kind", ["mosquitto", "iotcore"])
def test_captures_wait_for_a_broker_that_is_away(make_clinic: MakeClinic, broker_kind: str) -> None:
    """Breaks when a device that starts before the broker, or outlives it, gives up."""
    clinic = make_clinic(broker_kind)
    with closing(Store(clinic.folder / "device")) as store, clinic.device():
        first = keep(store, 1)
        time.sleep(1)
        with clinic.broker(), clinic.collector():
            await_empty_outbox(store, within_s=60)
        second = keep(store, 2)
        with clinic.broker(), clinic.collector():
            await_empty_outbox(store, within_s=60)
        assert sorted(stored_payloads(clinic)) == sorted([first.encode(), second.encode()])


def test_a_store_is_delivered_by_one_service_only(make_clinic: MakeClinic) -> None:
    """Breaks when two services on one store send everything twice and answer for each other."""
    clinic = make_clinic("mosquitto")
    command = [own_program("trichoscope"), "run", "--settings", str(clinic.device_settings)]
    with clinic.broker(), clinic.device():
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert second.returncode == 2
    assert "Stop it first" in second.stderr
