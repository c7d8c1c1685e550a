"""Lessons: what is told of a crop stays true of it, however it is turned."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.learned.evidence import DIRECTIONS, PLANES
from tests.training.drawn import Point, picture_of, planes_of, straight
from training import lessons
from training.lessons import Lessons, LessonsMissing, turned

SIDE_PX = 120
ROOT_PX, TIP_PX = (31.3, 24.7), (90.1, 66.2)
"""A diagonal hair that no turn maps to itself."""
TURNS = list(product(([], [2], [3], [2, 3]), (False, True)))


def moved(point: Point, mirrored: list[int], transposed: bool) -> Point:
    """Where a point (x, y) of the picture comes to lie."""
    x, y = (SIDE_PX - 1 - v if axis in mirrored else v for v, axis in zip(point, (3, 2), strict=True))
    return (y, x) if transposed else (x, y)


def relief_of(root: Point, tip: Point) -> NDArray[np.float32]:
    """One relief with the hair in it, as a batch."""
    relief = picture_of(root, tip, SIDE_PX).astype(np.float32) / 255 - 1
    return np.asarray(relief.transpose(2, 0, 1)[None], np.float32)


@pytest.mark.parametrize(("mirrored", "transposed"), TURNS)
def test_the_planes_of_a_turned_hair_are_the_turned_planes(mirrored: list[int], transposed: bool) -> None:
    """Planes that do not turn with the relief would teach one direction for another in seven of eight batches."""
    root, tip = (moved(point, mirrored, transposed) for point in (ROOT_PX, TIP_PX))
    told = planes_of(straight(ROOT_PX, TIP_PX), side_px=SIDE_PX)
    reliefs, planes = turned(relief_of(ROOT_PX, TIP_PX), told[None], mirrored, transposed=transposed)

    expected = planes_of(straight(root, tip), side_px=SIDE_PX)
    assert np.abs(planes[0].astype(int) - expected).max() <= 1
    assert np.array_equal(reliefs, relief_of(root, tip))
    away = np.array(tip) - root
    k = round(float(np.arctan2(away[1], away[0])) / (np.pi / DIRECTIONS)) % DIRECTIONS
    assert int(planes[0, :DIRECTIONS].sum(axis=(1, 2), dtype=int).argmax()) == k


def test_each_turn_gives_something_else() -> None:
    """Turns that fall together would leave directions unlearned."""
    told = planes_of(straight(ROOT_PX, TIP_PX), side_px=SIDE_PX)[None]
    relief = relief_of(ROOT_PX, TIP_PX)
    seen = {turned(relief, told, mirrored, transposed=transposed)[1].tobytes() for mirrored, transposed in TURNS}
    assert len(seen) == len(TURNS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tiny lessons, and crops that are smaller still."""
    monkeypatch.setattr(lessons, "CROP_PX", 32)
    for number, (root, tip) in enumerate([(ROOT_PX, TIP_PX), ((20.0, 95.0), (100.0, 60.0))]):
        planes = planes_of(straight(root, tip), side_px=SIDE_PX)
        np.savez(tmp_path / f"{number:05d}.npz", x=picture_of(root, tip, SIDE_PX), y=planes)
    return tmp_path


def test_a_batch_comes_again_with_the_same_chance(folder: Path) -> None:
    """A network could not be made again."""
    drawn = Lessons(folder)
    assert len(drawn) == 2
    first, again, other = (drawn.batch(3, np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert first[0].shape == (3, 3, 64, 64)
    assert first[0].dtype == np.float32
    assert first[1].shape == (3, PLANES, 32, 32)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_in_every_batch_the_hair_is_dark_where_it_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops of picture and planes that are cut or turned apart would teach noise."""
    monkeypatch.setattr(lessons, "disturb", lambda relief, _planes, _rng: relief)
    drawn, rng = Lessons(folder), np.random.default_rng(6)
    agreements = []
    for _ in range(24):
        reliefs, planes = drawn.batch(2, rng)
        dark = -reliefs.mean(axis=1).reshape(2, 32, 2, 32, 2).mean(axis=(2, 4))
        told = planes[:, :DIRECTIONS].max(axis=1)
        agreements += [np.corrcoef(d.ravel(), t.ravel())[0, 1] for d, t in zip(dark, told, strict=True) if t.any()]
    assert len(agreements) > 24
    assert min(agreements) > 0.7


def test_an_empty_folder_is_refused_by_name(tmp_path: Path) -> None:
    """Training would fail at its first step, and not say what to do."""
    with pytest.raises(LessonsMissing, match=r"draw them with `python -m training\.draw"):
        Lessons(tmp_path)
