"""Exclusions: what cannot be seen counts neither for hairs nor for area."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exclusions import GUARD_UM, SMALLEST_COVER_UM, Frame, counting_frame, without_outside
from analysis.picture import Plane
from analysis.view import LINE_UM_PER_PX

GUARD_PX = round(GUARD_UM / LINE_UM_PER_PX)
ROWS, COLUMNS = 300, 400
MIDDLE = (200, 150)
ROUND_PX = 140
BLACK = (0.01, 0.01, 0.01)
WHITE = (1.0, 1.0, 1.0)


def skin() -> Plane:
    """Plain skin of 4.2 x 3.2 mm at the line scale."""
    return np.full((ROWS, COLUMNS, 3), (0.55, 0.62, 0.75), np.float32)


def in_a_round() -> Plane:
    """Skin through a round optic."""
    picture = skin()
    inside = cv2.circle(np.zeros((ROWS, COLUMNS), np.uint8), MIDDLE, ROUND_PX, 1, cv2.FILLED)
    picture[inside == 0] = BLACK
    return picture


@cache
def plain_frame() -> Frame:
    """Frame of plain skin."""
    return counting_frame(skin())


def disc_of(radius_px: int, at: tuple[int, int] = MIDDLE) -> Plane:
    """Cover of a bubble."""
    return np.asarray(cv2.circle(np.zeros((ROWS, COLUMNS), np.float32), at, radius_px, 0.9, cv2.FILLED), np.float32)


def test_the_frame_is_the_picture_less_its_guard_band() -> None:
    """A guard band that is not taken off the area would bias every density."""
    frame = plain_frame()
    assert frame.counts.sum() == (COLUMNS - 2 * GUARD_PX) * (ROWS - 2 * GUARD_PX)
    assert frame.box_px == (GUARD_PX, GUARD_PX, COLUMNS - 1 - GUARD_PX, ROWS - 1 - GUARD_PX)
    assert (frame.glare_share, frame.outside_share, frame.cover_share) == (0, 0, 0)
    assert pytest.approx(GUARD_UM, abs=LINE_UM_PER_PX / 2) == GUARD_PX * LINE_UM_PER_PX


@given(st.floats(-50, COLUMNS + 50), st.floats(-50, ROWS + 50))
def test_a_root_counts_where_its_pixel_does(x: float, y: float) -> None:
    """Hairs and area that part at the frame's edge bias the density; a root beyond the picture is in no frame."""
    inside = GUARD_PX <= round(x) < COLUMNS - GUARD_PX and GUARD_PX <= round(y) < ROWS - GUARD_PX
    assert plain_frame().holds(np.array([[x, y]])).tolist() == [inside]


def test_no_root_is_in_the_frame_of_no_hair() -> None:
    """A bald scalp is a measurement too."""
    assert plain_frame().holds(np.zeros((0, 2))).shape == (0,)


def test_glare_is_left_out_but_a_glint_on_a_shaft_is_not() -> None:
    """Counting glare as skin lowers the density; cutting out glints would lose the roots beneath them."""
    picture = skin()
    cv2.circle(picture, MIDDLE, 30, WHITE, cv2.FILLED)
    cv2.circle(picture, (60, 60), 2, WHITE, cv2.FILLED)
    frame = counting_frame(picture)
    assert frame.holds(np.array([MIDDLE, (60, 60)])).tolist() == [False, True]
    assert frame.glare_share == pytest.approx(np.pi * 30**2 / (ROWS * COLUMNS), rel=0.1)
    assert plain_frame().counts.sum() - frame.counts.sum() == pytest.approx(np.pi * 30**2, rel=0.1)


def test_white_in_one_channel_is_not_glare() -> None:
    """Red skin under a warm lamp saturates red alone: nothing is hidden there."""
    picture = skin()
    picture[..., 2] = 1.0
    assert counting_frame(picture).glare_share == 0


def test_glare_is_a_share_of_the_field_the_optic_shows() -> None:
    """Black corners in the denominator would let a third more glare pass unflagged."""
    picture = in_a_round()
    cv2.circle(picture, MIDDLE, 30, WHITE, cv2.FILLED)
    assert counting_frame(picture).glare_share == pytest.approx((30 / ROUND_PX) ** 2, rel=0.1)


def test_the_dark_outside_of_a_round_optic_is_left_out() -> None:
    """The black corners of a dermoscope would count as bare skin, a fifth of the area."""
    frame = counting_frame(in_a_round())
    assert frame.counts.sum() == pytest.approx(np.pi * (ROUND_PX - GUARD_PX) ** 2, rel=0.05)
    assert frame.outside_share == pytest.approx(1 - np.pi * ROUND_PX**2 / (ROWS * COLUMNS), abs=0.01)


@pytest.mark.parametrize("radius_px", [130, 144, 149, 155])
def test_the_dark_between_round_and_border_is_left_out_too(radius_px: int) -> None:
    """Where the round nearly fills the height the dark is narrow: it once counted as skin, 2.5 % of the area."""
    picture = skin()
    inside = cv2.circle(np.zeros((ROWS, COLUMNS), np.uint8), MIDDLE, radius_px, 1, cv2.FILLED)
    picture[inside == 0] = BLACK
    frame = counting_frame(picture)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    within = plain_frame().counts & (np.hypot(x - MIDDLE[0], y - MIDDLE[1]) <= radius_px - GUARD_PX)
    assert frame.counts.sum() == pytest.approx(within.sum(), rel=0.005)
    assert frame.outside_share == pytest.approx((inside == 0).mean())


def test_a_dark_hair_in_the_corner_is_not_the_outside() -> None:
    """Hair that reaches the picture's corner would be cut out together with its roots."""
    picture = skin()
    cv2.line(picture, (0, 0), (80, 60), BLACK, 9)
    assert counting_frame(picture).outside_share == 0


def test_a_dark_mark_within_the_picture_is_not_the_outside() -> None:
    """A mole or a tattooed mark is skin: roots are seen there."""
    picture = skin()
    cv2.circle(picture, MIDDLE, 40, BLACK, cv2.FILLED)
    assert counting_frame(picture).outside_share == 0


@pytest.mark.parametrize("factor", [1, 2])
def test_the_outside_is_filled_with_skin_before_the_network_looks(factor: int) -> None:
    """The optic's rim is the longest dark edge of the picture, and would be followed as a hair."""
    frame = counting_frame(in_a_round())
    picture = in_a_round().repeat(factor, axis=0).repeat(factor, axis=1)
    filled = without_outside(picture, frame)
    assert filled[0, 0] == pytest.approx([0.55, 0.62, 0.75])
    assert filled.min() > 0.5
    assert picture[0, 0, 0] == pytest.approx(0.01)


def test_a_picture_without_a_border_is_not_copied() -> None:
    """A copy of a 12 MP picture in float takes 150 MB."""
    picture = skin()
    assert without_outside(picture, plain_frame()) is picture


@pytest.mark.parametrize("radius_px", [10, 40])
def test_cover_is_taken_out_of_the_frame_and_of_its_area(radius_px: int) -> None:
    """Skin under a bubble shows no roots: counted as area, it lowers the density."""
    frame = plain_frame()
    less = frame.less(disc_of(radius_px))
    hidden = np.pi * radius_px**2
    assert frame.counts.sum() - less.counts.sum() == pytest.approx(hidden, rel=0.12)
    assert less.cover_share == pytest.approx(hidden / frame.counts.sum(), rel=0.12)
    assert less.holds(np.array([MIDDLE, (60, 60)])).tolist() == [False, True]
    assert (less.glare_share, less.outside_share) == (frame.glare_share, frame.outside_share)


def cells_left_out(frame: Frame, cell_px: float) -> np.ndarray:
    """Return which cells of the frame's box are named, shape (rows, columns)."""
    x0, y0, x1, y1 = frame.box_px
    left_out = np.zeros((max(1, round((y1 - y0 + 1) / cell_px)), max(1, round((x1 - x0 + 1) / cell_px))), bool)
    for row, first, count in frame.uncounted_cells(cell_px):
        assert count > 0
        assert not left_out[row, max(0, first - 1) : first + count + 1].any(), "runs that touch are one"
        assert first + count <= left_out.shape[1]
        left_out[row, first : first + count] = True
    return left_out


@pytest.mark.parametrize("radius_px", [30, 60])
def test_the_cells_left_out_are_those_that_do_not_count(radius_px: int) -> None:
    """Another picture of the place would take hair under a bubble for lost."""
    cell_px = 9.4
    frame = plain_frame().less(disc_of(radius_px))
    left_out = cells_left_out(frame, cell_px)
    x0, y0, x1, y1 = frame.box_px
    height, width = (y1 - y0 + 1) / left_out.shape[0], (x1 - x0 + 1) / left_out.shape[1]
    assert left_out.sum() * height * width == pytest.approx(np.pi * radius_px**2, rel=0.15)
    rows, columns = np.nonzero(left_out)
    middle = x0 + (columns.mean() + 0.5) * width, y0 + (rows.mean() + 0.5) * height
    assert middle == pytest.approx(MIDDLE, abs=2.0)


def test_a_round_field_leaves_the_corners_of_its_box_out() -> None:
    """Skin that the optic does not show would count as shared, and as bare."""
    frame = counting_frame(in_a_round())
    left_out = cells_left_out(frame, 9.4)
    assert left_out[[0, 0, -1, -1], [0, -1, 0, -1]].all()
    assert (~left_out).mean() == pytest.approx(np.pi / 4, abs=0.03)


def test_a_plain_frame_leaves_nothing_out() -> None:
    """Cells at the border would be named for a rounding."""
    assert plain_frame().uncounted_cells(9.4) == ()
    assert plain_frame().uncounted_cells(10_000.0) == ()


def test_specks_of_cover_hide_nothing() -> None:
    """The network wavers: specks cut out of the frame would take roots with them."""
    small_px = int(SMALLEST_COVER_UM / LINE_UM_PER_PX / 2) - 1
    speck = disc_of(small_px)
    frame = plain_frame()
    assert speck.max() > 0.5
    assert frame.less(speck).counts.sum() == frame.counts.sum()
    assert frame.less(speck).cover_share == 0


def test_faint_cover_hides_nothing() -> None:
    """Below one half the network says that the skin is likelier seen than not."""
    frame = plain_frame()
    assert frame.less(np.full((ROWS, COLUMNS), 0.45, np.float32)).counts.sum() == frame.counts.sum()


def test_cover_on_the_guard_band_is_no_share_of_the_frame() -> None:
    """Print along the border is outside of the frame anyway, and must not raise the flag."""
    border = np.zeros((ROWS, COLUMNS), np.float32)
    border[:GUARD_PX] = 0.9
    assert plain_frame().less(border).cover_share == 0


def test_cover_throughout_leaves_no_frame() -> None:
    """The chain refuses by the area: it must get to see that none is left."""
    less = plain_frame().less(np.ones((ROWS, COLUMNS), np.float32))
    assert not less.counts.any()
    assert less.cover_share == 1
    assert less.less(np.ones((ROWS, COLUMNS), np.float32)).cover_share == 0


def test_cover_and_glare_in_one_place_are_taken_out_once() -> None:
    """Taken out twice, the area would shrink by more than is hidden."""
    picture = skin()
    cv2.circle(picture, MIDDLE, 40, WHITE, cv2.FILLED)
    frame = counting_frame(picture)
    assert frame.less(disc_of(30)).counts.sum() == frame.counts.sum()


@pytest.mark.parametrize(
    ("start", "end", "cut"),
    [
        ((100, 100), (130, 120), False),
        ((100, 100), (100, 3), True),
        ((100, 100), (395, 100), True),
        ((4, 100), (100, 100), True),
        ((100, 100), (120, 296), True),
        ((6, 6), (393, 293), False),
    ],
)
def test_a_hair_that_reaches_the_border_is_cut(start: tuple[int, int], end: tuple[int, int], cut: bool) -> None:
    """Its length and perhaps its root are unknown: the flag warns of long hair combed over the frame."""
    assert plain_frame().cuts(np.linspace(start, end, 60), 5) is cut


@pytest.mark.parametrize(("reach_px", "cut"), [(ROUND_PX - 20, False), (ROUND_PX, True)])
@pytest.mark.parametrize("degrees", [0, 45, 90, 200, 300])
def test_a_hair_that_reaches_the_rim_of_the_optic_is_cut(degrees: float, reach_px: float, cut: bool) -> None:
    """The picture's border is elsewhere: only the rim tells that the hair goes on unseen."""
    course = np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    line = np.array(MIDDLE) + np.linspace(0, reach_px, 100)[:, None] * course
    assert counting_frame(in_a_round()).cuts(line, 5) is cut
