"""``trichoscope-collector certificates``."""

from pathlib import Path

import click

from collector import authority
from collector.broker import COLLECTOR_USER
from collector.commands.options import FOLDER, Fault


@click.command()
@click.option("--folder", required=True, type=FOLDER, help="Where authority, certificates and keys are.")
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
    help=f"A device's id, or '{COLLECTOR_USER}' for the collector itself. May be repeated.",
)
def certificates(folder: Path, host_names: tuple[str, ...], clients: tuple[str, ...]) -> None:
    """Make the clinic's authority, the server's certificate, and one for each client; renew them near their end."""
    try:
        _say(folder, authority.AUTHORITY, authority.ensure_authority(folder))
        _say(folder, authority.SERVER, authority.ensure_server(folder, host_names))
        for client in clients:
            _say(folder, client, authority.ensure_client(folder, client))
    except authority.CertificateError as error:
        raise Fault(str(error)) from error
    except OSError as error:
        raise Fault(f"{folder} cannot be written: {error.strerror}. Name a folder of yours.") from error


def _say(folder: Path, name: str, done: authority.Done) -> None:
    click.echo(f"{done} {folder / name}.crt")
