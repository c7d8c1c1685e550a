"""The visit's record: what it was to have, what it has, and the raters' grades."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from contract import GRADES, MAX_MESSAGE_BYTES, MAX_SITES, PROTOCOL, Rating, Scale, SkippedSite, Visit
from tests import examples

FIRST: dict[str, Any] = {
    "schema_version": 1,
    "message_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "clinic_id": "riverside",
    "device_id": "chair-1",
    "boot_id": "d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3",
    "sequence": 7,
    "created_at": "2026-03-04T10:00:00Z",
    "clock_trusted": True,
    "patient_code": "P-0042",
    "visit_number": 2,
    "visit_date": "2026-03-04",
    "software_version": "0.1.0",
    "protocol": ["vertex", "occipital", "temporal-left", "g120-l35"],
    "taken": ["vertex", "frontal"],
    "skipped": [{"site": "temporal-left", "reason": "A dressing covers it."}],
    "ratings": [{"scale": "norwood-hamilton", "grade": "IIIv", "rater": "mk"}],
    "treatment_arm": None,
}
"""A message as the first release that had visits wrote it."""


def test_a_message_of_the_first_release_is_read_whole() -> None:
    """Breaks when a visit that waits in a store, or lies in a collector's, is no longer read, or read otherwise."""
    visit = Visit.model_validate_json(json.dumps(FIRST))
    assert json.loads(visit.encode()) == FIRST
    assert visit.visit_date == date(2026, 3, 4)
    assert visit.missing == ("occipital", "g120-l35")


def test_only_the_protocol_must_be_said() -> None:
    """Breaks when a visit without ratings or pictures cannot be recorded."""
    least = {name: value for name, value in FIRST.items() if name not in {"taken", "skipped", "ratings"}}
    least.pop("treatment_arm")
    visit = Visit.model_validate(least)
    assert visit.missing == visit.protocol
    assert (visit.taken, visit.skipped, visit.ratings, visit.treatment_arm) == ((), (), (), None)


def test_a_field_of_a_later_release_is_passed_over() -> None:
    """Breaks when an old reader cannot live with a new sender."""
    later = json.loads(json.dumps(FIRST)) | {"something_new": 1}
    later["ratings"][0]["since"] = "0.9"
    assert Visit.model_validate(later) == Visit.model_validate(FIRST)


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": ["vertex", "temporal-left", "g120-l35"]},
        {"protocol": []},
        {"protocol": ["occipital", "temporal-left", "vertex", "occipital"]},
        {"protocol": ["occipital", "temporal-left", "the crown"]},
        {"taken": ["vertex", "temporal-left"]},
        {"taken": ["vertex", "vertex"]},
        {"skipped": [{"site": "frontal", "reason": "It is not in the protocol."}]},
        {"skipped": [{"site": "temporal-left", "reason": "   "}]},
        {"skipped": [{"site": "temporal-left", "reason": "x" * 201}]},
        {"skipped": [{"site": "temporal-left", "reason": "one"}, {"site": "temporal-left", "reason": "two"}]},
        {"ratings": [{"scale": "norwood-hamilton", "grade": grade, "rater": "mk"} for grade in ("II", "III")]},
        {"ratings": [{"scale": "norwood-hamilton", "grade": "VIII", "rater": "mk"}]},
        {"ratings": [{"scale": "sinclair", "grade": "II", "rater": "mk"}]},
        {"ratings": [{"scale": "ludwig", "grade": "II", "rater": "Dr. Jane Doe"}]},
        {"treatment_arm": ""},
        {"treatment_arm": "x" * 17},
        {"visit_date": "04.03.2026"},
        {"visit_number": 0},
    ],
)
def test_what_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    """Breaks when a site is both taken and left out, the donor control is forgotten, or a grade is made up."""
    with pytest.raises(ValidationError):
        Visit.model_validate(FIRST | change)


@pytest.mark.parametrize("scale", list(Scale))
def test_every_grade_of_a_scale_survives_the_wire(scale: Scale) -> None:
    """Breaks when a rater's grade cannot be recorded."""
    ratings = tuple(Rating(scale=scale, grade=grade, rater=f"r{at}") for at, grade in enumerate(GRADES[scale]))
    visit = Visit.model_validate(FIRST | {"ratings": ratings})
    assert Visit.model_validate_json(visit.encode()).ratings == ratings


def test_two_raters_may_differ() -> None:
    """Breaks when a second opinion on the same scale is lost."""
    ratings = [Rating(scale=Scale.SINCLAIR, grade=grade, rater=rater) for grade, rater in (("2", "mk"), ("3", "jb"))]
    assert len(Visit.model_validate(FIRST | {"ratings": ratings}).ratings) == 2


def test_the_largest_visit_is_far_within_its_bound() -> None:
    """Breaks when a visit may be longer than what a reader must take."""
    many = ("occipital", *(f"g{place}-l{place}" for place in range(100, 99 + MAX_SITES)))
    skipped = [SkippedSite(site=site, reason="ä" * 200) for site in many]
    visit = Visit.model_validate(FIRST | {"protocol": many, "taken": [], "skipped": skipped})
    assert visit.missing == ()
    assert len(visit.encode()) < MAX_MESSAGE_BYTES / 100


def test_the_usual_protocol_is_one() -> None:
    """Breaks when the contract's own protocol is refused by its own message."""
    assert Visit.model_validate(FIRST | {"protocol": PROTOCOL}).missing == (
        "mid-scalp",
        "occipital",
        "temporal-right",
    )


def test_examples_and_visits_agree_on_the_envelope() -> None:
    """Breaks when a visit can no longer be ordered or traced to its sender as captures are."""
    envelope = set(type(examples.capture()).model_fields) & set(Visit.model_fields)
    assert {"message_id", "clinic_id", "device_id", "boot_id", "sequence", "created_at", "clock_trusted"} <= envelope
