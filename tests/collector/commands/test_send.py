"""send: a patient's captures in a PACS of others, and what is said where they do not get there."""

from pathlib import Path

from sqlalchemy import select

from collector.commands.send import send
from collector.store.tables import audit_trail
from tests.collector.commands.conftest import Clinic
from tests.collector.exports.dicom.pacs import storescp
from tests.collector.operation.clinic import CODES, fill
from tests.free_ports import free_port


def test_a_patient_is_sent_and_the_trail_says_so(clinic: Clinic, tmp_path: Path) -> None:
    """Breaks when the command sends another patient's, less than all, or leaves no trace of it."""
    fill(clinic.store, clinic.pictures)
    received = tmp_path / "received"
    received.mkdir()
    with storescp(received) as port:
        done = clinic.run(send, "--patient", CODES[0], "--to", f"127.0.0.1:{port}", "--ae-title", "PACS")
    assert done.exit_code == 0, done.output
    assert done.stdout == "sent to PACS: 4 instances arrived, 0 did not\n"
    assert len(list(received.iterdir())) == 4
    with clinic.store.reading() as connection:
        entries = connection.execute(select(audit_trail.c.action, audit_trail.c.patient_code)).all()
    assert entries == [("sent", CODES[0])]


def test_what_is_not_sent_is_said(clinic: Clinic) -> None:
    """Breaks when a mistake or an absent PACS ends in a traceback, or looks as if it had worked."""
    fill(clinic.store, clinic.pictures, CODES[:1])
    port = free_port()
    for code, to, said in (
        (CODES[0], f"127.0.0.1:{port}", "cannot be reached"),
        (CODES[0], "127.0.0.1", "is no HOST:PORT"),
        ("P-9999", f"127.0.0.1:{port}", "no capture of P-9999"),
    ):
        done = clinic.run(send, "--patient", code, "--to", to, "--ae-title", "PACS")
        assert done.exit_code == 2
        assert said in done.stderr
