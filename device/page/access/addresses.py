"""Under which names the page answers, and where a request comes from and may lead to."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

from device.chair.settings import LOOPBACK, ChairSettings

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]{0,2000}")  # printable ASCII without space and backslash, which browsers bend
_OWN_SITES = (None, "same-origin", "none")


class KnownHosts:
    """The names that a request may be sent to: another site whose name is made to point here gets nothing.

    Parameters
    ----------
    settings
        The `[chair]` table.
    """

    def __init__(self, settings: ChairSettings) -> None:
        named = {*settings.names}
        if not settings.on_every_address:
            named.add(settings.host)
        if settings.on_loopback or settings.on_every_address:
            named.update(LOOPBACK)
        self._names = {name.lower() for name in named}
        self._scheme = "http" if settings.certificate is None else "https"

    def know(self, headers: Headers) -> bool:
        """Say whether a request is sent to this page."""
        hosts = headers.getlist("host")
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return found is not None and found["name"].strip("[]").lower() in self._names

    def are_origin(self, headers: Headers) -> bool:
        """Say whether the page itself sends a request, as far as the browser says who does."""
        origin = headers.get("origin")
        own = f"{self._scheme}://{headers.get('host', '')}"
        return headers.get("sec-fetch-site") in _OWN_SITES and (origin is None or origin.lower() == own.lower())


def local_path(asked: str) -> str:
    """Return a path of this page as asked for, or the start: nobody is led elsewhere after unlocking."""
    path = asked.partition("?")[0]
    return asked if _LOCAL.fullmatch(asked) and path not in {"/lock", "/unlock"} else "/"


def is_navigation(headers: Headers) -> bool:
    """Say whether a browser asks for a screen, not a script or a picture; older ones do not say, and are believed."""
    return headers.get("sec-fetch-mode") in (None, "navigate")


def is_foreign(headers: Headers) -> bool:
    """Say whether another site's page has a browser ask: such a request comes without this page's cookie."""
    return headers.get("sec-fetch-site") in ("cross-site", "same-site")
