"""Cross-sections: where shafts are cut and what is said to lie beside."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.cross_sections import MOUTH_UM, SECTIONS, Sections, cut
from analysis.picture import Picture, read
from tests.analysis.drawn import UM_PER_PX, add_shaft, developed, skin

WIDTH_PX = 12.0


def bare() -> Picture:
    """A picture in which only the lines are of interest."""
    return Picture(np.full((300, 300, 3), 0.6, np.float32), UM_PER_PX, 0)


def line(x: float, top: float = 80.0, bottom: float = 220.0, lean: float = 0.0) -> NDArray[np.float64]:
    """A line down the picture, x growing by `lean` for each px."""
    y = np.arange(top, bottom + 1)
    return np.column_stack([x + lean * (y - (top + bottom) / 2), y])


def sections(*lines: NDArray[np.float64]) -> Sections:
    """Cut all lines, of 12 px each."""
    return cut(bare(), list(lines), np.full(len(lines), WIDTH_PX))


def test_every_shaft_is_cut_between_its_mouth_and_its_tip() -> None:
    """The follicle's dark mouth and the shaft's end are not its width."""
    found = sections(line(150), line(90, 80, 120))
    assert (found.hair == np.repeat([0, 1], SECTIONS)).all()
    along = found.along_px.reshape(2, SECTIONS)
    assert along[0, 0] * UM_PER_PX == pytest.approx(MOUTH_UM)
    assert along[0, -1] < 140 - WIDTH_PX / 2
    # a stump too short to keep off both is cut in its middle
    assert (np.diff(along[1]) > 0).all()
    assert 10 < along[1].min() < along[1].max() < 31


def test_a_shaft_beside_is_named_with_its_place() -> None:
    """It is fitted along; a wrong place or side would fit a bar on bare skin."""
    found = sections(line(150), line(168))
    # the lines run down the picture, so that offsets grow to the left
    first, second = found.hair == 0, found.hair == 1
    assert (found.beside[first, 0] == 1).all()
    assert found.beside_px[first, 0] == pytest.approx(-18.0)
    assert found.beside_px[second, 0] == pytest.approx(18.0)
    assert (found.beside[:, 1] == -1).all()
    assert found.own.all()
    assert not found.shared.any()


def test_a_slanting_neighbour_looks_wider() -> None:
    """Cut at an angle it is: an unstretched guess would be too narrow."""
    found = sections(line(150), line(172, lean=np.tan(np.deg2rad(20))))
    near = (found.hair == 0) & (found.beside[:, 0] == 1)
    assert near.any()
    assert found.beside_stretch[near, 0] == pytest.approx(1 / np.cos(np.deg2rad(20)), rel=0.02)


def test_a_crossing_shaft_ends_the_cut() -> None:
    """Across, a hair has no edges parallel to this one's: what it covers must not count."""
    across = np.column_stack([np.arange(160.0, 260), np.full(100, 150.0)])
    found = sections(line(150), across)
    first = found.hair == 0
    assert (found.beside[first] == -1).all()
    level = np.abs(found.along_px[first] - 70) < 8
    assert found.own[first][~level & (np.abs(found.along_px[first] - 70) > 20)].all()
    steep = np.column_stack([np.arange(150.0, 250) + 4, 150 - (np.arange(100.0) - 40)])
    leaning = sections(line(150), steep)
    assert not leaning.own[leaning.hair == 0].all()


def test_two_lines_on_one_shaft_share_it() -> None:
    """Fitted as two bars, one shaft would have two halves."""
    found = sections(line(150), line(152), line(100))
    assert found.shared[found.hair < 2].all()
    assert not found.shared[found.hair == 2].any()
    assert (found.beside[found.hair < 2] == -1).all()


def test_a_third_shaft_ends_the_cut() -> None:
    """No more than three bars are fitted: the fourth shaft's edge would go to the third."""
    found = sections(line(150), line(163), line(137), line(173))
    first = found.hair == 0
    assert set(found.beside[first].ravel()) == {1, 2}
    assert not found.own[first].all()
    assert found.own[first][np.abs(found.offsets_px[first]) < 12].all()


def test_the_picture_ends_the_cut() -> None:
    """Repeated border pixels are no skin."""
    found = sections(line(8))
    assert not found.own.all()
    left = found.offsets_px > 6.5
    assert not found.own[left].any()


def test_many_lines_find_the_same_neighbours_as_few() -> None:
    """The cells are a shortcut: a pair lost between two of them would be a shaft taken for skin."""
    rng = np.random.default_rng(4)
    lines = [line(x, top, top + 90, lean) for x, top, lean in rng.uniform([20, 20, -0.3], [280, 180, 0.3], (40, 3))]
    together = sections(*lines)
    for i in (0, 7, 21):
        for j in (3, 12, 30):
            pair = sections(lines[i], lines[j])
            alone = pair.beside[pair.hair == 0][:, 0] == 1
            named = (together.beside[together.hair == i] == j).any(axis=1)
            others = (together.beside[together.hair == i] >= 0).all(axis=1)
            assert (named | ~alone | others).all()
            assert (~named | alone).all()


def test_colours_are_those_of_the_picture() -> None:
    """A cut off by a pixel, or mirrored, would measure the neighbour."""
    fine = skin()
    add_shaft(fine, (200, 130), (200, 270), 60)
    add_shaft(fine, (222, 130), (222, 270), 30)
    working = read(developed(fine), UM_PER_PX, "bgr")
    found = cut(working, [line(200, 130, 270), line(222, 130, 270)], np.array([60, 30]) / UM_PER_PX)
    x = 200 - found.offsets_px[3]
    direct = working.bgr[round(130 + float(found.along_px[3])), np.rint(x).astype(int)]
    assert found.bgr[3] == pytest.approx(direct, abs=0.2)
    assert np.abs(found.bgr[3] - direct).mean() < 0.04
