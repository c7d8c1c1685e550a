"""Status, health and asks that are right in every part, for tests to change one part of."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contract import BaselineAsk, Health, Presence, Status, new_message_id

CLINIC = "riverside"
DEVICE = "chair-1"
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
BOOT = UUID("d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3")


def _envelope() -> dict[str, Any]:
    return {
        "message_id": new_message_id(),
        "clinic_id": CLINIC,
        "device_id": DEVICE,
        "boot_id": BOOT,
        "sequence": 1,
        "created_at": NOW,
        "clock_trusted": True,
    }


def status(**changes: Any) -> Status:  # noqa: ANN401  any field of the model
    """Return an ``online`` of the first connection."""
    fields = _envelope() | {"presence": Presence.ONLINE, "software_version": "0.1.0", "simulated": False}
    return Status.model_validate(fields | changes)


def health(**changes: Any) -> Health:  # noqa: ANN401  any field of the model
    """Return the health of a device with nothing to send."""
    fields = _envelope() | {
        "waiting_captures": 0,
        "waiting_pictures": 0,
        "refused_captures": 0,
        "free_disk_bytes": 12_400_000_000,
    }
    return Health.model_validate(fields | changes)


def ask(**changes: Any) -> BaselineAsk:  # noqa: ANN401  any field of the model
    """Return the ask for the baseline of a site at its third visit."""
    fields = _envelope() | {"patient_code": "P-0042", "site": "frontal", "before_visit": 3}
    return BaselineAsk.model_validate(fields | changes)
