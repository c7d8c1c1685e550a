"""``trichoscope-collector send``."""

import ssl
from contextlib import closing
from pathlib import Path

import click

from collector.commands.export import PATIENT
from collector.commands.long_work import shown_progress, whoever_asks
from collector.commands.options import Fault, settings_option
from collector.exports.dicom.sending import Pacs, SendingFailed
from collector.opening import CannotOpen, open_pictures, open_store
from collector.operation.sending import NothingToSend, send_patient
from collector.pictures.pictures import PicturesAway
from collector.settings import CollectorSettings
from collector.store.stored import StoreFailed
from groundwork.settings_file import SettingsFileError, read

_MOST_PORT = 65535


@click.command()
@click.option("--patient", required=True, type=PATIENT, help="Whose.")
@click.option("--to", "address", required=True, metavar="HOST:PORT", help="Of the PACS.")
@click.option("--ae-title", "called", required=True, help="What the PACS is called.")
@click.option("--own-ae-title", "calling", default="TRICHOSCOPE", show_default=True, help="By which it knows us.")
@click.option(
    "--authority",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Under TLS: who signed the PACS's certificate, a PEM file. Without it all is sent in the clear.",
)
@settings_option
def send(*, patient: str, address: str, called: str, calling: str, authority: Path | None, settings: Path) -> None:
    """Send a patient's captures to a PACS by DICOM: each as a picture and a structured report.

    Exit code 1 says that not all arrived; the same command sends all of it again, which changes nothing that did.
    """
    left_out: dict[str, str] = {}
    arrived, failed = 0, 0
    try:
        pacs = _pacs(address, called, calling, authority)
        known = read(CollectorSettings, settings)
        pictures = open_pictures(known)
        with closing(open_store(known)) as store, shown_progress() as progress:
            for outcome in send_patient(store, pictures, patient, pacs, whoever_asks(), left_out=left_out):
                arrived += outcome.arrived
                failed += not outcome.arrived
                progress("instances", arrived + failed, None)
                if not outcome.arrived:
                    click.echo(f"{outcome.instance}: {outcome.sentence}", err=True)
    except (SettingsFileError, CannotOpen, NothingToSend, SendingFailed) as error:
        raise Fault(str(error)) from error
    except (StoreFailed, PicturesAway, OSError) as error:
        raise Fault(f"Not all was sent: {error}. Mend that, and give the same command again.") from error
    for subject, why in left_out.items():
        click.echo(f"left out: {subject}: {why}", err=True)
    click.echo(f"sent to {called}: {arrived} instances arrived, {failed} did not")
    if failed or left_out:
        raise SystemExit(1)


def _pacs(address: str, called: str, calling: str, authority: Path | None) -> Pacs:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _MOST_PORT:
        raise Fault(f"{address} is no HOST:PORT: write it as pacs.example.org:11112.")
    try:
        tls = None if authority is None else ssl.create_default_context(cafile=authority)
        return Pacs(host=host.strip("[]"), port=int(port), called=called, calling=calling, tls=tls)
    except ValueError as error:
        raise Fault(f"{error}.") from error
    except OSError as error:
        raise Fault(f"{authority} is no certificate in PEM ({error.strerror or error}).") from error
