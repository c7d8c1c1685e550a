"""The ridge finder's word on whether it may be believed."""

from __future__ import annotations

from typing import Literal

import pytest

from analysis.classical import Clear, find
from analysis.classical.finder import CLEAR_CONTRAST, USUAL_CLIPPED_MM
from analysis.picture import read
from tests.analysis.drawn import HAIR_BGR, SKIN_BGR, UM_PER_PX, add_shaft, developed, skin

PALE_BGR = (120, 143, 172)


def found(
    length_px: float, bgr: tuple[int, int, int] = HAIR_BGR, hair_mode: Literal["auto", "clipped"] = "auto"
) -> Clear:
    """What is found of five shafts side by side."""
    fine = skin(500, 300)
    for row in range(40, 280, 55):
        add_shaft(fine, (50, row), (50 + length_px, row), 70, bgr)
    return find(read(developed(fine), UM_PER_PX, "bgr"), hair_mode)


def test_clipped_dark_hair_is_clear() -> None:
    """The network would measure it worse, and in twice the time."""
    ridges = found(130)
    assert ridges.clear
    assert len(ridges.found.centrelines_px) == 5


def test_pale_hair_is_not_clear() -> None:
    """However smooth the skin: of blond hair the ridges miss what is thin and see wide shafts twice."""
    assert max(1 - hair / bare for hair, bare in zip(PALE_BGR, SKIN_BGR, strict=True)) < CLEAR_CONTRAST
    pale = found(130, PALE_BGR)
    assert len(pale.found.centrelines_px) >= 5
    assert not pale.clear


def test_long_hair_is_left_alone_unless_the_operator_calls_it_clipped() -> None:
    """The search is half a second on a whole picture, and what it finds of long hair is not used."""
    assert found(400).found.centrelines_px == []
    assert not found(400).clear
    assert len(found(400, hair_mode="clipped").found.centrelines_px) == 5


@pytest.mark.parametrize("length_px", [130, 220])
def test_hair_that_has_grown_on_is_not_clear(length_px: float) -> None:
    """From a millimetre on hair bends, and the ridges take a bent hair for several."""
    assert found(length_px).clear == (length_px * UM_PER_PX / 1000 < USUAL_CLIPPED_MM)
