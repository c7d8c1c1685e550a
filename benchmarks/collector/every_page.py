"""Every screen of the clinic's pages and every resource of its interface, each with addresses that are in a store.

They are taken from the application's own routes: a new screen is looked at without being named here, and one whose
address has a part that this module knows no example of is an error, not passed over.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from benchmarks.collector.filled_store import DEVICES, PICTURE, STUDY, Filled, account_id, fill
from collector.interface.application import ADDRESS
from collector.interface.clinic import Clinic
from collector.interface.resources import all_resources
from collector.page.access.guard import COOKIE
from collector.page.app import create_pages
from collector.page.templating import templates
from collector.page.web import ForThoseWhoMay, Page
from collector.people.roles import Right, Role
from collector.people.sessions import Sessions
from collector.people.tokens import Tokens
from collector.pictures.folder import PicturesInFolder
from collector.settings import PageSettings
from collector.store.store import Store
from contract import PROTOCOL
from tests.collector.examples import CLINIC

NOT_MEASURED = {
    "/live": "a stream that does not end",
    "/patients/{code}/sites/{site}/report.pdf": "laid out in seconds by its own program, one at a time",
    "/audit.csv": "a file of any length, sent as it is read",
    "/quarantine/{sha256}": "bytes as they came",
    "/captures/{id}/picture": "a picture's bytes",
    "/patients/{code}/exports/{form}.zip": "all that is held of a patient, read on purpose",
    "/pictures/{sha256}": "a picture's bytes",
    "/pictures/{sha256}/reduced/{width:int}": "a picture's bytes",
    "/patients/{code}/fhir": "a file of all captures of a patient",
    "/metrics": "for a program on the same machine",
}
"""What is no screen, by its route, and what it is."""

_FURTHER = {
    "/patients": ("?code=P-00",),
    "/patients/{code}": ("?before=8",),
    "/patients/{code}/sites/{site}": ("?rows=all", "?figure=hair_density_per_cm2"),
    "/audit": ("?patient={code}", "?by=technician", "?action=sent", "?from=2021-03-02&to=2021-03-03"),
    "/studies/{code}/patients": ("?after={code}",),
}
"""Of some screens what else is asked of them."""

_FURTHER_RESOURCES = {
    "/patients": ("?after={code}", "?beginning=P-00"),
    "/captures": ("?since=2022-01-01T00:00:00Z",),
    "/captures/{id}": ("?include=hairs",),
}


@dataclass(frozen=True)
class Address:
    """A page or resource.

    Parameters
    ----------
    name
        Its route, and what else is asked.
    at
        Gives an address of it, by a number: of patients, sites and devices others each time.
    role
        Of who asks.
    by_token
        Whether it is one of the interface.
    """

    name: str
    at: Callable[[int], str]
    role: Role
    by_token: bool


@dataclass(frozen=True)
class Answered:
    """An answer: its status, its size, how long the server took, and how much of that it computed."""

    status: int
    size_bytes: int
    seconds: float
    cpu_seconds: float
    text: str


class FilledClinic:
    """The clinic's pages over a filled store, asked in this process.

    Parameters
    ----------
    folder
        For pictures, and for the store where that is SQLite.
    patients
        How many.
    place
        Of the store, where it is not SQLite in the folder.
    fill_store
        Fills it, where less is wanted than :func:`benchmarks.collector.filled_store.fill` does.
    """

    def __init__(
        self,
        folder: Path,
        patients: int,
        place: str | None = None,
        fill_store: Callable[[Store, int], Filled] = fill,
    ) -> None:
        self.store = Store(folder / "collector.sqlite3" if place is None else place)
        self.filled = fill_store(self.store, patients)
        pictures = PicturesInFolder(folder / "pictures")
        content = b"a picture"
        if hashlib.sha256(content).hexdigest() != PICTURE.sha256:
            raise ValueError("the captures name another picture")
        page = Page(CLINIC, self.store, pictures, templates(CLINIC, pictures, lambda: None), folder, lambda: None)
        self.application = create_pages(page, PageSettings())
        self._resources = all_resources(Clinic(self.store, pictures))
        sessions, tokens = Sessions(self.store), Tokens(self.store)
        self._cookies = {role: sessions.open(account_id(role)) for role in Role}
        self._tokens = {role: tokens.make("admin", "every page", role.value, 30) for role in Role}
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self.store.close()

    def addresses(self) -> list[Address]:
        """Return every screen and every resource."""
        return [*_screens(self.application, self.filled), *self._of_interface()]

    def ask(self, address: Address, number: int) -> Answered:
        """Ask for a page, and return what came and how long the server took."""
        path, _, query = address.at(number).partition("?")
        proof = (
            (b"authorization", f"Bearer {self._tokens[address.role]}".encode())
            if address.by_token
            else (b"cookie", f"{COOKIE}={self._cookies[address.role]}".encode())
        )
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"127.0.0.1:8080"), (b"sec-fetch-mode", b"navigate"), proof],
            # A client of its own each time: what is measured is the page, not the guard's patience.
            "client": (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 40_000),
            "server": ("127.0.0.1", 8080),
        }
        return self._loop.run_until_complete(_ask(self.application, scope))

    def _of_interface(self) -> Iterator[Address]:
        for one in self._resources:
            if one.path in NOT_MEASURED:
                continue
            for more in ("", *_FURTHER_RESOURCES.get(one.path, ())):
                at = _at(f"{ADDRESS}{one.path}", more, self.filled)
                yield Address(f"{ADDRESS}{one.path}{more}", at, _first_with(one.right), by_token=True)


def _screens(application: Starlette, filled: Filled) -> Iterator[Address]:
    for route in application.routes:
        if isinstance(route, Mount) or not isinstance(route, Route):
            continue
        if "GET" not in (route.methods or ()) or route.path in NOT_MEASURED or not isinstance(route, ForThoseWhoMay):
            continue
        roles = [role for role in Role if route.right is None or route.right in role.rights]
        for role in roles:
            for more in ("", *_FURTHER.get(route.path, ())):
                yield Address(f"{route.path}{more}", _at(route.path, more, filled), role, by_token=False)


def _at(path: str, more: str, filled: Filled) -> Callable[[int], str]:
    """Return what gives an address of a route."""
    of_study = "/studies/" in path
    route, query = path.replace(":uuid}", "}").replace(":int}", "}"), more

    def at(number: int) -> str:
        place = (number * 7919) % len(filled.patients)  # a prime: far apart
        known = {
            "site": PROTOCOL[number % len(PROTOCOL)].value,
            "id": str(filled.capture_ids[place]),
            "message_id": str(filled.capture_ids[place]),
            "device_id": f"chair-{1 + number % min(DEVICES, len(filled.patients))}",
        }
        code = filled.patients[place]
        try:
            found = route.format_map(known | {"code": STUDY if of_study else code})
        except KeyError as missing:
            raise KeyError(f"{path}: no example is known of {missing}; add one to {__name__}") from None
        return found + query.format(code=code)

    at(0)
    return at


def _first_with(right: Right) -> Role:
    roles: tuple[Role, ...] = (Role.CLINICIAN, *Role)
    return next(role for role in roles if right in role.rights)


async def _ask(application: Starlette, scope: dict[str, Any]) -> Answered:
    status = 0
    content = bytearray()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:  # nobody goes away while they wait
            await asyncio.get_running_loop().create_future()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401  of ASGI
        nonlocal status
        status = message.get("status", status)
        content.extend(message.get("body", b""))

    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    await application(scope, receive, send)
    seconds, cpu_seconds = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
    return Answered(status, len(content), seconds, cpu_seconds, content[:2000].decode("utf-8", "replace"))
