"""Bundles are FHIR by its own models and by the checks these leave out, and say what the messages say."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fhir.resources.bundle import Bundle
from fhir.resources.R4B.bundle import Bundle as BundleR4B
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from collector.exports.codes import coded_figures
from collector.exports.fhir import BundleKind, NothingToExport, Release, SeveralPatients, as_json, bundle
from collector.exports.tabular import CaptureRow
from contract import Capture, Decision, Forced, Quality, Review, Verdict
from tests.collector.exports.fhir.checks import faults
from tests.contract.strategies import MOMENTS, message
from tests.examples import PICTURE_BYTES, added_hair, capture, corrected_measurement, full_measurement, review_of

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
MODELS: dict[Release, type[BaseModel]] = {Release.R4: BundleR4B, Release.R5: Bundle}
BOTH = pytest.mark.parametrize("release", list(Release))

Resource = dict[str, Any]


def _rows() -> list[CaptureRow]:
    plain = capture()
    corrected = capture(sequence=2, visit_number=2, site="g120-l35", measurement=full_measurement())
    rejected = capture(sequence=3, visit_number=2, site="mid-scalp", simulated=True)
    word = review_of(
        corrected, edits=(added_hair("mk"), added_hair("ab")), corrected=corrected_measurement(), decided_by="mk"
    )
    no = review_of(rejected, decision=Decision.REJECTED, reason="wrong patient")
    return [CaptureRow(plain, NOW), CaptureRow(corrected, NOW, word), CaptureRow(rejected, NOW, no)]


def _of(made: Resource, kind: str) -> list[Resource]:
    return [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == kind]


def _coded(resource: Resource) -> str:
    return str(resource["code"]["coding"][0]["code"])


def _valid(made: Resource, release: Release) -> None:
    read = MODELS[release].model_validate_json(as_json(made))
    back = json.loads(read.model_dump_json())
    assert len(back["entry"]) == len(made["entry"])
    for known, given_entry in zip(back["entry"], made["entry"], strict=True):
        assert set(known["resource"]) == set(given_entry["resource"]), "the model dropped or added an element"
    assert faults(made, release) == []


@BOTH
@pytest.mark.parametrize("kind", list(BundleKind))
def test_a_bundle_is_valid(release: Release, kind: BundleKind) -> None:
    """Breaks when a FHIR server would refuse a bundle: wrong element, status, unit, code or reference."""
    _valid(bundle(_rows(), release, kind), release)


@BOTH
def test_every_figure_is_an_observation_with_its_interval(release: Release) -> None:
    """Breaks when a figure, a bound or its unit is lost, or a share is sent as 0 to 1."""
    shown = capture(measurement=full_measurement())
    observations = _of(bundle([CaptureRow(shown, NOW)], release), "Observation")
    expected = {code.code: (figure, code.ucum) for code, figure in coded_figures(shown.measurement)}
    assert len(observations) == len(expected) == 18
    for one in observations:
        figure, unit = expected[_coded(one)]
        low, high = (part["valueQuantity"] for part in one["component"])
        assert (low["value"], one["valueQuantity"]["value"], high["value"]) == (figure.low, figure.value, figure.high)
        assert {part["code"] for part in (low, high, one["valueQuantity"])} == {unit}
        bounds = [part["code"]["coding"][0]["code"] for part in one["component"]]
        assert bounds == ["interval-low", "interval-high"]
        assert one["status"] == "final"
        assert one["effectiveDateTime"] == "2026-03-04T09:30:00.000Z"
    thin = next(one for one in observations if _coded(one) == "thin-hair-share")
    assert thin["valueQuantity"] == {"value": 9.0, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}


@BOTH
def test_a_figure_leads_to_its_picture_instrument_patient_and_place(release: Release) -> None:
    """Breaks when a figure cannot be traced to the picture it was measured on, or to where on the head."""
    made = bundle(_rows()[1:2], release)
    by_url = {entry["fullUrl"]: entry["resource"] for entry in made["entry"]}
    first = _of(made, "Observation")[0]
    picture = by_url[first["derivedFrom"][0]["reference"]]
    assert picture["resourceType"] == ("DocumentReference" if release is Release.R5 else "Media")
    content = picture["content"][0]["attachment"] if release is Release.R5 else picture["content"]
    assert "data" not in content, "no bytes"
    assert content["url"] == "ni:///sha-256;IoBxz3srJIzBELG9xrwFDB1RL9oCm8tzNAkxZn3YF84"
    assert content["size"] == (str(len(PICTURE_BYTES)) if release is Release.R5 else len(PICTURE_BYTES))
    assert "hash" not in content, "FHIR's hash is SHA-1"
    assert by_url[first["device"]["reference"]]["identifier"][0]["value"] == "chair-1"
    patient = by_url[first["subject"]["reference"]]
    assert set(patient) == {"resourceType", "id", "meta", "identifier"}
    assert patient["identifier"][0]["value"] == "P-0042"
    codes = [(coding["system"], coding["code"]) for coding in first["bodySite"]["coding"]]
    assert codes[0] == ("http://snomed.info/sct", "43067004")
    assert codes[1][1] == "g120-l35"


def test_pictures_are_said_to_lie_where_the_clinic_says() -> None:
    """Breaks when a clinic's own address of pictures is not used."""
    made = bundle(_rows()[:1], Release.R4, picture_url=lambda sha256: f"https://pictures.test/{sha256}")
    assert _of(made, "Media")[0]["content"]["url"].startswith("https://pictures.test/228071cf")


@BOTH
def test_a_correction_stands_beside_the_automatic_figure(release: Release) -> None:
    """Breaks when a corrected figure replaces the automatic one, or nobody can see who corrected."""
    made = bundle(_rows()[1:2], release)
    of_density = [one for one in _of(made, "Observation") if _coded(one) == "hair-density"]
    automatic, corrected = of_density
    assert [one["status"] for one in of_density] == ["final", "corrected"]
    assert [one["valueQuantity"]["value"] for one in of_density] == [1.2, 2.4]
    assert [one["method"]["coding"][0]["code"] for one in of_density] == ["automatic", "corrected"]
    assert corrected["derivedFrom"][1]["reference"] == f"urn:uuid:{automatic['id']}"
    of_corrections, of_decision = _of(made, "Provenance")
    assert [agent["who"]["identifier"]["value"] for agent in of_corrections["agent"]] == ["mk", "ab"]
    assert {"reference": f"urn:uuid:{corrected['id']}"} in of_corrections["target"]
    assert {"reference": f"urn:uuid:{automatic['id']}"} in [entity["what"] for entity in of_corrections["entity"]]
    assert of_decision["agent"][0]["type"]["coding"][0]["code"] == "verifier"


@BOTH
def test_a_rejected_capture_is_withdrawn_with_its_reason(release: Release) -> None:
    """Breaks when figures that a person rejected count in another system."""
    made = bundle(_rows()[2:], release)
    withdrawn = _of(made, "Observation") + _of(made, "DocumentReference") + _of(made, "Media")
    assert {one["status"] for one in withdrawn} == {"entered-in-error"}
    assert "wrong patient" in json.dumps(_of(made, "Provenance"))
    assert all(one["meta"]["security"][0]["code"] == "HTEST" for one in withdrawn), "a simulated picture"


def test_what_speaks_against_a_picture_is_said() -> None:
    """Breaks when figures of a picture that the gate refused look like any other's."""
    quality = Quality(
        verdict=Verdict.REFUSE, reasons=("Blurred.",), forced=Forced(by="mk", note="no other chance", at=NOW)
    )
    notes = json.dumps(_of(bundle([CaptureRow(capture(quality=quality), NOW)], Release.R5), "Observation")[0]["note"])
    assert "Quality of the picture: refuse. Blurred." in notes
    assert "Released by mk: no other chance" in notes
    assert "uncertainty unknown" in notes


@BOTH
def test_the_same_export_has_the_same_bytes(release: Release) -> None:
    """Breaks when exporting twice makes a receiver think that something changed, whatever the order it was read in."""
    rows = _rows()
    made = bundle(rows, release, BundleKind.TRANSACTION)
    assert as_json(bundle(rows[::-1], release, BundleKind.TRANSACTION)) == as_json(made)
    assert {entry["request"]["method"] for entry in made["entry"]} == {"PUT"}
    whole, part = ({entry["fullUrl"] for entry in bundle(some, release)["entry"]} for some in (rows, rows[:1]))
    assert part < whole, "a visit's resources are those of the patient's bundle"


def test_a_bundle_is_of_one_patient_who_has_a_capture() -> None:
    """Breaks when two patients are mixed, or an empty bundle is sent."""
    with pytest.raises(SeveralPatients, match="one after another"):
        bundle([CaptureRow(capture(), NOW), CaptureRow(capture(patient_code="P-0043"), NOW)], Release.R5)
    with pytest.raises(NothingToExport, match="no capture"):
        bundle([], Release.R4)


def _observation_of(made: Resource) -> Resource:
    return _of(made, "Observation")[0]


_PLANTED: dict[str, Callable[[Resource], object]] = {
    "status": lambda made: _observation_of(made).update(status="finished"),
    "picture's status": lambda made: _of(made, "DocumentReference")[0].update(status="completed"),
    "unit": lambda made: _observation_of(made)["valueQuantity"].update(code="hairs/cm2"),
    "mu": lambda made: _observation_of(made)["valueQuantity"].update(code="\u00b5m"),
    "component's unit": lambda made: _observation_of(made)["component"][0]["valueQuantity"].update(code="px"),
    "unit's system": lambda made: _observation_of(made)["valueQuantity"].update(system="http://snomed.info/sct"),
    "local code": lambda made: _observation_of(made)["code"]["coding"][0].update(code="hair-count"),
    "reference": lambda made: _observation_of(made)["subject"].update(reference="urn:uuid:nobody"),
    "name": lambda made: _of(made, "Patient")[0].update(name=[{"family": "Doe"}]),
    "system": lambda made: _of(made, "Patient")[0]["identifier"][0].update(system="riverside"),
    "empty": lambda made: _observation_of(made).update(note=[]),
    "time": lambda made: _observation_of(made).update(issued="2026-03-04"),
    "request": lambda made: made["entry"][0].update(request={"method": "PUT", "url": "Patient/1"}),
}


@pytest.mark.parametrize("planted", _PLANTED)
def test_planted_nonsense_is_caught(planted: str) -> None:
    """Breaks when the checks would let pass what `fhir.resources` does not see."""
    made = copy.deepcopy(bundle(_rows(), Release.R5))
    assert faults(made, Release.R5) == []
    _PLANTED[planted](made)
    assert faults(made, Release.R5)


@pytest.mark.parametrize("name", ["colour", "valueQuantityy"])
def test_an_element_that_fhir_does_not_know_is_caught(name: str) -> None:
    """Breaks when `fhir.resources` is no longer strict within a bundle's entries."""
    made = copy.deepcopy(bundle(_rows(), Release.R5))
    _observation_of(made)[name] = "nonsense"
    with pytest.raises(ValidationError):
        Bundle.model_validate(made)


def _words(shown: Capture) -> st.SearchStrategy[Review | None]:
    drawn: st.SearchStrategy[Any] = message(Review)
    return st.none() | drawn.map(lambda word: word.model_copy(update={"capture_id": shown.message_id}))


_CAPTURES: st.SearchStrategy[CaptureRow] = message(Capture).flatmap(
    lambda shown: st.builds(CaptureRow, st.just(shown), MOMENTS, _words(shown))
)


@given(row=_CAPTURES, release=st.sampled_from(Release), kind=st.sampled_from(BundleKind))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_whatever_the_contract_allows_makes_a_valid_bundle(row: CaptureRow, release: Release, kind: BundleKind) -> None:
    """Breaks when some text, number or time that a device may send makes a bundle that a server refuses."""
    _valid(bundle([row], release, kind), release)
