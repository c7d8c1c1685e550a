"""``trichoscope outbox``: what a technician sees of what waits, and decides."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from contract import Outcome
from device.commands import main
from device.outbox import Outbox, State
from device.store import Store
from tests.device.outbox.test_outbox import keep, receipt
from tests.device.test_commands import DEVICE_SETTINGS

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs the command on an instrument's settings."""
    settings = tmp_path / "device.toml"
    settings.write_text(DEVICE_SETTINGS.format(folder=tmp_path), encoding="utf-8")
    return lambda *words: CliRunner().invoke(main, ["outbox", "--settings", str(settings), *words])


def refused_capture(folder: Path) -> UUID:
    """Keep a capture that the clinic refused."""
    store = Store(folder / "state")
    capture = keep(store)
    Outbox(store).record_receipts([receipt(capture.encode(), capture.message_id, Outcome.REFUSED)])
    store.close()
    return capture.message_id


def state(folder: Path, message_id: UUID) -> State:
    """Return where a message stands."""
    store = Store(folder / "state")
    try:
        return Outbox(store).state(message_id)[0]
    finally:
        store.close()


def test_what_waits_and_what_was_refused_is_shown(tmp_path: Path, run: Run) -> None:
    """Breaks when a technician cannot see what has not arrived, and why."""
    refused = refused_capture(tmp_path)
    store = Store(tmp_path / "state")
    keep(store)
    Outbox(store).record_picture_trouble(Outbox(store).waiting_pictures(1)[0].sha256, "The clinic's disk is full.")
    store.close()
    result = run()
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == f"{refused}  capture  P-0042 visit 1 frontal  refused: not readable"
    assert "waiting" in lines[1]
    assert "The clinic's disk is full." in lines[2]
    assert "1 captures, 1 pictures, 0 comparisons, visits and reviews wait" in result.output
    assert "it refused 1." in result.output
    assert "The oldest waits since 20" in result.output
    assert "nothing is deleted that the clinic has not confirmed" in result.output


def test_a_refused_capture_is_sent_again_or_stays(tmp_path: Path, run: Run) -> None:
    """Breaks when a person's decision changes nothing, or can be made without name and reason."""
    refused = str(refused_capture(tmp_path))
    assert run("send", refused).exit_code == 2
    assert run("send", refused, "--by", "mk", "--note", " ").exit_code == 2
    assert state(tmp_path, UUID(refused)) is State.REFUSED
    assert run("send", refused, "--by", "mk", "--note", "the clinic is updated").exit_code == 0
    assert state(tmp_path, UUID(refused)) is State.WAITING
    second = run("withdraw", refused, "--by", "mk", "--note", "of a doll")
    assert second.exit_code == 2, "it waits now"
    assert "trichoscope outbox" in second.output


def test_a_clinic_that_was_restored_gets_it_again(tmp_path: Path, run: Run) -> None:
    """Breaks when nobody at the chair can send again what the clinic lost."""
    store = Store(tmp_path / "state")
    capture = keep(store)
    Outbox(store).record_receipts([receipt(capture.encode(), capture.message_id, Outcome.STORED)])
    store.close()
    assert run("resend", "--since", "tomorrow", "--by", "mk", "--note", "restored").exit_code == 2
    assert "0 messages" in run("resend", "--since", "2026-03-05", "--by", "mk", "--note", "restored").output
    assert "1 messages" in run("resend", "--since", "2026-03-04T09:00", "--by", "mk", "--note", "restored").output
    assert state(tmp_path, capture.message_id) is State.WAITING


def test_a_withdrawn_capture_stays(tmp_path: Path, run: Run) -> None:
    """Breaks when what a person withdrew is sent, or deleted."""
    refused = str(refused_capture(tmp_path))
    assert run("withdraw", refused, "--by", "mk", "--note", "of a doll").exit_code == 0
    assert state(tmp_path, UUID(refused)) is State.WITHDRAWN
    assert "withdrawn: not readable" in run().output
