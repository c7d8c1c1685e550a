"""A review as it travels: a person's word with who, why and when, and never half of one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from contract import MAX_MESSAGE_BYTES, Decision, Edit, Review
from contract.measurement import MAX_HAIRS
from contract.review import MAX_EDITS
from tests import examples

BY = {"by": "mk", "at": datetime(2026, 3, 4, 10, 4, tzinfo=UTC)}
EDITS: list[dict[str, Any]] = [
    {"edit": "added", "course_px": [[1.0, 2.0], [30.0, 4.5]], "kind": "vellus"},
    {"edit": "removed", "hair": 3},
    {"edit": "joined", "hairs": [0, 2]},
    {"edit": "split", "hair": 1, "at_px": [20.5, 30.0]},
    {"edit": "root-moved", "hair": 1, "root_px": [20.5, 30.0]},
]
EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


def test_a_review_survives_the_wire_with_each_correction() -> None:
    """Breaks when a correction comes to the clinic as another one, or without who made it."""
    review = examples.review(
        decision=Decision.REJECTED,
        reason="The wrong place.",
        edits=[BY | edit for edit in EDITS],
        corrected=examples.corrected_measurement(),
    )
    read = Review.model_validate_json(review.encode())
    assert read == review
    assert [edit.edit for edit in read.edits] == [edit["edit"] for edit in EDITS]
    assert {edit.by for edit in read.edits} == {"mk"}


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": Decision.REJECTED},
        {"decision": Decision.REJECTED, "reason": "  "},
        {"decision": Decision.REJECTED, "reason": "x" * 301},
        {"reason": "It was not rejected."},
        {"decided_by": None},
        {"decision": None},
        {"decision": None, "decided_by": None},
        {"decided_by": "Jane Doe"},
        {"edits": [BY | EDITS[0]]},
        {"corrected": examples.corrected_measurement()},
        {"edits": [BY | EDITS[1]] * (MAX_EDITS + 1), "corrected": examples.measurement()},
        {"capture_id": "8f14e45f-ceea-467f-a0e6-000000000000"},
        {"patient_code": "Jane Doe"},
        {"site": "neck"},
    ],
)
def test_half_a_word_is_refused(changes: dict[str, Any]) -> None:
    """Breaks when a picture is rejected by nobody, without a reason, or figures are corrected without corrections."""
    with pytest.raises(ValidationError):
        examples.review(**changes)


@pytest.mark.parametrize(
    "edit",
    [
        {"edit": "painted", "hair": 1},
        {"edit": "removed", "hair": -1},
        {"edit": "removed", "hair": MAX_HAIRS + 2 * MAX_EDITS},
        {"edit": "joined", "hairs": [4, 4]},
        {"edit": "added", "course_px": [[1.0, 2.0]], "kind": "vellus"},
        {"edit": "added", "course_px": [[1.0, 2.0], [3e5, 4.0]], "kind": "vellus"},
        {"edit": "split", "hair": 1},
    ],
)
def test_corrections_out_of_bounds_are_refused(edit: dict[str, Any]) -> None:
    """Breaks when a correction that cannot be applied is shown as one."""
    EDIT.validate_python(BY | EDITS[1])
    with pytest.raises(ValidationError):
        EDIT.validate_python(BY | edit)


def test_a_correction_without_its_author_is_refused() -> None:
    """Breaks when nobody can be asked why a figure was changed."""
    for part in BY:
        with pytest.raises(ValidationError):
            EDIT.validate_python({**BY, **EDITS[1], part: None})


def test_a_review_of_a_dense_scalp_with_very_many_corrections_fits_its_bound() -> None:
    """Breaks when a review that the chair let a person make could not travel.

    A thousand hairs on the largest frame is twice the densest scalp.
    """
    course = tuple((1234.5 + place, 987.5) for place in range(5))
    hair = examples.full_measurement().hairs[0].model_copy(update={"course_px": course})
    edit = examples.added_hair(course_px=tuple((1234.5678901234567, -987.65432101234567) for _ in range(16)))
    review = examples.review(
        edits=[edit] * MAX_EDITS, corrected=examples.full_measurement(hairs=[hair] * (1000 + MAX_EDITS))
    )
    assert len(review.encode()) <= MAX_MESSAGE_BYTES
