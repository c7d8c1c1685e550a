"""Tokens of the interface: which there are, making one, revoking one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page.web import Asked, Page, Refused, action, done, person_of, screen
from collector.people.accounts import Accounts
from collector.people.roles import Right
from collector.people.tokens import MOST_DAYS, TokenRefused, Tokens

_RIGHT = Right.MANAGE_ACCOUNTS


class _NewToken(Asked):
    title: str
    account: str
    days: int


class _Token(Asked):
    token_sha256: str


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    tokens, accounts = Tokens(page.store), Accounts(page.store)

    def shown(request: Request) -> Response:
        return page.render(
            request,
            "tokens.html",
            tokens=tokens.all(),
            holds=tokens.holds,
            accounts=[one for one in accounts.everyone() if one.closed_at is None],
            most_days=MOST_DAYS,
        )

    def make(request: Request, asked: _NewToken) -> Response:
        try:
            secret = tokens.make(person_of(request).name, asked.title, asked.account, asked.days)
        except TokenRefused as refused:
            raise Refused(str(refused)) from refused
        return done(token=secret)

    def revoke(request: Request, asked: _Token) -> Response:
        if not tokens.revoke(person_of(request).name, asked.token_sha256):
            raise Refused("This token opens nothing any more already. Load the page again.")
        return done(reload=True)

    return [
        screen("/tokens", shown, _RIGHT),
        action("/tokens/make", _NewToken, make, _RIGHT),
        action("/tokens/revoke", _Token, revoke, _RIGHT),
    ]
