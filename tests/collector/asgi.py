"""A client for an ASGI application in this process, one event loop for each request."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


class AsgiClient:
    """Asks an application without a socket.

    Parameters
    ----------
    application
        Whom to ask.
    base_url
        The address it believes to be reached under.
    """

    def __init__(self, application: ASGIApp, base_url: str) -> None:
        self._application = application
        self._base_url = base_url

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  those of httpx
        """Send a request and return the whole answer."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._application)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a GET request."""
        return self.request("GET", path, **options)

    def head(self, path: str) -> httpx.Response:
        """Send a HEAD request."""
        return self.request("HEAD", path)

    def put(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a PUT request."""
        return self.request("PUT", path, **options)
