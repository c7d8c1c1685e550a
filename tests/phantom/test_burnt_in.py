"""What is burnt in has the size asked for, and what it or anything else hides is told."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from phantom import Light, Optics, Pose, Print, ScalpSettings, SettingError, grow, photograph
from phantom.optics import to_ideal_px

QUIET = Optics(size_px=(360, 300), um_per_px=8.0, vignette=0.0, full_well_e=1e9, read_noise=0.0)
EVEN = Light(glare=0.0, highlight=0.0)
PLAIN = ScalpSettings(size_mm=(3.0, 2.6), margin_mm=1.2)
SCALP = grow(PLAIN, 12)
BARE = photograph(SCALP, QUIET, light=EVEN)


def _middles_of_lines(change: NDArray[np.int64]) -> list[float]:
    """Where lines cross a row or column of the picture: the middle of each run of changed values."""
    at = np.flatnonzero(change > 0)
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
    return [float(np.average(run, weights=change[run])) for run in runs]


@pytest.mark.parametrize("colour", ["white", "black", "yellow", "red", "blue"])
def test_a_bar_is_as_long_as_it_says_and_of_its_colour(colour: str) -> None:
    """A reader of scales is graded on these bars."""
    marks = Print(colour=colour, bar_mm=1.0, letter_px=28)  # type: ignore[arg-type]
    picture = photograph(SCALP, QUIET, light=EVEN, burnt_in=marks).picture.astype(int)
    change = np.abs(picture - BARE.picture).max(axis=2)
    base = int(np.argmax((change > 60).sum(axis=1)))
    # only the end ticks, 20 px of letters of 28, reach that high
    left, right = _middles_of_lines(change[base - 17])
    assert right - left == pytest.approx(1000.0 / 8.0, abs=0.6)
    ink = picture[base, 40:140].mean(axis=0)
    named = {"white": (255, 255, 255), "black": (0, 0, 0), "yellow": (20, 235, 255), "red": (40, 30, 225)}
    assert ink == pytest.approx(named.get(colour, (205, 50, 20)), abs=15)


def test_print_hides_what_lies_under_it_and_nothing_else() -> None:
    """A root under a letter is no missed hair; one beside it is."""
    marks = Print(text="x20 7.5", frame_mm=(1.6, 1.2), circle_mm=1.0, plate=True)
    shot = photograph(SCALP, QUIET, light=EVEN, burnt_in=marks)
    changed = (shot.picture != BARE.picture).any(axis=2)
    assert shot.covered[changed].all()
    assert shot.covered.mean() < 2.5 * changed.mean() < 0.5
    assert shot.truth.as_dict() == BARE.truth.as_dict()


def test_letters_hide_a_little_around_them() -> None:
    """Between the strokes of a letter no root can be told from the letter."""
    shot = photograph(SCALP, QUIET, light=EVEN, burnt_in=Print(bar_mm=None, text="HAIR"))
    changed = (shot.picture != BARE.picture).any(axis=2)
    rows, columns = np.nonzero(changed)
    hidden_rows, hidden_columns = np.nonzero(shot.covered)
    assert len(rows) > 50
    assert hidden_rows.min() == rows.min() - 3
    assert hidden_columns.max() == min(columns.max() + 3, 359)


def test_frame_and_circle_lie_about_the_middle() -> None:
    """The frame is where a device's own count was made."""
    for marks in (Print(bar_mm=None, frame_mm=(2.0, 1.6)), Print(bar_mm=None, circle_mm=1.6)):
        seen = photograph(SCALP, QUIET, light=EVEN, burnt_in=marks).picture.astype(int)
        change = np.abs(seen - BARE.picture).max(axis=2)
        upper, *_, lower = _middles_of_lines(change[:, 175])
        assert (upper, lower) == pytest.approx((149.5 - 100.0, 149.5 + 100.0), abs=0.6)
        columns = np.flatnonzero(change.any(axis=0))
        assert columns.min() + columns.max() == pytest.approx(359, abs=1)


def test_print_is_compressed_with_the_picture() -> None:
    """A device writes its JPEG after the print: rings around letters are what a reader meets."""
    packed = replace(QUIET, jpeg_quality=60)
    shot = photograph(SCALP, packed, light=EVEN, burnt_in=Print(text="x20"))
    plain = photograph(SCALP, packed, light=EVEN)
    changed = (shot.picture != plain.picture).any(axis=2)
    assert (changed & ~shot.covered).any()


def test_nothing_is_covered_by_default() -> None:
    """A picture of dry skin hides no root."""
    assert BARE.covered.shape == (300, 360)
    assert BARE.covered.dtype == np.bool_
    assert not BARE.covered.any()
    again = photograph(SCALP, QUIET, light=EVEN, burnt_in=None)
    assert (again.picture == BARE.picture).all()
    empty = photograph(SCALP, QUIET, light=EVEN, burnt_in=Print(bar_mm=None))
    assert (empty.picture == BARE.picture).all()
    assert not empty.covered.any()


def test_bubbles_cover_their_rim_and_inside() -> None:
    """The root under a bubble is bent out of its place, or gone."""
    scalp = grow(replace(PLAIN, bubbles_per_cm2=25.0), 12)
    shot = photograph(scalp, QUIET, light=EVEN)
    assert (shot.picture == photograph(scalp, replace(QUIET), light=EVEN).picture).all()
    change = np.abs(shot.picture.astype(int) - BARE.picture).max(axis=2)
    assert 0.005 < shot.covered.mean() < 0.4
    assert change[~shot.covered].max() < 0.5 * change.max()
    rng = np.random.default_rng([scalp.gel_seed, 41])
    width, height = scalp.grown_mm
    places = (rng.random((round(25.0 * width * height / 100.0), 2)) - 0.5) * [width, height]
    for column, row in np.rint(to_ideal_px(places, QUIET, Pose())).astype(int):
        if 0 <= column < 360 and 0 <= row < 300:
            assert shot.covered[row, column]


def test_a_round_field_is_dark_outside_and_as_it_was_inside() -> None:
    """Many dermatoscopes see a round field: what is dark there is no hair, and holds none that could be counted."""
    optics = replace(QUIET, field_mm=1.8, field_rim_mm=0.1)
    shot = photograph(SCALP, optics, light=EVEN)
    rows, columns = np.indices((300, 360))
    from_middle_mm = np.hypot(columns - 179.5, rows - 149.5) * 0.008
    assert shot.picture[from_middle_mm > 1.1].max() < 12
    inside = from_middle_mm < 0.75
    assert np.abs(shot.picture[inside].astype(int) - BARE.picture[inside]).max() <= 1
    assert shot.covered[from_middle_mm > 0.96].all()
    assert not shot.covered[from_middle_mm < 0.92].any()
    # half of the light at the field's own radius
    ring = np.abs(from_middle_mm - 0.9) < 0.004
    assert shot.picture[ring].mean() / BARE.picture[ring].mean() == pytest.approx(0.5, abs=0.05)
    assert len(shot.truth.hairs) == len(BARE.truth.hairs)


@pytest.mark.parametrize("wet", [0.1, 0.4, 1.0])
def test_wet_glare_is_white_and_covers_where_it_is(wet: float) -> None:
    """Oil under a lamp hides roots, for which no measurement can be blamed, and looks like white hair."""
    shot = photograph(SCALP, QUIET, light=replace(EVEN, wet=wet))
    change = shot.picture.astype(int) - BARE.picture
    assert change.min() >= -1
    # the blur carries dark neighbours two pixels far into a patch
    inner = cv2.erode(shot.covered.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert inner.any()
    assert shot.picture[inner].min() >= 225
    assert 0.4 * 0.25 * wet < shot.covered.mean() < 0.25 * wet
    assert np.mean(change.max(axis=2) > 0) < 0.25 * wet + 0.3
    assert shot.truth.as_dict() == BARE.truth.as_dict()


@pytest.mark.parametrize(
    "wrong",
    [
        {"bar_mm": 0.0},
        {"letter_px": 2},
        {"colour": "pink"},
        {"corner": "middle"},
        {"text": "\u00b5m"},
        {"circle_mm": -1.0},
    ],
)
def test_a_print_that_cannot_be_drawn_is_refused_by_name(wrong: dict[str, object]) -> None:
    """Letters that the font lacks would come out as question marks."""
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Print(**wrong)  # type: ignore[arg-type]
