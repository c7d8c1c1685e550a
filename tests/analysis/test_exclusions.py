"""Exclusions: what cannot be seen counts neither for hairs nor for area."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from analysis.exclusions import GUARD_UM, counting_frame

UM_PER_PX = 10.0


def skin() -> np.ndarray:
    """Plain skin of 4 x 3 mm."""
    return np.full((300, 400, 3), (0.55, 0.62, 0.75), np.float32)


def test_the_frame_is_the_picture_less_its_guard_band() -> None:
    """A guard band that is not taken off the area would bias every density."""
    frame = counting_frame(skin(), UM_PER_PX)
    guard = GUARD_UM / UM_PER_PX
    assert frame.counts.sum() == (400 - 2 * guard) * (300 - 2 * guard)
    assert frame.box_px == (guard, guard, 399 - guard, 299 - guard)


def test_glare_is_left_out_but_a_glint_on_a_shaft_is_not() -> None:
    """Counting glare as skin lowers the density; cutting out glints would lose the roots beneath them."""
    picture = skin()
    cv2.circle(picture, (200, 150), 30, (1.0, 1.0, 1.0), cv2.FILLED)
    cv2.circle(picture, (60, 60), 2, (1.0, 1.0, 1.0), cv2.FILLED)
    frame = counting_frame(picture, UM_PER_PX)
    assert not frame.holds(np.array([[200.0, 150.0]]))[0]
    assert frame.holds(np.array([[60.0, 60.0]]))[0]
    assert frame.glare_share == pytest.approx(np.pi * 30**2 / (300 * 400), rel=0.1)


def test_glare_is_a_share_of_the_field_the_optic_shows() -> None:
    """Black corners in the denominator would let a third more glare pass unflagged."""
    picture = skin()
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.circle(mask, (200, 150), 140, 1, cv2.FILLED)
    picture[mask == 0] = 0.01
    cv2.circle(picture, (200, 150), 30, (1.0, 1.0, 1.0), cv2.FILLED)
    assert counting_frame(picture, UM_PER_PX).glare_share == pytest.approx((30 / 140) ** 2, rel=0.1)


def test_the_dark_outside_of_a_round_optic_is_left_out() -> None:
    """The black corners of a dermoscope would count as bare skin, a fifth of the area."""
    picture = skin()
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.circle(mask, (200, 150), 140, 1, cv2.FILLED)
    picture[mask == 0] = 0.01
    frame = counting_frame(picture, UM_PER_PX)
    assert frame.counts.sum() == pytest.approx(np.pi * (140 - GUARD_UM / UM_PER_PX) ** 2, rel=0.05)
    assert frame.outside_share > 0.4


def test_a_dark_hair_in_the_corner_is_not_the_outside() -> None:
    """Hair that reaches the picture's corner would be cut out together with its roots."""
    picture = skin()
    cv2.line(picture, (0, 0), (80, 60), (0.02, 0.02, 0.02), 9)
    assert counting_frame(picture, UM_PER_PX).outside_share == 0
