"""The gate's benchmark: its faults are graded, its shares are counted right, and a short run goes through."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import graded_faults, instrument_gate
from benchmarks.graded_faults import FAULTS, FIRST_SCALP, faulted, twin
from benchmarks.instrument_gate import Outcome, lines, rows
from contract import Verdict

SMALL_PX = (480, 380)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make its pictures a seventh of their size."""
    monkeypatch.setattr(graded_faults, "SIZE_PX", SMALL_PX)


def test_every_fault_comes_round_over_its_whole_range() -> None:
    """Breaks when a fault is left out, or drawn at one grade only."""
    grades: dict[str, list[float]] = {}
    for seed in range(FIRST_SCALP, FIRST_SCALP + 40):
        scene = replace(twin(FIRST_SCALP), seed=seed)
        for number in range(4):
            case = faulted(scene, number)
            grades.setdefault(case.kind, []).append(case.grade)
    assert set(grades) == {"none", *FAULTS}
    for kind in FAULTS:
        assert min(grades[kind]) < 0.2
        assert max(grades[kind]) > 0.8


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_grade_nought_is_hardly_one_and_a_gross_one_is(kind: str) -> None:
    """Breaks when the grades mean nothing."""
    scene = twin(FIRST_SCALP + 1)
    sound, slight, gross = (
        one.photograph().picture.astype(int)
        for one in (scene, *(FAULTS[kind](scene, grade, np.random.default_rng(5)) for grade in (0.0, 1.0)))
    )
    assert np.abs(slight - sound).mean() < 0.4
    assert np.abs(gross - sound).mean() > np.abs(slight - sound).mean() + 0.5


def _outcome(kind: str, error: float, verdict: Verdict) -> Outcome:
    return Outcome(kind, 0.5, error, error, verdict, ())


def test_the_shares_are_counted_right() -> None:
    """Breaks when a picture that slipped through is not held against the gate."""
    told = lines(
        [
            _outcome("defocus", -0.2, Verdict.REFUSE),
            _outcome("defocus", math.inf, Verdict.REFUSE),
            _outcome("none", 0.15, Verdict.PASS),
            _outcome("none", 0.01, Verdict.PASS),
            _outcome("none", 0.02, Verdict.WARN),
            _outcome("none", 0.0, Verdict.REFUSE),
            _outcome("none", 0.05, Verdict.REFUSE),
            _outcome("glare", 0.01, Verdict.REFUSE),
            _outcome("tilt", -0.01, Verdict.WARN),
            _outcome("motion", 0.12, Verdict.WARN),
        ]
    )
    assert [line[2] for line in told[:3]] == ["66.7 % of 3", "66.7 % of 3", "33.3 % of 3"]
    assert all(line[3].startswith("**short by") for line in told[:3])
    assert [line[2] for line in told[3:7]] == ["50.0 % of 4", "20.0 % of 5", "50.0 % of 2", "50.0 % of 4"]
    assert {(line[1], line[3]) for line in told[3:]} == {("-", "for information")}
    assert told[8] == (
        "gate, defocus",
        "-",
        "2 of 2 off by > 10 %, 0 of them not refused; off by < 3 %: 0/0/0",
        "for information",
    )


def test_two_hairs_of_twenty_are_not_more_than_a_tenth() -> None:
    """Breaks when floating point (22 / 20 - 1 is above 0.1) makes a picture wrong that is not."""
    off = 22 / 20 - 1
    assert off > instrument_gate.WRONG
    told = lines([_outcome("tilt", off, Verdict.PASS), _outcome("tilt", 0.1001, Verdict.REFUSE)])
    assert told[0][2:] == ("100.0 % of 1", "met")


def test_a_short_run_goes_through() -> None:
    """Breaks when the benchmark cannot run any more; its figures are of too few pictures to be held to."""
    told = rows(12)
    assert len(told) > 6
    assert told[0][1] == ">= 99.0 %"
    assert instrument_gate.WRONG == 0.10
