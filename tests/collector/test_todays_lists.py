"""Each device's list of the day: sent when it changed and when a day begins, retained, gone with its day."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from collector.ingestion.todays_lists import TodaysLists
from collector.store.store import Store
from collector.store.stored import StoreFailed
from collector.store.tables import day_lists
from contract import Channel, DayList, Expected, Outcome, Topic
from tests.collector.conftest import OTHER_DEVICE, Broker, Client, await_true
from tests.collector.examples import CLINIC, DEVICE
from tests.collector.test_subscriber import CAPTURES, RECEIPTS, receipts, subscribed
from tests.examples import capture

MORNING = datetime(2026, 3, 4, 7, 0).astimezone()
LISTS = str(Topic(CLINIC, DEVICE, Channel.DAY_LIST))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    with closing(Store(tmp_path / "collector.sqlite3")) as opened:
        yield opened


def expecting(day: date, *codes: str, device_id: str = DEVICE) -> DayList:
    """Return a list of a day with those patients."""
    expected = tuple(Expected(patient_code=code, visit_number=1, at=time(8, 30)) for code in codes)
    return DayList(clinic_id=CLINIC, device_id=device_id, made_at=MORNING, day=day, expected=expected)


def sent(lists: TodaysLists, at: datetime) -> list[DayList]:
    """Return what is sent at a time; the monotonic clock goes with it."""
    return [due.day_list for due in lists.due(at.timestamp(), at)]


def test_a_list_is_sent_once_and_again_when_it_changed(store: Store) -> None:
    """Breaks when a change of the list does not reach the chair, or the same list is sent for ever."""
    first, second = expecting(MORNING.date(), "P-0042"), expecting(MORNING.date(), "P-0042", "P-0107")
    elsewhere = expecting(MORNING.date(), "P-0007", device_id=OTHER_DEVICE)
    store.keep_day_lists([first, elsewhere, expecting(MORNING.date() + timedelta(days=1))], MORNING.date())
    lists = TodaysLists(store)
    assert sent(lists, MORNING) == [first, elsewhere]
    assert sent(lists, MORNING + timedelta(minutes=1)) == []
    store.keep_day_lists([second], MORNING.date())
    assert sent(lists, MORNING + timedelta(minutes=2)) == [second]
    assert sent(TodaysLists(store), MORNING + timedelta(minutes=3)) == [second, elsewhere], "over a new connection"


def test_a_new_day_brings_its_list(store: Store) -> None:
    """Breaks when chairs show yesterday's patients until somebody restarts the collector."""
    today, tomorrow = expecting(MORNING.date(), "P-0042"), expecting(MORNING.date() + timedelta(days=1), "P-0107")
    store.keep_day_lists([today, tomorrow], MORNING.date())
    lists = TodaysLists(store)
    midnight = datetime.combine(tomorrow.day, time.min).astimezone()
    assert sent(lists, midnight - timedelta(seconds=10)) == [today]
    assert sent(lists, midnight) == [tomorrow]


def test_a_list_is_deleted_when_its_day_is_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the appointments of a clinic that gives its files weekly lie in its store, and its backups, for good.

    A store that cannot be written just then holds up no list.
    """
    days = [MORNING.date() + timedelta(days=ahead) for ahead in range(3)]
    store.keep_day_lists([expecting(day, "P-0042") for day in days], days[0])
    lists = TodaysLists(store)
    sent(lists, MORNING)
    assert [bool(store.day_lists(day)) for day in days] == [True, True, True]
    sent(lists, MORNING + timedelta(days=1))
    assert [bool(store.day_lists(day)) for day in days] == [False, True, True]
    with monkeypatch.context() as failing:
        failing.setattr(store, "forget_day_lists", lambda _before: (_ for _ in ()).throw(StoreFailed("disk full")))
        assert sent(lists, MORNING + timedelta(days=2)) == [expecting(days[2], "P-0042")]
    sent(TodaysLists(store), MORNING + timedelta(days=2))
    assert [bool(store.day_lists(day)) for day in days] == [False, False, True]


@pytest.mark.parametrize(("hour", "seconds"), [(0, 86_400), (7, 61_200), (23, 3_600)])
def test_a_list_expires_with_its_day(store: Store, hour: int, seconds: int) -> None:
    """Breaks when the broker hands yesterday's list to a chair that is switched on in the morning."""
    store.keep_day_lists([expecting(MORNING.date())], MORNING.date())
    (due,) = TodaysLists(store).due(0.0, datetime(2026, 3, 4, hour).astimezone())
    assert due.expires_in_s == seconds
    assert str(due.topic) == LISTS


def test_the_store_is_not_read_at_every_turn(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when looking for lists costs what the intake of captures needs."""
    asked: list[date] = []

    def none_of(day: date) -> list[DayList]:
        asked.append(day)
        return []

    monkeypatch.setattr(store, "day_lists", none_of)
    lists = TodaysLists(store)
    for turn in range(100):
        list(lists.due(turn * 0.009, MORNING))
    assert len(asked) == 1


def test_a_store_that_cannot_be_read_stops_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a list that cannot be read ends the intake of captures."""
    shown = expecting(MORNING.date(), "P-0042")
    store.keep_day_lists([shown], MORNING.date())
    lists = TodaysLists(store)
    with monkeypatch.context() as failing:
        failing.setattr(store, "day_lists", lambda _day: (_ for _ in ()).throw(StoreFailed("disk I/O error")))
        assert sent(lists, MORNING) == []
    assert sent(lists, MORNING + timedelta(seconds=5)) == [shown]


def test_a_list_that_a_later_release_wrote_is_none(store: Store) -> None:
    """Breaks when one unreadable list keeps every chair's from being sent."""
    shown = expecting(MORNING.date(), "P-0042")
    store.keep_day_lists([shown, expecting(MORNING.date(), device_id=OTHER_DEVICE)], MORNING.date())
    with store.writing() as connection:
        spoilt = update(day_lists).where(day_lists.c.device_id == OTHER_DEVICE).values(payload=b"{}")
        connection.execute(spoilt)
    assert store.day_lists(MORNING.date()) == [shown]


def test_a_device_gets_its_own_list_whenever_it_comes_online(mosquitto: Broker, store: Store) -> None:
    """Breaks when a chair that is switched on late has no list, or sees another chair's."""
    today = datetime.now().astimezone().date()
    shown, elsewhere = expecting(today, "P-0042"), expecting(today, "P-0107", device_id=OTHER_DEVICE)
    store.keep_day_lists([shown, elsewhere], today)
    with subscribed(mosquitto.settings(), store), Client(mosquitto, DEVICE) as early:
        early.subscribe(LISTS)
        assert early.received.get(timeout=10) == (LISTS, shown.encode())
        early.subscribe(str(Topic(CLINIC, OTHER_DEVICE, Channel.DAY_LIST)))
        changed = expecting(today, "P-0043")
        store.keep_day_lists([changed], today)
        assert early.received.get(timeout=10) == (LISTS, changed.encode())
        assert early.received.empty(), "nothing of the other's"
    with Client(mosquitto, DEVICE) as late:
        late.subscribe(LISTS)
        assert late.received.get(timeout=10) == (LISTS, changed.encode()), "also while the collector is away"


def test_a_broker_of_an_older_release_keeps_the_intake_going(
    mosquitto: Broker, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when an access list that does not know the day's list or reviews stops captures from being stored."""
    mosquitto.stop()
    access_list = mosquitto.folder / "acl"
    lines = [line for line in access_list.read_text().splitlines() if not line.endswith(("/day-list", "/review"))]
    access_list.write_text("\n".join(lines) + "\n")
    mosquitto.start()
    today = datetime.now().astimezone().date()
    store.keep_day_lists([expecting(today, "P-0042")], today)
    with subscribed(mosquitto.settings(), store) as subscriber, Client(mosquitto, DEVICE) as device:
        device.subscribe(RECEIPTS)
        device.send(CAPTURES, [capture().encode()])
        assert receipts(device, 1)[0].outcome is Outcome.STORED
        await_true(lambda: "trichoscope-collector broker" in caplog.text, "the refusal is told with its cure")
        assert subscriber.trouble is None
    assert "day's list" in caplog.text
