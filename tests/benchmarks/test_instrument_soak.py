"""The camera's long day, in its short form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.instrument_soak import FAULTS, Soak, _worded, soak
from tests.libcamera.stack import (
    FAILED_OPENING_WARNINGS,
    PICAMERA2_WARNINGS,
    failed_openings_forgotten,
    stand_in_libcamera,
)

pytestmark = PICAMERA2_WARNINGS


@pytest.fixture(scope="module", autouse=True)
def on_the_stand_in() -> Iterator[None]:
    """The real picamera2 on the stand-in."""
    with stand_in_libcamera():
        yield


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What failed openings leave stays within the test."""
    with failed_openings_forgotten():
        yield


@FAILED_OPENING_WARNINGS
def test_a_short_day_with_faults_ends_in_pictures_and_named_errors() -> None:
    """The instrument would hang, leak or die with a fault of its camera, and a long day's figures say nothing of it."""
    day = soak(16, faulty_share=0.35, time_limit_s=0.4, seed=3)
    assert day.pictures + sum(day.errors.values()) == 16
    assert day.pictures >= 8
    assert sum(day.errors.values()) >= 1
    assert len(day.faults) >= 3
    assert set(day.faults) <= set(FAULTS)
    assert day.frames_seen > 0
    assert day.unnamed == []
    assert (day.late, day.held_requests, day.threads_left) == (0, 0, 0)
    assert 0 < day.longest_s <= day.limit_s
    assert len(day.memory_kb) == 16


def test_short_falls_are_worded() -> None:
    """A leak, a held request or a nameless end would pass as met."""
    day = Soak(4.0, pictures=98, errors=Counter(CameraTimeout=1), unnamed=["ValueError()"], late=2, held_requests=1)
    day.memory_kb = [100_000 + 100 * number for number in range(100)]
    verdicts = {what.partition(": ")[2]: verdict for what, _, _, verdict in _worded(day, "99 captures")}
    assert verdicts["threads left at the end"] == "met"
    short = {what for what, verdict in verdicts.items() if verdict.startswith("**short by")}
    assert len(short) == len(verdicts) - 1
