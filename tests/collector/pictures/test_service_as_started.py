"""The picture service as it is started: who sent what is known, memory is bounded, and the disk keeps its reserve."""

import hashlib
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from collector.store.store import Store
from contract import MAX_PICTURE_BYTES
from tests.collector.examples import DEVICE
from tests.collector.test_service import collector, device_tls, settings_file
from tests.examples import PICTURE_BYTES, png
from tests.free_ports import free_port

NAME = hashlib.sha256(PICTURE_BYTES).hexdigest()
CHUNK = secrets.token_bytes(64 * 1024)


def in_chunks(size_bytes: int) -> Iterator[bytes]:
    """Give the bytes of a large picture, never holding it."""
    chunks, around = size_bytes // len(CHUNK), png(b"")
    yield around[:33] + struct.pack(">I", chunks * len(CHUNK)) + b"IDAT"
    for _ in range(chunks):
        yield CHUNK
    yield bytes(4) + around[-12:]


def digest(size_bytes: int) -> str:
    """Return that picture's name."""
    whole = hashlib.sha256()
    for chunk in in_chunks(size_bytes):
        whole.update(chunk)
    return whole.hexdigest()


def peak_bytes(process_id: int) -> int:
    """Return the most memory that a process has had."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    pytest.fail("this system does not say how much memory a process had")


def test_an_alarm_names_its_sender_by_certificate(certificates: Path, tmp_path: Path) -> None:
    """Breaks when nobody can say which instrument sent what was refused."""
    settings = settings_file(tmp_path, certificates, broker_port=free_port())
    with collector(settings) as (_, _, pictures), httpx.Client(verify=device_tls(certificates)) as https:
        address = f"{pictures}images/{NAME}"
        answer = https.put(address, content=PICTURE_BYTES + b"altered on the way")
        assert (answer.status_code, https.head(address).status_code) == (422, 404)
        assert https.put(address, content=PICTURE_BYTES).status_code == 201
    store = Store(tmp_path / "state" / "collector.sqlite3")
    (raised,) = store.alarms().raised
    store.close()
    assert (raised.alarm.device_id, raised.alarm.subject) == (DEVICE, NAME)


def test_memory_does_not_grow_with_a_picture(certificates: Path, tmp_path: Path) -> None:
    """Breaks when a picture, or several at once, is held in the collector's memory."""
    size_bytes = 30_000_000
    assert size_bytes < MAX_PICTURE_BYTES
    name = digest(size_bytes)
    settings = settings_file(tmp_path, certificates, broker_port=free_port())
    with (
        collector(settings) as (process, _, pictures),
        httpx.Client(verify=device_tls(certificates), timeout=60) as https,
    ):
        for warming in (1_000_000, 2_000_000):
            https.put(f"{pictures}images/{digest(warming)}", content=in_chunks(warming)).raise_for_status()
        before_bytes = peak_bytes(process.pid)
        for status in (201, 200):
            answer = https.put(f"{pictures}images/{name}", content=in_chunks(size_bytes))
            assert answer.status_code == status
        grown_bytes = peak_bytes(process.pid) - before_bytes
    assert grown_bytes < 6_000_000


def test_a_reserve_that_is_not_there_is_said_to_the_device(certificates: Path, tmp_path: Path) -> None:
    """Breaks when the setting is read and not kept to."""
    settings = settings_file(tmp_path, certificates, broker_port=free_port())
    settings.write_text(settings.read_text().replace("[pictures]", "[pictures]\nkeep_free_mb = 1000000000"))
    with collector(settings) as (_, _, pictures), httpx.Client(verify=device_tls(certificates)) as https:
        answer = https.put(f"{pictures}images/{NAME}", content=PICTURE_BYTES)
        assert (answer.status_code, "keep_free_mb" in answer.text) == (507, True)
