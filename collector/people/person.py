"""Somebody who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from collector.people.roles import Right, Role


@dataclass(frozen=True)
class Person:
    """Who asks for a page.

    Parameters
    ----------
    account_id, name, role
        Of the account; the name is a code.
    language
        Chosen by them; None for the browser's.
    token
        Goes with each request that changes something: another site's page does not know it.
    """

    account_id: UUID
    name: str
    role: Role
    language: str | None
    token: str

    def may(self, right: Right) -> bool:
        """Whether the person's role has a right."""
        return right in self.role.rights
