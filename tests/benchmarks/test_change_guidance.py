"""The benchmark of guidance, small, and the peer that it is held against."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks import change_guidance
from benchmarks.change_guidance import Look
from benchmarks.peer_orb import OrbPeer
from phantom import Optics, ScalpSettings, grow, photograph


def test_every_line_is_measured_in_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a band is left out, or a figure is not of this run: the whole one takes minutes."""
    monkeypatch.setattr(change_guidance, "_SHARES", ((0.0, change_guidance.NEAR_SHARE), (0.3, 0.45)))
    monkeypatch.setattr("benchmarks.real_scalps.present", lambda: False)
    lines = change_guidance.rows(1, (5.6, 4.2))
    assert len(lines) == 2 * 3 + 4 + 3 + 4
    assert all("nan" not in " ".join(line) for line in lines)
    assert any("5 % of the field away: error of the way" in what and "mm" in reached for what, _, reached, _ in lines)
    assert any(reached.endswith("of 4") for what, _, reached, _ in lines if "another place" in what)


def test_an_arrow_that_leads_elsewhere_is_counted_as_wrong() -> None:
    """Breaks when false guidance is flattered: not found is no arrow, and on another place every arrow is wrong."""
    nan, inf = float("nan"), float("inf")
    assert not Look(0.1, False, nan, nan).wrong
    assert not Look(0.1, True, 0.05, 0.3).wrong
    assert Look(0.1, True, 0.9, 0.3).wrong
    assert Look(0.1, True, 0.05, 9.0).wrong
    assert Look(nan, True, inf, inf).wrong


def test_the_peer_finds_a_picture_in_itself() -> None:
    """Breaks when the peer is broken, which would make ours look good."""
    um_per_px = 10.0
    picture = photograph(grow(ScalpSettings(size_mm=(6.6, 5.0)), seed=3), Optics(10.0, (620, 480)), seed=3).picture
    rows, columns = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), -6.0, 1.0)
    turn[:, 2] += np.array([40.0, -25.0])
    moved = cv2.warpAffine(picture, turn, (columns, rows), borderMode=cv2.BORDER_REFLECT)
    found = OrbPeer(picture, um_per_px).look(np.asarray(moved, np.uint8), um_per_px)
    assert found is not None
    assert found == pytest.approx((0.4, -0.25, 6.0), abs=0.3)
