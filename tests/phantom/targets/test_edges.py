"""The slanted-edge chart as it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from phantom import SettingError
from phantom.targets.edges import SlantedEdges

SIDE = 500


def looked_at(chart: SlantedEdges, blur_mm: float, span_mm: float = 2.0) -> np.ndarray:
    """Look at the chart about its middle, on a fine grid."""
    along = ((np.arange(SIDE) + 0.5) / SIDE - 0.5).astype(np.float32) * np.float32(span_mm)
    x, y = np.meshgrid(along, along)
    return chart.reflectance(x, y, np.full_like(x, blur_mm))


def test_a_cell_has_the_squares_share_of_dark() -> None:
    """Squares larger or smaller than the certificate says would be searched for in vain."""
    sent = looked_at(SlantedEdges(pitch_mm=2.0, side_mm=1.0, light=0.9, dark=0.1), blur_mm=0.01)
    assert sent.mean() == pytest.approx(0.9 - 0.8 * 0.25, abs=0.002)
    assert sent.min() == pytest.approx(0.1, abs=1e-4)
    assert sent.max() == pytest.approx(0.9, abs=1e-4)


def test_blur_is_a_gaussians() -> None:
    """The truth of every blur that is measured on it."""
    chart = SlantedEdges(pitch_mm=2.0, side_mm=1.0, angle_deg=0.0)
    row = looked_at(chart, blur_mm=0.03)[SIDE // 2]
    at = ((np.arange(SIDE) + 0.5) / SIDE - 0.5) * 2.0
    slope = -np.gradient(row, at)[at > 0]
    weight = slope / slope.sum()
    middle = (weight * at[at > 0]).sum()
    assert middle == pytest.approx(0.5, abs=1e-3)
    assert np.sqrt((weight * (at[at > 0] - middle) ** 2).sum()) == pytest.approx(0.03, rel=0.02)


def test_squares_are_turned_about_their_own_middles() -> None:
    """Edges along the pixels give a blur no sub-pixel samples."""
    sent = looked_at(SlantedEdges(angle_deg=8.0), blur_mm=0.01)
    x, y = (((np.arange(SIDE) + 0.5) / SIDE - 0.5) * 2.0 for _ in range(2))
    edge = [
        float(x[SIDE // 2 :][np.argmax(row[SIDE // 2 :] > 0.46)])
        for row in (sent[SIDE // 2 - 75], sent[SIDE // 2 + 75])
    ]
    slope = (edge[1] - edge[0]) / (y[SIDE // 2 + 75] - y[SIDE // 2 - 75])
    assert np.degrees(np.arctan(slope)) == pytest.approx(-8.0, abs=0.5)
    assert sent == pytest.approx(sent[::-1, ::-1], abs=1e-5)


def test_what_cannot_be_drawn_is_refused() -> None:
    """Squares that touch have no edges to measure."""
    with pytest.raises(SettingError, match="touch"):
        SlantedEdges(pitch_mm=1.0, side_mm=0.99)
    with pytest.raises(SettingError):
        SlantedEdges(light=0.1, dark=0.5)
