"""The picture service over each place: pictures whole and as named, or not there."""

import asyncio
import errno
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from PIL import Image

from collector.pictures import folder as pictures_folder
from collector.pictures import receiving
from collector.pictures import service as picture_service
from collector.pictures.receiving import IncomingPicture, RoomReserved
from collector.pictures.service import create_service
from collector.store.alarms import Alarm, AlarmKind
from collector.store.stored import StoreFailed
from contract import MAX_PICTURE_BYTES
from tests.collector.asgi import AsgiClient
from tests.collector.pictures.places import JPEG, PNG, FolderPlace, Place, digest

ONCE = {"If-None-Match": "*"}


def left_over(place: Place) -> list[Path]:
    """Return the half-received files."""
    return list((place.folder / "incoming").iterdir())


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_picture_is_taken_once_and_is_the_same_afterwards(
    client: AsgiClient, place: Place, content: bytes, kind: str
) -> None:
    """Breaks when a picture is altered, or the second sending of one that is there is an error to its sender."""
    address = f"/images/{digest(content)}"
    assert client.head(address).status_code == 404
    first = client.put(address, content=content, headers=ONCE)
    assert (first.status_code, first.json()) == (201, {"sha256": digest(content)})
    assert place.held() == {digest(content): content}
    assert client.put(address, content=content, headers=ONCE).status_code == 200
    head = client.head(address)
    assert (head.status_code, head.headers["content-length"], head.headers["content-type"]) == (
        200,
        str(len(content)),
        kind,
    )
    assert left_over(place) == []


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        (digest(PNG), PNG[:-1], (422, "SHA-256")),
        (digest(b"GIF89a" * 9), b"GIF89a" * 9, (422, "JPEG")),
        (digest(b"\x89PNG"), b"\x89PNG", (422, "JPEG")),
        (digest(b""), b"", (400, "empty")),
        (digest(PNG).upper(), PNG, (400, "64")),
        ("..%2Fcollector.sqlite3", PNG, (404, "")),
        ("x" * 64, PNG, (400, "64")),
    ],
)
def test_what_is_no_such_picture_is_refused_and_leaves_nothing(
    client: AsgiClient, place: Place, name: str, content: bytes, refusal: tuple[int, str]
) -> None:
    """Breaks when a damaged picture, another file or a path is stored, or the sender is not told why not."""
    answer = client.put(f"/images/{name}", content=content, headers=ONCE)
    assert answer.status_code == refusal[0]
    assert refusal[1] in answer.text
    assert place.held() == {}
    assert {path.name for path in place.folder.iterdir()} <= {"incoming", "quarantine"}
    assert left_over(place) == []


async def in_pieces(*pieces: bytes, asked: list[bytes] | None = None) -> AsyncIterator[bytes]:
    """Give a body piece by piece, noting what was asked for."""
    for piece in pieces:
        if asked is not None:
            asked.append(piece)
        yield piece
        await asyncio.sleep(0)


def test_announced_size_is_refused_before_the_body(client: AsgiClient) -> None:
    """Breaks when a body of any size is read to its end before it is refused."""
    asked: list[bytes] = []
    headers = {"Content-Length": str(MAX_PICTURE_BYTES + 1)}
    answer = client.put(f"/images/{digest(PNG)}", content=in_pieces(PNG, asked=asked), headers=headers)
    assert (answer.status_code, asked) == (413, [])


def test_size_that_was_not_announced_is_bounded(
    client: AsgiClient, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a body sent in chunks, without a length, fills the disk."""
    monkeypatch.setattr(picture_service, "MAX_PICTURE_BYTES", 100_000)
    asked: list[bytes] = []
    pieces = [PNG[:60_000], PNG[60_000:120_000], PNG[120_000:]]
    answer = client.put(f"/images/{digest(PNG)}", content=in_pieces(*pieces, asked=asked))
    assert (answer.status_code, len(asked)) == (413, 2)
    assert left_over(place) == []


def test_concurrent_sendings_of_one_picture_leave_it_whole(place: Place) -> None:
    """Breaks when two connections write into one file."""
    application = create_service(place.opened())

    pieces = [PNG[start : start + 5000] for start in range(0, len(PNG), 5000)]

    async def put_all() -> list[int]:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
            answers = await asyncio.gather(
                *(client.put(f"/images/{digest(PNG)}", content=in_pieces(*pieces), headers=ONCE) for _ in range(8))
            )
        return [answer.status_code for answer in answers]

    assert set(asyncio.run(put_all())) <= {200, 201}
    assert place.held() == {digest(PNG): PNG}
    assert left_over(place) == []


def test_connection_that_ends_in_mid_picture_leaves_nothing(place: Place) -> None:
    """Breaks when half a picture stays behind after its sender is gone."""
    application = create_service(place.opened())
    messages: list[dict[str, object]] = [
        {"type": "http.request", "body": PNG[:1000], "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "PUT",
        "path": f"/images/{digest(PNG)}",
        "query_string": b"",
        "headers": [],
    }
    sent: list[int] = []

    async def put() -> None:
        async def receive() -> dict[str, object]:
            return messages.pop(0)

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                sent.append(int(str(message["status"])))

        await application(scope, receive, send)  # type: ignore[arg-type]

    asyncio.run(put())
    assert sent == [400]
    assert left_over(place) == []


def test_silent_sender_is_given_up(client: AsgiClient, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a device that was switched off in mid-picture holds its connection and file for ever."""
    monkeypatch.setattr(picture_service, "_SILENCE_S", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield PNG[:1000]
        await asyncio.sleep(60)

    assert client.put(f"/images/{digest(PNG)}", content=body()).status_code == 408
    assert left_over(place) == []


def test_sender_that_never_ends_is_given_up(client: AsgiClient, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a body that comes byte by byte holds its connection and file for as long as it likes."""
    monkeypatch.setattr(picture_service, "_LONGEST_S", 0.1)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(500):
            yield PNG[:1]
            await asyncio.sleep(0.01)

    answer = client.put(f"/images/{digest(PNG)}", content=body())
    assert (answer.status_code, "longer than" in answer.text) == (408, True)
    assert left_over(place) == []


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EIO, 500)])
def test_failing_disk_is_told_and_leaves_nothing(
    client: AsgiClient, place: Place, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    """Breaks when a full disk looks like a wrong picture, which its sender would never send again."""

    def fail(_incoming: IncomingPicture, _chunk: bytes) -> None:
        raise OSError(number, "fault")

    monkeypatch.setattr(IncomingPicture, "write", fail)
    answer = client.put(f"/images/{digest(PNG)}", content=PNG)
    assert answer.status_code == status
    assert "again later" in answer.text
    assert left_over(place) == []


def test_other_methods_are_refused(client: AsgiClient) -> None:
    """Breaks when a device can read or remove pictures of the clinic."""
    for method in ("GET", "POST", "DELETE", "PATCH"):
        assert client.request(method, f"/images/{digest(PNG)}").status_code == 405


def alarmed(place: Place, *, keep_free_bytes: int = 0) -> tuple[AsgiClient, list[Alarm]]:
    """Return a client of a service whose alarms are noted, and the alarms."""
    raised: list[Alarm] = []
    service = create_service(place.opened(keep_free_bytes), raise_alarm=raised.append)
    return AsgiClient(service, "https://collector"), raised


def test_another_picture_under_a_name_is_quarantined_and_alarmed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when altered bytes pass for a network's mischance, or nobody can look at what came."""
    monkeypatch.setattr(receiving, "QUARANTINED_BYTES", 1000)
    client, raised = alarmed(place)
    answer = client.put(f"/images/{digest(JPEG)}", content=PNG, headers=ONCE)
    assert answer.status_code == 422
    (alarm,) = raised
    assert (alarm.kind, alarm.subject, alarm.found_sha256) == (AlarmKind.PICTURE_ALTERED, digest(JPEG), digest(PNG))
    assert (alarm.size_bytes, alarm.device_id) == (len(PNG), None)
    kept = place.folder / "quarantine" / digest(PNG)
    assert kept.read_bytes() == PNG[:1000]
    assert kept.stat().st_mode & 0o077 == 0
    assert place.held() == {}
    assert left_over(place) == []


def test_another_body_for_a_picture_that_is_there_changes_nothing_and_is_alarmed(place: Place) -> None:
    """Breaks when 200 is said to bytes that nobody looked at, or they take the picture's place."""
    client, raised = alarmed(place)
    assert client.put(f"/images/{digest(PNG)}", content=PNG, headers=ONCE).status_code == 201
    assert client.put(f"/images/{digest(PNG)}", content=JPEG, headers=ONCE).status_code == 422
    assert [alarm.found_sha256 for alarm in raised] == [digest(JPEG)]
    assert place.held() == {digest(PNG): PNG}
    assert client.put(f"/images/{digest(PNG)}", content=PNG, headers=ONCE).status_code == 200
    assert len(raised) == 1


def test_quarantine_fills_no_disk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a hostile device fills the clinic's disk with pictures that are refused."""
    monkeypatch.setattr(receiving, "QUARANTINED_PICTURES", 3)
    client, _ = alarmed(place)
    for number in range(8):
        assert client.put(f"/images/{digest(PNG)}", content=PNG + bytes([number])).status_code == 422
    kept = {path.name for path in (place.folder / "quarantine").iterdir()}
    assert kept == {digest(PNG + bytes([number])) for number in (5, 6, 7)}


def test_a_picture_that_may_name_somebody_is_refused_and_not_kept(place: Place) -> None:
    """Breaks when a picture with the place where it was taken is stored, in its place or in quarantine."""
    file = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe"
    Image.new("RGB", (64, 48)).save(file, "JPEG", exif=exif)
    client, raised = alarmed(place)
    answer = client.put(f"/images/{digest(file.getvalue())}", content=file.getvalue(), headers=ONCE)
    assert (answer.status_code, "carries EXIF" in answer.text) == (422, True)
    assert [alarm.kind for alarm in raised] == [AlarmKind.PICTURE_UNFIT]
    assert place.held() == {}
    assert [path.name for path in place.folder.rglob("*")] == ["incoming"]


def test_a_disk_keeps_room_for_figures(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when pictures take the last of the disk, and captures' figures are not stored any more."""
    free = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr("collector.pictures.receiving.shutil", SimpleNamespace(disk_usage=lambda _path: free))
    client, raised = alarmed(place, keep_free_bytes=900_000)
    answer = client.put(f"/images/{digest(PNG)}", content=PNG, headers=ONCE)
    assert answer.status_code == 507
    assert "1 MB free" in answer.text
    assert "keep_free_mb" in answer.text
    assert "sent again later" in answer.text
    assert left_over(place) == []
    assert client.put(f"/images/{digest(PNG)}", content=in_pieces(PNG)).status_code == 507, "of unknown length"
    free.free = 900_000 + len(PNG)
    assert client.put(f"/images/{digest(PNG)}", content=PNG, headers=ONCE).status_code == 201
    assert raised == []
    store = place.opened(900_000)
    free.free = 900_000 + 2 * len(PNG)
    first, second = store.receive(digest(PNG), len(PNG)), store.receive(digest(JPEG), len(PNG))
    with pytest.raises(RoomReserved):
        store.receive(digest(b""), 1)
    first.discard()
    first.discard()
    store.receive(digest(b""), len(PNG)).discard()
    with pytest.raises(RoomReserved):
        store.receive(digest(b""), len(PNG) + 1)
    second.discard()
    free.free = 0
    assert alarmed(place)[0].put(f"/images/{digest(JPEG)}", content=JPEG).status_code == 201, "0 sets no bound"


def test_a_picture_whose_name_may_be_forgotten_is_not_vouched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when HEAD tells an instrument that the clinic has a picture which a power cut may still take away."""
    forced: list[Path] = []
    monkeypatch.setattr(pictures_folder, "sync_folder", forced.append)
    client = AsgiClient(create_service(FolderPlace(tmp_path).opened()), "https://collector")
    client.put(f"/images/{digest(PNG)}", content=PNG)
    forced.clear()
    assert client.head(f"/images/{digest(PNG)}").status_code == 200
    assert forced == [tmp_path]

    def fail(_folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(pictures_folder, "sync_folder", fail)
    assert client.head(f"/images/{digest(PNG)}").status_code == 500


def test_an_erased_picture_is_not_taken_back(place: Place) -> None:
    """Breaks when a chair that still holds it puts an erased patient's picture back, or nobody there is told why."""
    pictures = place.opened()
    client = AsgiClient(create_service(pictures, is_erased={digest(PNG)}.__contains__), "https://collector")
    asked: list[bytes] = []
    answer = client.put(f"/images/{digest(PNG)}", content=in_pieces(PNG[:9], PNG[9:], asked=asked), headers=ONCE)
    assert (answer.status_code, "erased" in answer.text) == (410, True)
    assert len(asked) == 2, "a connection that ends before the picture loses the answer"
    assert client.put(f"/images/{digest(JPEG)}", content=JPEG, headers=ONCE).status_code == 201
    assert set(place.held()) == {digest(JPEG)}
    assert left_over(place) == []


def test_a_picture_erased_while_it_came_does_not_stay(place: Place) -> None:
    """Breaks when a picture that was on its way outlives its patient's erasure."""
    told = iter([False, True])
    client = AsgiClient(create_service(place.opened(), is_erased=lambda _sha256: next(told)), "https://collector")
    answer = client.put(f"/images/{digest(PNG)}", content=PNG, headers=ONCE)
    assert answer.status_code == 410
    assert place.held() == {}


def test_an_erased_picture_that_is_there_is_removed_when_asked_for(place: Place) -> None:
    """Breaks when a chair is told that the clinic holds an erased picture, and the clinic goes on holding it."""
    place.put(digest(PNG), PNG)
    client = AsgiClient(create_service(place.opened(), is_erased=lambda _sha256: True), "https://collector")
    assert client.head(f"/images/{digest(PNG)}").status_code == 410
    assert place.held() == {}
    assert client.head("/images/x").status_code == 404


def test_a_store_that_cannot_tell_takes_nothing(place: Place) -> None:
    """Breaks when a picture is taken, or given up by its chair, because the store could not be read."""

    def failing(_sha256: str) -> bool:
        raise StoreFailed("the store could not be read: disk I/O error")

    client = AsgiClient(create_service(place.opened(), is_erased=failing), "https://collector")
    answer = client.put(f"/images/{digest(PNG)}", content=PNG, headers=ONCE)
    assert (answer.status_code, "again later" in answer.text) == (503, True)
    assert client.head(f"/images/{digest(PNG)}").status_code == 503
    assert place.held() == {}
