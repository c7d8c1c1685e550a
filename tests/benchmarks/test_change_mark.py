"""The mark's benchmark: its scenes hold what they say, its shares are counted right, and a short run goes through."""

from __future__ import annotations

import math

import pytest

from benchmarks import change_mark, mark_scenes, real_scalps
from benchmarks.change_mark import FIRST_SEED, Outcome, lines, rows
from benchmarks.mark_scenes import Kind, hidden_share, scene

SMALL_PX = (300, 240)


def test_half_hidden_marks_are_half_hidden() -> None:
    """Breaks when the class that is named after hair has none over its mark, or hides it whole."""
    for seed in range(FIRST_SEED, FIRST_SEED + 4):
        drawn = scene(seed, "hidden", size_px=SMALL_PX)
        assert 0.35 < hidden_share(drawn.scalp) < 0.6
        assert drawn.mark_px is not None


def test_faded_marks_have_less_contrast_and_scenes_without_have_none() -> None:
    """Breaks when the faintness told in the table is not that of the ink."""
    fresh, faded, none = (scene(FIRST_SEED + 2, kind, size_px=SMALL_PX) for kind in ("fresh", "faded", "none"))
    assert fresh.red_contrast > faded.red_contrast > 0.05
    assert (none.red_contrast, none.mark_px, none.scalp.settings.mark_mm) == (0.0, None, None)
    assert scene(FIRST_SEED, "marker", size_px=SMALL_PX).scalp.settings.ink_strokes_per_cm2 > 0


def _outcome(kind: Kind, off_um: float, *, contrast: float = 0.5, found: bool | None = None) -> Outcome:
    return Outcome(kind, "III", contrast, off_um, 10.0, math.isfinite(off_um) if found is None else found, math.inf)


def test_the_shares_are_counted_right() -> None:
    """Breaks when a missed or false mark is not held against the finder."""
    told = {
        line[0]: line
        for line in lines(
            [
                _outcome("fresh", 10.0),
                _outcome("fresh", 900.0),
                _outcome("faded", math.inf, contrast=0.1),
                _outcome("hidden", 60.0),
                _outcome("none", math.inf, found=True),
                _outcome("none", math.inf, found=False),
            ]
        )
    }
    assert told["mark, fresh: found where visible"][2:] == ("50.0 % of 2", "**short by 45.00 %**")
    assert told["mark, fresh: centre off, 95th percentile"][2:] == ("10 um of 1", "met")
    assert told["mark, hidden: centre off, 95th percentile"][3].startswith("**short by 10")
    assert told["mark: red contrast 0 to 0.15, found"][2] == "0.0 % of 1"
    assert told["mark: false marks, no marker's ink"][2:] == ("50.0 % of 2", "**short by 49.00 %**")
    assert told["mark: something else taken for the mark"][2] == "25.0 % of 4"
    assert told["mark: true middle within 2.45 of the standard uncertainties given"][2] == "50.0 % of 2"


def test_a_short_run_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the benchmark cannot run any more; its figures are of too few scenes to be held to."""
    monkeypatch.setattr(change_mark, "scene", lambda seed, kind: scene(seed, kind, size_px=SMALL_PX))
    monkeypatch.setattr(real_scalps, "present", lambda: False)
    told = rows(1)
    assert len(told) > 20
    assert all(len(line) == 4 for line in told)
    assert mark_scenes.SIZE_PX == (754, 566)
