"""Stores that earlier releases wrote, brought forward whole."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from contract import content_sha256
from device.outbox import Outbox
from device.store import Store
from device.store.schema import SCHEMA_VERSION
from tests import examples
from tests.device.test_store import NOW, waiting

#: What the first release made of an empty file.
FIRST_FORMAT = """
CREATE TABLE capture (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, patient_code TEXT NOT NULL,
    visit_number INTEGER NOT NULL, site TEXT NOT NULL, picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
    payload BLOB NOT NULL, content_sha256 TEXT NOT NULL,
    outcome TEXT CHECK (outcome IN ('stored', 'refused')), reason TEXT, decided_at TEXT
) STRICT;
CREATE INDEX capture_waiting ON capture (sequence) WHERE outcome IS NULL;
CREATE INDEX capture_visit ON capture (patient_code, visit_number);
CREATE TABLE picture (
    sha256 TEXT PRIMARY KEY, media_type TEXT NOT NULL, size_bytes INTEGER NOT NULL, received_at TEXT
) STRICT;
CREATE INDEX picture_waiting ON picture (sha256) WHERE received_at IS NULL;
CREATE TABLE connection (number INTEGER PRIMARY KEY AUTOINCREMENT, opened_at TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
"""


def test_a_store_of_the_first_format_is_brought_forward(tmp_path: Path) -> None:
    """Breaks when an update loses what waits for the clinic, or refuses to start on it."""
    folder = tmp_path / "state"
    folder.mkdir()
    old = sqlite3.connect(folder / "device.sqlite3")
    old.executescript(FIRST_FORMAT)
    example = examples.capture()
    old.execute("INSERT INTO picture VALUES (?, 'image/jpeg', 9, NULL)", (example.picture.sha256,))
    old.execute(
        "INSERT INTO capture (message_id, patient_code, visit_number, site, picture_sha256, payload, content_sha256)"
        " VALUES (?, 'P-0042', 1, 'vertex', ?, ?, ?)",
        (str(example.message_id), example.picture.sha256, example.encode(), content_sha256(example.encode())),
    )
    old.commit()
    old.close()
    for _ in range(2):
        store = Store(folder)
        assert store.visit("P-0042", 1) == [example]
        assert waiting(Outbox(store), 9) == [example.message_id]
        assert store.connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        schema = schema_of(store)
        store.close()
    fresh = Store(tmp_path / "fresh")
    assert schema == schema_of(fresh)
    fresh.close()


def schema_of(store: Store) -> dict[str, list[object]]:
    """Return what makes up each table and index, however it was written."""
    tables = [name for (name,) in store.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    indices = store.connection.execute(
        "SELECT name, replace(sql, char(10), ' ') FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    )
    return {name: store.connection.execute(f"PRAGMA table_info({name})").fetchall() for name in tables} | {
        name: [sql] for name, sql in indices
    }


def test_a_store_of_the_second_format_is_brought_forward(tmp_path: Path) -> None:
    """Breaks when an update loses, reorders or sends again what an instrument holds that has worked for months.

    The file is the dump of a store that the release before comparisons made: four captures, of which the clinic stored
    the first, refused the second, and the last is held.
    """
    folder = tmp_path / "state"
    folder.mkdir()
    old = sqlite3.connect(folder / "device.sqlite3")
    old.execute("PRAGMA journal_mode = WAL")
    old.executescript(Path(__file__).with_name("store_format_2.sql").read_text(encoding="utf-8"))
    before = old.execute("SELECT sequence, message_id, payload, outcome, reason, held FROM capture").fetchall()
    old.close()
    assert len(before) == 4
    store = Store(folder)
    after = store.connection.execute(
        "SELECT sequence, message_id, payload, reason, state FROM message WHERE channel = 'capture'"
    ).fetchall()
    assert [row[:4] for row in after] == [(*row[:3], row[4]) for row in before]
    assert [row[4] for row in after] == ["received", "refused", "waiting", "held"]
    assert [str(message_id) for message_id in waiting(Outbox(store), 9)] == [before[2][1]]
    assert (Outbox(store).counts().refused_captures, len(store.held())) == (1, 1)
    assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert store.without_comparison(NOW + timedelta(days=99)) == [], "what was never to be compared is not now"
    assert store.keep_message(examples.comparison_numbered).sequence == 5
    fresh = Store(tmp_path / "fresh")
    assert schema_of(store) == schema_of(fresh)
    fresh.close()
    store.close()


def test_a_store_of_the_fourth_format_is_brought_forward(tmp_path: Path) -> None:
    """Breaks when an update that brings reviews loses a message, its state, or what a person decided of it.

    The file is the dump of a store that the release before reviews made: a capture received, one withdrawn, one held,
    one of a later visit waiting, and a visit's record.
    """
    folder = tmp_path / "state"
    folder.mkdir()
    old = sqlite3.connect(folder / "device.sqlite3")
    old.executescript(Path(__file__).with_name("store_format_4.sql").read_text(encoding="utf-8"))
    wanted = "SELECT sequence, message_id, channel, payload, state, reason, decided_at, compare_from FROM message"
    before, decided = old.execute(wanted).fetchall(), old.execute("SELECT * FROM decision").fetchall()
    old.close()
    assert [row[4] for row in before] == ["received", "withdrawn", "held", "waiting", "waiting"]
    store = Store(folder)
    assert store.connection.execute(wanted).fetchall() == before
    assert store.connection.execute("SELECT * FROM decision").fetchall() == decided != []
    assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    fresh = Store(tmp_path / "fresh")
    assert schema_of(store) == schema_of(fresh)
    fresh.close()
    kept = store.keep_message(examples.comparison_numbered)
    assert kept.sequence == len(before) + 1, "a number is never used again"
    store.close()
