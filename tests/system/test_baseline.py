"""Baselines from the clinic, and what is said beyond captures: by real processes over certificates, whoever dies."""

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from io import BytesIO

import pytest
from PIL import Image

from contract import Capture, Comparison, Message, Picture, Visit
from device.baseline import Found, NoneKnown, Unreachable, find_baseline
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read
from tests import examples
from tests.system.test_delivery import MakeClinic, await_empty_outbox

WITHIN_S = 2.0


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Iterator[Clinic]:
    """Give a clinic whose broker runs, and nothing else; its device waits for answers a little."""
    clinic = make_clinic("mosquitto")
    with clinic.device_settings.open("a") as settings:
        settings.write(f"\n[baseline]\nanswer_within_s = {WITHIN_S}\n")
    with clinic.broker():
        yield clinic


def keep(store: Store, visit_number: int) -> Capture:
    """Keep one capture with a picture that is one."""
    file = BytesIO()
    Image.effect_noise((640, 480), 40).convert("RGB").save(file, "JPEG")
    content = file.getvalue()
    picture = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/jpeg", size_bytes=len(content))
    return store.keep(
        picture,
        content,
        lambda sequence: examples.capture(
            clinic_id=CLINIC, device_id=DEVICE, sequence=sequence, visit_number=visit_number, picture=picture
        ),
    )


def test_a_device_that_never_saw_the_patient_gets_the_baseline(clinic: Clinic) -> None:
    """Breaks when a patient who comes to another chair, or to a new one, is measured without comparison."""
    settings = read(DeviceSettings, clinic.device_settings)
    with clinic.collector():
        with clinic.device(), closing(Store(settings.state_folder)) as store:
            baseline = keep(store, 1)
            keep(store, 2)
            await_empty_outbox(store, within_s=30)
        shutil.rmtree(settings.state_folder)
        with clinic.device(), closing(Store(settings.state_folder)) as store:
            outcome = find_baseline(settings, store, "P-0042", "frontal", 3)
            assert isinstance(outcome, Found)
            assert outcome.baseline.capture == baseline
            assert outcome.baseline.picture is not None
            small = Image.open(BytesIO(outcome.baseline.picture.jpeg))
            assert small.width * outcome.baseline.picture.um_per_px == pytest.approx(640 * 5.3)
            other = find_baseline(settings, store, "P-0042", "vertex", 3)
            assert isinstance(other, NoneKnown)
            assert "no earlier capture" in other.reason


def test_without_a_collector_the_visit_goes_on(clinic: Clinic) -> None:
    """Breaks when a collector that is away, was never there, or a delivery that does not run, stops a visit."""
    settings = read(DeviceSettings, clinic.device_settings)

    def asked(store: Store) -> tuple[str, float]:
        began_s = time.monotonic()
        outcome = find_baseline(settings, store, "P-0042", "frontal", 2)
        assert isinstance(outcome, Unreachable)
        return outcome.reason, time.monotonic() - began_s

    with closing(Store(settings.state_folder)) as store:
        reason, took_s = asked(store)
        assert "cannot be reached" in reason
        assert WITHIN_S <= took_s < WITHIN_S + 1, "nothing delivers"
        with clinic.device():
            reason, _ = asked(store)
            assert "Nobody answers" in reason, "the broker says that no collector ever subscribed"
            with clinic.collector():
                # Its session then stays with the broker, which keeps what comes for it.
                store.keep_message(
                    lambda sequence: examples.visit(clinic_id=CLINIC, device_id=DEVICE, sequence=sequence)
                )
                await_others(store)
            reason, took_s = asked(store)
            assert "cannot be reached" in reason
            assert WITHIN_S <= took_s < WITHIN_S + 1
            with clinic.collector():
                outcome = find_baseline(settings, store, "P-0042", "frontal", 2)
                assert isinstance(outcome, NoneKnown), "it is there again"


def await_others(store: Store) -> None:
    """Wait until comparisons and visits have been confirmed."""
    outbox, end_s = Outbox(store), time.monotonic() + 60
    while outbox.counts().waiting_others:
        assert time.monotonic() < end_s, f"still waiting: {outbox.counts()}"
        time.sleep(0.1)


def test_comparisons_and_visits_survive_kills_as_captures_do(clinic: Clinic) -> None:
    """Breaks when a kill of either side loses, doubles or alters a comparison or a visit."""
    kept: list[Message] = []

    def comparison(sequence: int) -> Comparison:
        return examples.comparison(clinic_id=CLINIC, device_id=DEVICE, sequence=sequence)

    def visit(sequence: int) -> Visit:
        return examples.visit(clinic_id=CLINIC, device_id=DEVICE, sequence=sequence)

    with ExitStack() as running, closing(Store(clinic.folder / "device")) as store:
        collector = running.enter_context(clinic.collector())
        device = running.enter_context(clinic.device())
        for _ in range(12):
            kept += [keep(store, 1), store.keep_message(comparison), store.keep_message(visit)]
            time.sleep(0.01)
        collector.process.kill()
        kept += [store.keep_message(comparison), store.keep_message(visit)]
        time.sleep(0.2)
        device.process.kill()
        running.close()
        with clinic.collector(), clinic.device():
            await_empty_outbox(store, within_s=60)
            await_others(store)
        assert Outbox(store).counts().refused_others == 0
    with closing(sqlite3.connect(clinic.folder / "collector" / "collector.sqlite3")) as database:
        stored = {
            table: [bytes(payload) for (payload,) in database.execute(f"SELECT payload FROM {table}")]  # noqa: S608
            for table in ("captures", "comparisons", "visits")
        }
    for table, kind in (("captures", Capture), ("comparisons", Comparison), ("visits", Visit)):
        assert sorted(stored[table]) == sorted(message.encode() for message in kept if isinstance(message, kind))
