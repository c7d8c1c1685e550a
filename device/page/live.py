"""The live picture's WebSocket: one frame on its way to each watcher, the newest taken when that one was shown.

Who may watch, and until when, is the guard's to say (:mod:`device.page.access.guard`).

A slow watcher sees fewer and smaller frames, none of them old. One that shows nothing for ten seconds is let go: it has
cost a frame's memory, and the camera nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from contract import PatientCode, SiteKey
from device.camera import Aim, HeldTo, TargetAim, TargetKind
from device.chair.live_frame import LiveFrame
from device.page.access.sessions import Session
from device.page.language import language_of
from device.page.live_message import Header, Now, packed
from device.page.live_news import Baselines, ReadyNews, TakingNews
from device.page.live_pace import Pace
from device.page.visit_address import NUMBER
from device.page.web import Page

MOST_WATCHERS = 12
SHOWN_WITHIN_S = 10.0
"""A frame that is not shown by then is shown to nobody: its watcher is let go."""
HEARTBEAT_S = 1.0
"""Without a frame to show, a message goes so often: the page tells a still camera from a cut line."""

BAD_QUERY, NOT_READING, TOO_MANY = 4400, 4408, 4429
"""Codes with which a watcher is let go."""

_MOST_ACKNOWLEDGED = 64
_CLOSED_WITHIN_S = 1.0
_CODE: TypeAdapter[PatientCode] = TypeAdapter(PatientCode)
_SITE: TypeAdapter[SiteKey] = TypeAdapter(SiteKey)


def routes(page: Page) -> list[BaseRoute]:
    """Return the WebSocket's address."""
    return [WebSocketRoute("/live", Live(page).serve)]


class Live:
    """All watchers of one chair.

    Parameters
    ----------
    page
        Of the chair.
    """

    def __init__(self, page: Page) -> None:
        self._chair = page.chair
        self._program = secrets.token_hex(8)
        self._news = TakingNews(page.chair.taking)
        self._ready = ReadyNews(page.chair)
        self._baselines = Baselines(page.chair)
        # Two: a frame that takes long for one watcher does not hold up the next frame of another.
        self._encoders = ThreadPoolExecutor(2, "jpeg")
        self._watchers = 0

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one watcher until it leaves."""
        session: Session = websocket.state.session
        await websocket.accept()
        try:
            wanted = _aim_of(websocket.query_params)
        except ValueError:
            await websocket.close(BAD_QUERY)
            return
        language = language_of(session.language or self._chair.settings.chair.language)
        if self._watchers >= MOST_WATCHERS:
            sentence = language.words("{count} windows show the live picture already. Close one of them.")
            await websocket.send_bytes(packed({"refused": sentence.format(count=MOST_WATCHERS)}))
            await websocket.close(TOO_MANY)
            return
        self._watchers += 1
        try:
            await self._watch(websocket, session, wanted, Header(self._chair, language, session, wanted, self._program))
        finally:
            self._watchers -= 1

    async def _watch(self, websocket: WebSocket, session: Session, wanted: HeldTo | None, header: Header) -> None:
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            # The loop may have ended since the stream looked up whom to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(news.set)

        sending = _Sending(websocket, news)
        with self._chair.stream.watch(wake) as watcher, self._news.follow(wake):
            self._aim(watcher, session, wanted)
            receiver = asyncio.create_task(sending.receive())
            sender = asyncio.create_task(self._send(sending, header, wanted))
            try:
                await asyncio.wait({receiver, sender}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (receiver, sender):
                    task.cancel()
                ended = await asyncio.gather(receiver, sender, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect | _LetGo):
                raise error
            if isinstance(error, _LetGo):
                with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
                    async with asyncio.timeout(_CLOSED_WITHIN_S):
                        await websocket.close(error.code)

    def _aim(self, watcher: object, session: Session, wanted: HeldTo | None) -> None:
        """Hold the camera to what is wanted, unless somebody else works here."""
        stream, other = self._chair.stream, self._chair.seat.other_than(session.session_id, session.technician)
        if wanted is None or other is not None:
            return
        stream.aim_at(wanted, stream.guided(wanted), by=watcher, session_id=session.session_id)
        if isinstance(wanted, Aim):
            self._baselines.find(wanted)

    async def _send(self, sending: _Sending, header: Header, wanted: HeldTo | None) -> None:
        loop = asyncio.get_running_loop()
        told: Now | None = None
        told_s = float("-inf")
        while True:
            await sending.wait(HEARTBEAT_S)
            if isinstance(wanted, Aim):
                self._baselines.find_again(wanted)
            now = Now(self._chair.stream.state, self._chair.taking.state, self._ready.now())
            frame = sending.next_of(now.live.frame)
            if frame is not None:
                jpeg = await loop.run_in_executor(self._encoders, frame.jpeg, *sending.quality_and_width)
                await sending.send_frame(frame, header.of(now, frame), jpeg)
            elif told is None or _says_more(now, told) or time.monotonic() - told_s >= HEARTBEAT_S:
                await sending.send(packed(header.of(now, None)))
            else:
                continue
            told, told_s = now, time.monotonic()


class _LetGo(Exception):
    """A watcher is let go."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Sending:
    """What is on its way to one watcher."""

    def __init__(self, websocket: WebSocket, news: asyncio.Event) -> None:
        self._websocket = websocket
        self._news = news
        self._pace = Pace()
        self._last = 0
        self._on_its_way: tuple[int, float] | None = None

    @property
    def quality_and_width(self) -> tuple[int, int]:
        width_px, quality = self._pace.step
        return quality, width_px

    def next_of(self, newest: LiveFrame | None) -> LiveFrame | None:
        """Return the newest frame if it is to be sent now."""
        if newest is None or newest.number == self._last or self._on_its_way is not None:
            return None
        return newest

    async def wait(self, at_most_s: float) -> None:
        """Wait for news; let go of a watcher that shows nothing."""
        with contextlib.suppress(TimeoutError):
            # Not wait_for: in Python 3.11 it may swallow the cancelling that ends this task.
            async with asyncio.timeout(at_most_s):
                await self._news.wait()
        self._news.clear()
        if self._on_its_way is not None and time.monotonic() - self._on_its_way[1] > SHOWN_WITHIN_S:
            raise _LetGo(NOT_READING)

    async def send(self, message: bytes) -> None:
        try:
            async with asyncio.timeout(SHOWN_WITHIN_S):
                await self._websocket.send_bytes(message)
        except TimeoutError as error:
            raise _LetGo(NOT_READING) from error

    async def send_frame(self, frame: LiveFrame, header: dict[str, object], jpeg: bytes) -> None:
        self._last = frame.number
        self._on_its_way = frame.number, time.monotonic()
        await self.send(packed(header, jpeg))

    async def receive(self) -> None:
        """Take the page's word for what it has shown, until it leaves."""
        while True:
            shown = _shown(await self._websocket.receive_text())
            if self._on_its_way is not None and shown == self._on_its_way[0]:
                self._pace.took(time.monotonic() - self._on_its_way[1])
                self._on_its_way = None
                self._news.set()


def _shown(text: str) -> int:
    if len(text) > _MOST_ACKNOWLEDGED:
        raise _LetGo(BAD_QUERY)
    try:
        number = json.loads(text)["shown"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _LetGo(BAD_QUERY) from error
    if not isinstance(number, int):
        raise _LetGo(BAD_QUERY)
    return number


def _says_more(now: Now, told: Now) -> bool:
    return now.taking is not told.taking or now.live.trouble is not told.live.trouble


def _aim_of(query: QueryParams) -> HeldTo | None:
    """Return what a watcher wants the camera held to.

    Raises
    ------
    ValueError
        If the query is none that the page makes.
    """
    if set(query) <= {"target"}:
        return TargetAim(TargetKind(query["target"])) if query else None
    if set(query) != {"patient", "visit", "site"}:
        raise ValueError("another query")
    if NUMBER.fullmatch(query["visit"]) is None:
        raise ValueError("no visit's number")
    try:
        patient, site = _CODE.validate_python(query["patient"]), _SITE.validate_python(query["site"])
    except ValidationError as error:
        raise ValueError("no patient's code, or no site") from error
    return Aim(patient, site, int(query["visit"]))
