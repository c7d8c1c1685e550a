"""Comparing two captures of a site, from the measurements that they hold, and keeping the comparison for the clinic."""

from collections.abc import Sequence

import contract
from analysis import Interval, measurement_file
from analysis.comparison import compare
from analysis.comparison.words import sentence
from analysis.figure_words import FIGURES
from analysis.noise.floor import CHANGES, NoiseFloor, describe_change, floor_in_force
from contract import Capture, Change, ComparedCapture, Comparison, new_message_id
from device import SOFTWARE_VERSION, clock
from device.settings import DeviceSettings
from device.store import Store
from device.study.floor_file import read_floors

_DAY_S = 86_400.0


def compare_capture(
    store: Store, followup: Capture, baseline: Capture, floors: Sequence[NoiseFloor] = ()
) -> Comparison:
    """Compare a capture of this instrument with its baseline, and keep what comes out for the clinic.

    Parameters
    ----------
    store
        Where the comparison is kept, in the outbox.
    followup
        Taken by this instrument.
    baseline
        Of the same patient and site; another instrument may have taken it.
    floors
        What is known of the instrument's own noise.

    Raises
    ------
    ValueError
        If they are not of one patient and site.
    device.store.StoreUnusable
        If it cannot be kept.
    """
    if (baseline.patient_code, baseline.site) != (followup.patient_code, followup.site):
        raise ValueError("only captures of one patient's site are compared")
    change = changed(baseline, followup)

    def compose(sequence: int) -> Comparison:
        return Comparison(
            message_id=new_message_id(),
            clinic_id=followup.clinic_id,
            device_id=followup.device_id,
            boot_id=clock.boot_id(),
            sequence=sequence,
            created_at=clock.now(),
            clock_trusted=clock.is_trusted(),
            patient_code=followup.patient_code,
            site=followup.site,
            software_version=SOFTWARE_VERSION,
            baseline=_compared(baseline),
            followup=_compared(followup),
            change=change,
            noise_floors=tuple(_travelling(floor) for floor in floors),
        )

    return store.keep_message(compose)


def noise_floors(settings: DeviceSettings) -> tuple[NoiseFloor, ...]:
    """Return the noise floors that the settings name.

    Raises
    ------
    device.study.floor_file.FloorUnreadable
        If one of their files cannot be used.
    """
    return tuple(floor for path in settings.comparison.noise_floors for floor in read_floors(path))


def changed(baseline: Capture, followup: Capture) -> Change:
    """Compare two captures of one place; the days between them count only where both clocks were right."""
    days = None
    if baseline.clock_trusted and followup.clock_trusted:
        days = round((followup.taken_at - baseline.taken_at).total_seconds() / _DAY_S, 3)
    earlier, later = (
        measurement_file.read(capture.measurement.model_dump(mode="json")) for capture in (baseline, followup)
    )
    return Change.model_validate(compare(earlier, later, days=days).as_dict())


def sentences(comparison: Comparison, floors: Sequence[NoiseFloor]) -> list[str]:
    """Say what changed: the density by matched hairs, the diameter, and what limits them."""
    change = comparison.change
    if change.transform is None:
        return [sentence(flag) for flag in change.flags]
    said = [f"{change.matched} hairs kept, {change.new} new, {change.lost} lost in {change.shared_area_cm2:.2f} cm2."]
    for name in ("density_change_per_cm2", "mean_diameter_change_um"):
        figure, difference = CHANGES[name]
        interval = getattr(change, name)
        found = None if interval is None else Interval(interval.value, interval.low, interval.high)
        words = FIGURES[figure]
        floor = floor_in_force(floors, figure, difference)
        said.append(describe_change(found, floor, words.words.capitalize(), words.unit).sentence)
    return [*said, *(sentence(flag) for flag in change.flags)]


def _travelling(floor: NoiseFloor) -> contract.NoiseFloor:
    return contract.NoiseFloor(
        figure=floor.figure,
        difference=floor.difference.value,
        source=floor.source.value,
        difference_sd=floor.difference_sd,
        degrees=floor.degrees,
        subjects=floor.subjects,
    )


def _compared(capture: Capture) -> ComparedCapture:
    return ComparedCapture(
        message_id=capture.message_id,
        device_id=capture.device_id,
        visit_number=capture.visit_number,
        taken_at=capture.taken_at,
    )
