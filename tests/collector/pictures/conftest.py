"""A store for buckets, and every place that a test is to hold for."""

import asyncio
import secrets
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from benchmarks.delivery.chaos.proxy import Line
from collector.pictures import bucket_access
from collector.pictures.pictures import Pictures
from collector.pictures.service import create_service
from tests.collector.asgi import AsgiClient
from tests.collector.pictures.places import BucketPlace, FolderPlace, Place
from tests.free_ports import free_port
from tests.s3_server import S3Server, s3_server

Made = TypeVar("Made")


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """Return a running S3 store."""
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return each place in turn, empty."""
    folder = tmp_path / "pictures"
    if request.param == "folder":
        return FolderPlace(folder)
    return BucketPlace(request.getfixturevalue("s3"), f"of/{secrets.token_hex(8)}", folder)


@pytest.fixture
def pictures(place: Place) -> Pictures:
    """Return the pictures of each place in turn."""
    return place.opened()


@pytest.fixture
def client(pictures: Pictures) -> AsgiClient:
    """Return a client of the picture service."""
    return AsgiClient(create_service(pictures), "https://collector")


class SpoiltLine:
    """The line to the S3 store, which can be delayed, swallowed or cut."""

    def __init__(self, server: S3Server) -> None:
        self._line, self._loop = Line(), asyncio.new_event_loop()
        self._far = int(server.endpoint.rsplit(":", 1)[1])
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self._server = self._done(asyncio.start_server(self._carry, "127.0.0.1", port))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._line.carry(reader, writer, "127.0.0.1", self._far)

    def spoil(self, **how: object) -> None:
        """Spoil the line from now on, as `Line.obey` says it; what is not named stays as it was."""

        async def obey() -> None:
            self._line.obey(how)

        self._done(obey())

    @property
    def connections(self) -> int:
        """How many connections it carries."""
        return len(self._line.writers) // 2

    def close(self) -> None:
        """End it."""

        async def end() -> None:
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._done(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _done(self, work: Coroutine[Any, Any, Made]) -> Made:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@pytest.fixture
def line(s3: S3Server) -> Iterator[SpoiltLine]:
    """Return a line to the S3 store that carries everything."""
    line = SpoiltLine(s3)
    yield line
    line.close()


@pytest.fixture
def behind_line(s3: S3Server, line: SpoiltLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BucketPlace:
    """Return an empty place behind that line, whose client waits a second in place of half a minute."""
    for bound, bound_s in (("_CONNECTED_S", 0.5), ("_ANSWERED_S", 1.0), ("_RETRIED_S", 0.5), ("_FIRST_PAUSE_S", 0.05)):
        monkeypatch.setattr(bucket_access, bound, bound_s)
    return BucketPlace(s3, f"of/{secrets.token_hex(8)}", tmp_path / "pictures", line.endpoint)
