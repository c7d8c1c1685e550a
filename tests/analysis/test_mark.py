"""The tattooed mark: found where it is, on every skin, faded, smeared, between hairs; and not where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.mark import Mark, find_mark
from phantom import Light, Optics, Pose, ScalpSettings, Tattoo, grow, photograph

OPTICS = Optics(um_per_px=10.6, size_px=(377, 283))
SIZE_MM = (4.0, 3.0)
DEEP = Tattoo(place_mm=(0.6, -0.4), depth_mm=0.4)
LEVELS = {"I": 0.95, "V": 1.35, "VI": 1.7}


def _picture(seed: int = 4, pose: Pose | None = None, optics: Optics = OPTICS, **scalp: Any) -> NDArray[np.uint8]:  # noqa: ANN401 (those of ScalpSettings)
    settings = ScalpSettings(**{"size_mm": SIZE_MM, "hair_density_per_cm2": 100.0, **scalp})
    light = Light(level=LEVELS.get(settings.skin_type, 1.0), glare=0.1)
    return photograph(grow(settings, seed=seed), optics, pose=pose, light=light, seed=seed).picture


def _off_mm(mark: Mark | None, place_mm: tuple[float, float], optics: Optics = OPTICS) -> float:
    assert mark is not None
    found = mark.from_middle_mm(optics.size_px, optics.um_per_px)
    return float(np.hypot(*np.subtract(found, place_mm)))


@pytest.mark.parametrize("skin_type", ["I", "II", "III", "IV", "V", "VI"])
def test_the_mark_is_found_on_every_skin(skin_type: str) -> None:
    """Breaks when a patient's skin decides whether the site is found again."""
    mark = find_mark(_picture(skin_type=skin_type, mark_mm=0.4, tattoo=DEEP), OPTICS.um_per_px)
    assert _off_mm(mark, DEEP.place_mm) < 0.05
    assert mark is not None
    assert mark.diameter_mm == pytest.approx(0.4, abs=0.1)
    assert mark.probability > 0.7
    assert mark.sd_um < 20.0


@pytest.mark.parametrize(
    "worn",
    [{"fading": 0.4}, {"smear": 0.8}, {"ink": "green"}, {"ink": "black"}, {"fading": 0.3, "smear": 0.5}],
    ids=str,
)
def test_worn_and_other_ink_is_found(worn: dict[str, Any]) -> None:
    """Breaks when a tattoo of some years, or of another ink, is no mark any more."""
    tattoo = replace(DEEP, **worn)
    assert _off_mm(find_mark(_picture(seed=6, mark_mm=0.42, tattoo=tattoo), OPTICS.um_per_px), tattoo.place_mm) < 0.05


def test_ink_that_is_gone_is_not_found() -> None:
    """Breaks when a mark is made up where the eye sees none."""
    assert find_mark(_picture(mark_mm=0.4, tattoo=replace(DEEP, fading=0.97)), OPTICS.um_per_px) is None


def test_the_middle_holds_where_a_hair_lies_across() -> None:
    """Breaks when the middle is that of the ink left to be seen: a shaft over one side would move it."""
    bare = _picture(hair_density_per_cm2=0.0, mark_mm=0.45, tattoo=replace(DEEP, place_mm=(0.0, 0.0)))
    crossed = bare.copy()
    # a black shaft of 75 um over one side of the dot
    cv2.line(crossed, (100, 162), (300, 142), (18, 20, 24), 7, cv2.LINE_AA)
    found = find_mark(crossed, OPTICS.um_per_px)
    assert _off_mm(found, (0.0, 0.0)) < 0.035
    assert found is not None
    without = find_mark(bare, OPTICS.um_per_px)
    assert without is not None
    assert found.sd_um > without.sd_um


@pytest.mark.parametrize("seed", range(4, 10))
def test_hair_is_no_mark(seed: int) -> None:
    """Breaks when a knot of hairs passes for the mark and the wrong place is compared."""
    assert find_mark(_picture(hair_density_per_cm2=180.0, hair_colour="black", seed=seed), OPTICS.um_per_px) is None


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "what",
    [{"moles_per_cm2": 25.0}, {"vessels_per_cm2": 40.0}, {"flakes_per_cm2": 60.0, "bubbles_per_cm2": 15.0}],
    ids=["moles", "vessels", "flakes and bubbles"],
)
def test_what_else_lies_on_skin_is_no_mark(what: dict[str, Any], seed: int) -> None:
    """Breaks when anything dark and round is the mark."""
    assert find_mark(_picture(seed=seed, **what), OPTICS.um_per_px) is None


def test_a_marker_stroke_is_no_mark() -> None:
    """Breaks when a piece of a stroke, which has a mark's width, passes for one."""
    picture = _picture(hair_density_per_cm2=60.0)
    stroke = np.zeros(picture.shape[:2], np.float32)
    cv2.line(stroke, (80, 60), (300, 230), 0.9, 38, cv2.LINE_AA)
    passed = 1 - cv2.GaussianBlur(stroke, (0, 0), 3)[..., None] * (1 - np.array([0.30, 0.18, 0.14]))
    assert find_mark(np.asarray(picture * passed, np.uint8), OPTICS.um_per_px) is None


def test_a_blank_picture_has_none() -> None:
    """Breaks when a lid left on, or plain card, ends the search with an error."""
    for value in (0, 128, 255):
        assert find_mark(np.full((200, 260, 3), value, np.uint8), 10.6) is None
    assert find_mark(np.full((12, 9, 3), 90, np.uint8), 10.6) is None


def test_scale_type_and_grey_do_not_move_it() -> None:
    """Breaks when the picture's size, or who prepared it, decides where the mark is."""
    optics = Optics(um_per_px=5.3, size_px=(754, 566))
    fine = _picture(mark_mm=0.4, tattoo=DEEP, optics=optics)
    twice = np.asarray(cv2.resize(fine, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR), np.uint8)
    half = np.asarray(cv2.resize(fine, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    first = find_mark(fine, 5.3)
    assert _off_mm(first, DEEP.place_mm, optics) < 0.02
    assert first is not None
    from_float = find_mark(np.asarray(fine, np.float32) / np.float32(255), 5.3)
    assert from_float is not None
    assert from_float.centre_px == pytest.approx(first.centre_px, abs=0.2)
    for other, um_per_px in ((twice, 2.65), (half, 10.6)):
        mark = find_mark(other, um_per_px)
        assert mark is not None
        in_fine = [(at + 0.5) * um_per_px / 5.3 - 0.5 for at in mark.centre_px]
        assert in_fine == pytest.approx(first.centre_px, abs=1.5)


def test_the_picture_stays_as_it_is() -> None:
    """Breaks when the picture that is measured next has been written into."""
    picture = _picture(mark_mm=0.4, tattoo=DEEP)
    before = picture.copy()
    find_mark(picture, OPTICS.um_per_px)
    assert np.array_equal(picture, before)


def test_of_two_dots_the_expected_one_is_taken() -> None:
    """Breaks when a second tattoo nearby sends the comparison to the wrong place."""
    picture = _picture(hair_density_per_cm2=40.0, mark_mm=0.4, tattoo=replace(DEEP, place_mm=(-1.0, 0.0)))
    middle = (OPTICS.size_px[0] - 1) / 2, (OPTICS.size_px[1] - 1) / 2
    dot = picture[120:164, 72:116].copy()
    picture[120:164, 262:306] = dot
    left, right = (middle[0] - 1000 / 10.6, middle[1]), (middle[0] - 1000 / 10.6 + 190, middle[1])
    for near in (left, right):
        mark = find_mark(picture, OPTICS.um_per_px, near_px=near)
        assert mark is not None
        assert mark.centre_px == pytest.approx(near, abs=5.0)
