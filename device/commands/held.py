"""``trichoscope refused`` and ``release``: what the gate refused, and a person's word on it."""

from pathlib import Path
from uuid import UUID

import click

from contract import Forced
from device import clock
from device.commands.options import check_person, settings_option
from device.commands.visit_record import capture_sentence, keep_and_say
from device.outbox import release as let_travel
from device.settings import DeviceSettings
from device.sites import Said
from device.store import Store
from groundwork.settings_file import read


@click.command()
@settings_option
def refused(settings_file: Path) -> None:
    """List the captures that the gate refused and nobody has released."""
    store = Store(read(DeviceSettings, settings_file).state_folder)
    try:
        for capture in store.held():
            where = f"{capture.patient_code} visit {capture.visit_number}"
            click.echo(f"{capture.message_id}  {where}  {capture_sentence(capture)}")
    finally:
        store.close()


@click.command()
@click.argument("capture_id", type=click.UUID)
@click.option("--by", required=True, callback=check_person, metavar="CODE", help="Code of the person who decides it.")
@click.option("--note", required=True, help="Why; it travels with the figures.")
@settings_option
def release(capture_id: UUID, by: str, note: str, settings_file: Path) -> None:
    """Let a refused capture travel to the clinic all the same."""
    if not 1 <= len(note.strip()) <= 300:
        raise click.BadParameter("a note has 1 to 300 characters.", param_hint="--note")
    settings = read(DeviceSettings, settings_file)
    store = Store(settings.state_folder)
    try:
        capture = let_travel(store, capture_id, Forced(by=by, note=note.strip(), at=clock.now()))
        click.echo("Released: it goes to the clinic with your note.")
        keep_and_say(store, settings, capture.patient_code, capture.visit_number, Said())
    finally:
        store.close()
