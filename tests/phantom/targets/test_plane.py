"""Photographing a plane: light, noise, blur and what the sensor reads."""

from __future__ import annotations

import numpy as np
import pytest

from phantom import Light, Optics, Pose
from phantom.optics import to_ideal_px
from phantom.targets.plane import BLACK_LEVEL, WHITE_LEVEL, Plane, coded, mosaic, photograph_target, step
from phantom.targets.wires import Wire, Wires

OPTICS = Optics(um_per_px=10.0, size_px=(200, 150), vignette=0.0, blur_sigma_px=1.5)


class Card:
    """Plain white."""

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Send all back."""
        return np.ones_like(x_mm) + 0 * y_mm * blur_mm


def test_white_is_four_fifths_of_saturation() -> None:
    """Exposure is set by it."""
    photograph = photograph_target(Card(), OPTICS)
    assert np.median(photograph.picture) == pytest.approx(255 * float(coded(np.array(0.8, np.float32))), abs=1.5)
    read = (np.median(photograph.raw) - BLACK_LEVEL) / (WHITE_LEVEL - BLACK_LEVEL)
    assert read == pytest.approx(0.8, abs=0.005)
    bright = photograph_target(Card(), OPTICS, light=Light(level=2.0))
    assert (bright.picture == 255).all()
    assert (bright.raw == WHITE_LEVEL).all()


def test_raw_is_red_first() -> None:
    """The mosaic's order is told to whoever reads it."""
    raw = photograph_target(Card(), OPTICS, light=Light(tint=(0.2, 0.5, 0.9))).raw.astype(float) - BLACK_LEVEL
    level = [np.median(raw[row::2, column::2]) for row in (0, 1) for column in (0, 1)]
    assert np.array(level) / level[0] == pytest.approx([1, 5 / 9, 5 / 9, 2 / 9], rel=0.02)
    flat = np.zeros((4, 4, 3), np.float32)
    flat[:, :, 2] = 1
    assert mosaic(flat)[0, 0] == 1
    assert mosaic(flat).sum() == 4


def test_shot_noise_is_that_of_the_full_well() -> None:
    """Noise of another size makes benchmarks of another camera."""
    raw = photograph_target(Card(), Optics(um_per_px=10.0, size_px=(200, 150), vignette=0.0)).raw.astype(float)
    assert raw.std() / (WHITE_LEVEL - BLACK_LEVEL) == pytest.approx(np.sqrt(0.8 / 9000.0), rel=0.05)


def test_targets_lie_where_the_optics_say() -> None:
    """Tilted and distorted: the truth that geometry is judged by."""
    optics, pose = (
        Optics(um_per_px=10.0, size_px=(400, 300), k1=0.05, vignette=0.0),
        Pose((0.1, -0.2), 20.0, (5.0, -4.0)),
    )
    place = np.array([[0.8, -0.5]])
    wire = Wires((Wire((0.8, -0.5), 0.0, 0.08, 80.0),))
    picture = photograph_target(wire, optics, pose=pose).picture[:, :, 1].astype(float)
    x, y = optics.distort(to_ideal_px(place, optics, pose))[0]
    columns, rows = (np.arange(round(m) - 14, round(m) + 15) for m in (x, y))
    dark = 231.0 - picture[np.ix_(rows, columns)]
    dark[dark < 40] = 0
    assert (dark.sum(axis=0) * columns).sum() / dark.sum() == pytest.approx(x, abs=0.1)
    assert (dark.sum(axis=1) * rows).sum() / dark.sum() == pytest.approx(y, abs=0.1)


def test_blur_grows_towards_the_corners_as_asked() -> None:
    """Blur over the field is a calibration's result."""
    wide = Optics(um_per_px=10.0, size_px=(400, 300), vignette=0.0, blur_sigma_px=2.0, full_well_e=1e9, read_noise=0)
    edges = Wires((Wire((-1.0, 0.0), 0.0, 2.0, 5000.0),))  # dark on the left half
    shifted = photograph_target(edges, wide, pose=Pose(shift_mm=(1.9, 0.0)), blur_growth=0.5).picture
    middle = photograph_target(edges, wide, blur_growth=0.5).picture
    # the steepest step of an edge goes with one over the blur
    corner, within = (line.astype(float) for line in (shifted[2, 300:, 1], middle[150, 100:, 1]))
    steep = [np.abs(np.diff(line)).max() for line in (corner, within)]
    assert steep[1] / steep[0] == pytest.approx(1.5, rel=0.08)


def test_a_step_is_the_normal_distribution() -> None:
    """All edges are made of it."""
    z = np.linspace(-4, 4, 9).astype(np.float32)
    known = [3.167e-5, 1.3499e-3, 2.27501e-2, 0.1586553, 0.5, 0.8413447, 0.9772499, 0.9986501, 0.9999683]
    assert step(z) == pytest.approx(known, abs=1e-6)
