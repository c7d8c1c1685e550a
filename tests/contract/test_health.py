"""Health messages: what later releases added may be missing, and stays within bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from contract import Health

FIRST: dict[str, Any] = {
    "schema_version": 1,
    "message_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "clinic_id": "riverside",
    "device_id": "chair-1",
    "boot_id": "d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3",
    "sequence": 61_000,
    "created_at": "2026-03-04T10:00:00Z",
    "clock_trusted": True,
    "waiting_captures": 2,
    "waiting_pictures": 1,
    "refused_captures": 0,
    "free_disk_bytes": 12_400_000_000,
}
"""A message as the first release wrote it."""

LATER: dict[str, Any] = {
    "waiting_others": 3,
    "refused_others": 1,
    "oldest_waiting_at": datetime(2026, 3, 4, 8, 30, tzinfo=UTC),
    "room_captures": 4100,
    "certificate_expires_at": datetime(2027, 3, 4, 8, 30, tzinfo=UTC),
    "lights": ("cross", "parallel"),
    "triggers": ("button", "foot-switch"),
    "calibration_made_at": datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
    "calibration_due": "The last check on the target is two days old. Take one.",
    "camera_trouble": "The camera did not answer within 5 s. Look at its cable.",
}


def test_a_message_of_the_first_release_is_read() -> None:
    """Breaks when a device of an earlier release is quarantined, or taken for one without lights and triggers."""
    health = Health.model_validate_json(json.dumps(FIRST))
    assert set(Health.model_fields) == set(FIRST) | set(LATER)
    assert {getattr(health, name) for name in LATER} == {None}
    assert (health.waiting_captures, health.free_disk_bytes) == (2, 12_400_000_000)


@pytest.mark.parametrize("change", [{}, {"lights": (), "triggers": ()}])
def test_what_an_instrument_says_of_itself_survives_the_wire(change: dict[str, Any]) -> None:
    """Breaks when a field is lost on the way, or an instrument without lights becomes one that says nothing."""
    said = LATER | change
    health = Health.model_validate_json(Health.model_validate(FIRST | said).encode())
    assert {name: getattr(health, name) for name in LATER} == said


@pytest.mark.parametrize(
    "change",
    [
        {"lights": ["cross"] * 9},
        {"lights": [""]},
        {"triggers": ["x" * 33]},
        {"calibration_made_at": "2026-03-01T08:30:00"},
        {"calibration_due": "x" * 301},
        {"camera_trouble": "x" * 301},
    ],
)
def test_what_is_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    """Breaks when a device can fill the clinic's page, or give a time without its zone."""
    with pytest.raises(ValidationError):
        Health.model_validate(FIRST | change)
