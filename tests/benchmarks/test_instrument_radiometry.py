"""The benchmark of light, in its smallest form."""

from __future__ import annotations

import math

import pytest

from benchmarks import instrument_radiometry as bench
from device.calibration import flat_field

SMALL_PX = (600, 450)


def test_rows_are_those_of_the_page() -> None:
    """The page would lack a bound, or show a figure that was not measured."""
    rows = bench.rows(1, SMALL_PX)
    assert [row[0] for row in rows] == [bound.words for bound in bench.BOUNDS]
    assert all(row[2] != "-" and row[3] != "not measured" for row in rows)


def test_figures_answer_to_what_is_calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that compares a thing with itself is always good."""
    right = bench.figures(1, SMALL_PX, [bench.flat])
    assert all(math.isfinite(value) for value in right.values())
    monkeypatch.setattr(flat_field.Evener, "even", lambda *_: None)
    assert bench.figures(1, SMALL_PX, [bench.flat])["flat"] > 3 * right["flat"]


def test_runs_differ() -> None:
    """A hundred runs of one camera are one run."""
    cameras = [bench.camera(run, SMALL_PX) for run in range(4)]
    assert len({drawn.optics.blur_sigma_px for drawn in cameras}) == 4
    assert bench.camera(2, SMALL_PX) == cameras[2]
