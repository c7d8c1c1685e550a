"""The code system's document is what the codes are, and is FHIR."""

import json
from pathlib import Path

from fhir.resources.codesystem import CodeSystem
from fhir.resources.R4B.codesystem import CodeSystem as CodeSystemR4B

from collector.exports.codes import FIGURES, SITES, UNIT_SIZES
from collector.exports.fhir import Release, as_json, code_system
from tests.collector.exports.fhir.checks import STATUSES
from tests.collector.exports.ucum import is_ucum

DOCUMENT = Path(__file__).parents[4] / "docs" / "contract" / "codesystem-tricho.json"


def test_the_document_is_what_the_codes_are() -> None:
    """Breaks when a code was added and its document was not: write `as_json(code_system())` and a line's end to it."""
    assert DOCUMENT.read_text(encoding="utf-8") == as_json(code_system()) + "\n"


def test_it_is_a_code_system_of_r4_and_r5() -> None:
    """Breaks when a terminology server would refuse it."""
    written = json.loads(as_json(code_system()))
    for model in (CodeSystem, CodeSystemR4B):
        assert json.loads(model.model_validate(written).model_dump_json()) == written
    assert all(written["status"] in STATUSES["CodeSystem", release] for release in Release)
    codes = [one["code"] for one in written["concept"]]
    assert len(set(codes)) == len(codes) == written["count"]
    assert all(one["definition"] for one in written["concept"])


def test_every_figure_and_site_is_in_it_with_unit_or_structure() -> None:
    """Breaks when a figure is sent under a code that the document does not explain."""
    known = {one["code"]: one for one in code_system()["concept"]}
    for code in (*FIGURES.values(), *UNIT_SIZES):
        assert known[code.code]["property"] == [{"code": "ucum", "valueString": code.ucum}]
        assert is_ucum(code.ucum)
    for site in SITES.values():
        assert known[site.local]["property"][0]["valueCoding"]["code"] == site.structure[0]
