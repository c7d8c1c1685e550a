"""``trichoscope-collector study``: what it takes, and how it says what is wrong."""

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collector.commands.study import study
from collector.store import studies
from collector.store.store import Store
from tests.collector.studies.examples import CODE
from tests.collector.studies.test_plan import PLAN_FILE


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """Return the folder of a clinic with settings, a store, a plan and a list of patients."""
    Store(tmp_path / "collector.sqlite3").close()
    for name in ("crt", "key", "ca"):
        (tmp_path / name).touch(mode=0o600)
    (tmp_path / "settings.toml").write_text(
        f"""clinic_id = "riverside"
state_folder = "{tmp_path}"
[broker]
host = "localhost"
certificate = "{tmp_path / "crt"}"
key = "{tmp_path / "key"}"
authority = "{tmp_path / "ca"}"
[pictures]
host = "localhost"
certificate = "{tmp_path / "crt"}"
key = "{tmp_path / "key"}"
authority = "{tmp_path / "ca"}"
"""
    )
    (tmp_path / "plan.toml").write_text(PLAN_FILE)
    (tmp_path / "list.csv").write_text("patient_code,arm\nP-0001,P\nP-0002,S\n")
    return tmp_path


def _run(clinic: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(study, [*arguments, "--settings", str(clinic / "settings.toml")], input=typed)


def test_a_study_from_plan_to_unlocking(clinic: Path) -> None:
    """Breaks when one of the commands does not do its part, or tells an arm."""
    assert "No study is planned yet." in _run(clinic, "list").output
    assert "planned" in _run(clinic, "add", str(clinic / "plan.toml")).output
    assert "2 patients entered" in _run(clinic, "patients", str(clinic / "list.csv"), "--study", CODE).output
    listed = _run(clinic, "list").output
    assert f"{CODE}  2 patients, blinded: Secretome against platelets" in listed

    wrong = _run(clinic, "unlock", CODE, "--reason", "last patient left", typed="HAIR\n")
    assert wrong.exit_code == 2
    assert "not this study's" in wrong.output
    right = _run(clinic, "unlock", CODE, "--reason", "last patient left", typed=f"{CODE}\n")
    assert right.exit_code == 0, right.output
    assert "unlocked by command line" in _run(clinic, "list").output


def test_faults_of_a_list_are_told_line_by_line(clinic: Path) -> None:
    """Breaks when a list with faults is taken in part, or its faults are not all told."""
    _run(clinic, "add", str(clinic / "plan.toml"))
    (clinic / "list.csv").write_text("patient_code,arm\nP-0001,P\nMiller,S\nP-0002,X\n")
    told = _run(clinic, "patients", str(clinic / "list.csv"), "--study", CODE)
    assert told.exit_code == 2
    assert "Nobody was entered.\nLine 3: " in told.output
    assert "\nLine 4: " in told.output
    assert "Miller" not in told.output
    with closing(Store(clinic / "collector.sqlite3")) as store, store.reading() as connection:
        assert studies.patients(connection, CODE) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("patients", "list.csv", "--study", "OTHER"), "no study of this code"),
        (("patients", "none.csv", "--study", CODE), "cannot be read"),
        (("add", "list.csv"), "not a TOML file"),
        (("unlock", "OTHER", "--reason", "because of it"), "no study of this code"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(clinic: Path, arguments: tuple[str, ...], said: str) -> None:
    """Breaks when a slip at the command line ends in a traceback."""
    _run(clinic, "add", str(clinic / "plan.toml"))
    placed = [str(clinic / one) if one.endswith(".csv") else one for one in arguments]
    told = _run(clinic, *placed)
    assert told.exit_code == 2, told.output
    assert said in told.output
