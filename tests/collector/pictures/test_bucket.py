"""An S3 store that is away, slow, cut off or says no: devices keep their pictures, and people are told what to do."""

import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import GenericError

from collector.pictures import bucket
from collector.pictures.pictures import PicturesAway
from collector.pictures.place import pictures_at
from collector.pictures.service import create_service
from tests.collector.asgi import AsgiClient
from tests.collector.pictures.conftest import SpoiltLine
from tests.collector.pictures.places import JPEG, PNG, BucketPlace, begun, digest, given_out, received
from tests.examples import png
from tests.s3_server import S3Server

ROOT = Path(__file__).parents[3]
ADDRESS = f"/images/{digest(PNG)}"
MOST_S = 4.0
"""What a request may take with the bounds of `behind_line`: all tries, and a busy machine."""

BROKEN = [{"refuse": True, "reset": True}, {"blackhole": True}, {"cut_after_bytes": 100_000}]
MENDED = {"refuse": False, "blackhole": False, "cut_after_bytes": 0, "reset": True}


def nothing_stays(place: BucketPlace) -> bool:
    """Return whether neither bucket nor disk hold anything."""
    return place.held() == {} and list((place.folder / "incoming").iterdir()) == []


@pytest.mark.parametrize("broken", BROKEN, ids=["refused", "silent", "cut"])
def test_a_store_that_is_away_leaves_the_picture_with_its_sender(
    behind_line: BucketPlace, line: SpoiltLine, broken: dict[str, object]
) -> None:
    """Breaks when an outage takes a picture for good, holds a device for ever, or goes on after its end."""
    pictures = behind_line.opened()
    client = AsgiClient(create_service(pictures), "https://collector")
    received(pictures, JPEG)
    assert pictures.delete(digest(JPEG))
    line.spoil(**broken)
    began_s = time.monotonic()
    answer = client.put(ADDRESS, content=PNG)
    assert time.monotonic() - began_s < MOST_S
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "Send the picture again later" in answer.text
    assert nothing_stays(behind_line)
    assert pictures.trouble is not None
    assert "cannot be reached, or failed" in pictures.trouble
    line.spoil(**MENDED)
    assert pictures.probe() is None
    assert client.put(ADDRESS, content=PNG).status_code == 201
    assert behind_line.held() == {digest(PNG): PNG}


@pytest.mark.parametrize("broken", BROKEN[:2], ids=["refused", "silent"])
def test_reading_from_a_store_that_is_away_ends(
    behind_line: BucketPlace, line: SpoiltLine, broken: dict[str, object]
) -> None:
    """Breaks when a page, a report or an answer waits for ever, or takes an outage for a picture that is not there."""
    pictures = behind_line.opened()
    received(pictures, PNG)
    unseen = behind_line.opened()
    line.spoil(**broken)
    head = AsgiClient(create_service(pictures), "https://collector").head
    asked: list[Callable[[], object]] = [
        lambda: pictures.open(digest(PNG)),
        lambda: pictures.vouched(digest(PNG)),
        lambda: pictures.delete(digest(PNG)),
        lambda: unseen.has(digest(PNG)),
        lambda: list(pictures.listed()),
    ]
    began_s = time.monotonic()
    with ThreadPoolExecutor(len(asked) + 1) as at_once:
        answer = at_once.submit(head, ADDRESS)
        failures = [at_once.submit(ask).exception for ask in asked]
        for failure in failures:
            assert isinstance(error := failure(), PicturesAway)
            assert "bucket pictures at http://127.0.0.1" in str(error)
    assert time.monotonic() - began_s < MOST_S
    assert (answer.result().status_code, answer.result().headers["retry-after"]) == (503, "30")
    assert pictures.has(digest(PNG)), "what was seen a moment ago is there as far as a page needs to know"
    line.spoil(**MENDED)
    assert given_out(pictures, digest(PNG)) == PNG


def test_a_body_is_not_read_while_the_store_is_known_to_be_away(behind_line: BucketPlace, line: SpoiltLine) -> None:
    """Breaks when every device sends every picture over and over through a long outage."""
    pictures = behind_line.opened()
    line.spoil(refuse=True)
    assert pictures.probe() is not None
    with pytest.raises(PicturesAway):
        pictures.receive(digest(PNG))
    line.spoil(**MENDED)
    assert received(pictures, PNG), "the first picture after the outage goes through"


def test_a_picture_cut_off_while_it_is_read_is_given_out_whole_or_not_at_all(
    behind_line: BucketPlace, line: SpoiltLine
) -> None:
    """Breaks when half a picture is shown, or its half stays on the disk."""
    pictures = behind_line.opened()
    received(pictures, PNG)
    line.spoil(cut_after_bytes=100_000)
    assert given_out(pictures, digest(PNG)) == PNG, "it goes on where it was cut off"
    line.spoil(cut_after_bytes=20_000)
    with pytest.raises(PicturesAway):
        pictures.open(digest(PNG))
    line.spoil(**MENDED)
    assert given_out(pictures, digest(PNG)) == PNG
    assert list((behind_line.folder / "incoming").iterdir()) == []


def test_a_slow_store_holds_up_nobody_else(behind_line: BucketPlace, line: SpoiltLine) -> None:
    """Breaks when waiting for the store stops the program's other threads, or delay alone is taken for an outage."""
    pictures = behind_line.opened()
    line.spoil(blackhole=True)
    incoming = begun(pictures, PNG)
    sending = threading.Thread(target=incoming.finish)
    sending.start()
    steps, until_s = 0, time.monotonic() + 0.3
    while time.monotonic() < until_s:
        steps += 1
        time.sleep(0.001)
    line.spoil(blackhole=False, delay_s=0.01)
    sending.join()
    assert steps > 30
    assert behind_line.held() == {digest(PNG): PNG}
    assert given_out(pictures, digest(PNG)) == PNG


def test_an_answer_that_was_lost_is_no_second_picture(
    behind_line: BucketPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a picture that the store took, and could not say so, is refused or kept twice."""
    pictures = behind_line.opened()
    put = obstore.put

    def put_and_lose(*given: object, **named: object) -> None:
        put(*given, **named)  # type: ignore[arg-type]
        raise GenericError("connection reset")

    with monkeypatch.context() as losing:
        losing.setattr(obstore, "put", put_and_lose)
        with pytest.raises(PicturesAway):
            received(pictures, PNG)
    assert not received(pictures, PNG)
    assert behind_line.held() == {digest(PNG): PNG}


def test_there_already_is_believed_only_of_what_is_there(
    behind_line: BucketPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a store's "already there" of a write in progress is answered for, and that write then fails."""
    pictures = behind_line.opened()
    received(pictures, PNG)

    def gone(_sha256: str) -> None:
        return None

    monkeypatch.setattr(pictures, "vouched", gone)
    with pytest.raises(PicturesAway):
        received(pictures, PNG)


def test_keys_that_do_not_hold_are_said(s3: S3Server, tmp_path: Path) -> None:
    """Breaks when a wrong key looks like a missing picture, or nobody is told what to look at."""
    keys = s3.write_keys(tmp_path / "keys", secret_access_key="x" * 40)
    pictures = pictures_at(s3.place("none"), tmp_path / "pictures", credentials=keys)
    assert "check the keys" in (pictures.probe() or "")
    for ask in (pictures.open, pictures.vouched):
        with pytest.raises(PicturesAway, match="refuses the collector"):
            ask(digest(PNG))
    answer = AsgiClient(create_service(pictures), "https://collector").put(ADDRESS, content=PNG)
    assert answer.status_code == 503
    assert "x" * 10 not in answer.text + (pictures.trouble or "")


def test_new_keys_hold_without_a_restart(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when changing keys, as one should now and then, takes the collector down."""
    monkeypatch.setattr("collector.pictures.bucket_access._KEYS_HOLD", timedelta(0))
    keys = s3.write_keys(tmp_path / "keys", secret_access_key="x" * 40)
    pictures = pictures_at(s3.place("changed"), tmp_path / "pictures", credentials=keys)
    assert pictures.probe() is not None
    s3.write_keys(keys)
    assert pictures.probe() is None


def test_a_bucket_that_is_not_there_is_said(s3: S3Server, tmp_path: Path) -> None:
    """Breaks when a mistyped bucket looks like one without pictures."""
    keys = s3.write_keys(tmp_path / "keys")
    pictures = pictures_at(s3.place("none", bucket="mistyped"), tmp_path / "pictures", credentials=keys)
    assert "no bucket mistyped" in (pictures.probe() or "")
    assert pictures.vouched(digest(PNG)) is None, "a HEAD is answered without a reason"
    assert pictures.trouble is not None
    for ask in (lambda: pictures.open(digest(PNG)), lambda: list(pictures.listed()), lambda: received(pictures, PNG)):
        with pytest.raises(PicturesAway, match="no bucket mistyped"):
            ask()


def test_what_was_seen_is_asked_again_after_a_while(behind_line: BucketPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when pages show for ever what another program erased, or ask the store for every picture they name."""
    pictures, other = behind_line.opened(), behind_line.opened()
    received(pictures, PNG)
    assert other.has(digest(PNG))
    pictures.delete(digest(PNG))
    assert not pictures.has(digest(PNG))
    assert other.has(digest(PNG))
    monkeypatch.setattr(bucket, "_BELIEVED_S", 0.0)
    assert not other.has(digest(PNG))


class Recorder(ThreadingHTTPServer):
    """A store that takes whatever comes, and notes what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Recording)
        self.asked: list[tuple[str, dict[str, str], bytes]] = []


class _Recording(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        assert isinstance(self.server, Recorder)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}, body))
        self.send_response(200)
        self.send_header("etag", '"1"')
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Return a running recorder."""
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_store_is_asked_to_check_and_never_to_replace(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a store cannot see that a body was altered on the way to it, or is told to write over a picture.

    Nor may the machine's variables send pictures elsewhere, or unsigned.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    monkeypatch.setenv("AWS_UNSIGNED_PAYLOAD", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    endpoint = f"http://127.0.0.1:{recorder.server_port}"
    pictures = pictures_at(f"s3://clinic-pictures/a/b?endpoint={endpoint}&region=eu-central-1", tmp_path)
    assert received(pictures, PNG)
    ((path, headers, body),) = recorder.asked
    assert path == f"/clinic-pictures/a/b/{digest(PNG)}"
    assert body == PNG
    assert headers["if-none-match"] == "*"
    assert b64decode(headers["x-amz-checksum-sha256"]) == sha256(PNG).digest()
    assert headers["x-amz-content-sha256"] == digest(PNG)
    assert headers["content-type"] == "image/png"
    assert "Credential=AKIDEXAMPLE/" in headers["authorization"]
    assert "/eu-central-1/s3/" in headers["authorization"]


_FROM_HERE = """
import resource, sys
from pathlib import Path
from collector.pictures.place import pictures_at
from tests.collector.pictures.places import digest, given_out, received
where, keys, local = sys.argv[1:]
pictures = pictures_at(where, Path(local), 0, Path(keys))
"""

_FLAT = """
from tests.examples import png

def pass_through(content_bytes, name=None):
    start = png(b"")[:33] + content_bytes.to_bytes(4, "big") + b"IDAT"
    end = bytes(4) + png(b"")[-12:]
    pieces = [start] + [bytes(65536)] * (content_bytes // 65536) + [end]
    import hashlib
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece)
    incoming = pictures.receive(whole.hexdigest())
    for piece in pieces:
        incoming.write(piece)
    assert incoming.finish()
    with pictures.open(whole.hexdigest()) as file:
        assert file.read(8) == start[:8]

for warming in (1, 20):
    pass_through(warming * 65536)
data = next(line for line in open("/proc/self/status") if line.startswith("VmData:"))
most = int(data.split()[1]) * 1024 + 10_000_000
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
pass_through(305 * 65536)
"""


def test_memory_holds_no_whole_picture(s3: S3Server, tmp_path: Path) -> None:
    """Breaks when a 20 MB picture is held in memory on its way into the bucket, or out of it.

    The program gets 10 MB more than it has after two small pictures, and no more.
    """
    arguments = [s3.place("large"), str(s3.write_keys(tmp_path / "keys")), str(tmp_path / "pictures")]
    done = subprocess.run(
        [sys.executable, "-c", _FROM_HERE + _FLAT, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


_SENT = """
received(pictures, bytes.fromhex(sys.stdin.read()))
"""


def test_a_receiver_killed_in_mid_upload_leaves_nothing(behind_line: BucketPlace, line: SpoiltLine) -> None:
    """Breaks when a bucket shows half of what a collector sent that was killed."""
    content = png(bytes(400_000))
    line.spoil(rate_bytes_per_s=100_000)
    arguments = [behind_line.url, str(behind_line.keys), str(behind_line.folder)]
    process = subprocess.Popen(
        [sys.executable, "-c", _FROM_HERE + _SENT, *arguments], stdin=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin is not None
    process.stdin.write(content.hex())
    process.stdin.close()
    until_s = time.monotonic() + 20.0
    while line.connections == 0 and time.monotonic() < until_s:
        time.sleep(0.005)
    assert line.connections > 0, "it is on its way"
    process.kill()
    process.wait()
    line.spoil(**MENDED, rate_bytes_per_s=0)
    assert behind_line.held() == {}
    pictures = behind_line.opened()
    assert pictures.sweep() == 1
    assert received(pictures, content)
