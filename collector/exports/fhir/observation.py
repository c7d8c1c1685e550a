"""A figure as an Observation: value and bounds of its interval, where, when, by what, from which picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.exports.codes import (
    AUTOMATIC,
    CORRECTED,
    LOWER_BOUND,
    UPPER_BOUND,
    Concept,
    FigureCode,
    coded_figures,
    site_code,
)
from collector.exports.fhir.elements import (
    Resource,
    body_site,
    concept,
    hl7,
    instant,
    labelled,
    local,
    quantity,
    reference,
    stable_id,
    words,
)
from contract import Capture, Interval, Measurement, Verdict

FINAL, AFTER_CORRECTION, WITHDRAWN = "final", "corrected", "entered-in-error"


@dataclass(frozen=True, slots=True)
class Context:
    """What all figures of a capture share."""

    capture: Capture
    subject: Resource
    instrument: Resource
    picture: Resource
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class _Made:
    """How figures came about, and when they were said."""

    how: Concept
    status: str
    issued: datetime


def automatic(context: Context) -> list[Resource]:
    """Return the figures that the instrument measured; withdrawn where a person rejected the capture."""
    capture = context.capture
    made = _Made(AUTOMATIC, FINAL, capture.created_at)
    return [
        _observation(context, capture.measurement, made, code, figure)
        for code, figure in coded_figures(capture.measurement)
    ]


def corrected(context: Context, measured: Measurement, said_at: datetime, before: Sequence[Resource]) -> list[Resource]:
    """Return the figures with a person's corrections, each derived from the automatic one that it stands beside."""
    earlier = {one["code"]["coding"][0]["code"]: one for one in before}
    made = _Made(CORRECTED, AFTER_CORRECTION, said_at)
    resources = []
    for code, figure in coded_figures(measured):
        resource = _observation(context, measured, made, code, figure)
        if code.code in earlier:
            resource["derivedFrom"].append(reference(earlier[code.code]))
        resources.append(resource)
    return resources


def _observation(context: Context, measured: Measurement, made: _Made, code: FigureCode, figure: Interval) -> Resource:
    capture = context.capture
    codings = [local(code.code, code.display)]
    if code.loinc is not None:
        codings.append({"system": "http://loinc.org", "code": code.loinc})
    resource: Resource = {
        "resourceType": "Observation",
        "id": stable_id("observation", capture.clinic_id, capture.message_id, code.code, made.how.code),
        "status": WITHDRAWN if context.withdrawn else made.status,
        "category": [concept(hl7("observation-category", "imaging", "Imaging"))],
        "code": concept(*codings, text=code.display),
        "subject": reference(context.subject),
        "effectiveDateTime": instant(capture.taken_at),
        "issued": instant(made.issued),
        "valueQuantity": quantity(figure.value, code.ucum),
        "note": [{"text": words(sentence)} for sentence in _notes(capture, measured)],
        "bodySite": body_site(site_code(capture.site)),
        "method": concept(local(made.how.code, made.how.display), text=made.how.definition),
        "device": reference(context.instrument),
        "derivedFrom": [reference(context.picture)],
        "component": [
            {"code": concept(local(bound.code, bound.display)), "valueQuantity": quantity(value, code.ucum)}
            for bound, value in ((LOWER_BOUND, figure.low), (UPPER_BOUND, figure.high))
        ],
    }
    return labelled(resource, simulated=capture.simulated)


def _notes(capture: Capture, measured: Measurement) -> list[str]:
    scale = capture.calibration
    spread = scale.standard_uncertainty_um_per_px
    known = "uncertainty unknown" if spread is None else f"standard uncertainty {spread:g}"
    cut_um = measured.terminal_from_um
    notes = [
        f"Visit {capture.visit_number}. Counting frame {measured.area_cm2:g} cm2; scale {scale.um_per_px:g} um per"
        f" pixel, {known}{'' if cut_um is None else f'; terminal from {cut_um:g} um'}."
    ]
    if scale.due:
        notes.append(f"Calibration: {scale.due}")
    if capture.quality.verdict is not Verdict.PASS:
        reasons = " ".join(reason for reason in capture.quality.reasons if reason.strip())
        notes.append(f"Quality of the picture: {capture.quality.verdict}. {reasons}".rstrip())
    if (forced := capture.quality.forced) is not None:
        notes.append(f"Released by {forced.by}: {forced.note}")
    return notes
