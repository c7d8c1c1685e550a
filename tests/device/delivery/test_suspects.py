"""Messages that the broker will not take: the others go on."""

from uuid import uuid4

import pytest

from device.delivery import suspects
from device.delivery.suspects import Suspects


@pytest.fixture(autouse=True)
def _pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "waiting_times_s", lambda *_: iter((10.0, 20.0, 40.0)))
    monkeypatch.setattr("device.delivery.suspects.time.monotonic", lambda: 1000.0)


def test_after_a_broken_connection_they_go_one_by_one() -> None:
    """Breaks when twenty messages on their way hide for ever which of them ends the connections."""
    known, ids = Suspects(), [uuid4() for _ in range(3)]
    assert known.window(20) == 20
    assert known.broke_at(ids) is None
    for message_id in ids:
        assert known.window(20) == 1
        known.passed(message_id)
    assert known.window(20) == 20


def test_one_break_proves_nothing() -> None:
    """Breaks when a capture that was on its way as the network broke off has to wait."""
    known, message_id = Suspects(), uuid4()
    assert known.broke_at([message_id]) is None
    assert not known.is_resting(message_id, 1000.0)
    known.passed(message_id)
    assert known.broke_at([message_id]) is None, "it passed in between"
    assert known.broke_at([]) is None


def test_the_one_that_breaks_connections_rests_ever_longer() -> None:
    """Breaks when one message keeps all others from the clinic, or is never tried again."""
    known, message_id, other = Suspects(), uuid4(), uuid4()
    known.broke_at([message_id])
    assert known.broke_at([message_id]) == message_id
    assert (known.is_resting(message_id, 1009.0), known.is_resting(message_id, 1010.0)) == (True, False)
    assert not known.is_resting(other, 1000.0)
    assert (message_id in known, other in known) == (True, False)
    assert len(known) == 1
    assert known.broke_at([message_id]) == message_id
    assert known.is_resting(message_id, 1019.0)
    known.passed(message_id)
    assert (len(known), known.is_resting(message_id, 1000.0)) == (0, False)
