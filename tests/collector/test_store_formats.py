"""Stores that earlier releases wrote, brought forward whole."""

import sqlite3
from contextlib import closing
from pathlib import Path

from collector.store.store import Store
from tests.collector.examples import NOW
from tests.collector.test_alarms import altered_picture
from tests.collector.test_store import accepted
from tests.examples import comparison, review_of, visit


def test_a_store_of_the_first_schema_is_brought_forward(tmp_path: Path) -> None:
    """Breaks when an update loses what the clinic has received, or refuses to start on it.

    The file is the dump of a store that the release before comparisons made: a capture, a message in quarantine and a
    device's status.
    """
    path = tmp_path / "collector.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(Path(__file__).with_name("store_schema_1.sql").read_text(encoding="utf-8"))
        before = old.execute("SELECT * FROM captures").fetchall()
    assert len(before) == 1
    for number in (1, 2):
        with closing(Store(path)) as store:
            assert store._writer.execute("SELECT * FROM captures").fetchall() == before
            assert (store.quarantine(9)[0], store.devices()[0].online) == (1, True)
            store.store_batch([accepted(comparison()), accepted(visit(visit_number=number))], NOW)
            assert len(store.visits_of("P-0042")) == number
            schema = schema_of(store)
    with closing(Store(tmp_path / "fresh.sqlite3")) as fresh:
        assert schema == schema_of(fresh)


def test_a_store_of_the_second_schema_is_brought_forward(tmp_path: Path) -> None:
    """Breaks when an update loses what the clinic has received, or refuses to start on it.

    The file is the dump of a store that the release before alarms made: a capture, a comparison, a visit, a message in
    quarantine, a device's status and health.
    """
    path = tmp_path / "collector.sqlite3"
    tables = ("captures", "comparisons", "visits", "quarantine", "devices")
    reads = [f"SELECT * FROM {table}" for table in tables]  # noqa: S608
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(Path(__file__).with_name("store_schema_2.sql").read_text(encoding="utf-8"))
        before = [old.execute(read).fetchall() for read in reads]
    assert [len(rows) for rows in before] == [1, 1, 1, 1, 1]
    for number in (1, 2):
        with closing(Store(path)) as store:
            assert [store._writer.execute(read).fetchall() for read in reads] == before
            store.raise_alarm(altered_picture("chair-1", "b" * 64))
            (raised,) = store.alarms().raised
            assert raised.times == number
            schema = schema_of(store)
    with closing(Store(tmp_path / "fresh.sqlite3")) as fresh:
        assert schema == schema_of(fresh)


def schema_of(store: Store) -> set[tuple[str, str, str]]:
    """Return all that a store's file consists of, and its version."""
    rows = store._writer.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_schema").fetchall()
    (version,) = store._writer.execute("PRAGMA user_version").fetchone()
    return {("version", str(version), ""), *rows}


def test_a_store_of_the_third_schema_is_brought_forward(tmp_path: Path) -> None:
    """Breaks when an update loses what the clinic has received, or refuses to start on it.

    The file is the dump of a store that the release before reviews made: a capture, a comparison, a visit, a message in
    quarantine, a device's status and health, and an alarm.
    """
    path = tmp_path / "collector.sqlite3"
    tables = ("captures", "comparisons", "visits", "quarantine", "devices", "alarms")
    reads = [f"SELECT * FROM {table}" for table in tables]  # noqa: S608
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(Path(__file__).with_name("store_schema_3.sql").read_text(encoding="utf-8"))
        before = [old.execute(read).fetchall() for read in reads]
    assert [len(rows) for rows in before] == [1, 1, 1, 1, 1, 1]
    for number in (1, 2):
        with closing(Store(path)) as store:
            assert [store._writer.execute(read).fetchall() for read in reads] == before
            (stored,) = store.captures_of("P-0042")
            store.store_batch([accepted(review_of(stored.capture, sequence=number))], NOW)
            assert len(store.history_of(stored.capture).said) == number
            schema = schema_of(store)
    with closing(Store(tmp_path / "fresh.sqlite3")) as fresh:
        assert schema == schema_of(fresh)
