"""What a device asks and the clinic answers."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract import (
    MAX_MESSAGE_BYTES,
    MAX_REDUCED_PICTURE_BYTES,
    BaselineAnswer,
    BaselineAsk,
    ReducedPicture,
    new_message_id,
    reduced_size_px,
)
from contract.ask import fitting
from tests import examples

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
ASK: dict[str, Any] = {
    "schema_version": 1,
    "message_id": "019cb001-0000-7000-8000-000000000001",
    "clinic_id": "riverside",
    "device_id": "chair-1",
    "boot_id": "d14a9bdc-2f2e-4beb-b8a9-b5f19f0514e3",
    "sequence": 1,
    "created_at": "2026-03-04T10:00:00Z",
    "clock_trusted": True,
    "patient_code": "P-0042",
    "site": "g120-l35",
    "before_visit": 2,
}
"""An ask as the first release that asked wrote it."""


def jpeg(size: int) -> bytes:
    """Return bytes that begin as a JPEG file."""
    return b"\xff\xd8\xff" + bytes(n % 256 for n in range(size - 3))


def answer(**changes: Any) -> BaselineAnswer:  # noqa: ANN401  any field of the model
    """Return an answer with a baseline and its picture."""
    fields: dict[str, Any] = {
        "message_id": new_message_id(),
        "answered_at": NOW,
        "baseline": examples.capture(),
        "picture": ReducedPicture(jpeg=jpeg(500), um_per_px=21.2),
    }
    return BaselineAnswer.model_validate(fields | changes)


def test_asks_and_answers_survive_the_wire() -> None:
    """Breaks when a field, or a byte of the picture, is lost or changed between sender and reader."""
    ask = BaselineAsk.model_validate_json(json.dumps(ASK))
    assert json.loads(ask.encode()) == ASK
    none = answer(baseline=None, picture=None, reason="None yet.")
    passing = answer(baseline=None, picture=None, reason="Not at the moment.", passing=True)
    for given_answer in (answer(), answer(picture=None), none, passing):
        assert BaselineAnswer.model_validate_json(given_answer.encode()) == given_answer


def test_a_field_of_a_later_release_is_passed_over() -> None:
    """Breaks when an old device can no longer read a new clinic's answer."""
    later = answer()
    fields = json.loads(later.encode())
    fields["something_new"] = fields["picture"]["something_new"] = 1
    assert BaselineAnswer.model_validate_json(json.dumps(fields)) == later


@pytest.mark.parametrize(
    "change",
    [
        {"before_visit": 1},
        {"site": "neck"},
        {"patient_code": "Jane Doe"},
        {"message_id": "8f14e45f-ceea-467f-a0e6-000000000000"},
    ],
)
def test_asks_out_of_bounds_are_refused(change: dict[str, Any]) -> None:
    """Breaks when a device asks for what precedes a first visit, or a name enters the system."""
    with pytest.raises(ValidationError):
        BaselineAsk.model_validate(ASK | change)


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "There is one, and there is none."},
        {"baseline": None},
        {"baseline": None, "reason": "None yet."},
        {"baseline": None, "picture": None},
        {"passing": True},
        {"baseline": None, "picture": None, "passing": True},
        {"picture": {"jpeg": "R0lGODlh", "um_per_px": 21.2}},
        {"picture": {"jpeg": jpeg(MAX_REDUCED_PICTURE_BYTES + 1), "um_per_px": 21.2}},
    ],
)
def test_answers_that_contradict_themselves_are_refused(change: dict[str, Any]) -> None:
    """Breaks when an answer without baseline gives no reason, or holds a picture of nothing, or one that is none."""
    with pytest.raises(ValidationError):
        answer(**change)


def test_an_answer_that_is_too_long_goes_without_its_picture() -> None:
    """Breaks when the baseline of a dense scalp cannot be sent because of its picture."""
    fits = answer(picture=ReducedPicture(jpeg=jpeg(MAX_REDUCED_PICTURE_BYTES), um_per_px=21.2))
    assert fitting(fits) == fits
    hair = examples.full_measurement().hairs[0]
    most_hairs = (MAX_MESSAGE_BYTES - 20_000) // (len(hair.model_dump_json()) + 1)
    # Past the contract's bound of hairs, which is what keeps captures within that of bytes.
    crowded = examples.full_measurement().model_copy(update={"hairs": (hair,) * most_hairs})
    long = examples.capture().model_copy(update={"measurement": crowded})
    assert len(long.encode()) < MAX_MESSAGE_BYTES < len(fits.model_copy(update={"baseline": long}).encode())
    too_long = fits.model_copy(update={"baseline": long})
    assert fitting(too_long) == too_long.model_copy(update={"picture": None})
    twice = crowded.model_copy(update={"hairs": (hair,) * 2 * most_hairs})
    hopeless = fits.model_copy(update={"baseline": long.model_copy(update={"measurement": twice})})
    assert fitting(hopeless).baseline is None
    assert "too long" in (fitting(hopeless).reason or "")


@given(st.integers(200, 9000), st.integers(200, 9000), st.floats(0.5, 100))
def test_reduced_pictures_have_one_scale(width: int, height: int, um_per_px: float) -> None:
    """Breaks when a reduced picture is stretched, or its scale is not what its size says."""
    (small_width, small_height), reduced = reduced_size_px((width, height), um_per_px)
    assert small_width * reduced == pytest.approx(width * um_per_px)
    assert abs(small_height - height * um_per_px / reduced) <= 1.0 + height / width
    if um_per_px >= 22:
        assert (small_width, small_height) == (width, height)
    elif small_width >= 20:
        assert 20 < reduced < 25
