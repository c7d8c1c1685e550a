"""Evidence: light and skin drop out of what the network sees, and strips leave no seam.

What the network has learned is measured elsewhere; here a stand-in that only averages, or the real one on noise, shows
how it is asked.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.learned import evidence
from analysis.learned.evidence import DIRECTIONS, PLANES, WIDEST_UM, Evidence, look, relief
from analysis.picture import Plane
from analysis.view import LINE_UM_PER_PX, UM_PER_PX

SKIN = np.array((0.5, 0.6, 0.72), np.float32)


def haired(rows: int, columns: int, seed: int = 5) -> Plane:
    """Skin with dark bars every way and a little noise."""
    chance = np.random.default_rng(seed)
    picture = np.full((rows, columns, 3), SKIN, np.float32)
    for _ in range(max(3, rows * columns // 1500)):
        x, y, angle = chance.uniform(0, columns), chance.uniform(0, rows), chance.uniform(0, np.pi)
        end = (round(x + 90 * np.cos(angle)), round(y + 90 * np.sin(angle)))
        cv2.line(picture, (round(x), round(y)), end, (0.15, 0.17, 0.2), int(chance.integers(5, 15)), cv2.LINE_AA)
    picture += chance.normal(0, 0.01, picture.shape).astype(np.float32)
    return np.asarray(np.clip(picture, 0.1, 1), np.float32)


def stacked(seen: Evidence) -> Plane:
    """All planes in one."""
    return np.stack([*seen.scores, seen.roots, seen.tips, seen.cover, seen.widths_um / WIDEST_UM])


class Averager:
    """In the network's place: says of a place the mean relief of the 8 x 8 pixels it lies in; keeps the shapes."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def setInput(self, strip: Plane) -> None:  # noqa: N802 (OpenCV's name)
        self.shapes.append(strip.shape)
        mean = cv2.resize(strip[0].mean(axis=0), None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA)
        self.seen = np.repeat(np.kron(mean, np.ones((8, 8)))[None, None], PLANES, axis=1).astype(np.float32)

    def forward(self) -> Plane:
        return self.seen


@pytest.fixture
def averager(monkeypatch: pytest.MonkeyPatch) -> Averager:
    """The network is replaced."""
    stand_in = Averager()
    monkeypatch.setattr(evidence, "_network", lambda: stand_in)
    return stand_in


@settings(max_examples=25)
@given(arrays(np.float32, 3, elements=st.floats(0.625, 1.25, width=32)))
def test_the_relief_is_blind_to_exposure_and_white_balance(gain: np.ndarray) -> None:
    """Otherwise another lamp, camera or skin type would count other hairs."""
    picture = np.clip(haired(96, 128), 0.3, 0.8)
    assert np.abs(relief(picture * gain) - relief(picture)).max() < 0.05


def test_a_slope_of_light_leaves_no_relief() -> None:
    """A vignette would pass for shade, and its dark side for hair."""
    slope = np.linspace(0.35, 0.8, 800, dtype=np.float32)[:, None, None] * SKIN
    assert np.abs(relief(np.broadcast_to(slope, (800, 400, 3)).copy())[200:-200]).max() < 0.05


def test_a_shaft_has_the_depth_of_its_darkness() -> None:
    """A course that follows the shaft, or a floor that swallows it, would hide dark hair on dark skin."""
    for brightness in (1.0, 0.5):
        picture = np.broadcast_to(SKIN * np.float32(brightness), (200, 200, 3)).copy()
        picture[60:140, 97:103] *= 0.25
        depth = relief(picture)[100, 100] - relief(picture)[100, 20]
        assert depth == pytest.approx(np.log(0.25), abs=0.25)


def test_the_relief_of_black_and_white_is_finite_and_bounded() -> None:
    """A logarithm of nothing would put not-a-numbers into every plane."""
    picture = np.zeros((64, 64, 3), np.float32)
    picture[:, 32:] = 1.0
    seen = relief(picture)
    assert np.isfinite(seen).all()
    assert seen.min() >= -3
    assert seen.max() <= 2


@pytest.mark.parametrize("rows", [1000, 1090, 1206, 1314])
def test_strips_leave_no_seam(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hair at a seam would be cut, lost or doubled, and the same scalp count otherwise when moved down the picture.

    The last strip shows at sizes that are no multiple of the network's coarsest pixel: there it once looked at the
    picture out of step, and planes differed by up to 0.4.
    """
    picture = haired(rows, 64)
    strips = stacked(look(picture))
    monkeypatch.setattr(evidence, "_STRIP_ROWS", 2000)
    assert np.abs(strips - stacked(look(picture))).max() < 1e-3
    assert strips.shape == (PLANES, rows // 2, 32)


@settings(max_examples=25)
@given(st.integers(94, 2400), st.integers(94, 160))
def test_every_place_is_seen_in_step_with_the_whole(rows: int, columns: int) -> None:
    """Any size: a row left out of all strips would hold whatever the memory held before."""
    picture = haired(rows, columns)
    stand_in = Averager()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "_network", lambda: stand_in)
        strips = stacked(look(picture))
        patch.setattr(evidence, "_STRIP_ROWS", 4000)
        whole = stacked(look(picture))
    assert strips.shape == (PLANES, rows // 2, columns // 2)
    assert np.array_equal(strips, whole)


def test_the_relief_lies_where_the_planes_do() -> None:
    """Contrast is read from it at the lines' points: a shift would read the skin beside thin shafts."""
    picture = np.broadcast_to(SKIN, (120, 140, 3)).copy()
    picture[60:62, 70:72] = 0.1
    seen = look(picture)
    assert int(seen.relief.sum(axis=2).argmin()) == 30 * 70 + 35
    assert seen.relief[30, 35] == pytest.approx(relief(picture)[60, 70], abs=0.01)


def test_the_strips_bound_the_memory(averager: Averager) -> None:
    """A 12 MP picture in one piece takes gigabytes in the network: more than a small computer has."""
    look(haired(4000, 94))
    tallest = 2 * (evidence._STRIP_ROWS + 2 * evidence._OVERLAP_ROWS)
    assert {shape[2] for shape in averager.shapes} == {tallest}
    assert len(averager.shapes) == -(-2000 // evidence._STRIP_ROWS)


@pytest.mark.parametrize(("rows", "columns"), [(94, 94), (95, 97), (113, 128), (129, 111)])
def test_odd_sizes_are_seen_whole(rows: int, columns: int) -> None:
    """A size the network cannot halve three times must not end in its error."""
    seen = look(haired(rows, columns))
    assert seen.scores.shape == (DIRECTIONS, rows // 2, columns // 2)
    for plane in (seen.roots, seen.tips, seen.cover, seen.widths_um):
        assert plane.shape == (rows // 2, columns // 2)
    assert seen.relief.shape == (rows // 2, columns // 2, 3)
    planes = stacked(seen)
    assert planes.min() >= 0
    assert planes.max() <= 1


def test_the_same_picture_gives_the_same_bytes() -> None:
    """A measurement repeated on the stored picture must be the one that was delivered; whatever was seen between."""
    picture = haired(140, 110)
    first = stacked(look(picture)).tobytes()
    look(haired(200, 96))
    assert stacked(look(picture)).tobytes() == first


def test_a_dark_bar_is_seen_and_bare_skin_is_not() -> None:
    """The weights must belong to this code: the order of the channels, of the planes, and the scale."""
    picture = np.broadcast_to(SKIN, (160, 160, 3)).copy()
    cv2.line(picture, (30, 80), (130, 80), (0.12, 0.13, 0.16), 13, cv2.LINE_AA)
    seen = look(np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.float32))
    middle = seen.scores[:, 39:41, 40].max(axis=1)
    assert int(middle.argmax()) == 0
    assert middle[0] > 0.3
    assert seen.scores[:, 5:20].max() < 0.2
    assert LINE_UM_PER_PX == 2 * UM_PER_PX
