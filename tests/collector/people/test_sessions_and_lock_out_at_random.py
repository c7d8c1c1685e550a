"""Sign-ins, waits, resets and sessions in any order, against a model that counts by itself."""

from datetime import datetime, timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from collector.people.roles import Role
from collector.people.signing_in import SignInRefused
from tests.collector.people.conftest import PASSWORD, People

_WAITS_S = (30, 60, 120, 240, 480, 900, 900)
"""After the fifth wrong password, the sixth, and so on: written down here once more."""
_names, _addresses = count(1), count(1)


class _SignIns(RuleBasedStateMachine):
    """One account at a time, in a store that all runs share; each try comes from an address of its own."""

    people: People

    @initialize()
    def begin(self) -> None:
        self.clock = self.people.clock
        self.name = f"person-{next(_names)}"
        self.people.accounts.add("test", self.name, Role.CLINICIAN)
        self.links = [self.people.accounts.reset("test", self.name)]
        self.password: str | None = None
        self.wrong, self.waits_until = 0, self.clock()
        self.open: dict[str, tuple[datetime, datetime]] = {}
        self.ended: set[str] = set()

    def _opened(self, cookie: str) -> None:
        self.open[cookie] = (self.clock(), self.clock())

    def _all_end(self) -> None:
        self.ended |= set(self.open)
        self.open.clear()

    @precondition(lambda self: self.links)
    @rule()
    def use_the_link(self) -> None:
        self.password = f"{PASSWORD} {next(_names)}"
        cookie = self.people.links.set_password(self.links.pop(), self.password)
        self.wrong, self.waits_until = 0, self.clock()
        self._all_end()
        self._opened(cookie)

    @rule(right=st.booleans())
    def sign_in(self, *, right: bool) -> None:
        password = self.password if right and self.password else "a wrong one, surely"
        address = f"address-{next(_addresses)}"
        waits = self.clock() < self.waits_until
        try:
            cookie = self.people.signing_in.attempt(self.name, password, address)
        except SignInRefused:
            assert waits or password != self.password
            if not waits:
                self.wrong += 1
                wait_s = 0 if self.wrong < 5 else _WAITS_S[min(self.wrong - 5, len(_WAITS_S) - 1)]
                self.waits_until = self.clock() + timedelta(seconds=wait_s)
        else:
            assert not waits
            assert password == self.password
            self.wrong = 0
            self._opened(cookie)

    @rule(span=st.sampled_from([1, 29, 31, 61, 899, 1799, 1801, 7200]))
    def wait(self, span: float) -> None:
        self.clock.wait(seconds=span)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        cookie = data.draw(st.sampled_from(list(self.open)))  # in the order of opening: the secrets are random
        opened, seen = self.open[cookie]
        holds = self.clock() - seen < timedelta(minutes=30) and self.clock() - opened < timedelta(hours=12)
        assert (self.people.sessions.person(cookie) is not None) == holds
        if not holds:
            del self.open[cookie]
            self.ended.add(cookie)
        elif self.clock() - seen >= timedelta(minutes=1):
            self.open[cookie] = (opened, self.clock())

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def sign_out(self, data: st.DataObject) -> None:
        cookie = data.draw(st.sampled_from(list(self.open)))  # in the order of opening: the secrets are random
        self.people.sessions.close(cookie)
        del self.open[cookie]
        self.ended.add(cookie)

    @rule()
    def reset(self) -> None:
        self.links = [self.people.accounts.reset("test", self.name)]
        self.password, self.wrong, self.waits_until = None, 0, self.clock()
        self._all_end()

    @invariant()
    def what_ended_stays_ended(self) -> None:
        if hasattr(self, "ended"):
            assert all(self.people.sessions.person(cookie, used=False) is None for cookie in self.ended)


def test_any_order_of_sign_ins_waits_and_resets(staff: People) -> None:
    """Breaks when some order of them opens a session to who may not have it, keeps one, or shuts the holder out."""

    class SignInsOfStaff(_SignIns):
        people = staff

    run_state_machine_as_test(SignInsOfStaff, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))
