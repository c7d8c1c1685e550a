"""A name and a password become a session, and tell nobody anything else."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from collector.people.audit import Action
from collector.people.lock_out import FREE_TRIES_OF_ADDRESS
from collector.people.passwords import PasswordRefused, Passwords
from collector.people.roles import Role
from collector.people.signing_in import NOBODY, SigningIn, SignInRefused
from collector.store.audit import Entry, Wanted, entries
from tests.collector.people.conftest import ELSEWHERE, PASSWORD, People


def _trail(staff: People, action: Action) -> list[Entry]:
    with staff.store.reading() as connection:
        return entries(connection, Wanted(action=action.value), 1000)


def _refused(staff: People, name: str, password: str, address: str = ELSEWHERE) -> SignInRefused:
    with pytest.raises(SignInRefused) as refused:
        staff.signing_in.attempt(name, password, address)
    return refused.value


def test_the_right_password_opens_a_session(staff: People) -> None:
    """Breaks when nobody can sign in, or it is not in the trail."""
    staff.add("mk")
    cookie = staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)
    person = staff.sessions.person(cookie)
    assert person is not None
    assert person.name == "mk"
    assert [entry.by for entry in _trail(staff, Action.SIGNED_IN)] == ["mk"]


def test_whether_there_is_an_account_is_told_by_nothing(staff: People) -> None:
    """Breaks when a stranger learns by the answer who works here: also of closed and waiting ones."""
    for name in ("mk", "gone", "tired"):
        staff.add(name)
    staff.accounts.add("test", "fresh", Role.TECHNICIAN)
    staff.accounts.close("test", "gone")
    for number in range(6):
        _refused(staff, "tired", "wrong", f"192.0.2.{number}")
    said = {
        name: str(_refused(staff, name, password))
        for name, password in [
            ("mk", "wrong"), ("gone", PASSWORD), ("tired", PASSWORD), ("fresh", ""), ("nobody", PASSWORD),
        ]
    }  # fmt: skip
    assert len(set(said.values())) == 1, said


def test_as_much_work_is_done_where_there_is_no_account(staff: People) -> None:
    """Breaks when the time of the answer tells who works here."""
    looked_at: list[str | None] = []

    class Watched(Passwords):
        def is_of(self, password: str, kept: str | None) -> bool:
            looked_at.append(kept)
            return super().is_of(password, kept)

    staff.add("mk")
    watched = SigningIn(staff.store, Watched(), staff.clock)
    for name in ("mk", "nobody"):
        with pytest.raises(SignInRefused):
            watched.attempt(name, "wrong", ELSEWHERE)
    assert looked_at == [staff.account("mk").password_hash, None]
    nobodys = Passwords()._nobodys.split("$")
    assert nobodys[1:4] == Passwords().kept(PASSWORD).split("$")[1:4]


def test_what_was_typed_as_a_name_is_not_kept(staff: People) -> None:
    """Breaks when a password typed into the wrong field stands in the trail for years."""
    _refused(staff, PASSWORD, "mk")
    failed = _trail(staff, Action.SIGN_IN_FAILED)
    assert [(entry.by, entry.subject, entry.detail) for entry in failed] == [(NOBODY, None, None)]


def test_an_account_waits_after_wrong_tries_and_the_right_password_waits_with_it(staff_on_both: People) -> None:
    """Breaks when passwords can be tried without end, or the right one is taken while the account waits."""
    staff = staff_on_both
    staff.add("mk")
    for number in range(5):
        _refused(staff, "mk", "wrong", f"192.0.2.{number}")
    _refused(staff, "mk", PASSWORD)
    staff.clock.wait(seconds=29)
    _refused(staff, "mk", PASSWORD)
    staff.clock.wait(seconds=1)
    staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)
    assert staff.account("mk").wrong_tries == 0


def test_tries_while_it_waits_do_not_make_it_longer(staff: People) -> None:
    """Breaks when whoever goes on trying keeps the account's holder out for ever."""
    staff.add("mk")
    for number in range(40):
        _refused(staff, "mk", "wrong", f"192.0.2.{number}")
    assert staff.account("mk").wrong_tries == 5
    staff.clock.wait(seconds=30)
    staff.signing_in.attempt("mk", PASSWORD, ELSEWHERE)


def test_one_address_cannot_try_all_accounts(staff: People) -> None:
    """Breaks when a machine tries the likeliest password on every account there is."""
    staff.add("mk")
    for number in range(FREE_TRIES_OF_ADDRESS):
        _refused(staff, f"nobody-{number}", PASSWORD)
    assert _refused(staff, "mk", PASSWORD).wait_s == 30
    staff.signing_in.attempt("mk", PASSWORD, "192.0.2.99")


def test_a_hash_of_older_parameters_is_replaced(staff: People) -> None:
    """Breaks when a stronger way of keeping passwords never reaches those who have one."""
    staff.add("mk")
    before = staff.account("mk").password_hash
    today = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    SigningIn(staff.store, today, staff.clock).attempt("mk", PASSWORD, ELSEWHERE)
    after = staff.account("mk").password_hash
    assert after is not None
    assert after != before
    assert not today.is_outdated(after)
    assert today.is_of(PASSWORD, after)


def test_a_password_that_was_changed_meanwhile_opens_nothing(staff: People) -> None:
    """Breaks when a try that began before a reset signs in after it."""
    staff.add("mk")

    class Slow(Passwords):
        def is_of(self, password: str, kept: str | None) -> bool:
            right = super().is_of(password, kept)
            staff.accounts.reset("test", "mk")
            return right

    with pytest.raises(SignInRefused):
        SigningIn(staff.store, Slow(), staff.clock).attempt("mk", PASSWORD, ELSEWHERE)


def test_ones_own_password_is_changed_by_who_knows_it(staff: People) -> None:
    """Breaks when a browser left open gives the account away, or other sessions outlive the old password."""
    old = staff.add("mk")
    person = staff.sessions.person(old)
    assert person is not None
    with pytest.raises(SignInRefused):
        staff.own.change_password(person, "wrong", "another four words", ELSEWHERE)
    with pytest.raises(PasswordRefused):
        staff.own.change_password(person, PASSWORD, PASSWORD, ELSEWHERE)
    new = staff.own.change_password(person, PASSWORD, "another four words", ELSEWHERE)
    assert staff.sessions.person(old) is None
    assert staff.sessions.person(new) is not None
    _refused(staff, "mk", PASSWORD)
    staff.signing_in.attempt("mk", "another four words", ELSEWHERE)


def test_wrong_present_passwords_lock_as_at_signing_in(staff_on_both: People) -> None:
    """Breaks when whoever finds a browser open may try all passwords there."""
    staff = staff_on_both
    person = staff.sessions.person(staff.add("mk"))
    assert person is not None
    for number in range(5):
        with pytest.raises(SignInRefused):
            staff.own.change_password(person, "wrong", "another four words", f"192.0.2.{number}")
    locked_until = staff.account("mk").locked_until
    assert locked_until == staff.clock() + timedelta(seconds=30)
    with pytest.raises(SignInRefused):
        staff.own.change_password(person, PASSWORD, "another four words", ELSEWHERE)
