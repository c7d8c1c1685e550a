"""The benchmark of the noise floor runs, and what it shows can fall short."""

from __future__ import annotations

import pytest

from analysis.noise.floor import NoiseFloor
from benchmarks import change_noise
from benchmarks.change_noise import rows


def _share(reached: str) -> float:
    return float(reached.removesuffix(" %")) / 100


def test_every_line_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that breaks is found out when its page is due."""
    monkeypatch.setattr(change_noise, "SIZE_PX", (420, 340))
    lines = rows(60, phantom_pairs=2)
    assert len(lines) == 14
    assert all(what and asked and reached for what, asked, reached, _ in lines)
    covering = [_share(reached) for what, _, reached, _ in lines if what.endswith("covers")]
    assert len(covering) == 6
    assert min(covering) > 0.86  # sixty studies: three standard errors below 95 %
    # of the others, those of which sixty clinics say enough
    called = {what: verdict for what, _, _, verdict in lines if what.endswith("called one")}
    assert len(called) == 4
    assert set(called.values()) == {"met"}


def test_a_floor_that_is_too_narrow_falls_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that is met by any floor shows nothing."""
    monkeypatch.setattr(NoiseFloor, "called_from", property(lambda _: 0.0))
    lines = {what: verdict for what, _, _, verdict in rows(60, phantom_pairs=0)}
    assert "short" in lines["no change, its own interval half as wide as is right: called one"]
    assert "short" in lines["clinics whose floor calls more than 5 % of no changes one"]
