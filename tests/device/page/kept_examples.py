"""Captures put into a chair's store without a camera: for screens that show what is kept."""

from typing import Any

from contract import Capture, Quality, Verdict, new_message_id
from device import clock
from device.chair.appointments import keep_record
from device.chair.chair import Chair
from device.sites import Said
from tests import examples


def kept(chair: Chair, site: str, verdict: Verdict = Verdict.PASS, **changes: Any) -> Capture:  # noqa: ANN401
    """Keep a capture of a site as the instrument keeps it, held where the gate refused it, and the visit's record."""
    values = {"site": site, "created_at": clock.now(), "taken_at": clock.now(), "quality": Quality(verdict=verdict)}
    example = examples.capture(message_id=new_message_id(), **values | changes)
    with chair.store() as store:
        capture = store.keep(
            example.picture,
            examples.PICTURE_BYTES,
            lambda sequence: example.model_copy(update={"sequence": sequence}),
            held=verdict is Verdict.REFUSE,
        )
        keep_record(store, chair.settings, capture.patient_code, capture.visit_number, Said())
    return capture
