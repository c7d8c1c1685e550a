"""Depth of field: blur grows off the plane of focus as asked, and is nothing on it."""

from __future__ import annotations

import numpy as np
import pytest

from phantom import Depth, Pose, ScalpSettings, SettingError, grow, photograph
from phantom.depth import blur_by
from phantom.optics import Optics, scalp_maps_mm

OPTICS = Optics(size_px=(320, 240), full_well_e=1e9, read_noise=0.0)


def test_a_tilted_plane_is_sharp_along_a_line_and_blurred_by_its_depth() -> None:
    """Breaks when the tilt that the gate reads is held against another one."""
    pose = Pose(tilt_deg=(0.0, 20.0))
    sigma = Depth(16.0).sigma_px(scalp_maps_mm(OPTICS, pose), OPTICS, pose)
    # the right edge lies 159.5 px, seen so, to the side; that many um of it are depth
    side_mm = 159.5 * 5.3 / 1000.0
    depth_mm = side_mm * np.tan(np.deg2rad(20.0)) / (1 - side_mm / 40.0 * np.tan(np.deg2rad(20.0)))
    assert sigma[120, 319] == pytest.approx(16.0 * depth_mm / 5.3, rel=0.01)
    assert sigma[:, 159:161].max() < 0.02
    assert np.ptp(sigma[:, 300]) < 0.05


def test_an_offset_blurs_evenly() -> None:
    """Breaks when defocus is drawn as tilt."""
    sigma = Depth(16.0, offset_mm=-0.5).sigma_px(scalp_maps_mm(OPTICS, Pose()), OPTICS, Pose())
    assert sigma == pytest.approx(8.0 / 5.3)


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.6, 4.0])
def test_a_blurred_edge_has_the_variance_asked_for(sigma: float) -> None:
    """Breaks when blurs between the mixed copies are too strong or too weak."""
    edge = np.zeros((30, 80, 3), np.float32)
    edge[:, 40:] = 1.0
    blur_by(edge, np.full((30, 80), sigma, np.float32))
    spread = np.diff(edge[15, :, 0].astype(float))
    at = np.arange(len(spread)) - 39
    # the narrowest copy is too narrow by a little, as any sampled Gaussian of 0.4 px
    assert (spread * at**2).sum() == pytest.approx(sigma**2, rel=0.05, abs=0.08)


def test_where_nothing_is_off_focus_nothing_changes() -> None:
    """Breaks when older phantoms, or a flat scalp in focus, are blurred."""
    scalp = grow(ScalpSettings(size_mm=(2.0, 1.6)), 3)
    plain = photograph(scalp, OPTICS).picture
    assert np.array_equal(plain, photograph(scalp, OPTICS, depth=Depth(16.0)).picture)
    assert not np.array_equal(plain, photograph(scalp, OPTICS, depth=Depth(16.0, 0.5)).picture)


@pytest.mark.parametrize(("name", "value"), [("blur_um_per_mm", -1.0), ("blur_um_per_mm", 201.0), ("offset_mm", 6.0)])
def test_a_depth_that_cannot_be_drawn_is_refused(name: str, value: float) -> None:
    """Breaks when a blur of a thousand pixels is drawn."""
    with pytest.raises(SettingError, match=name):
        Depth(**{"blur_um_per_mm": 16.0, name: value})
