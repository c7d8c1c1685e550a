"""View: one scale for the network whatever the camera's, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.picture import Picture, Plane, read
from analysis.view import LINE_UM_PER_PX, UM_PER_PX, View

scales_um_per_px = st.floats(2.0, 15.0)
sides_um = st.floats(520.0, 1500.0)


def view_of(picture: np.ndarray, um_per_px: float) -> View:
    """As the chain brings a picture to the network's scale."""
    return View.of(read(picture, um_per_px, "bgr"))


def grey(rows: int, columns: int) -> Plane:
    """A picture without a mark."""
    return np.full((rows, columns, 3), 0.5, np.float32)


@settings(max_examples=40)
@given(scales_um_per_px, sides_um, sides_um, st.tuples(st.floats(0.2, 0.8), st.floats(0.2, 0.8)))
def test_a_spot_is_found_again_where_it_lies_in_the_picture_as_given(
    um_per_px: float, height_um: float, width_um: float, at: tuple[float, float]
) -> None:
    """A shift by half a pixel on any step of the way would lie in every root, and shift the fits of the edges."""
    rows, columns = int(height_um / um_per_px), int(width_um / um_per_px)
    spot = np.array([at[0] * columns, at[1] * rows])
    y, x = np.mgrid[:rows, :columns]
    hill = np.exp(-0.5 * ((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / (32 / um_per_px) ** 2)
    view = view_of((0.2 + 0.6 * hill[..., None]).astype(np.float32).repeat(3, axis=2), um_per_px)
    light = view.at_line_scale()[..., 0].astype(float) - 0.2
    y, x = np.mgrid[: light.shape[0], : light.shape[1]]
    seen = np.array([(x * light).sum(), (y * light).sum()]) / light.sum()
    assert view.to_original_px(seen[None])[0] == pytest.approx(spot, abs=2.0 / um_per_px)


@settings(max_examples=40)
@given(scales_um_per_px, st.integers(130, 401), st.integers(130, 401))
def test_the_corners_of_the_lines_are_the_corners_of_the_picture(um_per_px: float, rows: int, columns: int) -> None:
    """A frame whose corners do not map back would be drawn, and its area told, beside the picture's."""
    if min(rows, columns) * um_per_px < 520:
        rows, columns = 4 * rows + 1, 4 * columns + 1
    view = view_of(grey(rows, columns), um_per_px)
    whole = 2**view.halvings
    height, width = view.at_line_scale().shape[:2]
    corners = view.to_original_px(np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]]))
    assert corners[0] == pytest.approx([-0.5, -0.5])
    assert corners[1] == pytest.approx([columns // whole * whole - 0.5, rows // whole * whole - 0.5])


@settings(max_examples=40)
@given(scales_um_per_px, sides_um, sides_um)
def test_a_view_has_the_networks_scale(um_per_px: float, height_um: float, width_um: float) -> None:
    """At another scale the network would take shafts for wider or thinner ones than it was trained on."""
    rows, columns = int(height_um / um_per_px), int(width_um / um_per_px)
    view = view_of(grey(rows, columns), um_per_px)
    assert view.bgr.dtype == np.float32
    assert view.bgr.shape[0] % 2 == view.bgr.shape[1] % 2 == 0
    assert view.at_line_scale().shape == (view.bgr.shape[0] // 2, view.bgr.shape[1] // 2, 3)
    halved = 2**view.halvings
    assert view.bgr.shape[0] * UM_PER_PX == pytest.approx(rows // halved * halved * um_per_px, abs=UM_PER_PX * 1.01)
    assert view.bgr.shape[1] * UM_PER_PX == pytest.approx(columns // halved * halved * um_per_px, abs=UM_PER_PX * 1.01)


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_pixel_of_the_lines_is_made_of_two_by_two_of_the_network(x: int, y: int) -> None:
    """The network answers at half its size: pixel i lies between its pixels 2 i and 2 i + 1, at 2 i + 0.5."""
    view = View(grey(96, 96), (1.0, 1.0), 0)
    assert view.to_working_px(np.array([[x, y]]))[0].tolist() == [2 * x + 0.5, 2 * y + 0.5]
    assert LINE_UM_PER_PX == 2 * UM_PER_PX


def test_halving_averages_the_four() -> None:
    """Taking one pixel of four would shift the picture that glare and border are told from against the lines."""
    picture = np.linspace(0, 1, 96 * 100, dtype=np.float32).reshape(96, 100, 1).repeat(3, axis=2)
    halved = View(picture, (1.0, 1.0), 0).at_line_scale()
    assert halved == pytest.approx(picture.reshape(48, 2, 50, 2, 3).mean(axis=(1, 3)), abs=1e-6)


def test_a_picture_at_the_networks_scale_stays_as_it_is() -> None:
    """Resampling what needs none blurs the edges, and costs memory."""
    picture = Picture(grey(100, 120), UM_PER_PX, 0)
    assert View.of(picture).bgr is picture.bgr


@pytest.mark.parametrize("halvings", [0, 1, 2])
def test_working_and_original_pixels_agree(halvings: int) -> None:
    """Two ways from the working picture to the original must not differ, or overlay and figures part."""
    working = Picture(grey(96, 102), 6.1, halvings)
    view = View.of(working)
    points = np.array([[0.0, 0.0], [3.25, 40.5]])
    assert view.to_original_px(points) == pytest.approx(working.to_original_px(view.to_working_px(points)))
