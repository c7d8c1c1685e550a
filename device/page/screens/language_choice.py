"""The choice of a language at one browser; the settings say that of all others."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from device.chair.settings import Language
from device.page.web import Asked, Page, action, done, session_of


class _Chosen(Asked):
    language: Language


def routes(_page: Page) -> list[BaseRoute]:
    """Return the address of the action."""

    def choose(request: Request, asked: _Chosen) -> Response:
        session_of(request).language = asked.language
        return done(language=asked.language)

    return [action("/language", _Chosen, choose)]
