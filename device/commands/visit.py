"""``trichoscope visit``: the sites of one visit, one after another; and what the gate refused of them."""

import os
from pathlib import Path
from uuid import UUID

import click
from pydantic import TypeAdapter, ValidationError

from contract import PROTOCOL, Capture, Forced, PatientCode, PersonCode, Site, Verdict
from device import clock
from device.camera import Aim
from device.capture import take
from device.commands.options import settings_option
from device.instrument import Instrument, open_instrument
from device.settings import DeviceSettings
from device.store import Store
from device.triggers import FootSwitchUnplugged, Triggers, open_triggers
from groundwork.settings_file import read

#: A wait without an end could not be left by Ctrl-C.
_TRIGGER_WAIT_S = 0.5


def _code(_context: click.Context, _parameter: click.Parameter, code: str) -> str:
    try:
        return TypeAdapter(PatientCode).validate_python(code)
    except ValidationError as error:
        raise click.BadParameter(
            "a patient code is one to four capital letters, a hyphen and digits, such as P-0042; never a name."
        ) from error


def _person(_context: click.Context, _parameter: click.Parameter, code: str) -> str:
    try:
        return TypeAdapter(PersonCode).validate_python(code)
    except ValidationError as error:
        raise click.BadParameter(
            "a person's code is up to 32 letters, digits, dots and hyphens, such as mk or tech-3."
        ) from error


@click.command()
@click.argument("patient", callback=_code)
@click.option(
    "--visit", "visit_number", type=click.IntRange(1, 9999), required=True, help="The visit's number, from 1."
)
@click.option("--site", "sites", type=click.Choice([str(site) for site in Site]), multiple=True, help="Only this site.")
@click.option("--no-wait", is_flag=True, help="Take the sites at once, without waiting for Enter at each.")
@settings_option
def visit(patient: str, visit_number: int, sites: tuple[str, ...], no_wait: bool, settings_file: Path) -> None:
    """Take the sites of a visit of PATIENT, measure them and keep them for delivery."""
    settings = read(DeviceSettings, settings_file)
    os.umask(0o077)  # pictures of patients: nobody else's to read
    with open_instrument(settings) as instrument, open_triggers(settings.triggers) as triggers:
        if (due := instrument.calibration().due) is not None:
            click.echo(due, err=True)
        for site in [Site(site) for site in sites] or PROTOCOL:
            _take(instrument, triggers, Aim(patient, site, visit_number), no_wait=no_wait)


@click.command()
@settings_option
def refused(settings_file: Path) -> None:
    """List the captures that the gate refused and nobody has released."""
    store = Store(read(DeviceSettings, settings_file).state_folder)
    try:
        for capture in store.held():
            click.echo(
                f"{capture.message_id}  {capture.patient_code} visit {capture.visit_number}  {_sentence(capture)}"
            )
    finally:
        store.close()


@click.command()
@click.argument("capture_id", type=click.UUID)
@click.option("--by", required=True, callback=_person, metavar="CODE", help="Code of the person who decides it.")
@click.option("--note", required=True, help="Why; it travels with the figures.")
@settings_option
def release(capture_id: UUID, by: str, note: str, settings_file: Path) -> None:
    """Let a refused capture travel to the clinic all the same."""
    if not 1 <= len(note.strip()) <= 300:
        raise click.BadParameter("a note has 1 to 300 characters.", param_hint="--note")
    store = Store(read(DeviceSettings, settings_file).state_folder)
    try:
        store.release(capture_id, Forced(by=by, note=note.strip(), at=clock.now()))
    finally:
        store.close()
    click.echo("Released: it goes to the clinic with your note.")


def _take(instrument: Instrument, triggers: Triggers, aim: Aim, *, no_wait: bool) -> None:
    """Take a site, again for as long as the gate refuses it and the person wants to."""
    again = True
    while again:
        if not no_wait:
            _await_go(triggers, f"Place the camera on the {aim.site} site")
        capture = take(instrument, aim)
        click.echo(_sentence(capture))
        again = False
        if capture.quality.verdict is Verdict.REFUSE:
            click.echo(
                f"  kept and not sent. To send it all the same: trichoscope release {capture.message_id} --by CODE"
                " --note WHY",
                err=True,
            )
            again = not no_wait and click.confirm("Take it again?", default=True)


def _await_go(triggers: Triggers, place: str) -> None:
    """Wait for the button or the foot switch; for Enter on an instrument that has neither."""
    if not triggers.kinds:
        click.pause(f"{place}, then press Enter.")
        return
    click.echo(f"{place}, then press the {' or the '.join(kind.replace('-', ' ') for kind in triggers.kinds)}.")
    while True:
        try:
            if triggers.wait(_TRIGGER_WAIT_S) is not None:
                return
        except FootSwitchUnplugged as unplugged:
            click.echo(str(unplugged), err=True)


def _sentence(capture: Capture) -> str:
    density, quality = capture.measurement.hair_density_per_cm2, capture.quality
    return (
        f"{capture.site}: {density.value:.0f} hairs/cm2 ({density.low:.0f}-{density.high:.0f}),"
        f" quality {quality.verdict}" + "".join(f" - {reason}" for reason in quality.reasons)
    )
