"""Tries of the PIN: counted over the whole instrument, with waits that grow and outlast a restart."""

import json
import logging
import threading
from pathlib import Path

import pytest

from device.page.access import attempts, sessions
from device.page.access.attempts import FREE_TRIES, PinLock, open_lock
from device.page.access.pin import PinHash, hash_of

RIGHT, WRONG = "385027", "385028"


@pytest.fixture
def pin() -> PinHash:
    """The hash of RIGHT."""
    return hash_of(RIGHT, 16)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock since boot, to be set forward."""
    moment = [1000.0]
    monkeypatch.setattr(attempts, "now_s", lambda: moment[0])
    return moment


def waits_after(lock: PinLock, clock: list[float], tries: int) -> list[float]:
    """Type wrong PINs, each after its wait, and return the waits."""
    waits = []
    for _ in range(tries):
        clock[0] += lock.wait_s
        waits.append(lock.attempt(WRONG).wait_s)
    return waits


def test_waits_grow_to_a_quarter_of_an_hour(pin: PinHash, tmp_path: Path, clock: list[float]) -> None:
    """Breaks when somebody may try PINs without end: a million take years at four an hour."""
    lock = PinLock(pin, tmp_path)
    assert waits_after(lock, clock, 12) == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]


def test_the_right_pin_does_not_count_during_a_wait(pin: PinHash, tmp_path: Path, clock: list[float]) -> None:
    """Breaks when a wait stops only those who type wrong ones, so that trying goes on as fast."""
    lock = PinLock(pin, tmp_path)
    waits_after(lock, clock, FREE_TRIES)
    assert not lock.attempt(RIGHT).right
    clock[0] += 29.9
    assert not lock.attempt(RIGHT).right
    clock[0] += 0.2
    assert lock.attempt(RIGHT).right


def test_the_right_pin_begins_anew(pin: PinHash, tmp_path: Path, clock: list[float]) -> None:
    """Breaks when slips of a whole week add up to a wait."""
    lock = PinLock(pin, tmp_path)
    assert waits_after(lock, clock, 4) == [0] * 4
    assert lock.attempt(RIGHT).right
    assert waits_after(lock, clock, 4) == [0] * 4
    assert lock.attempt(RIGHT).right


def test_it_is_said_how_many_tries_are_left(pin: PinHash, tmp_path: Path, clock: list[float]) -> None:
    """Breaks when the first wait comes without a warning."""
    lock = PinLock(pin, tmp_path)
    assert [lock.attempt(WRONG).tries_left for _ in range(5)] == [4, 3, 2, 1, 0]
    assert clock


def test_a_restart_gives_no_try_away(pin: PinHash, tmp_path: Path, clock: list[float]) -> None:
    """Breaks when the count or the wait is forgotten by ending the program."""
    waits_after(PinLock(pin, tmp_path), clock, 6)
    clock[0] += 20
    again = PinLock(pin, tmp_path)
    assert again.wait_s == pytest.approx(40)
    clock[0] += 41
    assert again.attempt(WRONG).wait_s == pytest.approx(120)


def test_another_boot_waits_from_its_start(pin: PinHash, tmp_path: Path, clock: list[float]) -> None:
    """Breaks when switching the instrument off and on again spares the wait, or makes it last for ever."""
    waits_after(PinLock(pin, tmp_path), clock, 7)
    file = tmp_path / "pin-attempts.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "boot_id": "00000000-0000-4000-8000-000000000000"}))
    for moment_s in (5.0, 1e6):  # the clock since boot began anew, whatever it says
        clock[0] = moment_s
        assert PinLock(pin, tmp_path).wait_s == pytest.approx(120)


@pytest.mark.parametrize("spoilt", ["", "{}", '{"wrong": -1}', "[]"])
def test_a_spoilt_count_is_worth_nothing(pin: PinHash, tmp_path: Path, clock: list[float], spoilt: str) -> None:
    """Breaks when spoiling the file gives five more tries, or keeps everybody out for good."""
    (tmp_path / "pin-attempts.json").write_text(spoilt)
    lock = PinLock(pin, tmp_path)
    assert lock.wait_s == pytest.approx(30)
    clock[0] += 31
    assert lock.attempt(RIGHT).right


def test_a_try_is_counted_before_it_is_looked_at(
    pin: PinHash, tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when pulling the plug while a PIN is looked at makes the try free."""
    lock = PinLock(pin, tmp_path)

    def pulled(_pin: PinHash, _typed: str) -> bool:
        raise SystemExit

    monkeypatch.setattr(PinHash, "is_of", pulled)
    for _ in range(5):
        with pytest.raises(SystemExit):
            lock.attempt(WRONG)
    assert clock
    assert PinLock(pin, tmp_path).wait_s == pytest.approx(30)


def test_one_is_looked_at_at_a_time(pin: PinHash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when tries side by side take all memory, or more of them are looked at than are counted."""
    lock, looking, looked = PinLock(pin, tmp_path), threading.Event(), threading.Event()

    def slowly(_pin: PinHash, _typed: str) -> bool:
        looking.set()
        assert looked.wait(10)
        return False

    monkeypatch.setattr(PinHash, "is_of", slowly)
    first = threading.Thread(target=lock.attempt, args=(WRONG,))
    first.start()
    assert looking.wait(10)
    beside = lock.attempt(RIGHT)
    looked.set()
    first.join()
    assert beside.busy
    assert json.loads((tmp_path / "pin-attempts.json").read_text())["wrong"] == 1


def test_a_disk_that_takes_nothing_stops_nobody(
    pin: PinHash, tmp_path: Path, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when a full disk locks technicians out, or lets others try without a wait."""
    lock = PinLock(pin, tmp_path / "gone")
    assert waits_after(lock, clock, 5)[-1] == 30
    clock[0] += 31
    assert lock.attempt(RIGHT).right
    assert "until the next start only" in caplog.text


def test_no_pin_is_ever_logged(pin: PinHash, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when what is typed, right or wrong, can be read in the log or in the state folder."""
    caplog.set_level(logging.DEBUG)
    lock = PinLock(pin, tmp_path)
    lock.attempt(WRONG)
    lock.attempt(RIGHT)
    kept = "".join(file.read_text() for file in tmp_path.iterdir())
    assert "wrong PIN" in caplog.text
    assert not any(typed in caplog.text + kept for typed in (WRONG, RIGHT))


def test_without_a_pin_there_is_no_lock(tmp_path: Path) -> None:
    """Breaks when a kiosk on loopback asks for a PIN that nobody made."""
    assert open_lock(None, tmp_path) is None
    assert sessions.Sessions().stranger(None).left_s is None
