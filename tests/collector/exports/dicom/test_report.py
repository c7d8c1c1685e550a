"""A capture's figures as a structured report."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from highdicom.sr import MeasurementReport, srread
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset

from collector.exports.codes import FIGURES, UNIT_SIZES, coded_figures
from collector.exports.dicom import picture as pictures
from collector.exports.dicom.picture import encoded
from collector.exports.dicom.report import NotItsReview, report
from collector.exports.dicom.settings import DicomSettings
from collector.exports.dicom.values import is_a_time
from contract import Capture, Decision, Forced, HairRemoved, Measurement, Quality, Review, Verdict
from tests import examples
from tests.collector.exports.dicom import drawn, identifying, validators
from tests.contract import strategies

SAID = DicomSettings()
BEGAN = datetime(2026, 3, 4, 9, 12, tzinfo=UTC)
JPEG = drawn.content("image/jpeg")

Bounded = tuple[float, float, float, str]


def _capture(**changes: Any) -> Capture:  # noqa: ANN401  any field of the model
    return drawn.capture("image/jpeg", JPEG, **changes)


def _corrected(capture: Capture, **changes: Any) -> Review:  # noqa: ANN401  any field of the model
    removed = HairRemoved(by="tech-3", at=BEGAN, hair=0)
    edits = (examples.added_hair(), examples.added_hair(), removed)
    about = {"decision": None, "decided_by": None, "edits": edits, "corrected": examples.corrected_measurement()}
    return examples.review_of(capture, **about | changes)


def _expected(measurement: Measurement) -> dict[str, Bounded]:
    return {code.code: (one.value, one.low, one.high, code.ucum) for code, one in coded_figures(measurement)}


def _by_pydicom(group: Dataset) -> dict[str, Bounded]:
    """Return a group's figures that have an interval, by nothing but the standard's elements."""
    found = {}
    for item in group.ContentSequence:
        if item.ValueType == "NUM" and "ContentSequence" in item:
            bounds = {inner.ConceptNameCodeSequence[0].CodeValue: _number(inner) for inner in item.ContentSequence}
            value, unit = _number(item)
            (low, low_unit), (high, high_unit) = bounds["interval-low"], bounds["interval-high"]
            assert unit == low_unit == high_unit
            found[item.ConceptNameCodeSequence[0].CodeValue] = (value, low, high, unit)
    return found


def _number(item: Dataset) -> tuple[float, str]:
    (measured,) = item.MeasuredValueSequence
    unit = measured.MeasurementUnitsCodeSequence[0]
    assert unit.CodingSchemeDesignator == "UCUM"
    assert float(measured.NumericValue) == pytest.approx(measured.FloatingPointValue, rel=1e-9)
    return measured.FloatingPointValue, unit.CodeValue


def _groups(path: Path) -> list[Dataset]:
    (measurements,) = [item for item in dcmread(path).ContentSequence if _name(item) == "126010"]
    return list(measurements.ContentSequence)


def _name(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue)


def test_validators_find_nothing_but_what_they_cannot_know(tmp_path: Path) -> None:
    """Breaks when the report's tree or modules are not as the standard wants them."""
    capture = _capture(site="temporal-left")
    for review in (None, examples.review_of(capture), _corrected(capture)):
        path = validators.written(report(capture, SAID, review, BEGAN), tmp_path)
        errors, warnings = validators.complaints(path)
        assert errors == []
        assert warnings <= validators.KNOWN_WARNINGS
        assert validators.is_dicom_file(path)


def test_figures_read_back_are_those_of_the_capture(tmp_path: Path) -> None:
    """Breaks when a figure, a bound or a unit is another one in the report than on the clinic's pages."""
    capture = _capture()
    path = validators.written(report(capture, SAID, None, BEGAN), tmp_path)
    (group,) = _groups(path)
    expected = _expected(capture.measurement)
    assert len(expected) == len(FIGURES) + len(UNIT_SIZES)
    assert _by_pydicom(group) == expected
    tree = srread(path).content
    assert isinstance(tree, MeasurementReport)
    (read,) = tree.get_image_measurement_groups()
    by_highdicom = {one.name.value: (one.value, one.unit.value) for one in read.get_measurements()}
    counted = {"hairs-counted": (1, "{hairs}"), "frame-area": (0.826, "cm2")}
    assert by_highdicom == {code: (value, unit) for code, (value, _, _, unit) in expected.items()} | counted
    assert read.method is not None
    assert read.method.value == "automatic"
    assert read.tracking_identifier == "P-0042 frontal"


def test_other_tool_kits_read_the_whole_tree(tmp_path: Path) -> None:
    """Breaks when dcmtk cannot follow the tree, or does not find in it what it is about."""
    quality = Quality(
        verdict=Verdict.REFUSE,
        reasons=("The picture is blurred.",),
        forced=Forced(by="mk", note="No second take.", at=BEGAN),
    )
    capture = _capture(site="g120-l35", quality=quality, simulated=True)
    text = validators.as_text(validators.written(report(capture, SAID, None, BEGAN), tmp_path))
    for words in (
        '(111001,DCM,"Algorithm Name")="trichoscope"',
        '(111003,DCM,"Algorithm Version")="0.1.0"',
        '(112039,DCM,"Tracking Identifier")="P-0042 g120-l35"',
        '(112040,DCM,"Tracking Unique Identifier")',
        '(43067004,SCT,"Skin of scalp")',
        "(g120-l35,99TRICHO,",
        '(hair-density,99TRICHO,"Hair density")="1.2" ({hairs}/cm2,UCUM,',
        '(gate-refuse,99TRICHO,"Refused")',
        "The picture is blurred.",
        "Released by mk: No second take.",
        "SIMULATED",
    ):
        assert words in text


def test_the_report_refers_to_the_picture_and_lies_in_its_study() -> None:
    """Breaks when a viewer cannot get from the figures to the picture that they were measured on."""
    capture = _capture()
    image, made = pictures.picture(capture, JPEG, SAID, BEGAN), report(capture, SAID, None, BEGAN)
    (study,) = made.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    (instance,) = series.ReferencedSOPSequence
    assert made.StudyInstanceUID == study.StudyInstanceUID == image.StudyInstanceUID
    assert series.SeriesInstanceUID == image.SeriesInstanceUID != made.SeriesInstanceUID
    assert instance.ReferencedSOPInstanceUID == image.SOPInstanceUID
    assert instance.ReferencedSOPClassUID == image.SOPClassUID
    of_study = ("PatientName", "PatientID", "StudyDate", "StudyTime", "StudyID", "TimezoneOffsetFromUTC")
    assert [made[name].value for name in of_study] == [image[name].value for name in of_study]


def test_corrections_are_a_group_of_their_own_and_say_whose(tmp_path: Path) -> None:
    """Breaks when corrected figures pass for automatic ones, or take their place, or are nobody's."""
    capture = _capture()
    path = validators.written(report(capture, SAID, _corrected(capture), BEGAN), tmp_path)
    automatic, corrected = _groups(path)
    assert _by_pydicom(automatic) == _expected(capture.measurement)
    assert _by_pydicom(corrected) == _expected(examples.corrected_measurement())
    methods = [
        [item.ConceptCodeSequence[0].CodeValue for item in group.ContentSequence if _name(item) == "370129005"]
        for group in (automatic, corrected)
    ]
    assert methods == [["automatic"], ["corrected"]]
    people = [str(item.PersonName) for item in corrected.ContentSequence if item.ValueType == "PNAME"]
    assert people == ["mk^", "tech-3^"]
    assert not [item for item in automatic.ContentSequence if item.ValueType == "PNAME"]
    comments = [item.TextValue for item in corrected.ContentSequence if _name(item) == "121106"]
    assert comments == ["Hairs corrected by mk: 2 added", "Hairs corrected by tech-3: 1 removed"]


def test_a_decision_is_said_with_its_reason_and_person(tmp_path: Path) -> None:
    """Breaks when figures of a rejected capture go on as if they counted."""
    capture = _capture()
    rejected = examples.review_of(capture, decision=Decision.REJECTED, reason="Wrong patient.", decided_by="mk")
    made = report(capture, SAID, rejected, BEGAN)
    _, said = _groups(validators.written(made, tmp_path))
    decisions = [item.ConceptCodeSequence[0].CodeValue for item in said.ContentSequence if _name(item) == "decision"]
    comments = [item.TextValue for item in said.ContentSequence if _name(item) == "121106"]
    assert decisions == ["rejected"]
    assert comments == ["Rejected by mk: Wrong patient."]
    assert made.PreliminaryFlag == "PRELIMINARY"
    assert report(capture, SAID, examples.review_of(capture), BEGAN).PreliminaryFlag == "FINAL"


def test_a_review_of_another_capture_is_refused() -> None:
    """Breaks when one capture's corrections are told of another's picture."""
    with pytest.raises(NotItsReview):
        report(_capture(), SAID, examples.review_of(_capture()))


def test_the_same_capture_and_review_always_have_the_same_bytes() -> None:
    """Breaks when a report made twice is two, or one of a later review passes for the earlier one."""
    capture = _capture()
    review = _corrected(capture)
    made = [report(capture, SAID, said, BEGAN) for said in (None, None, review, review)]
    assert encoded(made[0]) == encoded(made[1])
    assert encoded(made[2]) == encoded(made[3])
    assert made[0].SOPInstanceUID != made[2].SOPInstanceUID
    assert made[0].SeriesInstanceUID == made[2].SeriesInstanceUID


def test_the_patient_is_a_code_and_nothing_else() -> None:
    """Breaks when a report names or describes a patient, or the clinic without its having said so."""
    capture = _capture()
    made = report(capture, SAID, _corrected(capture), BEGAN)
    assert (made.PatientName, made.PatientID) == ("P-0042^", "P-0042")
    assert identifying.held(made) == []


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    capture=strategies.message(Capture).filter(lambda one: is_a_time(one.taken_at)),
    review=st.none() | strategies.message(Review).filter(lambda one: is_a_time(one.created_at)),
)
def test_any_capture_is_reported_and_valid(
    capture: Capture, review: Review | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Breaks when something that the contract allows makes an invalid report, or loses a figure."""
    of_capture = review and review.model_copy(update={"capture_id": capture.message_id})
    path = validators.written(report(capture, SAID, of_capture), tmp_path_factory.mktemp("any"))
    assert validators.complaints(path)[0] == []
    assert validators.is_dicom_file(path)
    read = [_by_pydicom(group) for group in _groups(path)]
    assert read[0] == _expected(capture.measurement)
    if of_capture is not None and of_capture.corrected is not None:
        assert read[1] == _expected(of_capture.corrected)
    assert identifying.held(dcmread(path)) == []
