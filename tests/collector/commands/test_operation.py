"""export, backup, restore, migrate and check, as whoever looks after the collector gives them."""

import json
from contextlib import closing
from pathlib import Path

import click
import pytest

from collector.commands.backup import backup
from collector.commands.check import check
from collector.commands.export import export
from collector.commands.migrate import migrate
from collector.commands.restore import restore
from collector.store.schema import newest
from collector.store.store import Store
from tests.collector.commands.conftest import Clinic, run, write_settings
from tests.collector.operation.clinic import CODES, fill
from tests.postgresql import PostgreSQL


def test_an_export_says_what_it_wrote(clinic: Clinic) -> None:
    """Breaks when the command writes nothing, or nobody learns how much."""
    fill(clinic.store, clinic.pictures)
    out = clinic.folder / "out"
    done = clinic.run(export, "--out", out, "--format", "csv", "--since", "2026-03-05")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "3 patients, 3 captures; 3 rows of captures" in done.stdout
    again = clinic.run(export, "--out", out)
    assert again.exit_code == 2
    assert "is there already" in again.stderr


BAD_INPUT = {
    "Nothing is held of P-9999": ["--patient", "P-9999"],
    "is no patient code": ["--patient", "Smith"],
    "There is no study of this code": ["--study", "NONE-1"],
    "turn --since and --until round": ["--since", "2026-03-05", "--until", "2026-03-04"],
    "'xls' is not one of": ["--format", "xls"],
}


def test_bad_input_is_told_and_nothing_is_written(clinic: Clinic) -> None:
    """Breaks when a mistake at the command line ends in a traceback, or in a file."""
    fill(clinic.store, clinic.pictures, CODES[:1])
    for said, arguments in BAD_INPUT.items():
        done = clinic.run(export, "--out", clinic.folder / "out", *arguments)
        assert done.exit_code == 2
        assert said in done.stderr
        assert not (clinic.folder / "out").exists()


def test_a_collector_is_backed_up_and_brought_back(clinic: Clinic, request: pytest.FixtureRequest) -> None:
    """Breaks when the drill that the documents ask for cannot be done with the commands alone."""
    fill(clinic.store, clinic.pictures)
    first, second = clinic.folder / "backup-1", clinic.folder / "backup-2"
    assert clinic.run(backup, "--out", first).exit_code == 0
    with_keys = clinic.run(backup, "--out", second, "--incremental-from", first, "--with-keys")
    assert with_keys.exit_code == 0, with_keys.output
    assert "6 pictures copied" in with_keys.stdout
    assert {path.name for path in (second / "keys").iterdir()} == {"01-collector.toml", "02-server.key"}
    of_postgresql = [] if not clinic.in_postgresql else ["--settings", clinic.settings]
    verified = run(restore, "--from", second, "--verify", *of_postgresql)
    assert (verified.exit_code, verified.output) == (0, verified.stdout)
    assert "6 captures" in verified.stdout
    cluster: PostgreSQL = request.getfixturevalue("postgresql_cluster")
    state = clinic.folder / "new"
    new = write_settings(state, state, state / "x" if not clinic.in_postgresql else cluster.fresh())
    brought = run(restore, "--from", second, "--into", new)
    assert brought.exit_code == 0, brought.output
    assert "restored 6 captures" in brought.stdout
    assert run(check, "--settings", new).exit_code == 0
    over = run(restore, "--from", second, "--into", clinic.settings)
    assert over.exit_code == 2
    assert "already" in over.stderr


def test_a_damaged_backup_ends_with_one(clinic: Clinic) -> None:
    """Breaks when a timer that verifies back-ups never learns that one is bad."""
    fill(clinic.store, clinic.pictures)
    out = clinic.folder / "backup"
    clinic.run(backup, "--out", out)
    next((out / "pictures").iterdir()).write_bytes(b"rotten")
    bad = run(restore, "--from", out, "--verify", "--settings", clinic.settings)
    assert bad.exit_code == 1
    assert "1 pictures of the back-up are missing or altered" in bad.stderr
    assert run(restore, "--from", clinic.folder, "--verify").exit_code == 2
    assert run(restore, "--from", out).exit_code == 2


def test_a_damaged_picture_ends_backup_and_check_with_one(clinic: Clinic) -> None:
    """Breaks when the exit code of a timer says that all is well while a picture rots."""
    shown, *_ = fill(clinic.store, clinic.pictures)
    (clinic.folder / "pictures" / shown.picture.sha256).write_bytes(b"rotten")
    taken = clinic.run(backup, "--out", clinic.folder / "backup")
    assert taken.exit_code == 1
    assert shown.picture.sha256[:12] in taken.stderr
    checked = clinic.run(check)
    assert checked.exit_code == 1
    assert "FAULT picture-damaged" in checked.stdout
    in_json = clinic.run(check, "--json")
    names = {json.loads(line)["name"] for line in in_json.stdout.splitlines()}
    assert "picture-damaged" in names
    assert clinic.run(check, "--quick").exit_code == 0


def test_a_store_is_brought_back_and_forward(clinic: Clinic) -> None:
    """Breaks when going back takes the only copy with it, or a dry run does something."""
    fill(clinic.store, clinic.pictures)
    assert "nothing to do" in clinic.run(migrate).stdout
    tried = clinic.run(migrate, "--to", "0004", "--dry-run")
    assert f"the store has the format {newest()}; back to 0004" in tried.stdout
    assert "nothing to do" in clinic.run(migrate).stdout
    assert clinic.run(migrate, "--to", "0004").exit_code == 1  # asked, and nobody answered
    back = clinic.run(migrate, "--to", "0004", "--yes")
    assert back.exit_code == 0, back.output
    copies = list(clinic.folder.glob(f"*.format-{newest()}.*"))
    assert len(copies) == (0 if clinic.in_postgresql else 1)
    assert clinic.run(check).exit_code == 1
    assert clinic.run(migrate).exit_code == 0
    assert clinic.run(check).exit_code == 0
    assert [len(clinic.store.captures_of(code)) for code in CODES] == [2, 2, 2]
    for copy in copies:
        with closing(Store(copy)) as copied:
            assert len(copied.captures_of(CODES[0])) == 2
    unknown = clinic.run(migrate, "--to", "9999")
    assert (unknown.exit_code, "no format 9999" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("command", [export, backup, migrate, check])
def test_settings_of_no_store_are_told(tmp_path: Path, command: click.Command) -> None:
    """Breaks when a command makes an empty store under settings with a mistyped folder, and calls that the clinic."""
    state = tmp_path / "mistyped"
    settings = write_settings(tmp_path, state, state / "x")
    arguments = ["--out", tmp_path / "out"] if command in (export, backup) else []
    done = run(command, "--settings", settings, *arguments)
    assert done.exit_code == 2
    assert "is not there" in done.stderr
    assert not (state / "collector.sqlite3").exists()
