"""What is new, told to open pages: to whom, when, and until when."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from collector.ingestion.decisions import Accepted, Quarantined
from collector.page.access.guard import COOKIE
from collector.page.live import watching
from collector.page.live.news import MOST_CODES, OVERLAP, Noticing
from collector.page.live.watching import MOST_OF_A_SESSION, TooManyWatch, Watching
from collector.people.person import Person
from collector.people.roles import Role
from collector.people.secret_words import digest
from collector.people.sessions import Sessions
from collector.store import news, people
from collector.store.alarms import Alarm, AlarmKind
from collector.store.news import Arrival, Standing
from collector.store.stored import StoreFailed
from contract import Channel, Topic, new_message_id
from tests.collector.examples import CLINIC, DEVICE, status
from tests.collector.page_clinic import Clinic
from tests.examples import capture

_WITHIN_S = 10.0
_EVERY_S = 0.02


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_LOOK_EVERY_S", _EVERY_S)
    monkeypatch.setattr(Watching.__init__, "__defaults__", (_EVERY_S,))


def _cookie(clinic: Clinic, role: Role) -> str:
    account_id = uuid4()
    with clinic.store.writing() as connection:
        people.add_account(connection, account_id, f"{role.value}-{account_id.hex[:6]}", role.value, datetime.now(UTC))
    return Sessions(clinic.store).open(account_id)


def _came(clinic: Clinic, code: str) -> None:
    shown = capture(patient_code=code)
    accepted = Accepted(Topic(CLINIC, DEVICE, Channel.CAPTURE), shown, shown.encode())
    clinic.store.store_batch([accepted], datetime.now(UTC))


class Browser:
    """A browser that listens at /live; what it is sent waits until it is read."""

    def __init__(self, clinic: Clinic, cookie: str) -> None:
        self._application = clinic.application
        self._cookie = cookie
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False
        self.reads = asyncio.Event()
        self.reads.set()
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.task: asyncio.Task[None] = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        headers = {"host": "127.0.0.1:8080", "accept": "text/event-stream", "cookie": f"{COOKIE}={self._cookie}"}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/live", "raw_path": b"/live", "query_string": b"", "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 8080),
        }  # fmt: skip
        await self._application(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:  # noqa: ANN401  ASGI
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self._sent.put_nowait(message)

    async def event(self) -> tuple[str, dict[str, Any]]:
        """Return the next event that is no heartbeat."""
        while True:
            message = await asyncio.wait_for(self._sent.get(), _WITHIN_S)
            fields = dict(
                line.split(": ", 1) for line in message.get("body", b"").decode().splitlines() if ": " in line
            )
            if "event" in fields:
                return fields["event"], json.loads(fields["data"])

    async def news(self, has: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first news of which something holds."""
        while True:
            kind, told = await self.event()
            assert kind == "news"
            if has(told):
                return told

    def waiting(self) -> int:
        """Return how much was sent and not read yet."""
        return self._sent.qsize()

    async def leave(self) -> None:
        """Go away."""
        self._gone.set()
        self.reads.set()
        await asyncio.wait_for(self.task, _WITHIN_S)


@asynccontextmanager
async def _listening(clinic: Clinic, role: Role) -> AsyncIterator[Browser]:
    browser = Browser(clinic, _cookie(clinic, role))
    try:
        yield browser
    finally:
        await browser.leave()


def _run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 4 * _WITHIN_S)

    asyncio.run(bounded())


async def _in_thread(work: Callable[..., object], *given: object) -> None:
    await asyncio.get_running_loop().run_in_executor(None, lambda: work(*given))


@pytest.mark.parametrize(
    ("role", "codes", "counts"),
    [
        (Role.CLINICIAN, True, True),
        (Role.TECHNICIAN, True, True),
        (Role.MONITOR, False, False),
        (Role.ADMINISTRATOR, False, True),
    ],
)
def test_each_role_is_told_what_it_may_know(clinic: Clinic, role: Role, codes: bool, counts: bool) -> None:
    """Breaks when a code reaches who may see no patient, or somebody is not told that there is something new."""

    async def work() -> None:
        async with _listening(clinic, role) as browser:
            first = await browser.news(lambda _told: True)
            assert browser.status == 200
            assert browser.headers["content-type"].startswith("text/event-stream")
            assert browser.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in browser.headers["content-security-policy"]
            assert first["captures"] is None
            await _in_thread(_came, clinic, "P-0042")
            told = await browser.news(lambda told: told["captures"] is not None)
            assert told.get("patients") == ({"P-0042": told["captures"]} if codes else None)
            assert ("quarantine" in told) is ("online" in told) is counts
            assert ("P-0042" in json.dumps(told)) is codes

    _run(work)


def test_instruments_quarantine_and_alarms_are_told_as_they_change(clinic: Clinic) -> None:
    """Breaks when a device comes, or a message is held, and the page says so only when it is loaded again."""

    async def work() -> None:
        async with _listening(clinic, Role.ADMINISTRATOR) as browser:
            first = await browser.news(lambda _told: True)
            assert (first["online"], first["devices"], first["quarantine"], first["alarms"]) == (0, 0, 0, 0)
            assert first["changed"] is None
            await _in_thread(clinic.store.store_batch, [status()], datetime.now(UTC))
            told = await browser.news(lambda told: told["online"] == 1)
            assert told["devices"] == 1
            assert told["changed"] is not None
            await _in_thread(clinic.store.store_batch, [Quarantined("a/b", b"", "Why.")], datetime.now(UTC))
            await browser.news(lambda told: told["quarantine"] == 1)
            raised = Alarm(AlarmKind.PICTURE_UNFIT, DEVICE, "c" * 64, "c" * 64, 9, "No picture.")
            await _in_thread(clinic.store.raise_alarm, raised)
            await browser.news(lambda told: told["alarms"] == 1)
            gone = status(presence="offline", sequence=1)
            await _in_thread(clinic.store.store_batch, [gone], datetime.now(UTC))
            await browser.news(lambda told: told["online"] == 0)

    _run(work)


@pytest.mark.parametrize("how", ["signed out", "account closed", "too long ago"])
def test_a_session_that_ends_ends_its_stream_and_no_other(clinic: Clinic, how: str) -> None:
    """Breaks when who signed out, was shut out, or left the room is told on about patients."""

    async def work() -> None:
        cookie = _cookie(clinic, Role.CLINICIAN)
        async with _listening(clinic, Role.CLINICIAN) as other:
            await other.event()
            browser = Browser(clinic, cookie)
            await browser.event()
            await _in_thread(_ends, clinic, cookie, how)
            while (await browser.event())[0] != "over":
                pass
            await asyncio.wait_for(browser.task, _WITHIN_S)
            await _in_thread(_came, clinic, "P-0042")
            await other.news(lambda told: told["captures"] is not None)
            assert browser.waiting() <= 1  # the empty end of the answer
            again = Browser(clinic, cookie)
            await asyncio.wait_for(again.task, _WITHIN_S)
            assert again.status in (303, 401)

    _run(work)


def _ends(clinic: Clinic, cookie: str, how: str) -> None:
    if how == "signed out":
        Sessions(clinic.store).close(cookie)
        return
    with clinic.store.writing() as connection:
        key = digest(cookie)
        if how == "too long ago":
            people.touch_session(connection, key, datetime.now(UTC) - timedelta(hours=1))
        else:
            found = people.session(connection, key)
            assert found is not None
            people.change_account(connection, found.account_id, closed_at=datetime.now(UTC))


def test_a_slow_reader_is_told_the_newest_and_holds_nobody_up(clinic: Clinic) -> None:
    """Breaks when what a sleeping tablet does not read piles up in memory, or delays the others."""

    async def work() -> None:
        async with _listening(clinic, Role.CLINICIAN) as quick, _listening(clinic, Role.CLINICIAN) as slow:
            await quick.event()
            await slow.event()
            slow.reads.clear()
            for number in range(1, 13):
                code = f"P-00{number:02}"
                await _in_thread(_came, clinic, code)
                await quick.news(lambda told, code=code: code in told["patients"])  # type: ignore[misc]
            slow.reads.set()
            told = await slow.news(lambda told: "P-0012" in told["patients"])
            assert len(told["patients"]) == 12
            assert slow.waiting() <= 1  # one that was on its way, one with all that came since

    _run(work)


def test_however_many_watch_the_store_is_looked_at_once(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when each tab asks the store by itself, or it is asked while nobody watches."""
    looks = 0
    real = news.standing

    def counted(connection: Any) -> Standing:  # noqa: ANN401
        nonlocal looks
        looks += 1
        return real(connection)

    monkeypatch.setattr(news, "standing", counted)

    async def work() -> None:
        browsers = [Browser(clinic, _cookie(clinic, Role.CLINICIAN)) for _ in range(8)]
        for one in browsers:
            await one.event()
        before, began_s = looks, time.monotonic()
        while looks < before + 5:
            await asyncio.sleep(_EVERY_S)
        # five looks of one asker take four pauses: of eight askers they would take less than one
        assert time.monotonic() - began_s > 3 * _EVERY_S
        for one in browsers:
            await one.leave()
        at_the_end = looks
        await asyncio.sleep(5 * _EVERY_S)
        assert looks <= at_the_end + 1  # one may have been under way

    _run(work)


def test_places_are_bounded_and_given_back(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when somebody with many tabs leaves no connection to the others, or places are lost."""
    cookie = _cookie(clinic, Role.CLINICIAN)

    async def work() -> None:
        for _ in range(3):
            mine = [Browser(clinic, cookie) for _ in range(MOST_OF_A_SESSION)]
            for one in mine:
                await one.event()
            refused = Browser(clinic, cookie)
            await asyncio.wait_for(refused.task, _WITHIN_S)
            assert refused.status == 503
            assert refused.headers["retry-after"] == "60"
            for one in mine:
                await one.leave()

    _run(work)

    async def many() -> None:
        monkeypatch.setattr(watching, "MOST_WATCHERS", 2)
        whole = Watching(clinic.store)
        person = Person(uuid4(), "a", Role.CLINICIAN, None, "")
        places = [whole.place(person, f"cookie-{number}") for number in range(2)]
        with pytest.raises(TooManyWatch):
            whole.place(person, "cookie-3")
        for one in places:
            whole.leave(one)
        whole.leave(whole.place(person, "cookie-3"))

    _run(many)


def test_who_asks_without_wanting_a_stream_holds_none(clinic: Clinic) -> None:
    """Breaks when a link to it, or a HEAD request, holds a place for ever."""
    assert clinic.client.get("/live").status_code == 406
    assert clinic.client.head("/live").status_code in (200, 406)
    assert clinic.stranger.get("/live").status_code == 303
    for _ in range(MOST_OF_A_SESSION + 1):
        assert clinic.client.request("HEAD", "/live", headers={"accept": "text/event-stream"}).status_code == 200


def test_a_store_that_cannot_be_read_ends_the_streams_in_time(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when one failed look ends all streams, or nobody is signed out while the store is away for long."""

    async def work() -> None:
        async with _listening(clinic, Role.CLINICIAN) as browser:
            await browser.event()
            real = news.standing
            failed = asyncio.Event()
            loop = asyncio.get_running_loop()

            def fails(_connection: Any) -> Standing:  # noqa: ANN401
                loop.call_soon_threadsafe(failed.set)
                raise StoreFailed("the store could not be read: disk I/O error")

            monkeypatch.setattr(news, "standing", fails)
            await failed.wait()
            monkeypatch.setattr(news, "standing", real)
            await _in_thread(_came, clinic, "P-0042")
            await browser.news(lambda told: "P-0042" in told["patients"])
            monkeypatch.setattr(watching, "_UNSURE_FOR_S", 0.05)
            monkeypatch.setattr(news, "standing", fails)
            assert (await browser.event())[0] == "over"

    _run(work)


def _arrival(at: datetime, code: str) -> Arrival:
    return Arrival(at, new_message_id(), code, 1, DEVICE)


def test_a_capture_that_was_committed_late_is_noticed_when_it_is_there() -> None:
    """Breaks when a collector whose clock or commit is behind loses its captures' news, or they are told twice."""
    now = datetime(2026, 3, 4, 10, tzinfo=UTC)
    quiet, noticing = Standing({}, 0, 0), Noticing()
    early, late = _arrival(now, "P-0001"), _arrival(now - timedelta(seconds=5), "P-0002")
    noticing.notice([], quiet, now)
    noticing.notice([early], quiet, now)
    assert noticing.since(now) == now - OVERLAP <= late.received_at
    told = noticing.notice([early, late], quiet, now + timedelta(seconds=2))
    assert told.patients_ms["P-0002"] - told.patients_ms["P-0001"] == 2000
    assert noticing.notice([early, late], quiet, now + timedelta(seconds=3)) == told


def test_what_is_remembered_is_bounded() -> None:
    """Breaks when a day's captures pile up in memory, or the newest patient is the one that is forgotten."""
    start = datetime(2026, 3, 4, 10, tzinfo=UTC)
    quiet, noticing = Standing({}, 0, 0), Noticing()
    for second in range(600):
        now = start + timedelta(seconds=second)
        told = noticing.notice([_arrival(now, f"P-{second:04}")], quiet, now)
    assert len(told.patients_ms) == MOST_CODES
    assert "P-0599" in told.patients_ms
    assert "P-0001" not in told.patients_ms
    assert len(noticing._seen) <= OVERLAP.seconds + 1


def test_an_online_within_other_words_is_none(clinic: Clinic) -> None:
    """Breaks when a device can be shown online by what it calls its software."""
    forged = status(presence="offline", software_version='"presence":"online"')
    clinic.store.store_batch([forged, status(device_id="chair-2")], datetime.now(UTC))
    with clinic.store.reading() as connection:
        assert news.standing(connection).online == {DEVICE: False, "chair-2": True}
