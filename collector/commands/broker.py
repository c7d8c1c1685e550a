"""``trichoscope-collector broker``."""

from pathlib import Path

import click

from collector import broker
from collector.commands.options import CLINIC, DEVICE, FOLDER, Fault
from collector.identity.revocation import LIST


@click.command("broker")
@click.option("--clinic", required=True, type=CLINIC, help="The clinic whose topics the broker carries.")
@click.option("--folder", required=True, type=FOLDER, help="Where mosquitto.conf and acl are written.")
@click.option("--certificates", "certificate_folder", required=True, type=FOLDER, help="The certificates' folder.")
@click.option("--port", default=8883, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--address", help="The address to listen on (else: all of this machine's).")
@click.option("--user", help="Whom mosquitto becomes if root starts it (else: mosquitto); must read the key.")
@click.option(
    "--server-key",
    type=click.Path(path_type=Path),
    help="Where the broker finds the server's key (else: with the certificates), such as a credential of its unit.",
)
@click.option(
    "--collector",
    "collectors",
    multiple=True,
    default=(broker.COLLECTOR_USER,),
    show_default=True,
    type=DEVICE,
    help="A collector's certificate by its name; repeat it where several share the clinic's messages.",
)
def write_broker(
    *,
    clinic: str,
    folder: Path,
    certificate_folder: Path,
    port: int,
    address: str | None,
    user: str | None,
    server_key: Path | None,
    collectors: tuple[str, ...],
) -> None:
    """Write the configuration of mosquitto: TLS with client certificates, each device in its own topics."""
    names = ["authority.crt", "server.crt", LIST, *([] if server_key else ["server.key"])]
    if missing := [path for path in (certificate_folder / name for name in names) if not path.is_file()]:
        raise Fault(f"{missing[0]} is not there. Run 'trichoscope-collector certificates' first.")
    try:
        broker.write(
            folder,
            clinic_id=clinic,
            certificates=certificate_folder,
            port=port,
            address=address,
            user=user,
            server_key=server_key,
            collectors=collectors,
        )
    except LookupError as error:
        raise Fault(f"There is no user {user!r} on this machine.") from error
    except OSError as error:
        raise Fault(f"{folder} cannot be written: {error.strerror}. Name a folder of yours.") from error
    click.echo(f"wrote {folder / broker.CONFIGURATION}; start it with: mosquitto -c {folder / broker.CONFIGURATION}")
