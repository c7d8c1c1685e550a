"""What bounds and guards each connection to a database."""

import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from pydantic import ValidationError
from sqlalchemy import insert, select

from collector.opening import CannotOpen, open_store
from collector.settings import CollectorSettings, StoreSettings
from collector.store import database as database_module
from collector.store.database import StoreRefused, StoreUnusable
from collector.store.schema import bring_forward
from collector.store.store import Store
from collector.store.stored import StoreFailed
from collector.store.tables import alarms_dropped, patients
from groundwork.settings_file import read
from tests.collector.commands.conftest import write_settings
from tests.collector.examples import NOW
from tests.collector.store.test_store import accepted
from tests.examples import capture
from tests.postgresql import PostgreSQL


def test_a_batch_does_not_wait_for_ever_for_the_locks_of_another(
    postgresql_cluster: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when one forgotten session of a database's administrator stops ingestion without a word."""
    monkeypatch.setattr(database_module, "_LOCK_TIMEOUT_MS", 300)
    url = postgresql_cluster.fresh()
    with closing(Store(url)) as store, psycopg.connect(url) as other:
        store.store_batch([accepted(capture(visit_number=1))], NOW)
        other.execute("SELECT * FROM patients FOR UPDATE")
        later = capture(visit_number=2, taken_at=NOW)
        other.execute("LOCK TABLE captures IN EXCLUSIVE MODE")
        with pytest.raises(StoreFailed, match="lock timeout"):
            store.store_batch([accepted(later)], NOW)
        other.rollback()
        assert len(store.store_batch([accepted(later)], NOW)) == 1
        assert store.capture(later.message_id) is not None


def test_a_step_of_the_format_waits_as_long_as_it_takes(
    postgresql_cluster: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when two collectors that start at once, on a large store, end with one refused."""
    monkeypatch.setattr(database_module, "_LOCK_TIMEOUT_MS", 50)
    url = postgresql_cluster.fresh()
    with closing(Store(url)) as store, psycopg.connect(url, autocommit=False) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x7472_6963_686F])
        waiting = threading.Thread(target=bring_forward, args=(store.database,))
        waiting.start()
        waiting.join(0.4)
        assert waiting.is_alive()
        other.rollback()
        waiting.join(20)
        assert not waiting.is_alive()


def test_writers_of_postgresql_are_bounded(postgresql_cluster: PostgreSQL) -> None:
    """Breaks when a writer that hangs, or whose network is gone, keeps its locks."""
    with closing(Store(postgresql_cluster.fresh())) as store, store.writing() as connection:
        names = ("lock_timeout", "idle_in_transaction_session_timeout")
        shown = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
    assert shown == ["10s", "30s"]


def test_a_page_is_told_soon_that_all_connections_are_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a page hangs for half a minute where many others are read."""
    monkeypatch.setattr(database_module, "_MOST_READERS", 8)
    monkeypatch.setattr(database_module, "_READER_WITHIN_S", 0.05)
    place = Path(store.database.shown) if store.database.is_sqlite else store.database.shown
    with closing(Store(place)) as bounded:
        held = [bounded.reading() for _ in range(8)]
        for one in held:
            one.__enter__()
        try:
            with pytest.raises(StoreFailed), bounded.reading():
                pass
        finally:
            for one in held:
                one.__exit__(None, None, None)
        with bounded.reading() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_how_long_is_waited_for_a_connection(store: Store) -> None:
    """Breaks when the bounds are SQLAlchemy's own 30 s."""
    for engine, most_s in ((store.database._readers, 2), (store.database._writers, 10)):
        assert engine.pool._timeout == most_s  # type: ignore[attr-defined]
        assert engine.hide_parameters


def test_a_postgresql_that_does_not_wait_for_its_disk_is_refused(postgresql_cluster: PostgreSQL) -> None:
    """Breaks when receipts are given for what a power cut takes."""
    url = postgresql_cluster.fresh()
    with psycopg.connect(url, autocommit=True) as administrator:
        name = administrator.info.dbname
        administrator.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    for bringing in (True, False):
        with pytest.raises(StoreUnusable, match="synchronous_commit = on"):
            Store(url, bring_forward=bringing, new=bringing)


def test_a_database_of_another_encoding_is_refused(postgresql_cluster: PostgreSQL) -> None:
    """Breaks when a study's title in another script stops a batch for ever."""
    with psycopg.connect(postgresql_cluster.fresh(), autocommit=True) as administrator:
        administrator.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreUnusable, match="UTF8"):
        Store(postgresql_cluster.url("latin"))


def test_no_parameter_stands_in_an_error(store: Store) -> None:
    """Breaks when a traceback in the log quotes a patient's code."""
    row = {"patient_code": "P-4711", "last_taken_at": NOW}
    with store.writing() as connection:
        connection.execute(insert(patients).values(row))
    with pytest.raises(StoreRefused) as refused, store.writing() as connection:
        connection.execute(insert(patients).values(row))
    said = str(refused.value.__cause__).partition("DETAIL")[0]  # PostgreSQL's own, which is never passed on
    assert "P-4711" not in said
    assert "P-4711" not in str(refused.value)


def test_a_text_that_postgresql_cannot_hold_is_refused_and_no_failure(postgresql_cluster: PostgreSQL) -> None:
    """Breaks when what will never be taken is called a failure that passes."""
    with closing(Store(postgresql_cluster.fresh())) as store:
        with pytest.raises(StoreRefused), store.reading() as connection:
            connection.execute(select(patients).where(patients.c.patient_code == "P\0"))
        with pytest.raises(StoreRefused), store.writing() as connection:
            connection.execute(insert(alarms_dropped).values(device_id="P\0", times=1))


def test_a_file_is_its_owners_alone_and_forgets_what_was_deleted(tmp_path: Path) -> None:
    """Breaks when others on the machine read the store, or an erased patient's bytes stay in its free pages."""
    settings = read(CollectorSettings, write_settings(tmp_path / "settings", tmp_path / "state", tmp_path))
    with pytest.raises(CannotOpen):
        open_store(settings)
    with closing(open_store(settings, new=True)) as store:
        store.store_batch([accepted(capture())], NOW)
        made = sorted((tmp_path / "state").iterdir())
        assert [path.name.removeprefix("collector.sqlite3") for path in made] == ["", "-shm", "-wal"]
        assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
        with store.writing() as connection:
            assert connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1
            assert connection.exec_driver_sql("PRAGMA journal_size_limit").scalar_one() == 64_000_000
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["password", "PASSWORD", "passfile", "sslpassword", "pass%77ord"])
def test_no_password_stands_in_the_query_of_a_url(name: str) -> None:
    """Breaks when a password lies in the settings, which are shown and backed up."""
    with pytest.raises(ValidationError, match="does not belong"):
        StoreSettings(url=f"postgresql://u@host/x?sslmode=require&{name}=secret")
    assert StoreSettings(url="postgresql://u@host/x?sslmode=require").url
