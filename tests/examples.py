"""Messages and settings that are right in every part, for tests to change one part of."""

import hashlib
import struct
import zlib
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from contract import (
    Calibration,
    Capture,
    Change,
    ComparedCapture,
    Comparison,
    Decision,
    Hair,
    HairAdded,
    HairKind,
    Interval,
    Measurement,
    Picture,
    Quality,
    Review,
    Site,
    Verdict,
    Visit,
    new_message_id,
)


def png(content: bytes) -> bytes:
    """Return a file with the blocks of a PNG picture: no picture, but nothing that a picture must not carry."""
    blocks = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", content), (b"IEND", b""))
    framed = [
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in blocks
    ]
    return b"".join((b"\x89PNG\r\n\x1a\n", *framed))


PICTURE_BYTES = png(b"not much of a picture")


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


def full_measurement(**changes: Any) -> Measurement:  # noqa: ANN401  any field of the model
    """Return a measurement with every figure and every part of a hair there."""
    course = ((10.0, 20.0), (22.5, 20.3), (35.0, 20.4), (47.5, 20.6), (60.0, 20.5))
    hair = (
        measurement()
        .hairs[0]
        .model_copy(update={"diameter_sd_um": 1.8, "core_lab": (22.4, 4.1, 9.0), "course_px": course})
    )
    fields: dict[str, Any] = {
        "terminal_from_um": 40.0,
        "hair_mode": "clipped",
        "terminal_density_per_cm2": Interval(value=130.2, low=110.0, high=152.0),
        "vellus_density_per_cm2": Interval(value=20.1, low=12.0, high=33.0),
        "intermediate_hairs": 12,
        "diameter_spread_um": Interval(value=17.2, low=15.0, high=19.6),
        "diameter_diversity": Interval(value=0.31, low=0.25, high=0.38),
        "terminal_share": Interval(value=0.87, low=0.81, high=0.91),
        "thin_hair_share": Interval(value=0.09, low=0.05, high=0.15),
        "unit_density_per_cm2": Interval(value=86.0, low=78.0, high=95.0),
        "hairs_per_unit": Interval(value=1.75, low=1.56, high=1.96),
        "unit_size_shares": tuple(
            Interval(value=share, low=share / 2, high=share + 0.1) for share in (0.45, 0.42, 0.07, 0.06)
        ),
        "cumulative_thickness_mm_per_cm2": Interval(value=9.3, low=8.1, high=10.5),
        "mean_length_mm": Interval(value=0.71, low=0.68, high=0.74),
        "shaft_lightness": Interval(value=23.4, low=21.0, high=25.8),
        "shaft_contrast": Interval(value=41.0, low=38.6, high=43.2),
        "rootless_shafts": 3,
        "missed_expected": 4.2,
        "missed_expected_sd": 2.1,
        "hairs": (hair,),
        "um_per_px_sd": 0.002,
        "uncounted": ({"line_px": ((30.0, 90.0), (55.0, 101.2)), "width_um": 31.0, "probability": 0.21},),
        "uncounted_cells": ((4, 11, 3),),
        "mark_px": (1014.2, 760.8),
    }
    return measurement(**fields | changes)


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


def comparison(**changes: Any) -> Comparison:  # noqa: ANN401  any field of the model
    """Return the comparison of the frontal site's second visit with its first."""
    moment = datetime(2026, 9, 2, 10, 0, tzinfo=UTC)
    fields: dict[str, Any] = {
        "message_id": new_message_id(),
        "clinic_id": "riverside",
        "device_id": "chair-1",
        "boot_id": UUID("d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3"),
        "sequence": 3,
        "created_at": moment,
        "clock_trusted": True,
        "patient_code": "P-0042",
        "site": Site.FRONTAL,
        "software_version": "0.1.0",
        "baseline": compared(capture()),
        "followup": compared(capture(visit_number=2, taken_at=moment)),
        "change": Change(same_place=0.99, matched=140, new=6, lost=3),
    }
    return Comparison.model_validate(fields | changes)


def comparison_numbered(sequence: int) -> Comparison:
    """Return a comparison as a store asks for it."""
    return comparison(sequence=sequence)


def compared(shown: Capture) -> ComparedCapture:
    """Return how a comparison names a capture."""
    return ComparedCapture(
        message_id=shown.message_id,
        device_id=shown.device_id,
        visit_number=shown.visit_number,
        taken_at=shown.taken_at,
    )


def visit(**changes: Any) -> Visit:  # noqa: ANN401  any field of the model
    """Return a first visit of which two sites are taken."""
    fields: dict[str, Any] = {
        "message_id": new_message_id(),
        "clinic_id": "riverside",
        "device_id": "chair-1",
        "boot_id": UUID("d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3"),
        "sequence": 4,
        "created_at": datetime(2026, 3, 4, 10, 0, tzinfo=UTC),
        "clock_trusted": True,
        "patient_code": "P-0042",
        "visit_number": 1,
        "visit_date": date(2026, 3, 4),
        "software_version": "0.1.0",
        "protocol": (Site.FRONTAL, Site.VERTEX, Site.OCCIPITAL),
        "taken": (Site.FRONTAL, Site.OCCIPITAL),
    }
    return Visit.model_validate(fields | changes)


def review(**changes: Any) -> Review:  # noqa: ANN401  any field of the model
    """Return the word that a capture of the first visit's frontal site is accepted."""
    fields: dict[str, Any] = {
        "message_id": new_message_id(),
        "clinic_id": "riverside",
        "device_id": "chair-1",
        "boot_id": UUID("d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3"),
        "sequence": 5,
        "created_at": datetime(2026, 3, 4, 10, 5, tzinfo=UTC),
        "clock_trusted": True,
        "patient_code": "P-0042",
        "visit_number": 1,
        "site": Site.FRONTAL,
        "software_version": "0.1.0",
        "capture_id": new_message_id(),
        "decision": Decision.ACCEPTED,
        "decided_by": "mk",
    }
    return Review.model_validate(fields | changes)


def review_of(shown: Capture, **changes: Any) -> Review:  # noqa: ANN401
    """Return a word on a capture; it is accepted."""
    about = {"device_id": shown.device_id, "patient_code": shown.patient_code, "site": shown.site}
    return review(**about | {"visit_number": shown.visit_number, "capture_id": shown.message_id} | changes)


def added_hair(by: str = "mk", **changes: Any) -> HairAdded:  # noqa: ANN401
    """Return the correction that adds a terminal hair."""
    fields = {"by": by, "at": datetime(2026, 3, 4, 10, 4, tzinfo=UTC), "kind": HairKind.TERMINAL}
    return HairAdded.model_validate(fields | {"course_px": ((110.0, 120.0), (160.0, 121.5))} | changes)


def corrected_measurement() -> Measurement:
    """Return what the example measurement is with the hair of :func:`added_hair`."""
    known = measurement()
    more = known.hairs[0].model_copy(update={"root_px": (110.0, 120.0), "tip_px": (160.0, 121.5), "unit": 1})
    return measurement(hairs=(*known.hairs, more), hair_density_per_cm2=Interval(value=2.4, low=0.3, high=8.7))
