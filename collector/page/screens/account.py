"""One's own account: password, language, and where one is signed in."""

from __future__ import annotations

from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from collector.page import people_words
from collector.page.language import CODES
from collector.page.web import Asked, Nothing, Page, Refused, action, done, person_of, screen
from collector.people.accounts import Accounts
from collector.people.own_account import OwnAccount
from collector.people.passwords import FEWEST_CHARACTERS, MOST_CHARACTERS, Busy, PasswordRefused, Passwords
from collector.people.signing_in import SigningIn, SignInRefused
from groundwork.token_buckets import address_key


class _Password(Asked):
    present: SecretStr
    new: SecretStr


class _ChosenLanguage(Asked):
    language: str | None


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    passwords = Passwords()
    own = OwnAccount(page.store, passwords, SigningIn(page.store, passwords))
    accounts = Accounts(page.store)

    def account(request: Request) -> Response:
        person = person_of(request)
        return page.render(
            request,
            "account.html",
            what=people_words.WHAT_ROLES_DO[person.role],
            sessions=own.sessions(person.account_id, request.state.cookie),
            fewest=FEWEST_CHARACTERS,
            most=MOST_CHARACTERS,
        )

    def password(request: Request, asked: _Password) -> Response:
        person, language = person_of(request), page.language(request)
        present, new = asked.present.get_secret_value(), asked.new.get_secret_value()
        try:
            request.state.cookie = own.change_password(person, present, new, address_key(request.client))
        except SignInRefused as refused:
            return JSONResponse({"sentence": language.sentence(str(refused)), "wait_s": refused.wait_s}, 422)
        except PasswordRefused as refused:
            raise Refused(str(refused)) from refused
        except Busy as busy:
            raise HTTPException(429, str(busy)) from busy
        return done(reload=True)

    def end_others(request: Request, _nothing: Nothing) -> Response:
        own.end_other_sessions(person_of(request), request.state.cookie)
        return done(reload=True)

    def language(request: Request, asked: _ChosenLanguage) -> Response:
        if asked.language is not None and asked.language not in CODES:
            raise Refused("The pages do not speak this language. Choose one of the list.")
        accounts.choose_language(person_of(request).account_id, asked.language)
        return done(reload=True)

    return [
        screen("/account", account, None),
        action("/account/password", _Password, password, None),
        action("/account/sessions/end", Nothing, end_others, None),
        action("/account/language", _ChosenLanguage, language, None),
    ]
