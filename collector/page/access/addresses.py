"""Under which names the pages answer, where a request comes from, and where it may lead to."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

from collector.settings import LOOPBACK, PageSettings

STATIC = "/static/"
SIGN_IN = "/sign-in"
FIRST = "/first/"
"""Begins the address of a one-time link."""
INTERFACE = "/api/"
"""Begins the addresses that ask for a token in place of a session; the interface itself looks at it."""
HEALTH, METRICS = "/healthz", "/metrics"

_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  known hosts, nothing is bound here
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]{0,2000}")  # printable ASCII without space and backslash, which browsers bend
_OWN_SITES = (None, "same-origin", "none")


class KnownHosts:
    """The names that a request may be sent to: another site whose name is made to point here gets nothing.

    Parameters
    ----------
    settings
        The `[page]` table.
    """

    def __init__(self, settings: PageSettings) -> None:
        named = {*settings.names}
        if settings.host not in _EVERY_ADDRESS:
            named.add(settings.host)
        if settings.host in (*LOOPBACK, *_EVERY_ADDRESS):
            named.update(LOOPBACK)
        self._names = {name.lower() for name in named}
        self._scheme = "http" if settings.certificate is None else "https"

    def know(self, headers: Headers) -> bool:
        """Say whether a request is sent to these pages."""
        hosts = headers.getlist("host")
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return found is not None and found["name"].strip("[]").lower() in self._names

    def are_origin(self, headers: Headers) -> bool:
        """Say whether the pages themselves send a request, as far as the browser says who does."""
        origin = headers.get("origin")
        own = f"{self._scheme}://{headers.get('host', '')}"
        return headers.get("sec-fetch-site") in _OWN_SITES and (origin is None or origin.lower() == own.lower())


def base_url(settings: PageSettings, port: int | None = None) -> str:
    """Return where people reach the pages, without a slash at the end.

    Parameters
    ----------
    settings
        The `[page]` table.
    port
        On which they are served, where the settings leave it to the system.
    """
    on_every_address = settings.host in _EVERY_ADDRESS
    host = settings.names[0] if settings.names else ("localhost" if on_every_address else settings.host)
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or settings.port}"


def local_path(asked: str) -> str:
    """Return a path of these pages as asked for, or the start: nobody is led elsewhere after signing in."""
    path = asked.partition("?")[0].partition("#")[0]
    leads_back = path == SIGN_IN or path.startswith(FIRST)
    return asked if _LOCAL.fullmatch(asked) and not leads_back else "/"


def is_open(method: str, path: str) -> bool:
    """Say whether a request needs no session: the list of all that a stranger reaches."""
    if path == SIGN_IN or (path.startswith(FIRST) and path.count("/") == FIRST.count("/")):
        return True
    reads = method in ("GET", "HEAD")
    return path.startswith(INTERFACE) or (reads and (path.startswith(STATIC) or path in (HEALTH, METRICS)))


def is_navigation(headers: Headers) -> bool:
    """Say whether a browser asks for a screen, not a script or a picture; older ones do not say, and are believed."""
    return headers.get("sec-fetch-mode") in (None, "navigate")


def is_foreign(headers: Headers) -> bool:
    """Say whether another site's page has a browser ask: such a request comes without these pages' cookie."""
    return headers.get("sec-fetch-site") in ("cross-site", "same-site")


def is_loopback(client: object) -> bool:
    """Say whether a request comes from this machine.

    Parameters
    ----------
    client
        Of an ASGI scope: address and port, or None.
    """
    return isinstance(client, list | tuple) and bool(client) and client[0] in LOOPBACK
