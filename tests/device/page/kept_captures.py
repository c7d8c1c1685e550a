"""Captures in a chair's store that were never taken: a few known hairs, a small picture, any verdict of the gate."""

import hashlib
import itertools
from typing import Any

import numpy as np

from contract import Capture, Hair, HairKind, Interval, Measurement, Picture, Quality, Verdict, new_message_id
from device import picture_file
from device.chair.appointments import begin
from device.chair.chair import Chair
from tests.examples import capture, full_measurement

SIZE_PX = (640, 480)
REFUSED = Quality(verdict=Verdict.REFUSE, reasons=("The picture is shaken. Hold the camera still.",))

_PATIENTS = itertools.count(1001)


def new_patient() -> str:
    """Return the code of a patient whom no other test knows: a chair that many tests share holds nothing of theirs."""
    return f"P-{next(_PATIENTS)}"


def hair(x: float, y: float, kind: HairKind = HairKind.TERMINAL, **changes: Any) -> Hair:  # noqa: ANN401
    """Return a hair that runs 50 px to the right from its root."""
    fields: dict[str, Any] = {
        "root_px": (x, y),
        "tip_px": (x + 50, y),
        "course_px": tuple((x + step, y) for step in (0.0, 12.5, 25.0, 37.5, 50.0)),
        "diameter_um": 61.2 if kind is HairKind.TERMINAL else 22.0,
        "diameter_sd_um": 2.0,
        "length_mm": 0.27,
        "kind": kind,
        "probability": 0.97,
        "unit": 0,
    }
    return Hair.model_validate(fields | changes)


def measured(*hairs: Hair, **changes: Any) -> Measurement:  # noqa: ANN401  any field of the model
    """Return the measurement of a small picture with these hairs, each a unit of its own."""
    area_cm2 = 0.0815
    density = len(hairs) / area_cm2
    fields: dict[str, Any] = {
        "picture_px": SIZE_PX,
        "frame_px": (5.0, 5.0, 635.0, 475.0),
        "area_cm2": area_cm2,
        "hairs": tuple(one.model_copy(update={"unit": unit}) for unit, one in enumerate(hairs)),
        "hair_density_per_cm2": Interval(value=density, low=density * 0.6, high=density * 1.5),
        "mark_px": None,
        "missed_expected": None,
        "missed_expected_sd": None,
    }
    return full_measurement(**fields | changes)


def keep_capture(chair: Chair, *hairs: Hair, **changes: Any) -> Capture:  # noqa: ANN401  any field of the model
    """Keep a capture of an open visit, as one that was taken is kept."""
    pixels = np.random.default_rng(5).integers(60, 200, (SIZE_PX[1], SIZE_PX[0], 3), dtype=np.uint8)
    content = picture_file.encode(pixels, "jpeg")
    picture = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/jpeg", size_bytes=len(content))
    # Made once: its id is the same however often the store asks for it.
    kept = capture(message_id=new_message_id(), picture=picture, measurement=measured(*hairs), **changes)
    with chair.store() as store:
        begin(store, kept.patient_code, kept.visit_number, "mk")
        return store.keep(
            picture,
            content,
            lambda sequence: kept.model_copy(update={"sequence": sequence}),
            held=kept.quality.verdict is Verdict.REFUSE,
        )
