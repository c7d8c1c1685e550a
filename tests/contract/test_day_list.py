"""A day's list as it travels: codes, each visit once, bounded."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from contract import DayList, Expected
from contract.day_list import MAX_EXPECTED

FIELDS: dict[str, Any] = {
    "clinic_id": "riverside",
    "device_id": "chair-1",
    "made_at": datetime(2026, 3, 3, 18, 0, tzinfo=UTC),
    "day": date(2026, 3, 4),
}
ONE = {"patient_code": "P-0042", "visit_number": 3, "at": time(8, 30)}


@pytest.mark.parametrize("expected", [[], [ONE], [ONE, {**ONE, "visit_number": 4, "at": None}]])
def test_a_list_survives_the_wire(expected: list[dict[str, Any]]) -> None:
    """Breaks when an appointment is lost or moved, or an empty list becomes no list."""
    sent = DayList.model_validate({**FIELDS, "expected": expected})
    read = DayList.model_validate_json(sent.encode())
    assert read == sent
    assert [one.at for one in read.expected] == [one["at"] for one in expected]


@pytest.mark.parametrize(
    "changes",
    [
        {"expected": [ONE, {**ONE, "at": time(9)}]},
        {"expected": [{**ONE, "patient_code": "Jane Doe"}]},
        {"expected": [{**ONE, "visit_number": 0}]},
        {"expected": [{**ONE, "at": "half past eight"}]},
        {"expected": [{**ONE, "visit_number": number} for number in range(1, MAX_EXPECTED + 2)]},
        {"device_id": "chair/1"},
        {"day": "tomorrow"},
        {"made_at": "2026-03-03T18:00:00"},
    ],
)
def test_what_is_out_of_bounds_is_refused(changes: dict[str, Any]) -> None:
    """Breaks when a name, a visit listed twice or an endless list reaches a chair."""
    with pytest.raises(ValidationError):
        DayList.model_validate({**FIELDS, **changes})


def test_a_name_that_somebody_adds_goes_nowhere() -> None:
    """Breaks when a field by which a patient is known is passed on because a later reader might want it."""
    read = DayList.model_validate({**FIELDS, "expected": [{**ONE, "name": "Jane Doe"}]})
    assert b"Jane" not in read.encode()
    assert read.expected == (Expected.model_validate(ONE),)
