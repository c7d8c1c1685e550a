"""Targets: the planes say where a drawn hair runs, how, how wide, and where it begins and ends."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.learned.evidence import COVER, DIRECTIONS, ROOT, TIP, WIDEST_UM, WIDTH
from analysis.view import LINE_UM_PER_PX
from tests.training.drawn import Point, planes_of, straight
from training import targets

SIDE_PX = 120
MIDDLE = 30
"""At the line scale."""


def network_px(x: float, y: float) -> Point:
    """Where a point of the line scale lies in the network's input: pixel i is made of pixels 2 i and 2 i + 1."""
    return (2 * x + 0.5, 2 * y + 0.5)


def through_the_middle(angle_rad: float, half_px: float = 15.0) -> tuple[Point, Point]:
    """Ends of a line about the middle."""
    step = half_px * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    return network_px(*(MIDDLE - step)), network_px(*(MIDDLE + step))


@pytest.mark.parametrize("k", range(DIRECTIONS))
def test_a_hair_is_told_in_the_plane_of_its_direction(k: int) -> None:
    """A direction that is told wrong would send the paths across the shaft."""
    told = planes_of(straight(*through_the_middle(np.pi * k / DIRECTIONS)), side_px=SIDE_PX)[:, MIDDLE, MIDDLE]
    assert int(told[:DIRECTIONS].argmax()) == k
    assert told[k] > 245
    assert told[(k + 1) % DIRECTIONS] == pytest.approx(told[(k - 1) % DIRECTIONS], abs=1)
    assert told[(k + DIRECTIONS // 2) % DIRECTIONS] == 0


def test_root_and_tip_are_told_at_their_ends() -> None:
    """A root told at the tip would count the hair in the wrong place, and turn it round."""
    told = planes_of(straight(network_px(12, 20), network_px(41, 33)), side_px=SIDE_PX)
    for plane, (x, y) in ((ROOT, (12, 20)), (TIP, (41, 33))):
        assert divmod(int(told[plane].argmax()), SIDE_PX // 2) == (y, x)
        assert told[plane, y, x] == 255
        assert np.count_nonzero(told[plane]) <= 81


def test_a_hair_and_the_same_from_tip_to_root_differ_in_their_ends_only() -> None:
    """Directions are those of a line: half a turn changes nothing."""
    ends = through_the_middle(0.4)
    there, back = (planes_of(straight(*line), side_px=SIDE_PX) for line in (ends, ends[::-1]))
    differs = there[:DIRECTIONS].astype(int) - back[:DIRECTIONS]
    assert np.abs(differs).max() <= 1
    assert np.array_equal(there[ROOT], back[TIP])
    assert not np.array_equal(there[ROOT], back[ROOT])


def test_a_pixel_of_the_planes_is_the_middle_of_its_four() -> None:
    """Off by half a pixel, every root and diameter would be shifted by 5 um."""
    on = planes_of(straight(network_px(20, 30), network_px(40, 30)), side_px=SIDE_PX)[ROOT]
    assert on[30, 20] == 255
    assert on[30, 19] == on[30, 21] == on[29, 20] == on[31, 20] < 255
    between = planes_of(straight((2 * 20 + 1.5, 2 * 30 + 0.5), network_px(40, 30)), side_px=SIDE_PX)[ROOT]
    assert between[30, 20] == between[30, 21] == between.max() < 255


@pytest.mark.parametrize(("diameter_um", "magnified", "share"), [(40, 1.0, 0.25), (40, 1.06, 0.265), (170, 1.0, 1.0)])
def test_the_width_is_told_along_the_middle_as_it_is_seen(diameter_um: float, magnified: float, share: float) -> None:
    """A shaft seen from nearer looks wider; one told at its true width would teach a wrong scale."""
    hair = straight(network_px(10, 30), network_px(50, 30), diameter_um)
    width = planes_of(hair, side_px=SIDE_PX, magnified=magnified)[WIDTH]
    assert set(np.unique(width)) == {0, round(share * 255)}
    assert (width[29:32, 12:48] > 0).all()
    assert not width[:27].any()
    assert not width[34:].any()
    assert WIDEST_UM * share == pytest.approx(min(diameter_um * magnified, WIDEST_UM))


def test_a_vellus_hair_beside_a_terminal_one_stands_apart() -> None:
    """Merged into one band, 40 um apart, they would be learned as one hair."""
    apart = 40 / LINE_UM_PER_PX
    ends = [(network_px(10, y), network_px(50, y)) for y in (28, 28 + apart)]
    told = planes_of(*(straight(*line) for line in ends), side_px=SIDE_PX)[0]
    assert told[30, MIDDLE] < 0.4 * min(told[28, MIDDLE], told[32, MIDDLE])


def test_where_two_hairs_cross_both_directions_are_told() -> None:
    """In one plane they would be a blob; that they lie apart is why there are sixteen."""
    crossing = [straight(*through_the_middle(np.pi * k / DIRECTIONS)) for k in (2, 7)]
    told = planes_of(*crossing, side_px=SIDE_PX)[:DIRECTIONS, MIDDLE, MIDDLE]
    assert told[2] > 245
    assert told[7] > 245
    assert told[12] == 0


def test_a_hair_that_leaves_the_picture_is_told_as_far_as_it_is_seen() -> None:
    """A tip outside must not be told at the border."""
    told = planes_of(straight(network_px(40, 30), network_px(80, 30)), side_px=SIDE_PX)
    assert told[0, 30, -1] > 245
    assert told[ROOT].max() == 255
    assert told[TIP].max() == 0


def test_cover_is_the_share_of_a_pixel_that_is_hidden() -> None:
    """A bubble's rim told as whole would hide roots that can be seen."""
    covered = np.zeros((SIDE_PX, SIDE_PX), np.bool_)
    covered[10:12, 20:22] = True
    covered[40, 60] = True
    told = targets.planes((), covered, 1.0)
    assert told[COVER, 5, 10] == 255
    assert told[COVER, 20, 30] == 64
    assert told.sum(dtype=int) == 255 + 64
