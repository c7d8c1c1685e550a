"""A client for an ASGI application in this process, one event loop for each request."""

import asyncio
from collections.abc import Mapping
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
    headers
        That go with every request.
    client
        Address and port that it is taken to come from.
    """

    def __init__(
        self,
        application: ASGIApp,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        client: tuple[str, int] = ("127.0.0.1", 123),
    ) -> None:
        self._application = application
        self._base_url = base_url
        self.headers = dict(headers or {})
        self._client = client

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  those of httpx
        """Send a request and return the whole answer."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._application, client=self._client)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url, headers=self.headers) as client:
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

    def post(self, path: str, asked: Mapping[str, Any] | None = None, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a POST request with a JSON body."""
        return self.request("POST", path, json=asked or {}, **options)
