"""Tokens of the interface."""

import pytest

from collector.people.audit import Action
from collector.people.roles import Right, Role
from collector.people.tokens import TokenRefused
from collector.store.audit import Wanted, entries
from tests.collector.people.conftest import People


def test_a_token_has_the_rights_that_its_account_has_now(staff: People) -> None:
    """Breaks when a token keeps rights that were taken from its account."""
    staff.add("mk", Role.CLINICIAN)
    secret = staff.tokens.make("admin", "PACS", "mk", 90)
    holder = staff.tokens.holder(secret)
    assert holder is not None
    assert (holder.title, holder.name, holder.may(Right.EXPORT_PATIENTS)) == ("PACS", "mk", True)
    staff.accounts.change_role("admin", "mk", Role.TECHNICIAN)
    holder = staff.tokens.holder(secret)
    assert holder is not None
    assert not holder.may(Right.EXPORT_PATIENTS)


def test_a_token_is_over_at_its_day(staff: People) -> None:
    """Breaks when a token given for a week reads for years."""
    staff.add("mk")
    secret = staff.tokens.make("admin", "PACS", "mk", 7)
    staff.clock.wait(days=7, seconds=-1)
    assert staff.tokens.holder(secret) is not None
    staff.clock.wait(seconds=1)
    assert staff.tokens.holder(secret) is None


def test_a_revoked_token_opens_nothing(staff_on_both: People) -> None:
    """Breaks when a token that leaked cannot be taken back."""
    staff = staff_on_both
    staff.add("mk")
    secret, other = (staff.tokens.make("admin", title, "mk", 7) for title in ("PACS", "Register"))
    (found,) = [token for token in staff.tokens.all() if token.title == "PACS"]
    assert staff.tokens.revoke("admin", found.token_sha256)
    assert not staff.tokens.revoke("admin", found.token_sha256)
    assert staff.tokens.holder(secret) is None
    assert staff.tokens.holder(other) is not None
    with staff.store.reading() as connection:
        trail = entries(connection, Wanted(by="admin"), 100)
    assert [entry.action for entry in trail] == [Action.TOKEN_REVOKED, Action.TOKEN_MADE, Action.TOKEN_MADE]


@pytest.mark.parametrize(
    ("title", "account", "days"),
    [
        ("", "mk", 1),
        ("x" * 61, "mk", 1),
        ("a\x00b", "mk", 1),
        ("PACS", "nobody", 1),
        ("PACS", "mk", 0),
        ("PACS", "mk", 367),
    ],
)
def test_what_is_no_token_is_refused(staff: People, title: str, account: str, days: int) -> None:
    """Breaks when a token has no end, no account, or a title that spoils the trail."""
    staff.add("mk")
    with pytest.raises(TokenRefused):
        staff.tokens.make("admin", title, account, days)
    assert staff.tokens.all() == []


@pytest.mark.parametrize("secret", ["", "x", "x" * 43, "x" * 100_000, "ä" * 43])
def test_what_is_no_token_holds_nothing(staff: People, secret: str) -> None:
    """Breaks when something of another shape fails in the interface, or opens it."""
    assert staff.tokens.holder(secret) is None
