"""Identity: how many hairs a dark patch is."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from analysis.classical.evidence import Evidence, gather
from analysis.classical.identity import Found, explain
from analysis.classical.lines import Line, draw
from analysis.picture import Plane
from tests.analysis.drawn import add_shaft, developed, skin

LINE_UM_PER_PX = 10.6


def hairs_in(fine: Plane) -> list[Found]:
    """What is found in a finely drawn picture."""
    picture = developed(fine).astype(np.float32) / 255
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    evidence = gather(np.asarray(half, np.float32), LINE_UM_PER_PX)
    return explain(draw(evidence), evidence)


def one(fine: Plane) -> None:
    """One shaft of 0.72 mm."""
    add_shaft(fine, (200, 130), (215, 265), 70)


def crossing(fine: Plane) -> None:
    """Two shafts that cross in the middle."""
    add_shaft(fine, (150, 140), (250, 260), 60)
    add_shaft(fine, (250, 140), (150, 260), 60)


def side_by_side(fine: Plane) -> None:
    """With one lone shaft, which shows how wide one is."""
    add_shaft(fine, (100, 130), (115, 265), 70)
    add_shaft(fine, (250, 130), (265, 265), 70)
    add_shaft(fine, (266, 130), (281, 265), 70)


def touching_at_the_tips(fine: Plane) -> None:
    """Two roots, one dark tip."""
    add_shaft(fine, (180, 130), (200, 260), 60)
    add_shaft(fine, (225, 130), (205, 260), 60)


def thick_and_thin(fine: Plane) -> None:
    """A terminal and a vellus hair."""
    add_shaft(fine, (150, 130), (165, 265), 80)
    add_shaft(fine, (230, 140), (245, 260), 30)


def glossy(fine: Plane) -> None:
    """A highlight runs along a wide shaft and splits it in two."""
    add_shaft(fine, (200, 130), (200, 270), 90)
    add_shaft(fine, (199, 130), (199, 270), 12, (110, 115, 120))


def bubble(fine: Plane) -> None:
    """A bright ring with a dark inner ring, 0.3 mm wide."""
    cv2.circle(fine, (800, 800), 110, (250, 250, 250), 16, cv2.LINE_AA)
    cv2.circle(fine, (800, 800), 94, (110, 130, 150), 12, cv2.LINE_AA)


def bare(_: Plane) -> None:
    """Nothing but skin."""


def bright_spot(fine: Plane) -> None:
    """A scale of dry skin."""
    cv2.circle(fine, (800, 800), 40, (255, 255, 255), cv2.FILLED, cv2.LINE_AA)


@pytest.mark.parametrize(
    ("drawing", "hairs"),
    [
        (bare, 0),
        (bright_spot, 0),
        (bubble, 0),
        (one, 1),
        (glossy, 1),
        (crossing, 2),
        (touching_at_the_tips, 2),
        (thick_and_thin, 2),
        (side_by_side, 3),
    ],
)
def test_every_dark_place_is_explained_once(drawing: Callable[[Plane], None], hairs: int) -> None:
    """Each drawing is one way of counting too many (double lines, rings) or too few (touching, crossing)."""
    fine = skin()
    drawing(fine)
    assert len(hairs_in(fine)) == hairs


def test_a_lone_clear_shaft_is_likelier_a_hair_than_a_half_explained_one() -> None:
    """Equal probabilities would say nothing about the doubt in a unit of touching shafts."""
    fine = skin()
    one(fine)
    lone = hairs_in(fine)[0]
    assert lone.probability > 0.95
    assert Found(lone.line, 0.3, lone.prominence).probability < lone.probability
    assert Found(lone.line, 1.0, 6.0).probability < lone.probability


def test_no_lines_explain_nothing() -> None:
    """A bald scalp is a measurement too."""
    assert hairs_in(skin()) == []


@pytest.mark.parametrize(("width_px", "hairs"), [(2.5, 4), (6.0, 3)])
def test_what_runs_on_into_a_darker_shaft_is_a_hair_only_if_it_is_thin(width_px: float, hairs: int) -> None:
    """A streak under the skin, as wide as its shaft, would be counted beside it; vellus hair of the unit would not."""
    evidence = Evidence(np.zeros((160, 160), np.float32), np.zeros((16, 160, 160), np.float32), LINE_UM_PER_PX, 0.01)
    along = np.arange(20.0, 80.0)
    usual = [Line(np.column_stack([along, np.full(60, row)]), 12.0, 0.7, 6.0) for row in (20.0, 50.0, 80.0)]
    faint = Line(np.column_stack([along, np.full(60, 110.0)]), 6.0, 0.3, width_px, beside_darker=True)
    assert len(explain([*usual, faint], evidence)) == hairs
