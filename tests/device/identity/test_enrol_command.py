"""``trichoscope enrol``: one line when it is done, one sentence when not, and no code for others to see."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.commands import main
from tests.device.identity.clinic import CODE, Clinic


def enrol(url: str, settings_path: Path, *options: str, typed: str = "") -> Result:
    """Run the command in this process."""
    result = CliRunner().invoke(main, ["enrol", url, "--settings", str(settings_path), *options], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_code_is_asked_for_until_it_is_one(clinic: Clinic, settings_path: Path) -> None:
    """Breaks when a technician who mistypes has to begin anew."""
    result = enrol(clinic.url, settings_path, typed=f"7KQM-2XWF\n{CODE.lower().replace('-', ' ')}\n")
    assert result.exit_code == 0
    assert "sixteen letters" in result.output
    assert "chair-1 is enrolled at the clinic riverside; its certificate holds until " in result.stdout
    assert "Traceback" not in result.output


@pytest.mark.parametrize("from_file", [True, False])
def test_a_script_gives_the_code_without_showing_it(
    clinic: Clinic, settings_path: Path, tmp_path: Path, from_file: bool
) -> None:
    """Breaks when an installer's script has to put the code where every user of the machine sees it."""
    (tmp_path / "code").write_text(f"{CODE}\n")
    source = str(tmp_path / "code") if from_file else "-"
    result = enrol(clinic.url, settings_path, "--code-file", source, typed="" if from_file else f"{CODE}\n")
    assert result.exit_code == 0
    assert CODE not in result.output
    assert len(clinic.enrolled) == 1


def test_a_failure_is_one_sentence(clinic: Clinic, settings_path: Path, tmp_path: Path) -> None:
    """Breaks when a technician reads a traceback."""
    for typed, said in ((f"{'0' * 16}\n", "does not enrol chair-1"), ("much\n", "sixteen letters")):
        result = enrol(clinic.url, settings_path, "--code-file", "-", typed=typed)
        assert result.exit_code == 2
        assert said in result.stderr
        assert "Traceback" not in result.output
    assert enrol(clinic.url, tmp_path / "none.toml").exit_code == 2


def test_a_certificate_that_holds_needs_the_word(clinic: Clinic, settings_path: Path) -> None:
    """Breaks when the option does not reach the enrolment."""
    assert enrol(clinic.url, settings_path, typed=f"{CODE}\n").exit_code == 0
    again = enrol(clinic.url, settings_path, typed=f"{CODE}\n")
    assert again.exit_code == 2
    assert "--replace" in again.stderr
    assert enrol(clinic.url, settings_path, "--replace", typed=f"{CODE}\n").exit_code == 0


@pytest.mark.parametrize(
    "url",
    [
        *("http://clinic.example:8444", "clinic.example:8444", "https://", "https://a@clinic.example", "much"),
        *("https://clinic.example/enrolments", "https://clinic.example/?a=b", "https://clinic.example/#a"),
    ],
)
def test_an_address_that_is_none_is_refused_before_a_code_is_asked(settings_path: Path, url: str) -> None:
    """Breaks when a code is typed for an address that cannot be, or sent without TLS."""
    result = enrol(url, settings_path, typed=f"{CODE}\n")
    assert result.exit_code == 2
    assert "https://clinic.example:8444" in result.stderr
    assert "One-time code" not in result.output


def test_other_commands_start_without_cryptography() -> None:
    """Breaks when every command of the instrument waits for a library that two of them need."""
    looked = "import sys, device.commands; print(any(name.startswith('cryptography') for name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
