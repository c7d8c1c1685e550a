"""Constellation: roots and headings of a measurement, in millimetres."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np

from analysis import Measurement
from analysis.registration.constellation import Constellation


def measured(*centrelines_px: list[tuple[float, float]]) -> Measurement:
    """As much of a measurement as a constellation takes."""
    hairs = [
        SimpleNamespace(root_px=line[0], tip_px=line[-1], centreline_px=np.array(line, float))
        for line in centrelines_px
    ]
    frame = (0.0, 0.0, 1000.0, 800.0)
    return cast(Measurement, SimpleNamespace(um_per_px=5.0, frame_px=frame, hairs=tuple(hairs)))


def test_a_heading_is_that_of_the_root_not_of_the_tip() -> None:
    """A hair that is longer and bent at the second visit would count as another."""
    bent = [(100.0, 100.0), (140.0, 100.0), (180.0, 100.0), (180.0, 300.0)]
    cut = bent[:3]
    seen = Constellation.of(measured(bent, cut))
    assert np.allclose(seen.headings_rad, 0.0)
    assert np.allclose(seen.roots_mm, [(0.5, 0.5), (0.5, 0.5)])


def test_a_hair_of_which_hardly_anything_is_seen_has_no_heading() -> None:
    """The direction of a few pixels is noise, and would be held against its partner."""
    assert np.isnan(Constellation.of(measured([(10.0, 10.0), (14.0, 10.0)])).headings_rad).all()


def test_a_picture_without_hair_has_an_empty_constellation() -> None:
    """An empty scalp would end in an error instead of an answer."""
    empty = Constellation.of(measured())
    assert empty.roots_mm.shape == (0, 2)
    assert empty.frame_mm == (0.0, 0.0, 5.0, 4.0)


def test_the_guard_is_inside_the_frame() -> None:
    """Roots at the edge, seen in one picture only by a hair's breadth, would count as missing."""
    frame = Constellation.of(measured())
    assert frame.frame_holds(np.array([(0.05, 2.0), (5.05, 2.0)])).tolist() == [True, False]
    assert frame.frame_holds(np.array([(0.05, 2.0), (0.15, 2.0)]), 0.1).tolist() == [False, True]
