"""The fuzz in its short form, and that it would notice what it looks for."""

from pathlib import Path
from unittest.mock import patch

import pytest

from benchmarks.delivery.fuzz import part, to_clinic, to_instrument
from benchmarks.delivery.fuzz.mutations import chance_of, mutated
from benchmarks.delivery.fuzz.tally import Tally
from collector.ingestion.decisions import Quarantined
from collector.store import batches
from device.outbox import Outbox
from device.store import Store

MESSAGES = 2_500
"""To each side."""


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    """Send the messages once."""
    return part.tallied(MESSAGES, processes=1)


@pytest.mark.parametrize("name", ["clinic", "instrument", "certificates", "pictures"])
def test_nothing_that_comes_from_the_network_does_harm(tallies: dict[str, Tally], name: str) -> None:
    """Breaks when bytes from outside crash, block or confuse one side, or leave it in doubt what became of them."""
    tally = tallies[name]
    assert tally.faults == []
    assert tally.fault_count == 0
    assert tally.unaccounted == 0
    assert tally.slowest_s <= part.SLOWEST_S.high, tally.slowest


def test_the_messages_are_neither_all_right_nor_all_wrong(tallies: dict[str, Tally]) -> None:
    """Breaks when the fuzz no longer gets past the first check, and so tries nothing behind it."""
    assert tallies["clinic"].sent == tallies["instrument"].sent == MESSAGES
    for name, kinds in {
        "clinic": ("stored", "refused", "quarantined", "heard", "asked"),
        "instrument": ("receipts written down", "answers kept", "lists kept", "passed over, and not read"),
        "certificates": ("answered", "refused with 422", "certificate unfit", "not believed"),
        "pictures": ("rejected", "kept, and cannot be decoded", "kept, and made small"),
    }.items():
        for kind in kinds:
            assert tallies[name].became[kind] > 0, (name, kind)


def test_a_message_follows_from_its_number() -> None:
    """Breaks when a message that did harm cannot be looked at again."""
    assert [to_clinic.message(1, number) for number in range(50)] == [
        to_clinic.message(1, number) for number in range(50)
    ]
    assert len({to_clinic.message(1, number).payload for number in range(50)}) > 40
    right = to_clinic.message(1, 0).payload or b"{}"
    changed = {mutated(chance_of("test", 1, number), right) for number in range(200)}
    assert len(changed) > 100


def to_the_clinic(folder: Path) -> Tally:
    """Send some messages to the collector alone."""
    tally = Tally()
    clinic = to_clinic.Clinic(folder, tally)
    clinic.take_in([to_clinic.message(part.SEED, number) for number in range(60)])
    clinic.close()
    return tally


def test_a_handler_that_raises_is_noticed(tmp_path: Path) -> None:
    """Breaks when a crash of the collector would pass for a message like others."""
    with patch.object(to_clinic, "decide", side_effect=RecursionError):
        tally = to_the_clinic(tmp_path)
    assert tally.fault_count == 60
    assert "RecursionError" in tally.faults[0]
    assert tally.unaccounted == 60


def test_a_message_that_is_lost_is_noticed(tmp_path: Path) -> None:
    """Breaks when a collector that keeps nothing of what it refused would pass."""
    with patch.object(batches, "_quarantine"):
        tally = to_the_clinic(tmp_path)
    assert any("lie in the file as quarantined" in fault for fault in tally.faults)


def test_a_message_without_a_reason_is_noticed(tmp_path: Path) -> None:
    """Breaks when nobody could say why a message was not taken."""
    with patch.object(to_clinic, "decide", side_effect=lambda _clinic, topic, _: Quarantined(str(len(topic)), b"", "")):
        tally = to_the_clinic(tmp_path)
    assert any("without a reason" in fault for fault in tally.faults)


def test_a_receipt_that_is_believed_for_other_content_is_noticed(tmp_path: Path) -> None:
    """Breaks when an instrument that takes any receipt for the right one would pass."""
    tally = Tally()
    instrument = to_instrument.Instrument(tmp_path, tally)
    with patch.object(Outbox, "record_receipts", return_value=[True]):
        for number in range(300):
            instrument.hear(number, to_instrument.message(part.SEED, number, instrument.kept, instrument.ask_id))
    instrument.close()
    assert any("was written down" in fault for fault in tally.faults)


def test_a_capture_that_leaves_the_outbox_without_a_receipt_is_noticed(tmp_path: Path) -> None:
    """Breaks when the fuzz goes by what the handlers say they did, and not by what the store holds."""
    tally = Tally()
    instrument = to_instrument.Instrument(tmp_path, tally)
    store = Store(tmp_path)
    store.connection.execute("UPDATE message SET state = 'received' WHERE sequence = 1")
    store.close()
    instrument.close()
    assert tally.faults == ["a capture is received, and should be waiting"]


def test_the_table_says_what_fell_short() -> None:
    """Breaks when a fault or a slow step would stand in the table as met."""
    short = Tally(sent=3, slowest_s=1.5, grown_mb=30.0)
    short.became["stored"] = 2
    short.fault("number 1: it broke")
    with patch.object(part, "tallied", return_value={"clinic": short}):
        verdicts = [row[3] for row in part.rows(3)]
    assert verdicts[0] == ""
    assert all(verdict.startswith("**") for verdict in verdicts[1:])
    assert len(verdicts) == 6
