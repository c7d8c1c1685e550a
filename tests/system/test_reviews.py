"""Reviews and days' lists by real processes: what a person says at the chair, and whom the clinic expects there."""

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime

import pytest

from contract import Capture, Decision, Review
from device.baseline import Found, find_baseline
from device.delivery.day_list import expected_today
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.demo.processes import own_program
from device.outbox import Outbox, State
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read
from tests import examples
from tests.system.signed_in import pages_of, signed_in
from tests.system.test_delivery import MakeClinic, await_empty_outbox, keep

WITHIN_S = 60.0


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Clinic:
    """Give a clinic in which nothing runs yet."""
    return make_clinic("mosquitto")


def await_true(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds, and fail naming it if it does not."""
    end_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end_s, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.05)


def say(store: Store, capture: Capture, **changes: object) -> Review:
    """Keep a person's word on a capture."""
    return store.keep_message(
        lambda sequence: examples.review_of(capture, clinic_id=CLINIC, sequence=sequence, **changes)
    )


def nothing_waits(store: Store) -> bool:
    """Whether the clinic has confirmed everything that travels beside captures."""
    return Outbox(store).counts().waiting_others == 0


def test_reviews_reach_the_clinic_once_though_both_sides_are_killed(clinic: Clinic) -> None:
    """Breaks when a kill of either side loses, doubles or alters what a person said of a picture."""
    kept: list[Review] = []
    with clinic.broker(), ExitStack() as running, closing(Store(clinic.folder / "device")) as store:
        collector = running.enter_context(clinic.collector())
        device = running.enter_context(clinic.device())
        captures = [keep(store, number) for number in range(1, 9)]
        for number, capture in enumerate(captures):
            kept.append(say(store, capture))
            kept.append(say(store, capture, decision=Decision.REJECTED, reason="A fold of the cap."))
            if number == 3:
                collector.process.kill()
            if number == 5:
                device.process.kill()
        running.close()
        with clinic.collector(), clinic.device():
            await_true(lambda: nothing_waits(store), "every review is confirmed")
        assert Outbox(store).counts().refused_others == 0
    with closing(sqlite3.connect(clinic.folder / "collector" / "collector.sqlite3")) as database:
        stored = [bytes(payload) for (payload,) in database.execute("SELECT payload FROM reviews")]
    assert sorted(stored) == sorted(review.encode() for review in kept)


def test_what_was_rejected_at_the_chair_counts_nowhere_in_the_clinic(clinic: Clinic) -> None:
    """Breaks when the clinic's page, or its answer to another chair, goes on with a picture that was rejected."""
    settings = read(DeviceSettings, clinic.device_settings)
    with clinic.broker(), clinic.collector(), closing(Store(settings.state_folder)) as store, clinic.device():
        rejected, standing = keep(store, 1), keep(store, 2)
        say(store, rejected, decision=Decision.REJECTED, reason="The wrong place.")
        await_empty_outbox(store, WITHIN_S)
        await_true(lambda: nothing_waits(store), "the review is confirmed")
        with signed_in(*pages_of(clinic)) as clinician:
            assert "The wrong place." in clinician.get(f"/captures/{rejected.message_id}").text
            assert "0 of 6 sites" in clinician.get(f"/patients/{rejected.patient_code}").text
        store.connection.executescript("DELETE FROM message; DELETE FROM picture")  # as at another chair
        outcome = find_baseline(settings, store, rejected.patient_code, rejected.site, 3, with_picture=False)
    assert isinstance(outcome, Found)
    assert outcome.baseline.capture == standing


def expect(clinic: Clinic, *lines: str) -> None:
    """Give the clinic's collector a file of expected patients."""
    path = clinic.folder / "expected.csv"
    path.write_text("\n".join(("day,at,device,patient_code,visit_number", *lines)) + "\n")
    settings = clinic.folder / "collector.toml"
    command = [own_program("trichoscope-collector"), "expect", str(path), "--settings", str(settings)]
    subprocess.run(command, check=True, capture_output=True)


def test_the_day_s_list_reaches_its_chair(clinic: Clinic) -> None:
    """Breaks when a chair does not learn whom it expects: as the list is made, changed, or while it is switched off."""
    today = datetime.now().astimezone().date()
    folder = clinic.folder / "device"

    def codes() -> list[str]:
        return [one.patient_code for one in expected_today(folder, today)]

    with clinic.broker():
        with clinic.collector(), clinic.device():
            expect(clinic, f"{today},09:00,{DEVICE},P-0107,1", f"{today},08:30,{DEVICE},P-0042,3")
            await_true(lambda: codes() == ["P-0042", "P-0107"], "the list comes, in the order of the day")
            expect(clinic, f"{today},09:00,{DEVICE},P-0107,1", f"{today},08:30,chair-9,P-0007,3")
            await_true(lambda: codes() == ["P-0107"], "the change comes")
        (folder / "day-list.json").unlink()
        with clinic.device():
            await_true(lambda: codes() == ["P-0107"], "it is there for a chair that comes online without its collector")


def test_an_older_broker_s_access_list_keeps_no_chair_from_working(clinic: Clinic) -> None:
    """Breaks when a chair and a collector of this release cannot work with a broker that was set up before it.

    mosquitto grants the subscription, hands nothing out, and refuses what is written: reviews wait, captures do not.
    """
    today = datetime.now().astimezone().date()
    folder = clinic.folder / "device"
    with clinic.broker() as broker, closing(Store(folder)) as store:
        access_list = clinic.folder / "broker" / "acl"
        new = access_list.read_text()
        lines = [line for line in new.splitlines() if not line.endswith(("/review", "/day-list"))]
        assert len(lines) == len(new.splitlines()) - 4
        access_list.write_text("\n".join(lines) + "\n")
        broker.process.send_signal(signal.SIGHUP)  # mosquitto reads the list again
        with clinic.collector(), clinic.device():
            expect(clinic, f"{today},09:00,{DEVICE},P-0107,1")
            kept = keep(store, 1)
            said = say(store, kept)
            after = keep(store, 2)
            await_empty_outbox(store, WITHIN_S)
            outbox = Outbox(store)
            assert {outbox.state(one.message_id)[0] for one in (kept, after)} == {State.RECEIVED}
            assert outbox.state(said.message_id)[0] is State.WAITING
            assert expected_today(folder, today) == ()
        access_list.write_text(new)
        broker.process.send_signal(signal.SIGHUP)
        with clinic.collector(), clinic.device():
            await_true(lambda: nothing_waits(store), "the review leaves once the access list is of this release")
            assert outbox.state(said.message_id)[0] is State.RECEIVED
            await_true(lambda: len(expected_today(folder, today)) == 1, "and the list comes")
