"""Blurred bars: the profile is the textbook's, and its derivatives are its derivatives."""

from __future__ import annotations

from math import erf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.blurred_bars import (
    CENTRE,
    DEPTH,
    GLINT,
    GLINT_AT,
    GLINT_SIGMA,
    RIM,
    SHADE,
    SIGMA,
    TERMS,
    WIDTH,
    Array,
    evaluate,
)

T = np.arange(-25.0, 25.5, 0.5)
COLUMN: Any = T[:, None]  # double precision, for derivatives by differences


def profile(parameters: Array) -> Array:
    """One profile, in double precision."""
    seen, _ = evaluate(COLUMN, parameters[None], parameters[None, SIGMA])
    return np.asarray(seen[:, 0], float)


def bar(**terms: float) -> Array:
    """A bar of 10 px and blur 1.1 on bare skin, with some terms otherwise."""
    parameters = np.zeros(TERMS + 1)
    parameters[[WIDTH, DEPTH, SIGMA]] = 10.0, 1.0, 1.1
    for name, value in terms.items():
        parameters[{"centre": CENTRE, "shade": SHADE, "rim": RIM, "glint": GLINT, "glint_at": GLINT_AT}[name]] = value
    return parameters


def blurred(sharp: Array, fine: Array, sigma: float) -> Array:
    """Blur by summing over a fine grid: slow, and beyond doubt."""
    weights = np.exp(-(((T[:, None] - fine) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
    return np.asarray(weights @ sharp * (fine[1] - fine[0]))


@given(st.floats(-3, 3), st.floats(2, 20), st.floats(0.5, 3))
def test_a_plain_bar_is_two_error_functions(centre: float, width: float, sigma: float) -> None:
    """A wrong digit in the polynomial would bias every width a little."""
    parameters = bar(centre=centre)
    parameters[[WIDTH, SIGMA]] = width, sigma
    root2 = np.sqrt(2) * sigma
    x = T - centre
    textbook = [(erf((v + width / 2) / root2) - erf((v - width / 2) / root2)) / 2 for v in x]
    assert profile(parameters) == pytest.approx(textbook, abs=3e-7)


@pytest.mark.parametrize(("shade", "rim"), [(0.3, 0.0), (0.0, -0.8), (0.2, 0.5)])
def test_shading_is_blurred_as_the_bar_is(shade: float, rim: float) -> None:
    """Shading that is not blurred with the bar would make up for its edges, and move them."""
    fine = np.arange(-8, 8, 0.01) + 0.005
    out = fine / 5
    sharp = (np.abs(out) < 1) * (1 + shade * out + rim * out**2)
    assert profile(bar(shade=shade, rim=rim)) == pytest.approx(blurred(sharp, fine, 1.1), abs=2e-3)


def test_the_line_of_light_is_blurred_too() -> None:
    """A highlight drawn sharper than the optics allow would leave its flanks to the bar."""
    fine = np.arange(-12, 12, 0.01)
    sharp = -0.4 * np.exp(-(((fine / 5 - 0.25) / GLINT_SIGMA) ** 2) / 2)
    light = profile(bar(glint=-0.4, glint_at=0.25)) - profile(bar())
    assert light == pytest.approx(blurred(sharp, fine, 1.1), abs=1e-3)


def test_derivatives_are_those_of_the_profile() -> None:
    """A wrong derivative sends the fit astray, or makes a width look surer than it is."""
    parameters = np.array([0.01, 0.05, 0.4, 10.0, 0.9, 0.1, 0.2, -0.3, 0.25, 14.0, 8.0, 0.8, 1.1])
    _, slopes = evaluate(COLUMN, parameters[None], parameters[None, SIGMA])
    for i in range(len(parameters) - 1):
        step = np.zeros_like(parameters)
        step[i] = 1e-4
        numeric = (profile(parameters + step) - profile(parameters - step)) / 2e-4
        # the line of light widens with the shaft: its own small part in the width's derivative is left out
        assert slopes[i, :, 0] == pytest.approx(numeric, abs=0.02 if i == WIDTH else 1e-5), i
    plain = bar()
    _, slopes = evaluate(COLUMN, plain[None], plain[None, SIGMA])
    wider = plain + 1e-4 * (np.arange(len(plain)) == len(plain) - 1)
    assert slopes[SIGMA, :, 0] == pytest.approx((profile(wider) - profile(plain)) / 1e-4, abs=1e-3)
