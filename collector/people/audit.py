"""The audit trail: who looked at which patient, who did what. Added to, never changed."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, insert

from collector.store.store import Store
from collector.store.tables import audit_trail
from contract import new_message_id


class Action(StrEnum):
    """What was done."""

    LOOKED = "looked"
    """At what is known of a patient."""
    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGNED_OUT = "signed-out"
    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CLOSED = "account-closed"
    ROLE_CHANGED = "role-changed"
    LINK_MADE = "link-made"
    """A one-time link, by which an account gets a password."""
    PASSWORD_SET = "password-set"  # noqa: S105  an action's name
    TOKEN_MADE = "token-made"  # noqa: S105  an action's name
    TOKEN_REVOKED = "token-revoked"  # noqa: S105  an action's name
    EXPORTED = "exported"
    """What is known of patients left as files."""
    SENT = "sent"
    """What is known of patients left to another system."""
    READ_BY_TOKEN = "read-by-token"  # noqa: S105  an action's name
    """Over the interface."""
    STUDY_PLANNED = "study-planned"
    STUDY_CHANGED = "study-changed"
    UNBLINDED = "unblinded"
    QUARANTINE_RETRIED = "quarantine-retried"
    QUARANTINE_DISCARDED = "quarantine-discarded"
    ERASED = "erased"
    BACKED_UP = "backed-up"
    RESTORED = "restored"
    TRAIL_TAKEN = "trail-taken"
    """This very trail left as a file."""


def note(
    store: Store,
    by: str,
    action: Action,
    *,
    patient_code: str | None = None,
    subject: str | None = None,
    detail: str | None = None,
) -> None:
    """Add an entry, in a transaction of its own.

    Parameters
    ----------
    store
        That keeps it.
    by
        An account's name, a token's title, or the command line.
    action
        What was done.
    patient_code, subject, detail
        To whom, to what else, and how.

    Raises
    ------
    collector.store.stored.StoreFailed
        If it could not be committed.
    """
    with store.writing() as connection:
        write(connection, by, action, patient_code=patient_code, subject=subject, detail=detail)


def write(
    connection: Connection,
    by: str,
    action: Action,
    *,
    patient_code: str | None = None,
    subject: str | None = None,
    detail: str | None = None,
) -> None:
    """Add an entry within the transaction that is open: what was done and its entry are committed together."""
    connection.execute(
        insert(audit_trail).values(
            entry_id=new_message_id(),
            at=datetime.now(UTC),
            by=by,
            action=action.value,
            patient_code=patient_code,
            subject=subject,
            detail=detail,
        )
    )
