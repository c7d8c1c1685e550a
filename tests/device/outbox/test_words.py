"""What a technician is told of the outbox before the next patient."""

from pathlib import Path

import pytest

from contract import Outcome
from device.outbox import Outbox, warnings
from device.store import Store
from tests.device.outbox.test_outbox import keep, receipt
from tests.device.outbox.test_room import free


def test_nothing_is_said_where_nothing_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when every visit begins with a warning, so that none is read any more."""
    free(monkeypatch, 10**11)
    store = Store(tmp_path / "state")
    keep(store)
    assert warnings(Outbox(store), store.folder, 500) == []
    store.close()


def test_a_refusal_and_a_full_disk_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when what the clinic refused, or a disk that fills up, is noticed weeks later."""
    store = Store(tmp_path / "state")
    capture = keep(store)
    keep(store)
    Outbox(store).record_receipts([receipt(capture.encode(), capture.message_id, Outcome.REFUSED)])
    each = Outbox(store).bytes_of_a_capture() or 0
    free(monkeypatch, 500_000_000 + 5 * each)
    refused, full = warnings(Outbox(store), store.folder, 500)
    store.close()
    assert "refused 1 of what was sent" in refused
    assert "about 5 captures more, and 1 wait" in full
