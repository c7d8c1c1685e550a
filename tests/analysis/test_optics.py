"""What is known of the optics: what cannot be is refused, and a blur over the field is read where the shaft lies."""

from __future__ import annotations

import numpy as np
import pytest

import phantom
from analysis import Flag, Optics, PictureUnusable, measure
from phantom import ScalpSettings, grow, photograph


def test_a_bare_number_is_a_scale_of_unknown_uncertainty() -> None:
    """An uncertainty of 0 taken for granted would pass a typed-in scale off as an exact one."""
    bare = Optics.of(5.3)
    assert (bare.um_per_px, bare.um_per_px_sd, bare.blur_sigma_px, bare.linear_light) == (5.3, None, None, False)
    known = Optics(5.3, 0.01)
    assert Optics.of(known) is known


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"blur_sigma_px": 0.0}, "blur must be a positive"),
        ({"blur_sigma_px": float("nan")}, "blur must be a positive"),
        ({"blur_sigma_px": np.array([[1.0, 0.9], [1.1, -0.1]])}, "pixels, not a grid that holds others"),
        ({"blur_sigma_px": np.ones(4)}, "a grid of rows and columns"),
        ({"blur_sigma_px": np.ones((0, 2))}, "a grid of rows and columns"),
        ({"um_per_px_sd": -0.1}, "uncertainty of the scale"),
        ({"um_per_px_sd": float("nan")}, "uncertainty of the scale"),
    ],
)
def test_what_cannot_be_is_refused(known: dict[str, float], says: str) -> None:
    """A blur of zero divides by zero; a NaN would spread into every figure."""
    with pytest.raises(PictureUnusable, match=says):
        Optics(5.3, **known)  # type: ignore[arg-type]


def test_a_blur_over_the_field_is_that_of_the_place() -> None:
    """Corners are softer than the middle: one blur for all would make thin hair there look wide."""
    grid = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    optics = Optics(5.3, blur_sigma_px=grid)
    picture_px = (200, 300)  # cells of 100 x 100 px: the first's middle is the corner between four pixels
    places = np.array([[49.5, 49.5], [149.5, 249.5], [99.5, 49.5], [49.5, 99.5], [0.0, 0.0], [199.0, 299.0]])
    told = optics.sigma_px_at(places, picture_px)
    assert told is not None
    assert told == pytest.approx([1.0, 6.0, 1.5, 2.0, 1.0, 6.0])


def test_one_blur_is_that_of_every_place() -> None:
    """A single number must go the same way as a grid of it."""
    places = np.random.default_rng(1).uniform(0, 300, (5, 2))
    assert Optics(5.3, blur_sigma_px=1.2).sigma_px_at(places, (300, 300)) == pytest.approx(1.2)
    assert Optics(5.3).sigma_px_at(places, (300, 300)) is None


def test_calibrated_colours_are_not_doubted() -> None:
    """Breaks when a clinic that calibrates its colours is told on every picture that they are not."""
    seen = phantom.Optics(um_per_px=5.3, size_px=(640, 480))
    picture = photograph(grow(ScalpSettings(size_mm=(3.4, 2.6)), seed=2), seen).picture
    flags = [measure(picture, Optics(5.3, true_colours=known)).flags for known in (False, True)]
    assert [Flag.COLOUR_UNCALIBRATED in of for of in flags] == [True, False]
