"""Sessions: their lock, their number, and that strangers take nobody's place."""

import pytest

from device.page.access import sessions
from device.page.access.sessions import Session, Sessions


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock since boot, to be set forward."""
    moment = [1000.0]
    monkeypatch.setattr(sessions, "now_s", lambda: moment[0])
    return moment


def opened(kept: Sessions) -> Session:
    """Return a session whose PIN was typed."""
    return kept.open(kept.stranger(None))


def test_a_session_locks_when_nobody_touches_it(clock: list[float]) -> None:
    """Breaks when a screen that was left shows patients for ever, or locks under the technician's hands."""
    session = opened(Sessions(600.0))
    for _ in range(20):
        clock[0] += 599
        assert not session.locked
        session.touch()
    clock[0] += 600.1
    assert session.locked
    session.touch()
    assert session.locked, "a touch opened it"


def test_a_session_ends_however_much_it_is_used(clock: list[float]) -> None:
    """Breaks when a cookie that was stolen is good for ever."""
    session = opened(Sessions(600.0))
    while not session.locked:
        assert clock[0] < 1000 + 17 * 3600
        clock[0] += 300
        session.touch()
    assert clock[0] > 1000 + 15 * 3600, "it locked a working day"


def test_without_a_pin_nothing_locks(clock: list[float]) -> None:
    """Breaks when a kiosk locks that nobody can unlock."""
    session = Sessions().keep(Sessions().stranger(None))
    clock[0] += 1e6
    session.lock()
    assert not session.locked
    assert session.left_s is None


def test_unlocking_changes_id_and_token() -> None:
    """Breaks when somebody who planted a cookie before is let in by the technician's PIN."""
    kept = Sessions(600.0)
    planted = kept.stranger("A" * 43)
    planted.technician, planted.language = "mk", "de"
    session = kept.open(planted)
    assert session.session_id != planted.session_id
    assert session.token != planted.token
    assert (session.technician, session.language) == ("mk", "de")
    assert planted.locked
    assert kept.find("A" * 43) is None
    assert kept.find(session.session_id) is session


def test_a_stranger_s_token_follows_from_the_cookie() -> None:
    """Breaks when the lock screen's token does not fit the request that comes back, or fits another's cookie."""
    kept = Sessions(600.0)
    one, two = kept.stranger(None), kept.stranger(None)
    assert kept.stranger(one.session_id).token == one.token != two.token
    assert Sessions(600.0).stranger(one.session_id).token != one.token, "another start's"


@pytest.mark.parametrize("planted", ["", "a", "A" * 44, "A" * 42 + ";", "A" * 42 + "\n", "A" * 100_000])
def test_a_cookie_that_is_none_is_not_taken_over(planted: str) -> None:
    """Breaks when anything at all becomes an id, in an answer's header too."""
    assert Sessions().stranger(planted).session_id != planted


def test_strangers_take_nobody_s_place() -> None:
    """Breaks when a flood of requests without a session throws a technician out."""
    kept = Sessions(600.0)
    session = opened(kept)
    for _ in range(1000):
        kept.stranger(None)
    assert kept.find(session.session_id) is session
    assert not session.locked


def test_sessions_are_bounded_and_the_seated_stays(clock: list[float]) -> None:
    """Breaks when sessions fill the memory, or the oldest to go is the one who works."""
    seat: list[str] = []
    kept = Sessions(is_seated=lambda session_id: session_id in seat)
    seated = kept.keep(kept.stranger(None))
    seat.append(seated.session_id)
    named = kept.keep(kept.stranger(None))
    named.technician = "mk"
    others = []
    for _ in range(100):
        clock[0] += 1
        others.append(kept.keep(kept.stranger(None)).session_id)
    known = [kept.find(one) is not None for one in (seated.session_id, named.session_id, *others)]
    assert known[:2] == [True, True]
    assert sum(known) == 64
    assert known[-62:] == [True] * 62, "not the oldest went"


def test_a_dropped_session_is_locked() -> None:
    """Breaks when a live picture goes on in a session that is no more."""
    kept = Sessions(600.0)
    first = opened(kept)
    for _ in range(64):
        opened(kept)
    assert kept.find(first.session_id) is None
    assert first.locked
