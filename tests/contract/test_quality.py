"""What the gate says, on the wire: every check with its limits, and a person's word over it."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from contract import Capture, Check, Forced, Quality, Verdict
from tests import examples

BLURRED = Check(
    name="sharpness", value=41.2, unit="um", warn_at=20.0, refuse_at=30.0, verdict=Verdict.REFUSE, sentence="Blurred."
)
FORCED = Forced(by="tech-3", note="The patient cannot hold still.", at=datetime(2026, 3, 4, 9, 31, tzinfo=UTC))


def test_checks_and_a_forced_picture_survive_the_wire() -> None:
    """Breaks when a reader cannot see why a picture was refused, or who let it through."""
    quality = Quality(verdict=Verdict.REFUSE, reasons=("Blurred.",), checks=(BLURRED,), forced=FORCED)
    capture = examples.capture(quality=quality)
    assert Capture.model_validate_json(capture.encode()).quality == quality


def test_a_message_of_the_first_release_is_read() -> None:
    """Breaks when captures that wait in an outbox, or lie in a clinic's store, can no longer be read."""
    old = json.loads(examples.capture().encode())
    old["quality"] = {"verdict": "warn", "reasons": ["Some glare."]}
    read = Capture.model_validate(old).quality
    assert (read.verdict, read.checks, read.forced) == (Verdict.WARN, (), None)


def test_a_check_of_a_later_release_is_read_and_passed_over() -> None:
    """Breaks when a new check, or a new field of one, stops a reader that does not know it."""
    later = BLURRED.model_dump(mode="json") | {"name": "moisture", "since": "0.9"}
    assert Check.model_validate(later).name == "moisture"


def test_a_check_may_be_without_a_value_and_limits() -> None:
    """Breaks when what was not measured must be made up."""
    check = Check(name="tilt", unit="deg", verdict=Verdict.PASS)
    assert (check.value, check.warn_at, check.refuse_at, check.sentence) == (None, None, None, "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Sharpness of it"},
        {"value": float("nan")},
        {"sentence": "x" * 301},
        {"verdict": "maybe"},
        {"unit": "u" * 17},
    ],
)
def test_a_check_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    """Breaks when a page must show what nobody can read."""
    with pytest.raises(ValidationError):
        Check.model_validate(BLURRED.model_dump() | wrong)


@pytest.mark.parametrize(
    "wrong", [{"note": ""}, {"note": "x" * 301}, {"by": "Dr. Jane Doe"}, {"at": "2026-03-04T09:31"}]
)
def test_forcing_needs_a_code_a_reason_and_a_time(wrong: dict[str, object]) -> None:
    """Breaks when a refused picture counts and nobody answers for it."""
    with pytest.raises(ValidationError):
        Forced.model_validate(FORCED.model_dump() | wrong)


def test_no_more_checks_travel_than_a_reader_must_take() -> None:
    """Breaks when a faulty device can fill a clinic's store with checks."""
    with pytest.raises(ValidationError):
        Quality(verdict=Verdict.REFUSE, checks=(BLURRED,) * 33)
