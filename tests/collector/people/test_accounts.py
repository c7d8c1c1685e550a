"""Accounts: added, given another role, closed, reset; never without an administrator."""

import threading

import pytest

from collector.people.accounts import AccountRefused
from collector.people.audit import Action
from collector.people.one_time_links import LinkRefused, first_link
from collector.people.passwords import PasswordRefused
from collector.people.roles import Role
from collector.people.signing_in import SignInRefused
from collector.store.audit import Wanted, entries
from tests.collector.people.conftest import ELSEWHERE, PASSWORD, People

_BASE = "http://127.0.0.1:8080"


def _secret(link: str | None) -> str:
    assert link is not None
    assert link.startswith(f"{_BASE}/first/")
    return link.rpartition("/")[2]


def test_the_first_start_makes_one_administrator_with_a_link_and_no_password(staff_on_both: People) -> None:
    """Breaks when a fresh collector has a default password, or nobody can ever sign in."""
    staff = staff_on_both
    link = _secret(first_link(staff.store, _BASE, staff.clock()))
    (only,) = staff.accounts.everyone()
    assert (only.role, only.password_hash) == (Role.ADMINISTRATOR.value, None)
    with pytest.raises(SignInRefused):
        staff.signing_in.attempt(only.name, "", ELSEWHERE)
    person = staff.sessions.person(staff.links.set_password(link, PASSWORD))
    assert person is not None
    assert person.role is Role.ADMINISTRATOR
    assert first_link(staff.store, _BASE, staff.clock()) is None


def test_starting_again_makes_no_second_administrator(staff: People) -> None:
    """Breaks when each start before the first sign-in adds an account, or kills the link that was handed over."""
    first = _secret(first_link(staff.store, _BASE, staff.clock()))
    second = _secret(first_link(staff.store, _BASE, staff.clock()))
    assert len(staff.accounts.everyone()) == 1
    staff.links.set_password(first, PASSWORD)
    with pytest.raises(LinkRefused):
        staff.links.set_password(second, PASSWORD)


def test_a_link_works_once(staff: People) -> None:
    """Breaks when whoever finds the slip of paper later takes the account over."""
    link = staff.accounts.add("test", "mk", Role.CLINICIAN)
    staff.links.account(link)
    staff.links.account(link)
    staff.links.set_password(link, PASSWORD)
    for again in (lambda: staff.links.set_password(link, "another four words"), lambda: staff.links.account(link)):
        with pytest.raises(LinkRefused):
            again()
    staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)


def test_two_who_use_a_link_at_once_get_one_account(staff_on_both: People) -> None:
    """Breaks when a link used twice within the same moment sets two passwords."""
    staff = staff_on_both
    link = staff.accounts.add("test", "mk", Role.CLINICIAN)
    outcomes: list[bool] = []
    together = threading.Barrier(2)

    def use(password: str) -> None:
        together.wait(10)
        try:
            staff.links.set_password(link, password)
        except LinkRefused:
            outcomes.append(False)
        else:
            outcomes.append(True)

    threads = [threading.Thread(target=use, args=(f"four plain words {number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == [False, True]


def test_a_link_is_over_after_a_day(staff: People) -> None:
    """Breaks when a link lies about for weeks and still opens."""
    link = staff.accounts.add("test", "mk", Role.CLINICIAN)
    staff.clock.wait(hours=23, minutes=59)
    staff.links.account(link)
    staff.clock.wait(minutes=1)
    with pytest.raises(LinkRefused):
        staff.links.set_password(link, PASSWORD)


def test_a_refused_password_leaves_the_link(staff: People) -> None:
    """Breaks when who types a short password needs the administrator again."""
    link = staff.accounts.add("test", "mk", Role.CLINICIAN)
    with pytest.raises(PasswordRefused):
        staff.links.set_password(link, "short")
    staff.links.set_password(link, PASSWORD)


def test_a_reset_ends_password_sessions_and_wait(staff_on_both: People) -> None:
    """Breaks when an account that was taken over stays with who took it."""
    staff = staff_on_both
    cookie = staff.add("mk")
    for number in range(5):
        with pytest.raises(SignInRefused):
            staff.signing_in.attempt("mk", "wrong", f"192.0.2.{number}")
    older = staff.accounts.reset("admin", "mk")
    link = staff.accounts.reset("admin", "mk")
    assert staff.sessions.person(cookie) is None
    with pytest.raises(SignInRefused):
        staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)
    with pytest.raises(LinkRefused):
        staff.links.set_password(older, "another four words")
    staff.links.set_password(link, "another four words")
    staff.signing_in.attempt("mk", "another four words", ELSEWHERE)


def test_closing_ends_everything_of_an_account(staff_on_both: People) -> None:
    """Breaks when who left still sees patients by an open browser, a link, a token, or the password."""
    staff = staff_on_both
    cookie = staff.add("mk")
    token = staff.tokens.make("admin", "PACS", "mk", 90)
    staff.accounts.close("admin", "mk")
    assert staff.sessions.person(cookie) is None
    assert staff.tokens.holder(token) is None
    with pytest.raises(SignInRefused):
        staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)
    for done in (lambda: staff.accounts.reset("admin", "mk"), lambda: staff.accounts.close("admin", "mk")):
        with pytest.raises(AccountRefused):
            done()


def test_a_name_is_one_persons_for_ever(staff: People) -> None:
    """Breaks when the trail's 'mk' is one person in March and another in June."""
    staff.add("mk")
    staff.accounts.close("admin", "mk")
    for name in ("mk", "MK"):
        with pytest.raises(AccountRefused, match="already"):
            staff.accounts.add("admin", name, Role.CLINICIAN)


@pytest.mark.parametrize("name", ["", "Dr. Müller", "a b", "x" * 33, "-mk", "mk\n", "<b>"])
def test_a_name_is_a_code(staff: People, name: str) -> None:
    """Breaks when an account is named as a person is."""
    with pytest.raises(AccountRefused):
        staff.accounts.add("admin", name, Role.CLINICIAN)


def test_another_role_ends_the_sessions(staff: People) -> None:
    """Breaks when somebody goes on with rights that were taken away."""
    staff.add("admin", Role.ADMINISTRATOR)
    cookie = staff.add("mk", Role.CLINICIAN)
    staff.accounts.change_role("admin", "mk", Role.CLINICIAN)
    assert staff.sessions.person(cookie) is not None
    staff.accounts.change_role("admin", "mk", Role.TECHNICIAN)
    assert staff.sessions.person(cookie) is None
    person = staff.sessions.person(staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE))
    assert person is not None
    assert person.role is Role.TECHNICIAN


def test_the_last_administrator_stays(staff: People) -> None:
    """Breaks when nobody is left who can give anybody an account."""
    staff.add("admin", Role.ADMINISTRATOR)
    staff.accounts.add("admin", "later", Role.ADMINISTRATOR)  # has no password yet: cannot sign in
    with pytest.raises(AccountRefused, match="last administrator"):
        staff.accounts.close("admin", "admin")
    with pytest.raises(AccountRefused, match="last administrator"):
        staff.accounts.change_role("admin", "admin", Role.CLINICIAN)
    staff.add("second", Role.ADMINISTRATOR)
    staff.accounts.close("second", "admin")


def test_two_administrators_who_close_each_other_leave_one(staff_on_both: People) -> None:
    """Breaks when both are looked at before either is closed."""
    staff = staff_on_both
    staff.add("one", Role.ADMINISTRATOR)
    staff.add("two", Role.ADMINISTRATOR)
    refused: list[str] = []
    together = threading.Barrier(2)

    def close(name: str) -> None:
        together.wait(10)
        try:
            staff.accounts.close("test", name)
        except AccountRefused as error:
            refused.append(str(error))

    threads = [threading.Thread(target=close, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 1
    assert [one.closed_at is None for one in staff.accounts.everyone()] == [True, False]


def test_all_that_is_done_to_accounts_is_in_the_trail(staff: People) -> None:
    """Breaks when somebody gives themselves a role and nobody can see when, and by whom."""
    staff.add("admin", Role.ADMINISTRATOR)
    staff.accounts.add("admin", "mk", Role.CLINICIAN)
    staff.accounts.change_role("admin", "mk", Role.TECHNICIAN)
    staff.accounts.reset("admin", "mk")
    staff.accounts.close("admin", "mk")
    with staff.store.reading() as connection:
        found = entries(connection, Wanted(by="admin"), 100)
    assert [(entry.action, entry.subject, entry.detail) for entry in reversed(found)] == [
        (Action.PASSWORD_SET.value, None, None),
        (Action.ACCOUNT_ADDED.value, "mk", "clinician"),
        (Action.LINK_MADE.value, "mk", None),
        (Action.ROLE_CHANGED.value, "mk", "clinician to technician"),
        (Action.LINK_MADE.value, "mk", None),
        (Action.ACCOUNT_CLOSED.value, "mk", None),
    ]
