"""Messages and settings that are right in every part, for tests to change one part of."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contract import (
    Calibration,
    Capture,
    Hair,
    HairKind,
    Interval,
    Measurement,
    Picture,
    Quality,
    Site,
    Verdict,
    new_message_id,
)

PICTURE_BYTES = b"\x89PNG\r\n\x1a\n not much of a picture IEND"


def measurement(**changes: Any) -> Measurement:  # noqa: ANN401  any field of the model
    """Return a measurement of one hair."""
    hair = Hair(
        root_px=(10.0, 20.0),
        tip_px=(60.0, 20.5),
        diameter_um=61.2,
        length_mm=0.27,
        kind=HairKind.TERMINAL,
        probability=0.97,
        unit=0,
    )
    fields: dict[str, Any] = {
        "um_per_px": 5.3,
        "picture_px": (2028, 1520),
        "frame_px": (20.0, 20.0, 2008.0, 1500.0),
        "area_cm2": 0.826,
        "hair_density_per_cm2": Interval(value=1.2, low=0.0, high=6.7),
        "mean_diameter_um": Interval(value=61.2, low=58.0, high=64.4),
        "hairs": (hair,),
        "flags": ("blur-estimated",),
    }
    return Measurement.model_validate(fields | changes)


def capture(**changes: Any) -> Capture:  # noqa: ANN401  any field of the model
    """Return a capture of the frontal site."""
    moment = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    fields: dict[str, Any] = {
        "message_id": new_message_id(),
        "clinic_id": "riverside",
        "device_id": "chair-1",
        "boot_id": UUID("d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3"),
        "sequence": 1,
        "created_at": moment,
        "clock_trusted": True,
        "patient_code": "P-0042",
        "visit_number": 1,
        "site": Site.FRONTAL,
        "taken_at": moment,
        "software_version": "0.1.0",
        "camera": "imx477",
        "simulated": False,
        "exposure_us": 8000,
        "analogue_gain": 1.0,
        "calibration": Calibration(um_per_px=5.3, source="settings"),
        "quality": Quality(verdict=Verdict.PASS),
        "picture": Picture(
            sha256=hashlib.sha256(PICTURE_BYTES).hexdigest(), media_type="image/png", size_bytes=len(PICTURE_BYTES)
        ),
        "measurement": measurement(),
    }
    return Capture.model_validate(fields | changes)
