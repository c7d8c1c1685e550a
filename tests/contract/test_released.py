"""What any release has written is read for ever.

``released/1`` holds messages byte for byte as the contract's code of that time wrote them, one file a kind and form:
``first``; ``figures``, with the later figures of a measurement; ``instrument``, with calibrations, checks and bursts;
``comparison``, with places, visits, comparisons and asks; ``enrolment``; ``chair``, with reviews and days' lists.
"""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.contract.locked import FIELDS, RELEASED, Fields, breaks, fields_of
from tests.contract.models import MODELS, with_more

EXAMPLES = sorted(set(RELEASED.glob("*.json")) - {FIELDS})
BY_NAME = {model.__name__.lower(): model for model in MODELS}


def model_of(example: Path) -> type[BaseModel]:
    """Return the model of an example, by its file's name: ``receipt-refused.first.json``."""
    kind = example.name.split(".")[0]
    wanted = kind.removesuffix("-refused").removesuffix("-none").replace("-", "")
    return BY_NAME[wanted]


def test_every_kind_of_message_has_an_example() -> None:
    """Breaks when a message is added and nothing sees to it that it stays readable."""
    assert {model_of(example) for example in EXAMPLES} == set(MODELS)
    forms = {example.name.split(".")[1] for example in EXAMPLES if example.name.startswith("capture.")}
    assert forms == {"first", "figures", "instrument", "comparison"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_a_released_message_is_read_with_all_it_says(example: Path) -> None:
    """Breaks when captures that wait in a store, or lie in a collector's, are refused or come to mean another thing."""
    payload = example.read_bytes().rstrip(b"\n")
    model = model_of(example)
    read = model.model_validate_json(payload)
    written = json.loads(payload)
    assert not list(lost(written, json.loads(read.model_dump_json())))
    assert model.model_validate_json(json.dumps(with_more(written))) == read


def lost(written: Any, read: Any, way: str = "") -> list[str]:  # noqa: ANN401  any JSON
    """Return where what was written does not come back."""
    if isinstance(written, dict):
        return [
            found
            for name, value in written.items()
            for found in (lost(value, read[name], f"{way}.{name}") if name in read else [f"{way}.{name}"])
        ]
    if isinstance(written, list):
        if len(written) != len(read):
            return [way]
        return [
            found
            for number, (one, other) in enumerate(zip(written, read, strict=True))
            for found in lost(one, other, f"{way}.{number}")
        ]
    return [] if written == read or same_moment(written, read) else [way]


def same_moment(written: object, read: object) -> bool:
    """Return whether two texts are one time in two spellings."""
    if not (isinstance(written, str) and isinstance(read, str) and written[:4].isdigit()):
        return False
    return datetime.fromisoformat(written) == datetime.fromisoformat(read)


@pytest.fixture
def released() -> Fields:
    """Return the fields that releases have written."""
    fields: Fields = json.loads(FIELDS.read_text(encoding="utf-8"))
    return fields


def test_no_released_field_is_removed_renamed_retyped_or_made_required(released: Fields) -> None:
    """Breaks when an instrument and a clinic of two releases no longer understand each other."""
    assert breaks(released, fields_of(MODELS)) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda f: f.pop("Receipt"), "Receipt is gone"),
        (lambda f: f["Hair"].pop("unit"), "Hair.unit is gone"),
        (lambda f: f["Hair"].update(group=f["Hair"].pop("unit")), "Hair.group is new and required"),
        (lambda f: f["Capture"]["camera"].update(kind="integer"), "Capture.camera was string and is integer"),
        (lambda f: f["Capture"]["lens"].update(required=True), "Capture.lens has become required"),
        (lambda f: f["Capture"]["camera"].update(required=False), "Capture.camera is not required any more"),
        (lambda f: f["Hair"]["kind"].update(values=["vellus"]), "Hair.kind takes fewer values"),
        (lambda f: f["Hair"]["length_mm"]["limits"].update(maximum=10), "Hair.length_mm is narrower in maximum"),
        (lambda f: f["Capture"]["sequence"]["limits"].update(minimum=2), "Capture.sequence is narrower in minimum"),
        (lambda f: f["Picture"]["sha256"]["limits"].update(pattern="^0"), "Picture.sha256 is narrower in pattern"),
        (lambda f: f["Receipt"]["outcome"]["limits"].update(maxLength=9), "Receipt.outcome is narrower in maxLength"),
    ],
)
def test_what_breaks_another_release_is_named(released: Fields, change: Any, complaint: str) -> None:  # noqa: ANN401
    """Breaks when the check before passes everything."""
    changed = deepcopy(released)
    change(changed)
    assert [found for found in breaks(released, changed) if found.startswith(complaint)]


def test_what_may_be_changed_is_let_pass(released: Fields) -> None:
    """Breaks when the list keeps the contract from growing in the ways that hurt nobody."""
    changed = deepcopy(released)
    changed["Capture"]["later"] = {"kind": "null or string", "required": False, "limits": {}, "values": []}
    changed["Quite"] = {"new": {"kind": "string", "required": True, "limits": {}, "values": []}}
    changed["Hair"]["length_mm"]["limits"]["maximum"] = 2000
    del changed["Receipt"]["reason"]["limits"]["0.maxLength"]
    assert breaks(released, changed) == []
