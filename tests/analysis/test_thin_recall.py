"""Thin recall: hairs of known place are drawn into empty skin, and what is found of them is counted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from analysis import tone
from analysis.exclusions import Frame, counting_frame
from analysis.picture import Picture
from analysis.thin_recall import DRAWN_UM, FEWEST_DRAWN, LENGTH_UM, MOST_DRAWN, Recall, ThinHair, recall
from analysis.view import View

UM_PER_PX = 5.3
SKIN = (0.55, 0.62, 0.75)
LOOKS = ThinHair(np.array([0.4, 0.4, 0.4]), sigma_px=1.0)


def bare(side: int = 900, *, linear_light: bool = False) -> Picture:
    """Bare skin."""
    return Picture(np.full((side, side, 3), SKIN, np.float32), UM_PER_PX, 0, linear_light)


def frame_of(working: Picture) -> Frame:
    """Its counting frame."""
    return counting_frame(View.of(working).at_line_scale())


def drawn_into(working: Picture, own: list[np.ndarray]) -> Picture:
    """Give the picture that a finder is shown."""
    shown: list[Picture] = []

    def find(drawn: Picture) -> list[np.ndarray]:
        shown.append(drawn)
        return []

    recall(working, frame_of(working), own, LOOKS, find)
    return shown[0]


def differences(drawn: Picture, before: Picture) -> list[np.ndarray]:
    """Find exactly what was drawn: a straight line through each patch that changed."""
    changed = (np.abs(drawn.bgr - before.bgr).max(axis=2) > 0.05).astype(np.uint8)
    count, labels = cv2.connectedComponents(changed)
    lines = []
    for label in range(1, count):
        rows, columns = np.nonzero(labels == label)
        points = np.column_stack([columns, rows]).astype(float)
        middle = points.mean(axis=0)
        axis = np.linalg.svd(points - middle, full_matrices=False)[2][0]
        along = np.sort((points - middle) @ axis)
        lines.append(middle + np.linspace(along[0], along[-1], 60)[:, None] * axis)
    return lines


def test_what_is_drawn_and_found_is_counted() -> None:
    """A recall that misses what was found would state misses that are none."""
    working = bare()
    outcome = recall(working, frame_of(working), [], LOOKS, lambda drawn: differences(drawn, working))
    assert outcome is not None
    assert FEWEST_DRAWN <= outcome.drawn <= MOST_DRAWN
    assert outcome.found == outcome.drawn


def test_nothing_found_is_a_recall_of_nothing() -> None:
    """A finder that is blind to thin hair must not look perfect."""
    working = bare()
    outcome = recall(working, frame_of(working), [], LOOKS, lambda _: [])
    assert outcome is not None
    assert outcome.found == 0


def test_a_drawn_hair_has_its_length_width_and_darkness() -> None:
    """A hair drawn wider or darker than said would be found more easily than the picture's own."""
    working = bare()
    after = drawn_into(working, [])
    lost = 1 - after.bgr[..., 1] / SKIN[1]
    drawn = differences(after, working)
    area_um2 = float(lost.sum()) / 0.6 * UM_PER_PX**2 / len(drawn)
    assert area_um2 == pytest.approx(LENGTH_UM * DRAWN_UM, rel=0.03)
    lengths_um = [float(np.hypot(*(line[-1] - line[0]))) * UM_PER_PX for line in drawn]
    assert np.median(lengths_um) == pytest.approx(LENGTH_UM, rel=0.05)


def test_where_light_was_blurred_a_drawn_hair_is_blurred_in_light() -> None:
    """Drawn on coded values it would be narrower in light than said, and found less often than real ones."""
    working = bare(linear_light=True)
    after = drawn_into(working, [])
    ground, core = (float(tone.to_light(np.array([share * SKIN[1]]))[0]) for share in (1.0, 0.4))
    lost = (ground - tone.to_light(after.bgr[..., 1])) / (ground - core)
    area_um2 = float(lost.sum()) * UM_PER_PX**2 / len(differences(after, working))
    assert area_um2 == pytest.approx(LENGTH_UM * DRAWN_UM, rel=0.03)


def test_drawn_hairs_keep_clear_of_the_pictures_own_and_lie_as_they_do() -> None:
    """One drawn over a hair would be lost to it, one across the stream would be found too easily."""
    working = bare()
    own = [np.column_stack([np.full(100, x), np.linspace(300, 400, 100)]) for x in (250.0, 450.0, 650.0)]
    after = drawn_into(working, own)
    for line in differences(after, working):
        assert abs(line[-1, 0] - line[0, 0]) < 4
        middle = line.mean(axis=0)
        assert min(float(np.hypot(*(hair - middle).T).min()) for hair in own) * UM_PER_PX > 200


def test_a_frame_without_room_has_no_recall() -> None:
    """A share of three hairs would be taken for a figure."""
    working = bare(160)
    assert recall(working, frame_of(working), [], LOOKS, lambda _: []) is None


@pytest.mark.parametrize(("found", "missed"), [(58, 0.51), (30, 10.0), (15, 28.75)])
def test_the_missed_follow_from_the_recall(found: int, missed: float) -> None:
    """Half of the drawn ones found: as many of the picture's own are missing as were found (Laplace's rule)."""
    estimate, sd = Recall(60, found).missed(10)
    assert estimate == pytest.approx(missed, rel=0.01)
    assert sd > 0


def test_the_looks_are_those_of_the_pictures_own_thin_hairs() -> None:
    """Drawn blacker than the picture's vellus hair, recall would be too good."""
    working = bare(300)
    for x in (60, 120, 180, 240):
        working.bgr[100:200, x - 2 : x + 3] *= 0.7
    own = [np.column_stack([np.full(100, float(x)), np.linspace(100, 199, 100)]) for x in (60, 120, 180, 240)]
    thin = ThinHair.of(working, own, np.full(4, 25.0), 1.0)
    assert thin.relative_bgr == pytest.approx([0.7, 0.7, 0.7], abs=0.01)
    thick = ThinHair.of(working, own, np.full(4, 70.0), 1.0)
    assert thick.relative_bgr == pytest.approx([0.85, 0.85, 0.85], abs=0.01)
