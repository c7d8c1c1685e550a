"""A comparison as a structured report."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from highdicom.sr import MeasurementReport, srread
from hypothesis import HealthCheck, given, settings
from pydicom.dataset import Dataset

from collector.exports.dicom import picture as pictures
from collector.exports.dicom.change_report import NotItsCaptures, change_report
from collector.exports.dicom.concepts import CHANGES
from collector.exports.dicom.picture import encoded
from collector.exports.dicom.settings import DicomSettings
from collector.exports.dicom.values import is_a_time
from contract import Capture, Change, Comparison, Interval, NoiseFloor
from tests import examples
from tests.collector.exports.dicom import drawn, identifying, validators
from tests.contract import strategies

SAID = DicomSettings()
JPEG = drawn.content("image/jpeg")
LATER = datetime(2026, 9, 2, 10, 0, tzinfo=UTC)
VALUES = {
    name: Interval(value=number / 100, low=number / 200, high=number / 50) for number, name in enumerate(CHANGES, 1)
}
COUNTS = {"matched": 140, "new": 6, "lost": 3, "thicker": 11, "thinner": 4}
CHANGE = Change.model_validate({**VALUES, **COUNTS, "same_place": 0.99, "shared_area_cm2": 0.71, "days": 182.0})
FLOOR = NoiseFloor(
    figure="hair_density_per_cm2", difference="matched", source="donor", difference_sd=4.2, degrees=20, subjects=12
)


def _compared() -> tuple[Comparison, Capture, Capture]:
    baseline = drawn.capture("image/jpeg", JPEG)
    followup = drawn.capture("image/jpeg", JPEG, visit_number=2, taken_at=LATER)
    of_two = {"baseline": examples.compared(baseline), "followup": examples.compared(followup)}
    return examples.comparison(**of_two, change=CHANGE, noise_floors=(FLOOR,)), baseline, followup


def _number(item: Dataset) -> tuple[float, str]:
    (measured,) = item.MeasuredValueSequence
    return measured.get("FloatingPointValue", measured.NumericValue), measured.MeasurementUnitsCodeSequence[0].CodeValue


def test_changes_read_back_are_those_of_the_comparison(tmp_path: Path) -> None:
    """Breaks when a change, its bounds, its sign or its unit is another one than the clinic's pages show."""
    path = validators.written(change_report(*_compared(), SAID, LATER), tmp_path)
    errors, warnings = validators.complaints(path)
    assert errors == []
    assert warnings <= validators.KNOWN_WARNINGS
    tree = srread(path).content
    assert isinstance(tree, MeasurementReport)
    (group,) = tree.get_image_measurement_groups()
    read = {one.name.value: one[0] for one in group.get_measurements()}
    for name, code in CHANGES.items():
        bounds = {item.ConceptNameCodeSequence[0].CodeValue: _number(item) for item in read[code.code].ContentSequence}
        value = VALUES[name]
        assert _number(read[code.code]) == (code.in_ucum(value.value), code.ucum)
        assert bounds == {
            "interval-low": (code.in_ucum(value.low), code.ucum),
            "interval-high": (code.in_ucum(value.high), code.ucum),
        }
    counts = {code: _number(read[code])[0] for code in ("hairs-kept", "hairs-new", "hairs-lost", "hairs-thicker")}
    assert counts == {"hairs-kept": 140, "hairs-new": 6, "hairs-lost": 3, "hairs-thicker": 11}
    assert _number(read["days-between"]) == (182.0, "d")
    assert _number(read["same-place"]) == (0.99, "1")


def test_it_refers_to_both_pictures_and_lies_in_the_later_study(tmp_path: Path) -> None:
    """Breaks when a viewer finds one of the two pictures only, or the report hangs on the wrong visit."""
    comparison, baseline, followup = _compared()
    made = change_report(comparison, baseline, followup, SAID, LATER)
    earlier, later = (pictures.picture(one, JPEG, SAID) for one in (baseline, followup))
    (same,), (other,) = made.CurrentRequestedProcedureEvidenceSequence, made.PertinentOtherEvidenceSequence
    assert made.StudyInstanceUID == same.StudyInstanceUID == later.StudyInstanceUID
    assert other.StudyInstanceUID == earlier.StudyInstanceUID
    uids = [one.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID for one in (same, other)]
    assert uids == [later.SOPInstanceUID, earlier.SOPInstanceUID]
    assert identifying.held(made) == []
    assert encoded(made) == encoded(change_report(comparison, baseline, followup, SAID, LATER))
    text = validators.as_text(validators.written(made, tmp_path))
    for words in ("from visit 1 (2026-03-04) to visit 2", "Noise floor of hair_density_per_cm2, matched"):
        assert words in text


def test_other_captures_are_refused() -> None:
    """Breaks when a change is told of pictures that were not compared."""
    comparison, baseline, followup = _compared()
    with pytest.raises(NotItsCaptures):
        change_report(comparison, followup, baseline, SAID)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(drawn_one=strategies.message(Comparison).filter(lambda one: is_a_time(one.created_at)))
def test_any_comparison_is_reported_and_valid(drawn_one: Comparison, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Breaks when something that the contract allows makes an invalid report."""
    comparison, baseline, followup = _compared()
    of_two = {"baseline": comparison.baseline, "followup": comparison.followup}
    made = change_report(drawn_one.model_copy(update=of_two), baseline, followup, SAID)
    path = validators.written(made, tmp_path_factory.mktemp("any"))
    assert validators.complaints(path)[0] == []
    assert validators.is_dicom_file(path)
