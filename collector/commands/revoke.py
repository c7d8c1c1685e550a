"""``trichoscope-collector revoke``."""

from pathlib import Path

import click

from collector.commands.options import FOLDER, Fault
from collector.identity import revocation
from collector.identity.certificates import CertificateError


@click.command()
@click.argument("name")
@click.option("--folder", required=True, type=FOLDER, help="Where authority, certificates and keys are.")
def revoke(name: str, folder: Path) -> None:
    """Take back every certificate of NAME: a device's id. The list goes to revoked.pem among the certificates."""
    try:
        taken_back = revocation.revoke(folder, name)
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
