"""The two places for pictures, as tests fill, damage and look at them past the collector's own code."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import S3Store

from benchmarks.delivery.captures import picture as a_jpeg
from collector.pictures.folder import PicturesInFolder
from collector.pictures.pictures import Pictures
from collector.pictures.place import pictures_at
from collector.pictures.receiving import IncomingPicture
from tests.examples import png
from tests.s3_server import S3Server

PNG = png(bytes(range(256)) * 1000)
JPEG = a_jpeg(7, 256_000)[1]


def digest(content: bytes) -> str:
    """Return the name of a picture."""
    return hashlib.sha256(content).hexdigest()


def received(pictures: Pictures, content: bytes, *, chunk_bytes: int = 64 * 1024) -> bool:
    """Take a picture in; return whether it was new."""
    incoming = begun(pictures, content, chunk_bytes=chunk_bytes)
    try:
        return incoming.finish()
    finally:
        incoming.discard()


def begun(pictures: Pictures, content: bytes, *, chunk_bytes: int = 64 * 1024) -> IncomingPicture:
    """Send a picture up to its last byte, and leave it there."""
    incoming = pictures.receive(digest(content), len(content))
    for start in range(0, len(content), chunk_bytes):
        incoming.write(content[start : start + chunk_bytes])
    return incoming


def given_out(pictures: Pictures, sha256: str) -> bytes | None:
    """Return what the collector gives out of a picture."""
    file = pictures.open(sha256)
    if file is None:
        return None
    with file:
        return file.read()


class Place(Protocol):
    """A place for pictures.

    ``folder`` is what it has on this machine's disk.
    """

    folder: Path

    def opened(self, keep_free_bytes: int = 0) -> Pictures:
        """Open it as the collector does when it starts."""
        ...

    def held(self) -> dict[str, bytes]:
        """Return everything that stands under a name there."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write bytes under a name, whatever they are."""
        ...


class FolderPlace:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def opened(self, keep_free_bytes: int = 0) -> Pictures:
        """Open it as the collector does when it starts."""
        return PicturesInFolder(self.folder, keep_free_bytes)

    def held(self) -> dict[str, bytes]:
        """Return everything that stands under a name there."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def put(self, name: str, content: bytes) -> None:
        """Write bytes under a name, whatever they are."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(content)


class BucketPlace:
    """A prefix of a bucket, with the folder that its pictures pass through."""

    def __init__(self, server: S3Server, prefix: str, folder: Path, endpoint: str | None = None) -> None:
        self.folder = folder
        self.keys = server.write_keys(folder.with_name(f"{folder.name}-keys"))
        self.url = server.place(prefix, endpoint=endpoint)
        self._store = S3Store(
            server.bucket,
            prefix=prefix,
            config={
                "endpoint": server.endpoint,
                "region": "us-east-1",
                "access_key_id": server.access_key_id,
                "secret_access_key": server.secret_access_key,
            },
            client_options={"allow_http": True, "timeout": timedelta(seconds=10)},
        )

    def opened(self, keep_free_bytes: int = 0) -> Pictures:
        """Open it as the collector does when it starts."""
        return pictures_at(self.url, self.folder, keep_free_bytes, self.keys)

    def held(self) -> dict[str, bytes]:
        """Return everything that stands under a name there."""
        names = [one["path"] for page in obstore.list(self._store) for one in page]
        return {name: bytes(obstore.get(self._store, name).bytes()) for name in names}

    def put(self, name: str, content: bytes) -> None:
        """Write bytes under a name, whatever they are."""
        obstore.put(self._store, name, content)


MakePlace = Callable[[], Place]
