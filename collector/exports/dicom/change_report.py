"""A comparison of two captures as a structured report (Comprehensive SR, PS3.16 TID 1500)."""

from collections.abc import Iterator
from datetime import datetime

from highdicom.sr import Measurement as Figure
from pydicom.dataset import Dataset

from collector.exports.dicom import concepts, groups, identifiers, picture
from collector.exports.dicom.report import document
from collector.exports.dicom.settings import DicomSettings
from contract import Capture, Change, Comparison, Interval

_DESCRIPTION = "Trichoscopy, change between visits"


class NotItsCaptures(ValueError):
    """A comparison and captures were given that do not belong together."""


def change_report(
    comparison: Comparison,
    baseline: Capture,
    followup: Capture,
    settings: DicomSettings,
    visit_began: datetime | None = None,
) -> Dataset:
    """Return the report on a comparison, in the study of the follow-up, with its file meta information.

    Parameters
    ----------
    comparison
        What was compared, and what came of it.
    baseline, followup
        The two captures. The report refers to both pictures.
    settings
        What the clinic states.
    visit_began
        When the first capture of the follow-up's visit was taken; see `collector.exports.dicom.picture.picture`.

    Raises
    ------
    NotItsCaptures
        If other captures were compared.
    NotATime
        If an instrument's clock was so wrong that DICOM has no word for what it said.
    """
    if (comparison.baseline.message_id, comparison.followup.message_id) != (baseline.message_id, followup.message_id):
        raise NotItsCaptures("The comparison is of other captures. Give the two that it names.")
    images = [picture.header(followup, settings, visit_began), picture.header(baseline, settings)]
    simulated = baseline.simulated or followup.simulated
    compared = groups.group(
        tracked=picture.tracking(comparison.clinic_id, comparison.patient_code, comparison.site),
        visit_number=followup.visit_number,
        site=comparison.site,
        method=concepts.COMPARED,
        software_version=comparison.software_version,
        images=images,
        measurements=_figures(comparison.change),
        comments=_remarks(comparison, simulated=simulated),
    )
    return document(
        [compared],
        images,
        clinic_id=comparison.clinic_id,
        device_id=comparison.device_id,
        settings=settings,
        software_version=comparison.software_version,
        made_at=comparison.created_at,
        series=identifiers.change_series(comparison),
        instance=identifiers.change_report(comparison),
        description=f"SIMULATED {_DESCRIPTION}" if simulated else _DESCRIPTION,
        is_final=False,
    )


def _figures(change: Change) -> list[Figure]:
    figures = [groups.plain(concepts.SAME_PLACE, "1", change.same_place)]
    for name, code in concepts.CHANGES.items():
        value: Interval | None = getattr(change, name)
        if value is not None:
            low, middle, high = (code.in_ucum(number) for number in (value.low, value.value, value.high))
            figures.append(groups.figure(code, code.ucum, Interval(low=low, value=middle, high=high)))
    figures += [groups.plain(concept, "{hairs}", getattr(change, name)) for name, concept in concepts.FATES.items()]
    if change.shared_area_cm2 is not None:
        figures.append(groups.plain(concepts.SHARED_AREA, "cm2", change.shared_area_cm2))
    if change.days is not None:
        figures.append(groups.plain(concepts.DAYS, "d", change.days))
    return figures


def _remarks(comparison: Comparison, *, simulated: bool) -> Iterator[str]:
    if simulated:
        yield "SIMULATED: of pictures that a simulated camera drew, of no patient."
    was, now = comparison.baseline, comparison.followup
    on = was.taken_at.date().isoformat()
    yield f"Change from visit {was.visit_number} ({on}) to visit {now.visit_number}: later less earlier."
    for floor in comparison.noise_floors:
        yield (
            f"Noise floor of {floor.figure}, {floor.difference}: standard deviation of a difference"
            f" {floor.difference_sd:.3g}, from {floor.source}, {floor.subjects} subjects."
        )
    if comparison.change.flags:
        yield f"Flags of the comparison: {', '.join(comparison.change.flags)}"
