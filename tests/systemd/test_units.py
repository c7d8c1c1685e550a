"""Units and example settings: what they name must exist, and what they promise must stand in them."""

import configparser
import shlex
from pathlib import Path

import click
import pytest

import collector.commands
import device.commands
from collector.settings import CollectorSettings
from device.settings import DeviceSettings
from groundwork import settings_file

FOLDER = Path(__file__).parents[2] / "systemd"
PROGRAMS: dict[str, click.Command] = {
    "trichoscope": device.commands.main,
    "trichoscope-collector": collector.commands.main,
}


def service(path: Path) -> configparser.SectionProxy:
    """Read a unit's service section."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser["Service"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.service")), ids=lambda path: path.name)
def test_a_unit_calls_a_command_that_there_is(path: Path) -> None:
    """Breaks when a command or an option is renamed and a unit is forgotten."""
    program, *arguments = shlex.split(service(path)["ExecStart"])
    group = PROGRAMS[Path(program).name]
    assert isinstance(group, click.Group)
    command = group.commands[arguments[0]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments[1:] if argument.startswith("--")} <= known


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.service")), ids=lambda path: path.name)
def test_a_unit_runs_with_least_rights(path: Path) -> None:
    """Breaks when a service could write outside of its state, gain rights, or run as root."""
    unit = service(path)
    assert unit["User"].startswith("trichoscope")
    assert unit["CapabilityBoundingSet"] == ""
    assert (unit["NoNewPrivileges"], unit["ProtectSystem"], unit["UMask"]) == ("yes", "strict", "0077")


def test_the_example_settings_are_read() -> None:
    """Breaks when an example names a setting that no longer exists."""
    assert settings_file.read(DeviceSettings, FOLDER / "device.toml").camera.kind == "picamera2"
    assert settings_file.read(CollectorSettings, FOLDER / "collector.toml").page.host == "127.0.0.1"


def test_the_device_may_ask_whether_its_clock_is_synchronised() -> None:
    """Breaks when the system-call filter makes every clock an untrusted one."""
    allowed = service(FOLDER / "trichoscope-device.service")["SystemCallFilter"].split()
    assert {"adjtimex", "clock_adjtime", "clock_adjtime64"} <= set(allowed)
