"""``trichoscope-collector user``."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collector.commands import main
from collector.people.roles import Role
from collector.store import people
from collector.store.store import Store

_SETTINGS = """
clinic_id = "riverside"
state_folder = "{folder}"
[broker]
host = "127.0.0.1"
certificate = "c.crt"
key = "c.key"
authority = "a.crt"
[pictures]
host = "127.0.0.1"
certificate = "c.crt"
key = "c.key"
authority = "a.crt"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with settings and an empty store."""
    (tmp_path / "collector.toml").write_text(_SETTINGS.format(folder=tmp_path), encoding="utf-8")
    Store(tmp_path / "collector.sqlite3").close()
    return tmp_path


def _run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["user", *arguments, "--settings", str(folder / "collector.toml")])


def _set_password(folder: Path, name: str) -> None:
    store = Store(folder / "collector.sqlite3")
    with store.writing() as connection:
        account = people.account_named(connection, name)
        assert account is not None
        people.change_account(connection, account.account_id, password_hash="set")  # noqa: S106  no password
    store.close()


def test_from_the_first_to_the_last(folder: Path) -> None:
    """Breaks when who looks after the machine cannot give anybody an account, or take one away."""
    first = _run(folder, "first")
    assert first.output.startswith("http://127.0.0.1:8080/first/"), first.output
    assert "no password yet" in _run(folder, "list").output
    _set_password(folder, "admin")
    refused = _run(folder, "first")
    assert (refused.exit_code, "administrator already" in refused.output) == (2, True)
    added = _run(folder, "add", "mk", "clinician")
    assert added.output.startswith("http://127.0.0.1:8080/first/")
    assert _run(folder, "role", "mk", "technician").output == "mk is technician now\n"
    assert _run(folder, "reset", "mk").output.startswith("http://127.0.0.1:8080/first/")
    assert _run(folder, "close", "mk").output == "mk is closed\n"
    listed = [line.split() for line in _run(folder, "list").output.splitlines()]
    assert [line[:3] for line in listed] == [["admin", "administrator", "open"], ["mk", "technician", "closed"]]


def test_a_fresh_collector_needs_no_start_for_its_first_administrator(folder: Path) -> None:
    """Breaks when the first link is there only after the service ran."""
    (folder / "collector.sqlite3").unlink()
    assert _run(folder, "list").exit_code == 2
    assert _run(folder, "first").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "Dr. Who", "clinician"), "is no code of a person"),
        (("add", "mk", "owner"), "is not one of"),
        (("add", "ADMIN", "clinician"), "already"),
        (("close", "admin"), "last administrator"),
        (("role", "admin", "clinician"), "last administrator"),
        (("close", "nobody"), "no open account nobody"),
        (("reset", "nobody"), "no open account nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    """Breaks when bad input ends in a traceback, or with another exit code than 2."""
    _run(folder, "first")
    _set_password(folder, "admin")
    result = _run(folder, *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("role", Role)
def test_every_role_can_be_given(folder: Path, role: Role) -> None:
    """Breaks when a role that the pages know cannot be given here."""
    assert _run(folder, "add", "mk", role.value).exit_code == 0
