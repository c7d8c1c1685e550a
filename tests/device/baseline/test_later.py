"""Captures that could not be compared at the chair."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from contract import Capture, Comparison, Decision
from device import clock
from device.baseline import Asks, ComparingLater
from device.chair.reviewing import Decided, decide
from device.outbox import Outbox
from device.settings import DeviceSettings
from device.store import Store
from tests import examples
from tests.device.baseline.instrument import answer_later, answer_none, answer_with, answering, keep, settings

GO = threading.Event()


@pytest.fixture
def of(tmp_path: Path) -> DeviceSettings:
    """Return an instrument's settings."""
    return settings(tmp_path)


@pytest.fixture
def store(of: DeviceSettings) -> Iterator[Store]:
    """Give its store, empty."""
    with closing(Store(of.state_folder)) as opened:
        yield opened


def compare(store: Store, followup: Capture, baseline: Capture) -> Comparison:
    """Keep a comparison of two captures."""
    return store.keep_message(
        lambda sequence: examples.comparison(
            sequence=sequence,
            site=followup.site,
            baseline=examples.compared(baseline),
            followup=examples.compared(followup),
        )
    )


def an_hour_ago(store: Store, visit_number: int, **changes: object) -> Capture:
    """Keep a capture whose chair has had its time to compare it."""
    return keep(store, visit_number, created_at=clock.now() - timedelta(hours=1), **changes)


def at(monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    """Set the clock forward."""
    now: Callable[[], object] = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + later)  # type: ignore[operator]


def test_what_the_chair_could_not_compare_is_compared_when_the_clinic_answers(of: DeviceSettings, store: Store) -> None:
    """Breaks when a visit that was taken without connection stays without comparison for ever."""
    followup = an_hour_ago(store, 2)
    later, elsewhere = ComparingLater(of, store, compare), examples.capture(device_id="chair-2")
    later.compare_pending(GO)
    assert store.without_comparison(clock.now()) == [followup], "the clinic was away"
    with answering(store, answer_later):
        later.compare_pending(GO)
    assert store.without_comparison(clock.now()) == [followup], "the clinic could not tell"
    with answering(store, answer_with(elsewhere)):
        later.compare_pending(GO)
    assert store.without_comparison(clock.now()) == []
    comparison = Comparison.model_validate_json(Outbox(store).payload(list(Outbox(store).remaining())[1].message_id))
    assert (comparison.baseline.message_id, comparison.followup.message_id) == (
        elsewhere.message_id,
        followup.message_id,
    )
    assert list((store.folder / "baselines").iterdir()) == [], "the clinic's baseline is forgotten"


def test_own_baselines_need_no_clinic(of: DeviceSettings, store: Store) -> None:
    """Breaks when a capture that a crash left without comparison waits for a clinic that is not needed."""
    keep(store, 1)
    an_hour_ago(store, 2)
    ComparingLater(of, store, compare).compare_pending(GO)
    assert store.without_comparison(clock.now()) == []
    assert Outbox(store).counts().waiting_others == 1


def test_a_site_without_baseline_is_tried_again_daily_for_a_month(
    of: DeviceSettings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when the service asks for ever, or a baseline that arrives late at the clinic is never asked for again."""
    followup = an_hour_ago(store, 2)
    later = ComparingLater(of, store, compare)
    with answering(store, answer_none) as asked:
        later.compare_pending(GO)
        later.compare_pending(GO)
        assert len(asked) == 1
        at(monkeypatch, timedelta(days=1))
        assert store.without_comparison(clock.now()) == [followup]
        at(monkeypatch, timedelta(days=29))
        later.compare_pending(GO)
        at(monkeypatch, timedelta(days=400))
        later.compare_pending(GO)
        assert len(asked) == 2
    assert store.without_comparison(clock.now()) == []


def test_one_capture_that_cannot_be_compared_does_not_stop_the_others(
    of: DeviceSettings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Breaks when a single capture ends the service, or is tried again every half minute."""
    keep(store, 1, site="frontal")
    keep(store, 1, site="vertex")
    bad, good = an_hour_ago(store, 2, site="frontal"), an_hour_ago(store, 2, site="vertex")

    def compare_the_good(store: Store, followup: Capture, baseline: Capture) -> Comparison:
        if followup == bad:
            raise ZeroDivisionError
        return compare(store, followup, baseline)

    ComparingLater(of, store, compare_the_good).compare_pending(GO)
    assert str(bad.message_id) in caplog.text
    assert store.without_comparison(clock.now()) == []
    assert store.without_comparison(clock.now() + timedelta(days=2)) == [bad]
    assert good not in store.without_comparison(clock.now())


def test_the_service_ends_when_it_is_told_to(of: DeviceSettings, store: Store) -> None:
    """Breaks when the end of the service waits for the clinic, or for the next look."""
    an_hour_ago(store, 2)
    stop, folder = threading.Event(), store.folder

    def work() -> None:
        with closing(Store(folder)) as own:
            ComparingLater(of, own, compare).run(stop)

    thread = threading.Thread(target=work)
    thread.start()
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert Asks(store).pending(clock.now()) == []


def test_a_rejected_capture_is_not_compared_later(of: DeviceSettings, store: Store) -> None:
    """Breaks when a comparison of a picture that a person took out is made, or none once it counts again."""
    keep(store, 1)
    followup = an_hour_ago(store, 2)
    about = {"capture_id": followup.message_id, "visit_number": 2}
    store.keep_message(
        lambda sequence: examples.review(
            sequence=sequence, **about, decision=Decision.REJECTED, reason="The wrong place."
        )
    )
    later = ComparingLater(of, store, compare)
    later.compare_pending(GO)
    assert store.without_comparison(clock.now()) == []
    assert Outbox(store).counts().waiting_others == 1, "the review alone"
    decide(store, of, followup, Decided(Decision.ACCEPTED, "mk"))
    assert store.without_comparison(clock.now()) == [followup]
    before = Outbox(store).counts().waiting_others
    later.compare_pending(GO)
    assert Outbox(store).counts().waiting_others == before + 1


def test_a_rejected_capture_is_looked_at_daily_for_a_month(
    of: DeviceSettings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when all that was ever rejected is read every half minute, or is never compared once it counts again."""
    keep(store, 1)
    followup = an_hour_ago(store, 2)
    store.keep_message(
        lambda sequence: examples.review(
            sequence=sequence,
            capture_id=followup.message_id,
            visit_number=2,
            decision=Decision.REJECTED,
            reason="The wrong place.",
        )
    )
    later = ComparingLater(of, store, compare)
    later.compare_pending(GO)
    assert store.without_comparison(clock.now()) == []
    at(monkeypatch, timedelta(days=1))
    assert store.without_comparison(clock.now()) == [followup]
    at(monkeypatch, timedelta(days=29))
    later.compare_pending(GO)
    at(monkeypatch, timedelta(days=400))
    assert store.without_comparison(clock.now()) == []
