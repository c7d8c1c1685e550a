"""Units and example settings: what they name must exist, and what they promise must stand in them."""

import configparser
import shlex
from pathlib import Path

import click
import pytest

import collector.commands
import device.commands
from collector.broker import CONFIGURATION
from collector.identity import issued
from collector.identity.revocation import LIST
from collector.settings import CollectorSettings
from device.settings import DeviceSettings
from groundwork import settings_file

FOLDER = Path(__file__).parents[2] / "systemd"
PROGRAMS: dict[str, click.Command] = {
    "trichoscope": device.commands.main,
    "trichoscope-collector": collector.commands.main,
}
UNITS = sorted(FOLDER.glob("*.service"))
RESTARTER = "trichoscope-broker-revoked.service"  # it has to be root's: it starts another unit anew


def unit(path: Path) -> configparser.ConfigParser:
    """Read a unit."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def service(path: Path) -> configparser.SectionProxy:
    """Read a unit's service section."""
    return unit(path)["Service"]


@pytest.mark.parametrize(
    "path", [path for path in UNITS if "/opt/trichoscope" in path.read_text().partition("ExecStart")[2]], ids=str
)
def test_a_unit_calls_a_command_that_there_is(path: Path) -> None:
    """Breaks when a command or an option is renamed and a unit is forgotten."""
    program, *arguments = shlex.split(service(path)["ExecStart"])
    group = PROGRAMS[Path(program).name]
    assert isinstance(group, click.Group)
    command = group.commands[arguments[0]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments[1:] if argument.startswith("--")} <= known


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_with_least_rights(path: Path) -> None:
    """Breaks when a service could write outside of its state, gain rights, or run as root."""
    section = service(path)
    if path.name == RESTARTER:
        assert (section["PrivateNetwork"], section["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")
    else:
        assert section["User"].startswith("trichoscope") or section["User"] == "mosquitto"
    assert section["CapabilityBoundingSet"] == ""
    assert (section["NoNewPrivileges"], section["ProtectSystem"], section["UMask"]) == ("yes", "strict", "0077")


def test_the_example_settings_are_read() -> None:
    """Breaks when an example names a setting that no longer exists."""
    assert settings_file.read(DeviceSettings, FOLDER / "device.toml").camera.kind == "picamera2"
    assert settings_file.read(CollectorSettings, FOLDER / "collector.toml").page.host == "127.0.0.1"


def test_the_device_may_ask_whether_its_clock_is_synchronised() -> None:
    """Breaks when the system-call filter makes every clock an untrusted one."""
    allowed = service(FOLDER / "trichoscope-device.service")["SystemCallFilter"].split()
    assert {"adjtimex", "clock_adjtime", "clock_adjtime64"} <= set(allowed)


def test_a_revocation_starts_the_broker_anew() -> None:
    """Breaks when units, example settings and commands name different lists, or different units."""
    settings = settings_file.read(CollectorSettings, FOLDER / "collector.toml")
    certificates = settings.pictures.authority.parent
    watched = unit(FOLDER / "trichoscope-broker-revoked.path")["Path"]["PathChanged"]
    assert watched == str(certificates / LIST) == str(settings.pictures.revocation_list)
    program, *arguments = shlex.split(service(FOLDER / RESTARTER)["ExecStart"])
    assert (Path(program).name, arguments[:2]) == ("systemctl", ["--no-block", "try-restart"])
    assert (FOLDER / arguments[2]).is_file()
    for name in (RESTARTER, "trichoscope-broker.service"):
        assert unit(FOLDER / name)["Unit"]["StartLimitIntervalSec"] == "0", "ten revocations in a row are no fault"


def test_the_broker_is_started_with_what_the_commands_write() -> None:
    """Breaks when the broker's unit, the settings and the steps in the README do not fit each other."""
    section = service(FOLDER / "trichoscope-broker.service")
    program, option, configuration = shlex.split(section["ExecStart"])
    assert (Path(program).name, option, Path(configuration).name) == ("mosquitto", "-c", CONFIGURATION)
    assert section["ReadWritePaths"] == str(Path(configuration).with_name("persistence"))
    settings = settings_file.read(CollectorSettings, FOLDER / "collector.toml")
    assert section["LoadCredential"] == f"server.key:{settings.pictures.key}"
    assert "--server-key /run/credentials/trichoscope-broker.service/server.key" in (FOLDER / "README.md").read_text()


def test_what_the_collector_issues_is_where_revoking_looks() -> None:
    """Breaks when an instrument that enrolled over the network is passed over as its name is taken back."""
    settings = settings_file.read(CollectorSettings, FOLDER / "collector.toml")
    assert settings.enrolment is not None
    folder = settings.enrolment.authority_key.parent / issued.FOLDER
    assert settings.enrolment.issued_folder == folder
    assert service(FOLDER / "trichoscope-collector.service")["ReadWritePaths"] == f"-{folder}"
