"""Reading: one picture, whatever its type, and a clear refusal of what is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import PictureUnusable, tone
from analysis.picture import Picture, least_of_channels, read
from tests.analysis.drawn import lone_shaft

PICTURE = lone_shaft()


@pytest.mark.parametrize(
    "same",
    [
        PICTURE.astype(np.uint16) * 257,
        (PICTURE / 255).astype(np.float32),
        PICTURE / 255.0,
        np.ascontiguousarray(PICTURE).copy(order="F"),
    ],
    ids=["uint16", "float32", "float64", "column order"],
)
def test_the_type_of_a_picture_does_not_change_what_is_read(same: np.ndarray) -> None:
    """A camera's 16 bits and a file's 8 would give different counts of the same scalp."""
    assert np.array_equal(read(same, 5.3, "bgr").bgr, read(PICTURE, 5.3, "bgr").bgr)


def test_rgb_is_turned_to_bgr() -> None:
    """Red taken for blue would hide the streak under the skin and show vessels as hair."""
    assert np.array_equal(read(PICTURE[:, :, ::-1], 5.3, "rgb").bgr, read(PICTURE, 5.3, "bgr").bgr)


def test_a_grey_picture_has_three_equal_channels() -> None:
    """A monochrome camera's picture would not get through the chain."""
    grey = read(PICTURE[:, :, 1], 5.3, "bgr").bgr
    assert grey.shape == PICTURE.shape
    assert (grey[..., 0] == grey[..., 2]).all()


@pytest.mark.parametrize(("um_per_px", "halvings"), [(0.9, 3), (1.9, 2), (2.65, 1), (4.0, 0), (5.3, 0), (9.0, 0)])
def test_fine_pictures_are_halved_to_the_working_scale(um_per_px: float, halvings: int) -> None:
    """A 12 MP picture would cost four times the time, or a coarse one lose its thin hairs."""
    big = np.tile(PICTURE, (2, 2, 1))
    working = read(big, um_per_px, "bgr")
    assert working.halvings == halvings
    assert working.um_per_px == pytest.approx(um_per_px * 2**halvings)
    assert working.bgr.shape[0] == big.shape[0] // 2**halvings


def test_pixels_join_as_light_does() -> None:
    """At an edge the mean of coded values is darker than what a coarser sensor sees: hairs would look wider."""
    stripes = np.tile(np.array([[20, 200]], np.uint8), (200, 100))
    joined = read(np.repeat(stripes[:, :, None], 3, axis=2), 2.9, "bgr", linear_light=True)
    assert joined.linear_light
    light = (tone.to_light(stripes[0, :1])[0] + tone.to_light(stripes[0, 1:2])[0]) / 2
    assert tone.to_light(joined.bgr).mean() == pytest.approx(light, rel=1e-3)
    assert read(stripes, 2.9, "bgr").bgr.mean() == pytest.approx(110 / 255, rel=1e-3)


@pytest.mark.parametrize("linear_light", [False, True])
def test_the_type_of_a_picture_does_not_change_how_it_is_halved(linear_light: bool) -> None:
    """Bytes go by a table, other types by the formula: the figures must not tell which."""
    once = read(PICTURE, 2.9, "bgr", linear_light=linear_light).bgr
    for same in (PICTURE.astype(np.uint16) * 257, PICTURE / 255):
        assert read(same, 2.9, "bgr", linear_light=linear_light).bgr == pytest.approx(once, abs=1e-6)


def test_strips_join_without_a_seam() -> None:
    """Reading in strips to save memory must not lose or repeat a row between two strips."""
    ramp = np.repeat(np.linspace(0.1, 0.9, 1203)[:, None], 300, axis=1)
    rows = read(ramp, 2.65, "bgr").bgr[:, 0, 0]
    assert len(rows) == 601
    assert np.ptp(np.diff(rows)) < 1e-6


@given(st.integers(0, 4), st.floats(0, 2000), st.floats(0, 2000))
def test_working_positions_map_to_the_middle_of_the_pixels_they_join(halvings: int, x: float, y: float) -> None:
    """Half a pixel lost per halving would shift every root the same way and spoil the match between scales."""
    picture = Picture(np.zeros((2, 2, 3), np.float32), 5.0, halvings)
    joined = np.arange(2**halvings)
    expected = np.array([x, y]) * 2**halvings + joined.mean()
    assert picture.to_original_px(np.array([x, y])) == pytest.approx(expected)


def test_the_least_of_channels_is_the_minimum() -> None:
    """The fast form must equal the plain one."""
    colours = np.random.default_rng(5).random((7, 9, 3)).astype(np.float32)
    assert np.array_equal(least_of_channels(colours), colours.min(axis=-1))


@pytest.mark.parametrize("um_per_px", [0.0, -5.3, float("nan"), float("inf")])
def test_a_scale_that_is_none_is_refused(um_per_px: float) -> None:
    """A scale of zero or NaN would turn into densities of zero or NaN."""
    with pytest.raises(PictureUnusable, match="scale must be a positive number"):
        read(PICTURE, um_per_px, "bgr")


@pytest.mark.parametrize("um_per_px", [15.1, 55.4, 500.0, 1001.0, 1e300])
def test_a_scale_too_coarse_for_thin_hair_is_refused(um_per_px: float) -> None:
    """A hair narrower than two pixels is missed, and the density would be delivered as if it were none."""
    with pytest.raises(PictureUnusable, match="thin hairs do not show"):
        read(PICTURE, um_per_px, "bgr")


def test_a_scale_too_fine_for_the_picture_is_refused() -> None:
    """A scale in metres instead of um would be halved until nothing is left."""
    with pytest.raises(PictureUnusable, match="check the scale"):
        read(PICTURE, 1e-9, "bgr")


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (np.zeros((0, 0), np.uint8), "too small"),
        (np.full((1, 1, 3), 99, np.uint8), "too small"),
        (np.full((50, 400, 3), 99, np.uint8), "too small"),
        (PICTURE.astype(np.int32), "uint8, uint16 or floating point"),
        (PICTURE.astype(bool), "uint8, uint16 or floating point"),
        (np.zeros((400, 400, 4), np.uint8), "make it grey or BGR"),
        (np.zeros(400, np.uint8), "make it grey or BGR"),
        (PICTURE.astype(np.float32), "between 0 and 1"),
        (-(PICTURE / 255), "between 0 and 1"),
        (np.full((400, 400, 3), np.nan), "not numbers"),
        (np.zeros((400, 400, 3), np.uint8), "is black"),
        (np.full((400, 400, 3), 255, np.uint8), "is white"),
    ],
)
def test_a_picture_that_cannot_be_measured_is_refused_with_its_reason(picture: np.ndarray, says: str) -> None:
    """A black frame or a wrong type would be delivered to the clinic as a scalp without hair."""
    with pytest.raises(PictureUnusable, match=says):
        read(picture, 5.3, "bgr")


def test_what_is_no_array_and_what_is_no_channel_order_are_refused() -> None:
    """A path or a misspelt order would fail far away with a message about shapes."""
    with pytest.raises(PictureUnusable, match="numpy array, not str"):
        read("scalp.png", 5.3, "bgr")  # type: ignore[arg-type]
    with pytest.raises(PictureUnusable, match="'bgr' or 'rgb'"):
        read(PICTURE, 5.3, "gbr")  # type: ignore[arg-type]
