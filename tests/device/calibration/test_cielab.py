"""CIELAB and CIEDE2000 against published figures."""

from __future__ import annotations

import numpy as np
import pytest

from device.calibration.cielab import delta_e_2000, lab_of, light_of

SHARMA_2005 = """
50 2.6772 -79.7751   50 0 -82.7485        2.0425
50 3.1571 -77.2803   50 0 -82.7485        2.8615
50 2.8361 -74.0200   50 0 -82.7485        3.4412
50 -1.3802 -84.2814  50 0 -82.7485        1.0000
50 0 0               50 -1 2              2.3669
50 -1 2              50 0 0               2.3669
50 2.49 -0.001       50 -2.49 0.0009      7.1792
50 2.49 -0.001       50 -2.49 0.0011      7.2195
50 -0.001 2.49       50 0.0010 -2.49      4.8045
50 -0.001 2.49       50 0.0011 -2.49      4.7461
50 2.5 0             50 0 -2.5            4.3065
50 2.5 0             73 25 -18           27.1492
50 2.5 0             61 -5 29            22.8977
50 2.5 0             56 -27 -3           31.9030
50 2.5 0             50 3.2592 0.3350     1.0000
60.2574 -34.0099 36.2677  60.4626 -34.1751 39.4387  1.2644
22.7233 20.0904 -46.6940  23.0331 14.9730 -42.5619  2.0373
36.4612 47.8580 18.3852   36.2715 50.5065 21.2231   1.4146
90.9257 -0.5406 -0.9208   88.6381 -0.8985 -0.7239   1.5381
2.0776 0.0795 -1.1350     0.9033 -0.0636 -0.5514    0.9082
"""
"""Pairs of L*, a*, b* and their difference, of the test data to Sharma, Wu and Dalal 2005."""


def test_differences_are_the_published_ones() -> None:
    """A sign lost at half a turn of hue, or in the blue rotation, makes a bad matrix look good."""
    pairs = np.array([line.split() for line in SHARMA_2005.split("\n") if line], float)
    assert delta_e_2000(pairs[:, :3], pairs[:, 3:6]) == pytest.approx(pairs[:, 6], abs=6e-5)
    assert delta_e_2000(pairs[:, 3:6], pairs[:, :3]) == pytest.approx(pairs[:, 6], abs=6e-5)


def test_lab_of_known_colours() -> None:
    """Channels taken in another order, or another white, shift every reference colour."""
    white, red, blue = lab_of(np.array([[1, 1, 1], [0, 0, 1], [1, 0, 0]], float))
    assert white == pytest.approx([100, 0, 0], abs=0.02)
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert blue == pytest.approx([32.30, 79.19, -107.86], abs=0.05)


def test_light_comes_back() -> None:
    """Reference colours would not be those of the certificate."""
    light = np.random.default_rng(3).random((200, 3)) ** 3
    assert light_of(lab_of(light)) == pytest.approx(light, abs=1e-9)
