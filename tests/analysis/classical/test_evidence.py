"""Evidence: shafts stand out, and what resembles them does not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from analysis.classical.evidence import DIRECTIONS, background, contrast, gather, line_halvings, orientation_scores

UM_PER_PX = 10.0
SKIN = (0.55, 0.62, 0.75)


def skin_with(bgr: tuple[float, float, float]) -> np.ndarray:
    """Skin of 2 x 2 mm with a vertical bar of 60 um in the middle."""
    picture = np.full((200, 200, 3), SKIN, np.float32)
    picture[50:150, 97:103] = bgr
    return picture


def contrast_of(bgr: tuple[float, float, float]) -> float:
    """Contrast in the middle of such a bar."""
    picture = skin_with(bgr)
    return float(contrast(picture, background(picture, UM_PER_PX))[100, 99])


def test_the_background_is_the_skin_behind_the_hair() -> None:
    """A background that follows the hair would take its contrast away."""
    skin = background(skin_with((0.1, 0.1, 0.1)), UM_PER_PX)
    assert np.abs(skin - np.array(SKIN)).max() < 0.01


def test_vessels_and_hair_under_the_skin_have_less_contrast_than_hair() -> None:
    """A vessel is red and a buried hair is blue: each keeps one channel, and must not be counted as a shaft."""
    hair = contrast_of((0.15, 0.15, 0.17))
    vessel = contrast_of((0.3, 0.35, 0.70))
    streak = contrast_of((0.5, 0.45, 0.40))
    assert hair > 0.7
    assert vessel < 0.1
    assert streak < 0.1


@pytest.mark.parametrize("k", range(0, DIRECTIONS, 3))
def test_a_line_scores_highest_in_its_own_direction(k: int) -> None:
    """Scores in a wrong direction would send the paths across the shaft."""
    angle = np.pi * k / DIRECTIONS
    plane = np.zeros((120, 120), np.float32)
    half = 40 * np.array([np.cos(angle), np.sin(angle)])
    ends = np.rint((np.array([60 - half, 60 + half])) * 16).astype(int)
    cv2.line(plane, ends[0].tolist(), ends[1].tolist(), 1.0, 6, cv2.LINE_AA, 4)
    scores = orientation_scores(plane, UM_PER_PX)[:, 60, 60]
    assert int(scores.argmax()) == k


def test_crossing_lines_both_have_their_direction_at_the_crossing() -> None:
    """At a crossing an isotropic filter sees a blob; the second hair would end there."""
    plane = np.zeros((120, 120), np.float32)
    cv2.line(plane, (20, 60), (100, 60), 1.0, 5)
    cv2.line(plane, (60, 20), (60, 100), 1.0, 5)
    scores = orientation_scores(plane, UM_PER_PX)[:, 60, 60]
    assert scores[0] == pytest.approx(scores[DIRECTIONS // 2], rel=0.05)
    assert scores[0] > 2 * scores[DIRECTIONS // 4]


def test_strips_of_the_scores_join_without_a_seam() -> None:
    """Working in strips to stay in the cache must give what the whole plane gives."""
    plane = np.random.default_rng(3).random((200, 90)).astype(np.float32)
    whole = orientation_scores(plane, UM_PER_PX)
    part = orientation_scores(plane[30:], UM_PER_PX)
    assert np.allclose(whole[:, 80:], part[:, 50:], atol=1e-6)


def test_the_texture_of_a_picture_is_its_skins() -> None:
    """A texture read from the hairs would rise with their number, and hide them."""
    noise = np.random.default_rng(4).normal(0, 0.02, (200, 200, 1)).astype(np.float32)
    bare = gather(np.full((200, 200, 3), SKIN, np.float32) + noise, UM_PER_PX).texture
    haired = gather(skin_with((0.1, 0.1, 0.1)) + noise, UM_PER_PX).texture
    assert haired == pytest.approx(bare, rel=0.25)


@pytest.mark.parametrize(("um_per_px", "halvings"), [(4.0, 1), (5.3, 1), (6.0, 1), (6.1, 0), (7.9, 0), (20.0, 0)])
def test_the_line_scale_is_never_coarser_than_a_thin_hair_allows(um_per_px: float, halvings: int) -> None:
    """Halved once too often, a 30 um hair is a pixel wide and lost."""
    assert line_halvings(um_per_px) == halvings
