"""Signing in and out, and the one-time link by which an account gets its password."""

from __future__ import annotations

import logging

from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from collector.page.access.addresses import FIRST, SIGN_IN, local_path
from collector.page.web import Asked, Nothing, Page, Refused, action, go, open_action, open_screen
from collector.people.one_time_links import LinkRefused, OneTimeLinks
from collector.people.passwords import FEWEST_CHARACTERS, MOST_CHARACTERS, Busy, PasswordRefused, Passwords
from collector.people.sessions import Sessions
from collector.people.signing_in import SigningIn, SignInRefused
from groundwork.token_buckets import address_key

_log = logging.getLogger(__name__)

_MOST_TYPED = 200


class _SignIn(Asked):
    name: str
    password: SecretStr
    next: str = "/"


class _NewPassword(Asked):
    password: SecretStr


def routes(page: Page) -> list[BaseRoute]:
    """Return the screens' addresses."""
    passwords = Passwords()
    sessions, links = Sessions(page.store), OneTimeLinks(page.store, passwords)
    signing_in = SigningIn(page.store, passwords)

    def asks_for_name(request: Request) -> Response:
        after = local_path(request.query_params.get("next", "/"))
        if request.state.person is not None:
            return RedirectResponse(after, 303)
        return page.render(request, "sign_in.html", after=after)

    def sign_in(request: Request, asked: _SignIn) -> Response:
        language = page.language(request)
        try:
            cookie = signing_in.attempt(
                asked.name.strip()[:_MOST_TYPED], asked.password.get_secret_value(), address_key(request.client)
            )
        except SignInRefused as refused:
            _log.warning("A sign-in was refused.")
            return JSONResponse({"sentence": language.sentence(str(refused)), "wait_s": refused.wait_s}, 401)
        except Busy as busy:
            raise HTTPException(429, str(busy)) from busy
        _take_over(request, cookie)
        return go(local_path(asked.next))

    def sign_out(request: Request, _nothing: Nothing) -> Response:
        sessions.close(request.state.cookie)
        request.state.cookie = None
        return go(SIGN_IN)

    def asks_for_password(request: Request) -> Response:
        try:
            linked = links.account(request.path_params["token"])
        except LinkRefused as refused:
            raise HTTPException(404, str(refused)) from refused
        return page.render(request, "first.html", name=linked.name, fewest=FEWEST_CHARACTERS, most=MOST_CHARACTERS)

    def set_password(request: Request, asked: _NewPassword) -> Response:
        try:
            cookie = links.set_password(request.path_params["token"], asked.password.get_secret_value())
        except (LinkRefused, PasswordRefused) as refused:
            raise Refused(str(refused)) from refused
        except Busy as busy:
            raise HTTPException(429, str(busy)) from busy
        _take_over(request, cookie)
        return go("/")

    def _take_over(request: Request, cookie: str) -> None:
        """Give the browser its new session, and end the one that it came with: nobody has two."""
        if request.state.person is not None:
            sessions.close(request.state.cookie)
        request.state.cookie = cookie

    return [
        open_screen(SIGN_IN, asks_for_name),
        open_action(SIGN_IN, _SignIn, sign_in),
        action("/sign-out", Nothing, sign_out, None),
        open_screen(FIRST + "{token}", asks_for_password),
        open_action(FIRST + "{token}", _NewPassword, set_password),
    ]
