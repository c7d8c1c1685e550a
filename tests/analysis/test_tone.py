"""The sRGB curve against its standard's own figures, and against itself."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.tone import to_bytes, to_light, to_values


@pytest.mark.parametrize(("value", "light"), [(0.0, 0.0), (0.5, 0.21404114), (0.04045, 0.0031308), (1.0, 1.0)])
def test_known_points_of_the_curve(value: float, light: float) -> None:
    """A wrong exponent or a wrong join of the two parts bends every length measured in light."""
    assert to_light(np.array([value])) == pytest.approx(light, abs=2e-6)
    assert to_values(np.array([light])) == pytest.approx(value, abs=2e-5)


def test_every_byte_comes_back_as_itself() -> None:
    """A picture that is linearised and coded again would drift from what was taken."""
    every = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(to_bytes(to_light(every)), every)
    assert to_light(every) == pytest.approx(to_light(every / 255.0), abs=1e-6)


def test_bytes_are_the_nearest_to_the_exact_curve() -> None:
    """A table too coarse bands the dark parts, where the curve is steep."""
    light = np.linspace(0, 1, 100_001)
    assert np.abs(to_bytes(light) - 255.0 * to_values(light)).max() < 0.61


def test_light_beyond_the_scale_is_clipped() -> None:
    """A bright pixel after the colour correction would wrap round to black."""
    assert to_bytes(np.array([-0.1, 1.7, 1e9], np.float32)).tolist() == [0, 255, 255]
    assert to_values(np.array([-0.1, 1.7])).tolist() == [0.0, 1.0]


def test_other_integers_are_refused() -> None:
    """Sixteen-bit values taken for bytes would be of no known scale."""
    with pytest.raises(TypeError, match="uint16"):
        to_light(np.zeros(3, np.uint16))
