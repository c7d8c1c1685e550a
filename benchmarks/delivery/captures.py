"""Captures to be delivered: a message of a wanted size, and a picture that no other capture has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import numpy as np

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

FIGURES_BYTES = 10_000
"""A capture of the few dozen hairs of a small field."""

# The blocks of a JPEG around its scan (ITU-T T.81, annex B): JFIF, and a scan of one component.
_BEFORE_SCAN = bytes.fromhex("ffd8 ffe0 0010 4a46494600 0101 00 0001 0001 0000 ffda 0008 01 01 00 00 3f 00")
_END = b"\xff\xd9"
_BOOT = UUID("d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3")
_MOMENT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def picture(seed: int, size_bytes: int) -> tuple[Picture, bytes]:
    """Return a picture's name and its bytes: a JPEG's blocks around noise, which nothing can compress nor decode."""
    scan = np.frombuffer(np.random.default_rng(seed).bytes(size_bytes - len(_BEFORE_SCAN) - len(_END)), np.uint8).copy()
    scan[-1] = 0
    scan[1:][scan[:-1] == 0xFF] = 0  # as a scan's data has it: 0xff is no mark where 0 follows
    content = _BEFORE_SCAN + scan.tobytes() + _END
    name = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/jpeg", size_bytes=len(content))
    return name, content


def composer(
    shown: Picture, patient: int, visit_number: int, *, clinic_id: str, device_id: str, size_bytes: int = FIGURES_BYTES
) -> Callable[[int], Capture]:
    """Return what a store asks for its next capture: a message of about ``size_bytes``, by its sequence number."""
    measurement = _measurement(max(1, round((size_bytes - _BYTES_BESIDE_HAIRS) / _BYTES_PER_HAIR)))

    def compose(sequence: int) -> Capture:
        return Capture(
            message_id=new_message_id(),
            clinic_id=clinic_id,
            device_id=device_id,
            boot_id=_BOOT,
            sequence=sequence,
            created_at=_MOMENT,
            clock_trusted=True,
            patient_code=f"P-{patient:04d}",
            visit_number=visit_number,
            site=Site.FRONTAL,
            taken_at=_MOMENT,
            software_version="0.1.0",
            camera="imx477",
            simulated=False,
            exposure_us=8000,
            analogue_gain=1.0,
            calibration=Calibration(um_per_px=5.3, source="settings"),
            quality=Quality(verdict=Verdict.PASS),
            picture=shown,
            measurement=measurement,
        )

    return compose


@cache
def _measurement(hairs: int) -> Measurement:
    chance = np.random.default_rng(hairs)
    return Measurement(
        um_per_px=5.3,
        picture_px=(2028, 1520),
        frame_px=(20.0, 20.0, 2008.0, 1500.0),
        area_cm2=0.826,
        hair_density_per_cm2=Interval(value=131.2, low=110.0, high=152.0),
        mean_diameter_um=Interval(value=61.2, low=58.0, high=64.4),
        hairs=tuple(_hair(chance) for _ in range(hairs)),
        flags=(),
    )


def _hair(chance: np.random.Generator) -> Hair:
    root = chance.uniform((30, 30), (1900, 1400)).round(1)
    tip = (root + np.array((60.0, 20.0))).round(1)
    return Hair(
        root_px=(float(root[0]), float(root[1])),
        tip_px=(float(tip[0]), float(tip[1])),
        diameter_um=round(float(chance.uniform(20, 90)), 1),
        length_mm=0.34,
        kind=HairKind.TERMINAL,
        probability=0.97,
        unit=0,
        diameter_sd_um=1.8,
        core_lab=(22.4, 4.1, 9.0),
    )


_BYTES_BESIDE_HAIRS, _BYTES_PER_HAIR = 2_400, 200
