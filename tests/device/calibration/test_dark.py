"""The dark frame."""

from __future__ import annotations

import numpy as np
import pytest

from device.calibration.dark import NotDark, measure_dark
from phantom import Light
from phantom.targets.cards import Dark, WhiteCard
from tests.device.calibration.cards import picture_of


def test_hot_pixels_are_found_and_nothing_else() -> None:
    """A pixel that shines would be a glint in every picture; one that does not would be painted over."""
    picture = picture_of(Dark()).copy()
    assert measure_dark(picture).hot_px == ()
    picture[40, 123] = (10, 140, 20)
    picture[300, 7] = 200
    assert set(measure_dark(picture).hot_px) == {(123, 40), (7, 300)}


def test_level_is_that_of_the_dark() -> None:
    """A black level left in lifts every dark hair."""
    raised = np.full((120, 160, 3), (20, 22, 25), np.uint8)
    assert measure_dark(raised).level == pytest.approx(((20 / 255) / 12.92 * 0 + 0.00699, 0.00802, 0.00972), abs=2e-4)


def test_light_in_the_dark_is_refused() -> None:
    """A dark frame with light in it takes that light away from every picture."""
    with pytest.raises(NotDark, match="cover the camera"):
        measure_dark(picture_of(WhiteCard(), light=Light(level=0.1)))
    corner = picture_of(Dark()).copy()
    corner[:120, :160] = 90
    with pytest.raises(NotDark):
        measure_dark(corner)
    stars = picture_of(Dark()).copy()
    stars[::10, ::10] = 255
    with pytest.raises(NotDark, match="shine"):
        measure_dark(stars)
