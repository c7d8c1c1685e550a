"""A series: its baseline, and what of the instrument changed between two captures."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contract import (
    Calibration,
    Capture,
    Forced,
    InstrumentChange,
    Quality,
    Verdict,
    baseline_of,
    instrument_changes,
    new_message_id,
)
from tests import examples

RECORD = new_message_id()
MEASURED = Calibration(um_per_px=5.3, standard_uncertainty_um_per_px=0.002, source="target", record_id=RECORD)
FULL: dict[str, Any] = {
    "device_id": "chair-1",
    "camera": "imx708",
    "camera_identity": "i2c@88000/imx708@1a",
    "lens": "contact lens 7",
    "light": "cross",
    "calibration": MEASURED,
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"device_id": "chair-2"}, InstrumentChange.DEVICE),
        ({"camera_identity": "i2c@80000/imx708@1a"}, InstrumentChange.CAMERA),
        ({"camera": "imx477"}, InstrumentChange.CAMERA),
        ({"lens": "contact lens 8"}, InstrumentChange.LENS),
        ({"light": "parallel"}, InstrumentChange.LIGHT),
        ({"calibration": MEASURED.model_copy(update={"record_id": new_message_id()})}, InstrumentChange.CALIBRATION),
        ({"calibration": Calibration(um_per_px=5.3, source="settings")}, InstrumentChange.CALIBRATION),
    ],
)
def test_each_change_is_named(change: dict[str, Any], named: InstrumentChange) -> None:
    """Breaks when a swapped device, lens or scale passes for a change of the patient's hair."""
    earlier, later = examples.capture(**FULL), examples.capture(**FULL | change)
    assert instrument_changes(earlier, later) == (named,)
    assert instrument_changes(later, earlier) == (named,)


def test_the_same_instrument_shows_no_change() -> None:
    """Breaks when every follow-up is flagged: then nobody reads the flag."""
    assert instrument_changes(examples.capture(**FULL), examples.capture(**FULL, visit_number=2)) == ()


def test_what_an_older_message_does_not_say_is_no_change() -> None:
    """Breaks when an update of the instrument's software flags all series that began before it."""
    silent = FULL | {"camera_identity": None, "lens": None, "light": None}
    assert instrument_changes(examples.capture(**silent), examples.capture(**FULL)) == ()


def test_another_typed_scale_is_a_change() -> None:
    """Breaks when somebody corrects the typed scale within a series and nobody is told."""
    typed = [Calibration(um_per_px=scale, source="settings") for scale in (5.3, 5.4)]
    earlier, later = (examples.capture(**FULL | {"calibration": one}) for one in typed)
    assert instrument_changes(earlier, later) == (InstrumentChange.CALIBRATION,)


PASS = Quality(verdict=Verdict.PASS)
REFUSE = Quality(verdict=Verdict.REFUSE)
FORCED = Quality(
    verdict=Verdict.REFUSE, forced=Forced(by="mk", note="No other chance.", at=datetime(2026, 3, 4, tzinfo=UTC))
)


def taken(*visits_and_quality: tuple[int, Quality]) -> list[Capture]:
    """Return captures of one site in the order they were taken."""
    return [examples.capture(visit_number=visit, quality=quality) for visit, quality in visits_and_quality]


@pytest.mark.parametrize(
    ("series", "before_visit", "place"),
    [
        ([(1, PASS)], 2, 0),
        ([(1, PASS), (2, PASS)], 3, 0),
        ([(2, PASS), (1, PASS)], 3, 1),
        ([(1, PASS), (1, PASS), (2, PASS)], 3, 1),
        ([(1, PASS), (1, REFUSE)], 2, 0),
        ([(1, REFUSE), (2, PASS), (3, PASS)], 4, 1),
        ([(1, FORCED), (2, PASS)], 3, 0),
        ([(1, PASS)], 1, None),
        ([(2, PASS)], 2, None),
        ([(1, REFUSE)], 2, None),
        ([], 2, None),
    ],
)
def test_the_baseline_is_the_last_take_that_counts_of_the_earliest_visit(
    series: list[tuple[int, Quality]], before_visit: int, place: int | None
) -> None:
    """Breaks when device and clinic compare with different captures, or with one that the gate refused."""
    captures = taken(*series)
    assert baseline_of(captures, before_visit) == (None if place is None else captures[place])
