"""What a device must not get from the picture service, or do to it: it may put its pictures there, and nothing else."""

from __future__ import annotations

import hashlib
import http.client
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from benchmarks.delivery import captures
from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.bare_client import WITHIN_S
from benchmarks.delivery.rights.scene import HOSTILE, OTHER, Scene

_SIZE_BYTES = 20_000
_ABSENT = hashlib.sha256(b"a picture that nobody took").hexdigest()


def putting(scene: Scene) -> Iterator[Act]:
    """Try with a device's certificate to read, list, remove, replace and escape; beside each a picture is taken."""
    service = _Service(scene)
    service.put_others()
    held = f"/images/{service.held}"
    for method in ("GET", "DELETE", "POST", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "COPY", "MOVE", "LOCK"):
        yield service.try_request(f"{method} a picture of {OTHER}", method, held)
    # permitted: who knows a digest may ask whether its picture is there, and that is all the answer says
    yield service.try_request(f"read a picture of {OTHER} by HEAD, knowing its digest", "HEAD", held, may_answer=True)
    for words, path in {
        "the list of pictures": "/images/",
        "the list, without its slash": "/images",
        "what is half received": "/images/incoming",
        "the root": "/",
        "the page of the patients": "/patients",
        "the page of one patient": "/patients/P-0042",
        "the database": "/images/..%2fcollector.sqlite3",
        "the database, by a way up": "/images/../collector.sqlite3",
        "the database, by a hidden way up": "/images/%2e%2e/collector.sqlite3",
        "the database, by a way up encoded twice": "/images/%252e%252e%252fcollector.sqlite3",
        "the database, by a backslash": "/images/..\\collector.sqlite3",
        "the settings, by their full path": "//etc/passwd",
        "the settings, by a full address": "https://localhost/images/../../etc/passwd",
        "a picture in capitals": held.upper().replace("/IMAGES", "/images"),
        "a picture, with a zero byte behind": f"{held}%00.html",
        "a picture, with a slash behind": f"{held}/",
        "a picture, asked for a part": held,
    }.items():
        headers = {"Range": "bytes=0-99"} if "part" in words else {}
        yield service.try_request(f"GET {words}", "GET", path, headers=headers)
    other, content = captures.picture(7, _SIZE_BYTES)
    for words, path in {
        "under a way up": f"/images/..%2f{other.sha256}",
        "under an upper-case digest": f"/images/{other.sha256.upper()}",
        "under 65 digits": f"/images/{other.sha256}0",
        "under 60,000 digits": f"/images/{'0' * 60_000}",
        "under no name": "/images/",
        "under a name with a zero byte": f"/images/{other.sha256[:-3]}%00",
        "under another's digest": f"/images/{_ABSENT}",
        "into what is half received": "/images/incoming/x",
    }.items():
        yield service.try_request(f"PUT a picture {words}", "PUT", path, body=content)
    page = b"<!doctype html><script>alert(1)</script>"
    for words, body in {"no picture": page, "nothing": b""}.items():
        name = hashlib.sha256(body).hexdigest()
        yield service.try_request(f"PUT {words} under its own digest", "PUT", f"/images/{name}", body=body)
    yield service.try_replacement()
    yield service.try_announcement("PUT a picture of 10 GB", {"Content-Length": str(10**10)})
    yield service.try_announcement("PUT two lengths at once", {"Content-Length": "10", "Transfer-Encoding": "chunked"})
    yield service.try_announcement("PUT a length below nothing", {"Content-Length": "-1"})


class _Service:
    """The picture service, which holds a picture of another device."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._folder = scene.clinic.folder / "collector" / "pictures"
        self.held, self._content = "", b""
        self._own, self._own_content = captures.picture(4, _SIZE_BYTES)

    def put_others(self) -> None:
        """Let each device put a picture there, as it should."""
        name, self._content = captures.picture(3, _SIZE_BYTES)
        self.held = name.sha256
        self._request(OTHER, "PUT", f"/images/{self.held}", self._content)
        self._request(HOSTILE, "PUT", f"/images/{self._own.sha256}", self._own_content)

    def try_request(
        self,
        words: str,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        may_answer: bool = False,
    ) -> Act:
        """Try one request: nothing of a picture comes back, and the folder of pictures stays as it was."""
        before = self._files()
        status, answer = self._request(HOSTILE, method, path, body, headers)
        unharmed = self._files() == before
        is_success = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        gained = (is_success and not may_answer) or self._content[8:24] in answer
        how = _in_words(status) + (", and not a byte of it" if may_answer and not gained else "")
        how += "" if unharmed else "; the pictures have changed"
        return Act("pictures", words, how, not gained and unharmed, self._permitted())

    def try_replacement(self) -> Act:
        """Put another content under the digest of a picture that is there: it may be answered, and changes nothing."""
        before = self._files()
        _, content = captures.picture(9, _SIZE_BYTES)
        status, _ = self._request(HOSTILE, "PUT", f"/images/{self.held}", content)
        unharmed = self._files() == before
        how = f"{_in_words(status)}; the picture {'stays as it was' if unharmed else 'has changed'}"
        return Act("pictures", f"PUT another content over a picture of {OTHER}", how, unharmed, self._permitted())

    def try_announcement(self, words: str, headers: dict[str, str]) -> Act:
        """Announce a body that must not be taken, and send the beginning of it."""
        before = self._files()
        name, content = captures.picture(11, _SIZE_BYTES)
        try:
            connection = self._connection(HOSTILE)
            connection.putrequest("PUT", f"/images/{name.sha256}")
            for header, value in headers.items():
                connection.putheader(header, value)
            connection.endheaders()
            connection.send(content)
            status = connection.getresponse().status
            connection.close()
        except (OSError, http.client.HTTPException):
            status = 0
        unharmed = self._files() == before
        refused = (status == 0 or status >= HTTPStatus.BAD_REQUEST) and unharmed
        return Act("pictures", words, _in_words(status), refused, self._permitted())

    def _permitted(self) -> bool:
        """Put the device's own picture, which is there already but for the first time."""
        status, _ = self._request(HOSTILE, "PUT", f"/images/{self._own.sha256}", self._own_content)
        is_there = (self._folder / self._own.sha256).read_bytes() == self._own_content
        return status in {HTTPStatus.OK, HTTPStatus.CREATED} and is_there

    def _request(
        self, client: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return status and body; 0 where the connection was ended without an answer."""
        try:
            connection = self._connection(client)
            connection.putrequest(method, path, skip_accept_encoding=True)
            for header, value in (headers or {}).items():
                connection.putheader(header, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read() + "".join(f"{one}: {value}\n" for one, value in answer.getheaders()).encode()
            connection.close()
        except (OSError, http.client.HTTPException):
            return 0, b""
        return answer.status, content

    def _connection(self, client: str) -> http.client.HTTPSConnection:
        context: ssl.SSLContext = self._scene.context(*self._scene.pem(client))
        return http.client.HTTPSConnection("localhost", self._scene.picture_port, timeout=WITHIN_S, context=context)

    def _files(self) -> dict[Path, bytes]:
        # the pictures alone: beside them is kept what was refused
        return {path: path.read_bytes() for path in self._folder.iterdir() if path.is_file()}


def _in_words(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status else "connection ended"
