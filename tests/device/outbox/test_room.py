"""How much the instrument may hold while the clinic is away."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.outbox import NoRoom, Outbox, refuse_without_room, room
from device.outbox.room import FIRST_CAPTURE_BYTES
from device.store import Store
from tests.device.outbox.test_outbox import keep


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    store = Store(tmp_path / "state")
    yield store
    store.close()


def free(monkeypatch: pytest.MonkeyPatch, free_bytes: int) -> None:
    """Let the disk have so many bytes free."""
    usage = type(shutil.disk_usage("/"))(10**12, 10**12 - free_bytes, free_bytes)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


def test_the_reserve_is_not_counted_as_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when captures may take the space that receipts are written in."""
    free(monkeypatch, 500_000_000 + 3 * FIRST_CAPTURE_BYTES + 5)
    assert room(Outbox(store), store.folder, 500).captures == 3
    free(monkeypatch, 499_999_999)
    assert room(Outbox(store), store.folder, 500).captures == 0


def test_room_is_told_by_the_captures_kept_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the room of an instrument with large pictures is told by small ones."""
    capture = keep(store)
    each = capture.picture.size_bytes + len(capture.encode())
    free(monkeypatch, 500_000_000 + 7 * each)
    assert Outbox(store).bytes_of_a_capture() == each
    assert room(Outbox(store), store.folder, 500).captures == 7


def test_a_full_disk_is_said_before_a_picture_is_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a technician learns of a full disk from a capture that is lost."""
    keep(store)
    free(monkeypatch, 400_000_000)
    with pytest.raises(NoRoom, match=r"400 MB are free .* 500 stay free\. 1 captures and 1 pictures wait"):
        refuse_without_room(Outbox(store), store.folder, 500)
    free(monkeypatch, 900_000_000)
    refuse_without_room(Outbox(store), store.folder, 500)
