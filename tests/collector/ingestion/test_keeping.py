"""What cannot be stored is found among what can, and kept in quarantine; the store's own failure is nobody's fault."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from collector.ingestion.decisions import Accepted, Decision, Refused, decide
from collector.ingestion.keeping import keep
from collector.ingestion.packets import Received
from collector.store.store import Store
from collector.store.stored import Answer, StoreFailed
from contract import Channel, Outcome, Status, Topic
from tests.collector.examples import CLINIC, DEVICE, NOW, status
from tests.examples import capture

CAPTURES = str(Topic(CLINIC, DEVICE, Channel.CAPTURE))


class Choking(Store):
    """A store that some messages make raise what nobody foresaw."""

    chokes_on: frozenset[UUID] = frozenset()
    fails_after = 10**9

    def store_batch(self, decisions: Sequence[Decision], now: datetime) -> list[Answer | None]:
        """Choke, fail or store."""
        self.fails_after -= 1
        if self.fails_after < 0:
            raise StoreFailed("the store could not commit: database or disk is full")
        for one in decisions:
            if isinstance(one, Accepted | Status) and one.message_id in self.chokes_on:
                raise ZeroDivisionError("of a patient, in words")
        return super().store_batch(decisions, now)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Choking]:
    """Return an empty store."""
    with closing(Choking(tmp_path / "collector.sqlite3")) as opened:
        yield opened


def received(number: int) -> tuple[list[Received], list[Decision], list[UUID]]:
    """Return captures as they came, what was decided, and their ids."""
    shown = [capture(sequence=place + 1) for place in range(number)]
    messages = [Received(place + 1, CAPTURES, one.encode(), None) for place, one in enumerate(shown)]
    decisions = [decide(CLINIC, one.topic, one.payload) for one in messages]
    return messages, decisions, [one.message_id for one in shown]


@pytest.mark.parametrize("places", [[0], [36], [17], [3, 4, 30], list(range(37))])
def test_messages_that_cannot_be_stored_are_quarantined_alone(store: Choking, places: list[int]) -> None:
    """Breaks when one message that the store cannot take keeps all others of its batch from being stored."""
    messages, decisions, ids = received(37)
    store.chokes_on = frozenset(ids[place] for place in places)
    answers = keep(store, messages, decisions, NOW)
    outcomes = [answer.receipt.outcome for answer in answers if answer is not None]
    assert outcomes == [Outcome.REFUSED if place in places else Outcome.STORED for place in range(37)]
    assert [answer.receipt.message_id for answer in answers if answer is not None] == ids, "each its own"
    assert len(store.captures_of("P-0042")) == 37 - len(places)
    count, kept = store.quarantine(100)
    assert count == len(places)
    assert {one.reason for one in kept} == {"Storing it failed with ZeroDivisionError."}, "and not a word more"


def test_a_word_that_cannot_be_stored_is_quarantined_with_its_bytes(store: Choking) -> None:
    """Breaks when a status, which has no receipt, stops the batches that it comes in."""
    word = status()
    message = Received(1, str(Topic(CLINIC, DEVICE, Channel.STATUS)), word.encode(), None)
    store.chokes_on = frozenset([word.message_id])
    assert keep(store, [message], [word], NOW) == [None]
    assert store.quarantine(1)[1][0].size_bytes == len(word.encode())


def test_the_store_s_own_failure_quarantines_nothing(store: Choking) -> None:
    """Breaks when good captures are refused because the disk was full while a poisonous one was looked for."""
    messages, decisions, ids = received(8)
    store.chokes_on, store.fails_after = frozenset(ids[:1]), 2
    with pytest.raises(StoreFailed, match="disk is full"):
        keep(store, messages, decisions, NOW)
    store.fails_after = 10**9
    assert store.quarantine(1)[0] == 0
    answers = keep(store, messages, decisions, NOW)
    assert sum(answer is not None and answer.receipt.outcome is Outcome.STORED for answer in answers) == 7


def test_a_message_that_no_quarantine_takes_is_not_lost(store: Choking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a message is acknowledged that is kept nowhere."""
    messages, decisions, ids = received(1)
    store.chokes_on = frozenset(ids)
    beneath = Store.store_batch

    def chokes_on_all(self: Store, given: Sequence[Decision], now: datetime) -> list[Answer | None]:
        if any(isinstance(one, Refused) for one in given):
            raise ZeroDivisionError
        return beneath(self, given, now)

    monkeypatch.setattr(Store, "store_batch", chokes_on_all)
    with pytest.raises(StoreFailed, match="neither be stored nor kept"):
        keep(store, messages, decisions, NOW)
