"""``trichoscope-collector revoke``."""

from pathlib import Path

import click

from collector.commands.options import FOLDER, Fault
from collector.identity import revocation
from collector.identity.certificates import CertificateError


@click.command()
@click.argument("name")
@click.option("--folder", required=True, type=FOLDER, help="Where authority, certificates and keys are.")
@click.option(
    "--issued",
    "record_folders",
    multiple=True,
    type=FOLDER,
    help="Where else issued certificates are recorded: 'issued_folder' of the collector's settings. May be repeated.",
)
def revoke(name: str, folder: Path, record_folders: tuple[Path, ...]) -> None:
    """Take back every certificate of NAME: a device's id. The list goes to revoked.pem among the certificates."""
    try:
        taken_back = revocation.revoke(folder, name, record_folders)
    except CertificateError as error:
        raise Fault(str(error)) from error
    except OSError as error:
        raise Fault(f"{error.filename or folder} cannot be used: {error.strerror}. Name a folder of yours.") from error
    path = folder / revocation.LIST
    if taken_back:
        click.echo(f"revoked {name}: {taken_back} certificate{'s' if taken_back > 1 else ''}, in {path}")
        click.echo("The broker must be started anew now, unless trichoscope-broker-revoked.path does that here.")
    else:
        click.echo(f"kept {path}: all certificates of {name} are on it")
