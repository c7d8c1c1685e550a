"""The clinic's accounts: who there is, with which role; adding, changing, closing, and a new link for who forgot."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page import people_words
from collector.page.web import Asked, Page, Refused, action, done, person_of, screen
from collector.people.accounts import AccountRefused, Accounts
from collector.people.one_time_links import PATH
from collector.people.roles import Right, Role
from collector.people.sessions import utc_now

_RIGHT = Right.MANAGE_ACCOUNTS


class _Name(Asked):
    name: str


class _NameAndRole(Asked):
    name: str
    role: Role


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    accounts = Accounts(page.store)

    def shown(request: Request) -> Response:
        return page.render(
            request,
            "accounts.html",
            accounts=accounts.everyone(),
            roles=Role,
            what_roles_do=people_words.WHAT_ROLES_DO,
            now=utc_now(),
        )

    def add(request: Request, asked: _NameAndRole) -> Response:
        try:
            secret = accounts.add(person_of(request).name, asked.name.strip(), asked.role)
        except AccountRefused as refused:
            raise Refused(str(refused)) from refused
        return done(link=PATH + secret, name=asked.name.strip())

    def reset(request: Request, asked: _Name) -> Response:
        if asked.name == person_of(request).name:
            raise Refused("Change your own password under 'My account'.")
        try:
            return done(link=PATH + accounts.reset(person_of(request).name, asked.name), name=asked.name)
        except AccountRefused as refused:
            raise Refused(str(refused)) from refused

    def change_role(request: Request, asked: _NameAndRole) -> Response:
        try:
            accounts.change_role(person_of(request).name, asked.name, asked.role)
        except AccountRefused as refused:
            raise Refused(str(refused)) from refused
        return done(reload=True)

    def close(request: Request, asked: _Name) -> Response:
        try:
            accounts.close(person_of(request).name, asked.name)
        except AccountRefused as refused:
            raise Refused(str(refused)) from refused
        return done(reload=True)

    return [
        screen("/accounts", shown, _RIGHT),
        action("/accounts/add", _NameAndRole, add, _RIGHT),
        action("/accounts/reset", _Name, reset, _RIGHT),
        action("/accounts/role", _NameAndRole, change_role, _RIGHT),
        action("/accounts/close", _Name, close, _RIGHT),
    ]
