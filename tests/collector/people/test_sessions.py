"""Who is signed in, until when."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from collector.people.roles import Role
from collector.people.sessions import IDLE, LONGEST, token_of
from collector.store.tables import interface_tokens, one_time_links, sessions
from tests.collector.people.conftest import ELSEWHERE, PASSWORD, People


def _seen_at(staff: People) -> datetime:
    with staff.store.reading() as connection:
        seen_at: datetime = connection.execute(select(sessions.c.seen_at)).scalar_one()
    return seen_at


def test_bounds_are_those_of_asvs_level_2() -> None:
    """Breaks when a session may stand longer than 12 hours, or 30 minutes without use (ASVS 3.3.2)."""
    assert timedelta(minutes=30) >= IDLE
    assert timedelta(hours=12) >= LONGEST


def test_a_session_ends_without_use(staff: People) -> None:
    """Breaks when a browser that was left shows patients to whoever comes by after half an hour."""
    cookie = staff.add("mk")
    staff.clock.wait(minutes=29)
    assert staff.sessions.person(cookie) is not None
    staff.clock.wait(minutes=29)
    assert staff.sessions.person(cookie) is not None
    staff.clock.wait(minutes=30)
    assert staff.sessions.person(cookie) is None


def test_what_a_screen_asks_by_itself_keeps_nobody_signed_in(staff: People) -> None:
    """Breaks when a page that shows news holds its session open for ever."""
    cookie = staff.add("mk")
    for _ in range(3):
        staff.clock.wait(minutes=9)
        assert staff.sessions.person(cookie, used=False) is not None
    staff.clock.wait(minutes=9)
    assert staff.sessions.person(cookie, used=False) is None


def test_a_session_ends_however_much_it_is_used(staff: People) -> None:
    """Breaks when a stolen cookie that is used all the time never ends."""
    cookie = staff.add("mk")
    for _ in range(12 * 6 - 1):
        staff.clock.wait(minutes=10)
        assert staff.sessions.person(cookie) is not None
    staff.clock.wait(minutes=10)
    assert staff.sessions.person(cookie) is None


def test_a_clock_that_was_set_back_makes_no_session_longer(staff: People) -> None:
    """Breaks when a clock an hour behind keeps everybody signed in an hour longer."""
    cookie = staff.add("mk")
    staff.clock.wait(hours=-1)
    assert staff.sessions.person(cookie) is None


def test_looking_writes_once_a_minute_at_most(staff_on_both: People) -> None:
    """Breaks when every picture of a page is a write to the database."""
    staff = staff_on_both
    cookie = staff.add("mk")
    before = _seen_at(staff)
    staff.clock.wait(seconds=59)
    staff.sessions.person(cookie)
    assert _seen_at(staff) == before
    staff.clock.wait(seconds=1)
    staff.sessions.person(cookie)
    assert _seen_at(staff) == before + timedelta(minutes=1)


def test_the_store_keeps_no_secret(staff_on_both: People) -> None:
    """Breaks when a copy of the database is a bunch of open sessions, links and tokens."""
    staff = staff_on_both
    link = staff.accounts.add("test", "mk", Role.CLINICIAN)
    cookie = staff.links.set_password(link, PASSWORD)
    token = staff.tokens.make("test", "PACS", "mk", 1)
    with staff.store.reading() as connection:
        kept = str([connection.execute(select(table)).all() for table in (sessions, one_time_links, interface_tokens)])
    for secret in (link, cookie, token, token_of(cookie), PASSWORD):
        assert len(secret) >= 20
        assert secret not in kept


def test_a_session_that_was_closed_opens_nothing(staff: People) -> None:
    """Breaks when signing out only looks like it."""
    cookie, other = staff.add("mk"), staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)
    staff.sessions.close(cookie)
    assert staff.sessions.person(cookie) is None
    assert staff.sessions.person(other) is not None
    staff.sessions.close(cookie)


def test_the_token_of_changes_belongs_to_one_session(staff: People) -> None:
    """Breaks when a token of an earlier session, or of somebody else, still changes something."""
    one, other = staff.add("mk"), staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)
    first, second = staff.sessions.person(one), staff.sessions.person(other)
    assert first is not None
    assert second is not None
    assert first.token != second.token
    assert first.token == token_of(one) != one


@pytest.mark.parametrize("cookie", ["", "x", "x" * 43, "x" * 100_000, "ä" * 43, "'; drop table sessions; --"])
def test_what_is_no_session_is_nobody(staff: People, cookie: str) -> None:
    """Breaks when a cookie of another shape fails in the page, or opens it."""
    staff.add("mk")
    assert staff.sessions.person(cookie) is None


def test_an_account_has_few_sessions(staff_on_both: People) -> None:
    """Breaks when signing in again and again fills the database."""
    staff = staff_on_both
    first = staff.add("mk")
    others = []
    for _ in range(10):
        staff.clock.wait(seconds=1)
        others.append(staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE))
    assert staff.sessions.person(first) is None
    assert all(staff.sessions.person(cookie) for cookie in others)


def test_one_sees_where_one_is_signed_in_and_ends_it(staff_on_both: People) -> None:
    """Breaks when a browser forgotten elsewhere cannot be signed out from here."""
    staff = staff_on_both
    here = staff.add("mk")
    staff.clock.wait(minutes=1)
    elsewhere = staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)
    person = staff.sessions.person(here)
    assert person is not None
    assert [one.is_this for one in staff.own.sessions(person.account_id, here)] == [False, True]
    staff.own.end_other_sessions(person, here)
    assert staff.sessions.person(elsewhere) is None
    assert [one.is_this for one in staff.own.sessions(person.account_id, here)] == [True]
