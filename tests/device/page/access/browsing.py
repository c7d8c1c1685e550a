"""A browser at a guarded page, as far as access goes: its cookies, its headers, its address, its WebSockets."""

import asyncio
import re
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Scope

HERE = "http://127.0.0.1:8090"
PIN, WRONG = "385027", "385028"
_SOON_S = 10.0


class Browser:
    """One browser without a screen.

    Parameters
    ----------
    app
        Whom it asks.
    base_url
        Under which address.
    address
        Of the machine it runs on.
    """

    def __init__(self, app: ASGIApp, base_url: str = HERE, address: str = "127.0.0.1") -> None:
        self.app = app
        self.base_url = base_url
        self.address = address
        self.cookies = httpx.Cookies()
        self.token = ""

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401  those of httpx
        """Send a request; redirects are not followed."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self.address, 40000))
            async with httpx.AsyncClient(transport=transport, base_url=self.base_url, cookies=self.cookies) as client:
                answer = await client.request(method, path, **options)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Go to a screen, and take its token."""
        answer = self.request("GET", path, headers={"accept": "text/html", **_dashed(headers)})
        if (token := re.search(r'name="chair-token" content="([^"]+)"', answer.text)) is not None:
            self.token = token.group(1)
        return answer

    def act(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Do an action as the page's script does."""
        said = {"x-chair-token": self.token, "origin": self.base_url, "sec-fetch-site": "same-origin"}
        return self.request("POST", path, json=body or {}, headers=said | _dashed(headers))

    def unlock(self, pin: str = PIN, after: str = "/") -> httpx.Response:
        """Type a PIN at the lock screen."""
        self.get("/lock")
        return self.act("/unlock", {"pin": pin, "next": after})

    def scope(self, path: str, **headers: str) -> Scope:
        """Return what a server hands an application that a WebSocket is opened to."""
        url = httpx.URL(self.base_url)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        said = {"host": url.netloc.decode(), "origin": self.base_url, "cookie": cookies} | _dashed(headers)
        return {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "scheme": "wss" if url.scheme == "https" else "ws",
            "headers": [(name.encode(), value.encode()) for name, value in said.items()],
            "client": (self.address, 40000),
            "server": (url.host, url.port),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}},
        }

    def first_word(self, path: str, **headers: str) -> list[Message]:
        """Open a WebSocket and return what comes until it is refused, closed, or something is shown."""

        async def listen() -> list[Message]:
            heard: asyncio.Queue[Message] = asyncio.Queue()
            asked = [{"type": "websocket.connect"}]

            async def receive() -> Message:
                if asked:
                    return asked.pop()
                await asyncio.Event().wait()
                raise AssertionError

            running = asyncio.ensure_future(self.app(self.scope(path, **headers), receive, heard.put))
            got: list[Message] = []
            try:
                async with asyncio.timeout(_SOON_S):
                    while not got or got[-1]["type"] == "websocket.accept":
                        got.append(await heard.get())
            finally:
                running.cancel()
                await asyncio.wait({running})
            return got

        return asyncio.run(listen())


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
