"""Stores that earlier releases wrote, brought forward whole; every format reached from every other."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from collector.ingestion.decisions import Kept
from collector.store.database import StoreUnusable
from collector.store.schema import NOTHING, format_of, move_to, newest
from collector.store.store import Store
from collector.store.stored import StoreFailed
from collector.store.tables import metadata
from tests.collector.examples import NOW, health, status
from tests.collector.store.test_alarms import altered_picture
from tests.collector.store.test_store import accepted
from tests.examples import capture, comparison, review_of, visit

FORMATS = ("0001", "0002", "0003", "0004")


def schema_of(store: Store) -> dict[str, object]:
    """Return what a store consists of: columns, keys and indexes by table, and what protects them."""
    with store.reading() as connection:
        seen = inspect(connection)
        tables = {
            table: (
                sorted((column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)),
                seen.get_pk_constraint(table)["constrained_columns"],
                sorted((str(index["name"]), tuple(index["column_names"])) for index in seen.get_indexes(table)),
            )
            for table in seen.get_table_names()
        }
        return {"triggers": triggers(connection), **tables}


def triggers(connection: Connection) -> list[tuple[str, str]]:
    """Return the triggers, each with what it does."""
    question = (
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname, pg_get_functiondef(tgfoid) FROM pg_trigger WHERE NOT tgisinternal"
    )
    return sorted((name, re.sub(r"\\s+", " ", what)) for name, what in connection.execute(text(question)))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_store_of_an_older_format_is_brought_forward(tmp_path: Path, number: int) -> None:
    """Breaks when an update loses what the clinic has received, or refuses to start on it.

    Each file is the dump of a store that a release wrote: a capture, a message in quarantine and a device's status;
    with the second format a comparison and a visit too; with the third an alarm.
    """
    path = tmp_path / "collector.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(Path(__file__).with_name(f"format_{number}.sql").read_text(encoding="utf-8"))
        tables = [name for (name,) in old.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {table: [row[1] for row in old.execute(f"PRAGMA table_info({table})")] for table in tables}
        before = {table: old.execute(f"SELECT * FROM {table}").fetchall() for table in tables}  # noqa: S608
    assert len(before["captures"]) == 1
    for times in (1, 2):
        with closing(Store(path)) as store:
            with closing(sqlite3.connect(path)) as now:
                for table in tables:
                    wanted = ",".join(columns[table])
                    if table != "alarms" or times == 1:
                        assert now.execute(f"SELECT {wanted} FROM {table}").fetchall() == before[table]  # noqa: S608
            assert (store.quarantine(9)[0], store.devices()[0].online) == (1, True)
            (stored,) = store.captures_of("P-0042")
            assert [patient.last_taken_at for patient in store.patients()] == [stored.capture.taken_at]
            said = review_of(stored.capture, sequence=times)
            if times == 2:
                store.store_batch([accepted(said)], NOW)
                assert len(store.history_of(stored.capture).said) == 1
            schema = schema_of(store)
    with closing(Store(tmp_path / "fresh.sqlite3")) as fresh:
        assert schema == schema_of(fresh)


def test_what_lists_are_made_of_is_read_from_stored_payloads(place: Path | str) -> None:
    """Breaks when an update leaves older captures out of studies, or gives them another's figures."""
    with closing(Store(place)) as store:
        shown = capture()
        everything: list[Kept] = [shown, comparison(), visit(), review_of(shown)]
        store.store_batch([*(accepted(one) for one in everything), status(), health()], NOW)
        question = text("SELECT picture_sha256, verdict, figures, payload FROM captures")
        decisions = text("SELECT decision, figures FROM reviews")
        with store.reading() as connection:
            before = connection.execute(question).all(), connection.execute(decisions).all()
        move_to(store.database, "0004")
        move_to(store.database, newest())
        with store.reading() as connection:
            assert (connection.execute(question).all(), connection.execute(decisions).all()) == before
        assert store.captures_of(shown.patient_code)[0].capture == shown
        assert [row.patient_code for row in store.patients()] == [shown.patient_code]


def test_every_format_is_reached_from_every_other(place: Path | str) -> None:
    """Breaks when a step cannot be taken back, or one taken again differs from one taken once."""
    with closing(Store(place)) as store:
        seen: dict[str, dict[str, object]] = {}
        for steps in (FORMATS, FORMATS[::-1], (FORMATS[1], NOTHING, FORMATS[3], FORMATS[0])):
            for step in steps:
                move_to(store.database, step)
                with store.reading() as connection:
                    assert format_of(connection) == (None if step == NOTHING else step)
                assert seen.setdefault(step, schema_of(store)) == schema_of(store)
        assert [name for name in seen[NOTHING] if name not in {"alembic_version", "triggers"}] == []
        assert seen[NOTHING]["triggers"] == []


def test_the_tables_are_what_the_steps_lead_to(store: Store) -> None:
    """Breaks when a column or index stands in the program's tables and in no step, or the other way round."""
    with store.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_a_store_of_a_newer_release_is_refused(place: Path | str) -> None:
    """Breaks when an older release writes into a store that it does not understand."""
    with closing(Store(place)) as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusable, match="9999"):
        Store(place)


def test_a_file_tells_older_releases_its_format_by_number(tmp_path: Path) -> None:
    """Breaks when an older release takes a newer file for an old one, or refuses one that was brought back."""
    path = tmp_path / "collector.sqlite3"
    with closing(Store(path)) as store:
        for target, number in ((newest(), int(newest())), ("0004", 4), (NOTHING, 0), ("0002", 2), (newest(), 5)):
            move_to(store.database, target)
            with store.reading() as connection:
                assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == number


def test_a_collector_writes_nothing_in_a_format_that_changed_under_it(place: Path | str) -> None:
    """Breaks when a running collector writes rows of its format into tables of another one."""
    with closing(Store(place)) as store, closing(Store(place)) as other:
        move_to(other.database, "0004")
        with pytest.raises(StoreFailed, match=r"format 0004.*restart the collector"):
            store.store_batch([accepted(capture())], NOW)
        move_to(other.database, newest())
        assert len(store.store_batch([accepted(capture())], NOW)) == 1


def test_a_command_does_not_bring_a_store_forward(place: Path | str) -> None:
    """Breaks when a command of a new release changes the format under a collector of an older one."""
    with closing(Store(place)) as store:
        move_to(store.database, "0004")
        with pytest.raises(StoreUnusable, match="trichoscope-collector migrate"):
            Store(place, bring_forward=False, new=False)
        with store.reading() as connection:
            assert format_of(connection) == "0004"
        move_to(store.database, NOTHING)
        with pytest.raises(StoreUnusable, match="no store yet"):
            Store(place, bring_forward=False, new=False)
        move_to(store.database, newest())
        Store(place, bring_forward=False, new=False).close()
        move_to(store.database, NOTHING)
        Store(place, bring_forward=False).close()
        with store.reading() as connection:
            assert format_of(connection) == newest()


def test_there_is_no_such_format(store: Store) -> None:
    """Breaks when a slip in the command line ends in a traceback, or changes the store."""
    with pytest.raises(StoreUnusable, match="no format 7"):
        move_to(store.database, "7")
    store.raise_alarm(altered_picture("chair-1", "b" * 64))
    assert len(store.alarms().raised) == 1


@pytest.mark.parametrize(
    "url", ["mysql://clinic@host/x", "sqlite://", "nothing", "postgresql://u:geheim@127.0.0.1:1/x"]
)
def test_a_url_that_names_no_store_is_refused_in_words(url: str) -> None:
    """Breaks when a slip in the settings ends in a traceback, or a password in the log."""
    with pytest.raises(StoreUnusable) as refused:
        Store(url)
    assert "geheim" not in str(refused.value)
    assert str(refused.value).endswith(".")
