"""Registration: the same place is found however it lies, another place is not taken for it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from analysis import Measurement
from analysis.registration.constellation import Constellation
from analysis.registration.register import LEAST_ROOTS, Registration, lay, register
from analysis.registration.transform import Transform
from benchmarks.constellations import Sight, later, scalp_of, seen
from phantom import Pose

FIELD_MM = (8.0, 6.0)


def sights(
    seed: int, sight: Sight, *, hairs_per_cm2: float = 150.0, new: float = 0.15, lost: float = 0.15
) -> tuple[Constellation, Constellation]:
    """One drawn scalp at two visits."""
    scalp = scalp_of(seed, FIELD_MM, hairs_per_cm2)
    return seen(scalp, Sight(field_mm=FIELD_MM), seed), seen(later(scalp, new, lost, seed), sight, seed + 1)


def error_mm(transform: Transform, sight: Sight, seed: int) -> float:
    """Root mean square error of a transform over what both sights show."""
    grid = np.stack(np.meshgrid(*(np.linspace(-0.5, 0.5, 15) * side for side in FIELD_MM)), axis=-1).reshape(-1, 2)
    true_mm = sight.place_mm(grid, seed + 1)
    shown = ((true_mm >= 0) & (true_mm <= FIELD_MM)).all(axis=1)
    found_mm = transform.to_followup_mm(grid[shown] + 0.5 * np.asarray(FIELD_MM))
    return float(np.sqrt(((found_mm - true_mm[shown]) ** 2).sum(axis=1).mean()))


def test_two_visits_are_registered() -> None:
    """The same place moved, turned, stretched and changed would be refused, or laid beside itself."""
    errors = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        shift = rng.uniform(-0.2, 0.2, 2) * FIELD_MM
        pose = Pose((float(shift[0]), float(shift[1])), float(rng.uniform(-15, 15)))
        sight = Sight(pose, FIELD_MM, scale=float(rng.uniform(0.98, 1.02)), strain=0.01)
        found = lay(*sights(seed, sight, new=float(rng.uniform(0.05, 0.3)), lost=float(rng.uniform(0.05, 0.3))))
        assert found.same_place > 0.9
        assert found.transform is not None
        errors.append(error_mm(found.transform, sight, seed))
    assert np.median(errors) < 0.03
    assert max(errors) < 0.08


def test_different_places_are_not_registered() -> None:
    """One patient's change would be told from another's hair."""
    some = [seen(scalp_of(seed, FIELD_MM, 60.0 + 10 * seed), Sight(field_mm=FIELD_MM), seed) for seed in range(12)]
    odds = [lay(a, b).same_place for k, a in enumerate(some) for b in some[:k]]
    assert max(odds) < 0.5


@pytest.mark.parametrize("turn_deg", [-179.0, -90.0, 45.0, 135.0])
def test_any_turn_is_found(turn_deg: float) -> None:
    """A camera held upside down would be told that the place is another."""
    found = lay(*sights(5, Sight(Pose(turn_deg=turn_deg), FIELD_MM)))
    assert found.transform is not None
    assert abs((found.transform.turn_deg - turn_deg + 180) % 360 - 180) < 0.5


@pytest.mark.parametrize("scale", [0.94, 0.97, 1.03, 1.06])
def test_a_wrong_scale_is_found_and_told(scale: float) -> None:
    """A change of density by 12 % that is a scale's would pass for hair."""
    found = lay(*sights(6, Sight(Pose((0.4, -0.3), 5.0), FIELD_MM, scale=scale)))
    assert found.transform is not None
    assert abs(found.transform.scale - scale) < 0.005


def test_dense_hair_is_registered() -> None:
    """Among 400 hairs chance alone brings many together, and the right place would not stand out."""
    found = lay(*sights(3, Sight(Pose((1.2, -0.8), 10.0), FIELD_MM, strain=0.01), hairs_per_cm2=480.0))
    assert found.same_place > 0.9


def test_a_mirror_image_is_another_place() -> None:
    """A picture mirrored by its software would be compared as if it were not."""
    first, second = sights(7, Sight(field_mm=FIELD_MM))
    mirrored = Constellation(
        np.array([FIELD_MM[0], 0.0]) + second.roots_mm * (-1, 1), np.pi - second.headings_rad, second.frame_mm
    )
    assert lay(first, second).same_place > 0.9
    assert lay(first, mirrored).same_place < 0.5


def test_the_same_picture_twice_lies_on_itself() -> None:
    """A picture compared with itself would show a change."""
    first, _ = sights(8, Sight(field_mm=FIELD_MM))
    found = lay(first, first)
    assert found.transform is not None
    assert np.abs(found.transform.to_followup_mm(first.roots_mm) - first.roots_mm).max() < 1e-6
    assert (found.pairs[:, 0] == found.pairs[:, 1]).all()
    assert len(found.pairs) == len(first.roots_mm)
    assert found.residual_um == pytest.approx(0.0, abs=1e-3)


def test_pairs_are_one_to_one_and_near() -> None:
    """A hair that is counted as kept twice hides one that is lost."""
    found = lay(*sights(9, Sight(Pose((0.5, 0.5), -8.0), FIELD_MM)))
    assert len(np.unique(found.pairs[:, 0])) == len(np.unique(found.pairs[:, 1])) == len(found.pairs) > 20
    assert found.residual_um is not None
    assert 10.0 < found.residual_um < 70.0


def test_there_and_back_agree() -> None:
    """Which visit is called the baseline would decide what is found."""
    first, second = sights(10, Sight(Pose((0.8, -0.5), 10.0), FIELD_MM, strain=0.005))
    there, back = lay(first, second), lay(second, first)
    assert there.transform is not None
    assert back.transform is not None
    returned = back.transform.to_followup_mm(there.transform.to_followup_mm(first.roots_mm))
    shared = second.frame_holds(there.transform.to_followup_mm(first.roots_mm))
    assert np.abs(returned - first.roots_mm)[shared].max() < 0.03


def test_few_hairs_are_not_guessed_from() -> None:
    """Skin with a dozen hairs looks like any other such skin: a guess would be told as a registration."""
    first, _ = sights(11, Sight(field_mm=FIELD_MM))
    few = Constellation(first.roots_mm[: LEAST_ROOTS - 1], first.headings_rad[: LEAST_ROOTS - 1], first.frame_mm)
    none = Constellation(np.empty((0, 2)), np.empty(0), first.frame_mm)
    for found in (lay(few, few), lay(first, none), lay(none, none)):
        assert 0.0 < found.same_place < 0.5
        assert found.transform is None
        assert found.residual_um is None
        assert found.pairs.shape == (0, 2)


def test_headings_that_nobody_knows_do_no_harm() -> None:
    """A picture of stubble too short to tell its direction would be an error instead of an answer."""
    first, second = sights(12, Sight(field_mm=FIELD_MM))
    blind = replace(second, headings_rad=np.full(len(second.headings_rad), np.nan))
    assert lay(first, blind).transform is None
    some = second.headings_rad.copy()
    some[::3] = np.nan
    assert lay(first, replace(second, headings_rad=some)).same_place > 0.9


def test_marks_alone_make_no_place_the_same() -> None:
    """Every tattooed patient would be the same patient."""
    first, _ = sights(13, Sight(field_mm=FIELD_MM))
    _, other = sights(14, Sight(field_mm=FIELD_MM))
    assert lay(first, other, marks_mm=((4.0, 3.0), (4.0, 3.0))).same_place < 0.5


def test_marks_agree_with_the_roots_or_give_way() -> None:
    """A mole taken for the mark in one picture would pull the whole picture with it."""
    sight = Sight(Pose((0.6, 0.4), 6.0), FIELD_MM)
    first, second = sights(15, sight)
    middle = sight.place_mm(np.zeros((1, 2)), 16)[0]
    for mark in (middle, middle + 1.5):
        found = lay(first, second, marks_mm=((4.0, 3.0), (float(mark[0]), float(mark[1]))))
        assert found.transform is not None
        assert error_mm(found.transform, sight, 15) < 0.05


def test_measurements_are_registered_in_their_own_scales() -> None:
    """Two devices with other cameras could not be compared."""
    first, second = sights(16, Sight(Pose((0.3, 0.2), 4.0), FIELD_MM))
    found = register(_measured(first, 5.3), _measured(second, 4.1))
    assert found.transform is not None
    assert found.transform.scale == pytest.approx(1.0, abs=0.004)
    assert isinstance(found, Registration)


def _measured(constellation: Constellation, um_per_px: float) -> Measurement:
    """As much of a measurement as registration takes."""
    px_per_mm = 1000.0 / um_per_px
    hairs = []
    for root, heading in zip(constellation.roots_mm * px_per_mm, constellation.headings_rad, strict=True):
        line = root + np.outer(np.linspace(0, 0.6 * px_per_mm, 5), (np.cos(heading), np.sin(heading)))
        hairs.append(SimpleNamespace(root_px=tuple(line[0]), tip_px=tuple(line[-1]), centreline_px=line))
    frame = tuple(edge * px_per_mm for edge in constellation.frame_mm)
    return cast(Measurement, SimpleNamespace(um_per_px=um_per_px, frame_px=frame, hairs=tuple(hairs)))
