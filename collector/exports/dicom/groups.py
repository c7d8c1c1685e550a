"""Groups of measurements in a structured report (PS3.16, TID 1501): figures with their 95 % intervals.

DICOM has no concept for the bounds of a 95 % interval (TID 310's ranges of uncertainty do not say of which coverage):
each figure holds two numbers of the project's own code system, in its own unit.
"""

from collections.abc import Iterable, Iterator, Sequence

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    FindingSite,
    MeasurementsAndQualitativeEvaluations,
    NumContentItem,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TimePointContext,
    TrackingIdentifier,
)
from highdicom.sr import Measurement as Figure
from highdicom.sr.value_types import ContentSequence
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from collector.exports.codes import LOWER_BOUND, UPPER_BOUND, Concept, FigureCode, coded_figures
from collector.exports.dicom import concepts
from collector.exports.dicom.values import free_text, long_string, person
from contract import Interval, Measurement

ALGORITHM = "trichoscope"
MAX_COMMENT = 1024
"""Characters of one comment at most."""


def figure(code: FigureCode | Concept, ucum: str, value: Interval) -> Figure:
    """Return a figure with the bounds of its 95 % interval, all in one unit."""
    item = Figure(concepts.local(code), value.value, concepts.unit(ucum))
    bounds = ((LOWER_BOUND, value.low), (UPPER_BOUND, value.high))
    item[0].ContentSequence = ContentSequence(
        [
            NumContentItem(
                concepts.local(bound),
                number,
                concepts.unit(ucum),
                relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
            )
            for bound, number in bounds
        ]
    )
    return item


def plain(code: FigureCode | Concept, ucum: str, value: float) -> Figure:
    """Return a number without an interval: a count, an area."""
    return Figure(concepts.local(code), value, concepts.unit(ucum))


def figures(measurement: Measurement) -> list[Figure]:
    """Return all figures of a measurement, and what they were made of: hairs and area."""
    return [
        *(figure(code, code.ucum, value) for code, value in coded_figures(measurement)),
        plain(concepts.HAIRS_COUNTED, "{hairs}", len(measurement.hairs)),
        plain(concepts.FRAME_AREA, "cm2", measurement.area_cm2),
    ]


def group(
    *,
    tracked: tuple[str, str],
    visit_number: int,
    site: str,
    method: Concept,
    software_version: str,
    images: Sequence[Dataset],
    measurements: Sequence[Figure] = (),
    evaluations: Sequence[tuple[Concept, Concept]] = (),
    comments: Iterable[str] = (),
    observers: Iterable[str] = (),
    parameters: Sequence[str] = (),
) -> MeasurementsAndQualitativeEvaluations:
    """Return a group of measurements of one site.

    Parameters
    ----------
    tracked
        What follows the site from visit to visit: in words, and as an identifier.
    visit_number, site
        Of the capture.
    method
        How the figures came about.
    software_version, parameters
        Of the algorithm that made them.
    images
        Datasets of what was measured.
    measurements, evaluations, comments
        What the group says: figures, pairs of concepts (what was asked, and the answer), and sentences.
    observers
        Codes of the people whose word it is; none where the device alone says it.
    """
    said, uid = tracked
    made = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=uid, identifier=said),
        time_point_context=TimePointContext(time_point=f"{visit_number}"),
        method=concepts.local(method),
        algorithm_id=AlgorithmIdentification(
            name=ALGORITHM, version=long_string(software_version) or "unknown", parameters=list(parameters)
        ),
        finding_sites=[finding_site(site)],
        measurements=list(measurements),
        qualitative_evaluations=[
            QualitativeEvaluation(concepts.local(asked), concepts.local(answer)) for asked, answer in evaluations
        ],
        source_images=[SourceImageForMeasurementGroup(image.SOPClassUID, image.SOPInstanceUID) for image in images],
    )
    content = made[0].ContentSequence
    for at, item in enumerate(_observers(observers)):
        content.insert(at, item)
    content.extend(_comments(comments))
    return made


def finding_site(site: str) -> FindingSite:
    """Return where on the scalp: SNOMED CT's structure, the side, and the very place in the project's own codes."""
    return FindingSite(
        concepts.structure(site), laterality=concepts.laterality(site), topographical_modifier=concepts.place(site)
    )


def _observers(people: Iterable[str]) -> Iterator[Dataset]:
    for code in people:
        yield from ObserverContext(
            CodedConcept.from_code(codes.DCM.Person), PersonObserverIdentifyingAttributes(name=person(code))
        )


def _comments(comments: Iterable[str]) -> Iterator[TextContentItem]:
    for comment in comments:
        if text := free_text(comment)[:MAX_COMMENT]:
            yield TextContentItem(codes.DCM.Comment, text, relationship_type=RelationshipTypeValues.CONTAINS)
