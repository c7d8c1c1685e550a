"""The learned finder's word on the hair: clipped, grown on, or long."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.learned.finder import mode_of
from analysis.learned.lines import Line
from analysis.learned.roots import Rooted
from analysis.view import LINE_UM_PER_PX


def shafts(length_mm: float, tips: float, roots: float = 0.9, count: int = 20) -> Rooted:
    """As many shafts of one length, whose ends are seen so clearly."""
    steps = round(1000 * length_mm / LINE_UM_PER_PX)
    line = Line(np.column_stack([np.arange(float(steps)), np.zeros(steps)]), np.zeros(steps), np.full(steps, 0.8))
    each = np.ones(count)
    return Rooted([line] * count, roots * each, tips * each, each)


@pytest.mark.parametrize(
    ("length_mm", "tips", "mode"),
    [(0.8, 0.9, "clipped"), (0.8, 0.1, "clipped"), (2.2, 0.9, "clipped"), (2.2, 0.1, "long"), (4.0, 0.9, "long")],
)
def test_long_hair_is_longer_than_clipped_hair_and_shows_no_ends(length_mm: float, tips: float, mode: str) -> None:
    """Curls taken for long hair lose what hides its root; long hair taken for clipped counts pieces."""
    assert mode_of(shafts(length_mm, tips)) == mode


def test_ends_are_asked_of_shafts_whose_roots_show() -> None:
    """Long hair from elsewhere may end in the picture: its tips do not make the rooted hair clipped."""
    rooted, passing = shafts(2.2, tips=0.1), shafts(2.2, tips=0.9, roots=0.1)
    roots, tips, belief = (
        np.concatenate([getattr(one, name) for one in (rooted, passing)]) for name in ("roots", "tips", "belief")
    )
    assert mode_of(Rooted(rooted.lines + passing.lines, roots, tips, belief)) == "long"


def test_bare_skin_has_clipped_hair() -> None:
    """A bald scalp is a measurement too."""
    assert mode_of(shafts(1.0, 0.9, count=0)) == "clipped"
