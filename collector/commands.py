"""``trichoscope-collector``: run the service, write reports, make certificates, write the broker's configuration."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from collector import authority, broker, service
from collector.report import command as report_command
from collector.settings import CollectorSettings
from contract import ClinicId, PatientCode, Site, SiteKey
from groundwork.settings_file import SettingsFileError, read

_FOLDER = click.Path(file_okay=False, path_type=Path)


class _Identifier(click.ParamType[str]):
    def __init__(self, name: str, words: str, kind: TypeAdapter[str], cure: str) -> None:
        self.name, self._words, self._kind, self._cure = name, words, kind, cure

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return self._kind.validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is no {self._words}: {self._cure}", param, ctx)


_CLINIC = _Identifier(
    "clinic", "clinic id", TypeAdapter(ClinicId), "use lower-case letters, digits and hyphens, 32 at most"
)
_PATIENT = _Identifier(
    "patient", "patient code", TypeAdapter(PatientCode), "give capital letters, a hyphen and digits, such as P-0042"
)
_SITE = _Identifier(
    "site", "site", TypeAdapter(SiteKey), f"give one of {', '.join(Site)}, or a landmark place such as g120-l35"
)


class _Fault(click.ClickException):
    """Bad input: one sentence on the standard error, exit code 2."""

    exit_code = 2


@click.group()
@click.version_option(package_name="trichoscope")
def main() -> None:
    """Take in what instruments send, keep it, and show it: the clinic's service."""


@main.command()
@click.option(
    "--settings",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The collector's settings, a TOML file.",
)
def run(settings: Path) -> None:
    """Serve until SIGTERM or Ctrl-C; one line on the standard output says when it is ready."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        ended_by_signal = service.run(read(CollectorSettings, settings))
    except (SettingsFileError, service.CannotStart) as error:
        raise _Fault(str(error)) from error
    if not ended_by_signal:
        raise SystemExit(1)


@main.command()
@click.argument("patient", type=_PATIENT)
@click.argument("site", type=_SITE)
@click.option(
    "--settings",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The collector's settings, a TOML file.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: FILE.html or FILE.pdf.",
)
def report(*, patient: str, site: str, settings: Path, out: Path) -> None:
    """Write the report of a PATIENT's SITE: its series, with the change by matched hairs first."""
    if out.suffix.lower() not in {".html", ".pdf"}:
        raise _Fault(f"{out} is neither HTML nor PDF: let its name end in .html or .pdf.")
    try:
        report_command.write(read(CollectorSettings, settings), patient, site, out, datetime.now(UTC))
    except (SettingsFileError, report_command.CannotReport) as error:
        raise _Fault(str(error)) from error
    click.echo(f"wrote {out}")


@main.command()
@click.option("--folder", required=True, type=_FOLDER, help="Where authority, certificates and keys are.")
@click.option(
    "--server",
    "host_names",
    multiple=True,
    help="A name or address under which devices reach broker and collector, besides localhost. May be repeated.",
)
@click.option(
    "--client",
    "clients",
    multiple=True,
    help=f"A device's id, or '{broker.COLLECTOR_USER}' for the collector itself. May be repeated.",
)
def certificates(folder: Path, host_names: tuple[str, ...], clients: tuple[str, ...]) -> None:
    """Make the clinic's authority, the server's certificate, and one for each client; keep what is there."""
    try:
        _say(folder, authority.AUTHORITY, authority.ensure_authority(folder))
        _say(folder, authority.SERVER, authority.ensure_server(folder, host_names))
        for client in clients:
            _say(folder, client, authority.ensure_client(folder, client))
    except authority.CertificateError as error:
        raise _Fault(str(error)) from error
    except OSError as error:
        raise _Fault(f"{folder} cannot be written: {error.strerror}. Name a folder of yours.") from error


def _say(folder: Path, name: str, made: bool) -> None:
    click.echo(f"{'made' if made else 'kept'} {folder / name}.crt")


@main.command("broker")
@click.option("--clinic", required=True, type=_CLINIC, help="The clinic whose topics the broker carries.")
@click.option("--folder", required=True, type=_FOLDER, help="Where mosquitto.conf and acl are written.")
@click.option("--certificates", "certificate_folder", required=True, type=_FOLDER, help="The certificates' folder.")
@click.option("--port", default=8883, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--address", help="The address to listen on (else: all of this machine's).")
@click.option("--user", help="Whom mosquitto becomes if root starts it (else: mosquitto); must read the key.")
def write_broker(
    *, clinic: str, folder: Path, certificate_folder: Path, port: int, address: str | None, user: str | None
) -> None:
    """Write the configuration of mosquitto: TLS with client certificates, each device in its own topics."""
    needed = [certificate_folder / name for name in ("authority.crt", "server.crt", "server.key")]
    if missing := [path for path in needed if not path.is_file()]:
        raise _Fault(f"{missing[0]} is not there. Run 'trichoscope-collector certificates' first.")
    try:
        broker.write(folder, clinic_id=clinic, certificates=certificate_folder, port=port, address=address, user=user)
    except LookupError as error:
        raise _Fault(f"There is no user {user!r} on this machine.") from error
    except OSError as error:
        raise _Fault(f"{folder} cannot be written: {error.strerror}. Name a folder of yours.") from error
    click.echo(f"wrote {folder / broker.CONFIGURATION}; start it with: mosquitto -c {folder / broker.CONFIGURATION}")
