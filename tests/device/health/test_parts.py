"""Camera, lights, button and foot switch, disk, outbox and the way to the clinic, each with a fault planted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.camera import CameraMissing
from device.camera.recovery import RecoveryState
from device.delivery.standing import Standing
from device.health import State, delivery, parts
from device.lights import LightsSettings, Ring, RingSettings
from device.outbox import Counts, Room
from device.triggers import ButtonSettings, FootSwitchSettings, TriggersSettings

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
NONE = Counts(0, 0, 0, 0, 0)
GONE = CameraMissing("No camera answers", "Look at its ribbon cable")


def state(**changes: object) -> RecoveryState:
    """Return how a camera stands that works, or not."""
    values: dict[str, object] = {
        "is_open": True,
        "failures": 0,
        "error": None,
        "given_up": False,
        "seconds_to_next_try": 0.0,
        "calls_not_returned": 0,
    }
    return RecoveryState(**values | changes)  # type: ignore[arg-type]  # each is one of its fields


def test_a_camera_that_works_is_named() -> None:
    """Breaks when nobody can see which camera the instrument has."""
    found = parts.camera(state(), "imx477", simulated=False)
    assert (found.state, found.value) == (State.OK, "imx477")


def test_a_camera_that_failed_says_why_and_what_to_do() -> None:
    """Breaks when a failing camera is called good, or its cure gets lost."""
    found = parts.camera(
        state(is_open=False, failures=2, error=GONE, seconds_to_next_try=1.5), "imx477", simulated=False
    )
    assert found.state is State.FAIL
    assert "by itself" in found.sentence
    assert "No camera answers" in found.sentence
    assert "ribbon cable" in found.cure


def test_a_camera_that_was_given_up_waits_for_a_person() -> None:
    """Breaks when somebody waits for a camera that is not tried again."""
    found = parts.camera(state(is_open=False, failures=6, error=GONE, given_up=True), "imx477", simulated=False)
    assert "not tried again" in found.sentence
    assert "Try again" in found.cure


def test_a_camera_that_was_not_tried_is_not_called_good() -> None:
    """Breaks when forgetting a camera's failures turns it green before any picture came."""
    found = parts.camera(state(is_open=False), "imx477", simulated=False)
    assert found.state is State.UNKNOWN
    assert "not tried yet" in found.sentence


def test_calls_that_never_came_back_are_told() -> None:
    """Breaks when an instrument loses a thread with each failure and nobody restarts it."""
    assert parts.camera(state(calls_not_returned=2), "imx477", simulated=False).state is State.WARN


def test_a_light_that_is_not_used_is_told() -> None:
    """Breaks when captures are taken in the room's light though the instrument has its own."""
    rings = LightsSettings(cross=RingSettings(pin=12))
    assert parts.lights(None, None).state is State.OK
    assert parts.lights(rings, Ring.CROSS).state is State.OK
    assert parts.lights(rings, None).state is State.WARN


def test_a_foot_switch_is_looked_for_by_its_path(tmp_path: Path) -> None:
    """Breaks when an unplugged foot switch is noticed only when it is stepped on."""
    settings = TriggersSettings(foot_switch=FootSwitchSettings(path=Path("/dev/input/by-id/foot"), key="KEY_B"))
    assert parts.triggers(tmp_path, settings).state is State.WARN
    (tmp_path / "dev/input/by-id").mkdir(parents=True)
    (tmp_path / "dev/input/by-id/foot").touch()
    assert parts.triggers(tmp_path, settings).state is State.OK


def test_a_foot_switch_is_looked_for_by_its_name(tmp_path: Path) -> None:
    """Breaks when one keyboard's name is found within another's."""
    settings = TriggersSettings(foot_switch=FootSwitchSettings(name="FS22", key="KEY_B"))
    listed = tmp_path / "proc/bus/input/devices"
    listed.parent.mkdir(parents=True)
    listed.write_text('N: Name="FS22-P"\n')
    assert parts.triggers(tmp_path, settings).state is State.WARN
    listed.write_text('N: Name="FS22-P"\nN: Name="FS22"\n')
    assert parts.triggers(tmp_path, settings).state is State.OK


def test_an_instrument_without_foot_switch_misses_none(tmp_path: Path) -> None:
    """Breaks when a part that is not set up is called missing."""
    assert parts.triggers(tmp_path, None).state is State.OK
    assert parts.triggers(tmp_path, TriggersSettings(button=ButtonSettings(pin=17))).state is State.OK


@pytest.mark.parametrize(("captures", "state"), [(0, State.FAIL), (59, State.WARN), (60, State.OK)])
def test_a_disk_is_told_before_it_is_full(captures: int, state: State) -> None:
    """Breaks when nobody hears of the disk before no capture is taken."""
    assert delivery.disk(Room(captures, 7_000_000), 500).state is state


def test_what_the_clinic_refused_leads_to_where_it_is_decided() -> None:
    """Breaks when a refusal waits for somebody who does not know of it."""
    found = delivery.outbox(Counts(3, 1, 0, 0, 1), NOW, NOW)
    assert (found.state, found.way_out) == (State.WARN, "/health#refusals")
    assert "refused 2" in found.sentence


@pytest.mark.parametrize(("waits", "state"), [(timedelta(hours=23), State.OK), (timedelta(hours=25), State.WARN)])
def test_a_message_that_waits_for_a_day_is_told(waits: timedelta, state: State) -> None:
    """Breaks when captures pile up for days without a word."""
    assert delivery.outbox(Counts(3, 0, 2, 0, 0), NOW - waits, NOW).state is state


def test_an_empty_outbox_is_good() -> None:
    """Breaks when an instrument whose every capture arrived is doubted."""
    assert delivery.outbox(NONE, None, NOW).state is State.OK


def test_the_way_to_the_clinic_is_told() -> None:
    """Breaks when a service that does not run, or a broker that refuses, is called connected."""
    assert delivery.broker(None).state is State.WARN
    assert delivery.broker(Standing(connected=True, reason=None, sent=frozenset())).state is State.OK
    away = delivery.broker(Standing(connected=False, reason="the broker cannot be reached", sent=frozenset()))
    assert away.state is State.WARN
    assert "the broker cannot be reached" in away.sentence


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (timedelta(days=31), State.OK),
        (timedelta(days=30), State.WARN),
        (timedelta(seconds=1), State.WARN),
        (timedelta(0), State.FAIL),
    ],
)
def test_a_certificate_is_told_before_it_ends(left: timedelta, state: State) -> None:
    """Breaks when the day on which nothing is delivered any more comes as a surprise."""
    assert delivery.certificate(NOW + left, NOW).state is state


def test_a_certificate_that_cannot_be_read_is_a_fault() -> None:
    """Breaks when a missing certificate is taken for one that never ends."""
    assert delivery.certificate(None, NOW).state is State.FAIL
