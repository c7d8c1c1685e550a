"""What the commands about visits share: keeping a visit's record, and the sentence on a capture."""

import click

from contract import Capture, site_name
from device.chair.appointments import keep_record
from device.settings import DeviceSettings
from device.sites import Said, sentences, sites_taken_before
from device.store import Store


def keep_and_say(store: Store, settings: DeviceSettings, patient: str, visit_number: int, said: Said) -> None:
    """Keep the visit's record as it stands now, if it says more than before, and show what is missing."""
    record = keep_record(store, settings, patient, visit_number, said)
    for skip in said.skipped:
        if skip.site in record.taken:
            click.echo(f"{site_name(skip.site)} is taken at this visit, and so not left out.", err=True)
    captures = store.visit(patient, visit_number)
    for sentence in sentences(record, captures, sites_taken_before(store, patient, visit_number)):
        click.echo(sentence)


def capture_sentence(capture: Capture) -> str:
    """Say what was measured, and what the gate thinks of it."""
    density, quality = capture.measurement.hair_density_per_cm2, capture.quality
    return (
        f"{site_name(capture.site)}: {density.value:.0f} hairs/cm2 ({density.low:.0f}-{density.high:.0f}),"
        f" quality {quality.verdict}" + "".join(f" - {reason}" for reason in quality.reasons)
    )
