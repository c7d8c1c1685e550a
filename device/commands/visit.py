"""``trichoscope visit``: the sites of a visit one after another, its record, and what changed since the baseline."""

import os
from collections.abc import Sequence
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from analysis.noise.floor import NoiseFloor
from contract import (
    Capture,
    Rating,
    SiteKey,
    SkippedSite,
    TreatmentArm,
    Verdict,
    place_of,
    site_name,
)
from device.baseline import Asks, Found, NoneKnown, Unreachable, ask_ahead, find_baseline
from device.camera import Aim
from device.capture import take
from device.commands.options import check_person, settings_option
from device.commands.visit_record import capture_sentence, keep_and_say
from device.comparing import compare_capture, noise_floors, sentences
from device.instrument import Instrument, open_instrument
from device.outbox import Outbox, warnings
from device.settings import DeviceSettings
from device.sites import (
    CodeRefused,
    RatingRefused,
    Said,
    doubts,
    rating_from,
    sites_taken_before,
)
from device.store import Store
from device.triggers import FootSwitchUnplugged, Triggers, open_triggers
from groundwork.settings_file import read

#: A wait without an end could not be left by Ctrl-C.
_TRIGGER_WAIT_S = 0.5


def _site(key: str) -> SiteKey:
    try:
        place_of(key)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error
    return key


def _sites(_context: click.Context, _parameter: click.Parameter, keys: tuple[str, ...]) -> tuple[SiteKey, ...]:
    return tuple(dict.fromkeys(map(_site, keys)))


def _skips(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[SkippedSite, ...]:
    skipped = []
    for text in texts:
        key, _, reason = text.partition("=")
        if not 1 <= len(reason.strip()) <= 200:
            raise click.BadParameter("leave a site out with a reason of 1 to 200 characters: SITE=REASON.")
        skipped.append(SkippedSite(site=_site(key), reason=reason))
    return tuple(skipped)


def _arm(_context: click.Context, _parameter: click.Parameter, code: str | None) -> str | None:
    try:
        return code if code is None else TypeAdapter(TreatmentArm).validate_python(code)
    except ValidationError as error:
        raise click.BadParameter("an arm is a code of up to 16 letters, digits and hyphens, such as A.") from error


@click.command()
@click.argument("patient")
@click.option(
    "--visit", "visit_number", type=click.IntRange(1, 9999), required=True, help="The visit's number, from 1."
)
@click.option(
    "--site",
    "sites",
    multiple=True,
    callback=_sites,
    metavar="SITE",
    help="Only this site: one of the list, or g120-l35 for 120 mm behind the glabella, 35 mm to the patient's left.",
)
@click.option("--new-site", is_flag=True, help="The site is meant, though it looks like a slip.")
@click.option(
    "--skip", "skipped", multiple=True, callback=_skips, metavar="SITE=REASON", help="Leave a site out, and say why."
)
@click.option(
    "--rating",
    "ratings",
    multiple=True,
    metavar="SCALE=GRADE",
    help="A rater's opinion: norwood-hamilton=IIIv, ludwig=II, sinclair=3.",
)
@click.option("--rater", callback=check_person, metavar="CODE", help="Code of the person whose opinion it is.")
@click.option("--arm", callback=_arm, metavar="CODE", help="Treatment arm, where the clinic records it.")
@click.option("--record-only", is_flag=True, help="Take no pictures: add to the record, and say what is missing.")
@click.option("--no-wait", is_flag=True, help="Take the sites at once, without waiting for Enter at each.")
@settings_option
def visit(
    patient: str,
    *,
    visit_number: int,
    sites: tuple[SiteKey, ...],
    new_site: bool,
    skipped: tuple[SkippedSite, ...],
    ratings: tuple[str, ...],
    rater: str | None,
    arm: str | None,
    record_only: bool,
    no_wait: bool,
    settings_file: Path,
) -> None:
    """Take the sites of a visit of PATIENT, measure them and keep them for delivery; say what is missing.

    Sides are always the patient's own.
    """
    settings = read(DeviceSettings, settings_file)
    try:
        patient = settings.patients.codes.accept(patient)
    except CodeRefused as refused_code:
        raise click.BadParameter(str(refused_code), param_hint="PATIENT") from refused_code
    protocol = settings.visits.protocol
    said = Said(_ratings(ratings, rater), _of_the_protocol(skipped, sites, protocol), _permitted(arm, settings))
    os.umask(0o077)  # pictures of patients: nobody else's to read
    if record_only:
        store = Store(settings.state_folder)
        try:
            keep_and_say(store, settings, patient, visit_number, said)
        finally:
            store.close()
        return
    left_out = {skip.site for skip in skipped}
    with open_instrument(settings) as instrument, open_triggers(settings.triggers) as triggers:
        if not new_site:
            _refuse_slips(sites, protocol, instrument.store, patient, visit_number)
        if (due := instrument.calibration().due) is not None:
            click.echo(due, err=True)
        for warning in warnings(Outbox(instrument.store), settings.state_folder, settings.storage.keep_free_mb):
            click.echo(warning, err=True)
        floors = noise_floors(settings)
        asked = sites or [one for one in protocol if one not in left_out]
        ask_ahead(settings, instrument.store, patient, asked, visit_number)
        try:
            for site in asked:
                capture = _take(instrument, triggers, Aim(patient, site, visit_number), no_wait=no_wait)
                if capture.quality.verdict is not Verdict.REFUSE:
                    _compare(instrument, capture, floors)
        finally:  # a visit that is broken off is recorded as far as it went
            keep_and_say(instrument.store, settings, patient, visit_number, said)
            Asks(instrument.store).forget_visit(patient, visit_number)


def _ratings(texts: tuple[str, ...], rater: str | None) -> tuple[Rating, ...]:
    if texts and rater is None:
        raise click.UsageError("A rating is somebody's opinion: add --rater CODE.")
    try:
        return tuple(rating_from(text, rater or "") for text in texts)
    except RatingRefused as no_rating:
        raise click.BadParameter(str(no_rating), param_hint="--rating") from no_rating


def _of_the_protocol(
    skipped: tuple[SkippedSite, ...], sites: tuple[SiteKey, ...], protocol: tuple[SiteKey, ...]
) -> tuple[SkippedSite, ...]:
    for skip in skipped:
        if skip.site not in protocol:
            raise click.BadParameter(f"{skip.site} is not in the protocol; there is nothing to leave out.")
        if skip.site in sites:
            raise click.UsageError(f"{skip.site} is to be taken and left out. Name it once.")
    return skipped


def _permitted(arm: str | None, settings: DeviceSettings) -> str | None:
    if arm is not None and not settings.visits.arm:
        raise click.UsageError(
            "The treatment arm is not recorded here: a study is blind unless the clinic sets arm = true under [visits]."
        )
    return arm


def _refuse_slips(
    sites: tuple[SiteKey, ...], protocol: tuple[SiteKey, ...], store: Store, patient: str, visit_number: int
) -> None:
    """Stop at a site that is probably the other side's, or a known place spelled anew."""
    here = {capture.site for capture in store.visit(patient, visit_number)}
    known = {*protocol, *here, *sites_taken_before(store, patient, visit_number)}
    if said := doubts(sites, known):
        raise click.UsageError(" ".join([*said, "If it is meant, add --new-site."]))


def _compare(instrument: Instrument, capture: Capture, floors: Sequence[NoiseFloor]) -> None:
    """Compare a capture with the site's baseline, where there is one, and say what changed."""
    if capture.visit_number == 1:
        return
    outcome = find_baseline(
        instrument.settings,
        instrument.store,
        capture.patient_code,
        capture.site,
        capture.visit_number,
        with_picture=False,
    )
    match outcome:
        case Found(baseline):
            comparison = compare_capture(instrument.store, capture, baseline.capture, floors)
            for line in sentences(comparison, floors):
                click.echo(f"  {line}")
        case NoneKnown(reason) | Unreachable(reason):
            click.echo(f"  {reason}", err=True)


def _take(instrument: Instrument, triggers: Triggers, aim: Aim, *, no_wait: bool) -> Capture:
    """Take a site, again for as long as the gate refuses it and the person wants to; return what was taken last."""
    while True:
        if not no_wait:
            _await_go(triggers, f"Site: {site_name(aim.site)}. Place the camera")
        capture = take(instrument, aim)
        click.echo(capture_sentence(capture))
        if capture.quality.verdict is not Verdict.REFUSE:
            return capture
        click.echo(
            f"  kept and not sent. To send it all the same: trichoscope release {capture.message_id} --by CODE"
            " --note WHY",
            err=True,
        )
        if no_wait or not click.confirm("Take it again?", default=True):
            return capture


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
