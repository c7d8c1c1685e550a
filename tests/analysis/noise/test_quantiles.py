"""Quantiles: against scipy over all that intervals of spreads can ask for."""

from __future__ import annotations

import pytest
from scipy import stats

from analysis.noise.quantiles import chi_square, f_ratio, student

DEGREES = (1.0, 2.0, 3.0, 4.7, 10.0, 37.5, 100.0, 1000.0)


@pytest.mark.parametrize("probability", [0.001, 0.025, 0.05, 0.5, 0.95, 0.975, 0.999])
@pytest.mark.parametrize("degrees", DEGREES)
def test_quantiles_are_scipy_s(probability: float, degrees: float) -> None:
    """Every interval and every noise floor would be off by the quantile's error."""
    assert chi_square(probability, degrees) == pytest.approx(stats.chi2.ppf(probability, degrees), rel=1e-8)
    for below in DEGREES:
        expected = stats.f.ppf(probability, degrees, below)
        assert f_ratio(probability, degrees, below) == pytest.approx(expected, rel=1e-8)
    if probability > 0.5:
        assert student(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-8)


@pytest.mark.parametrize(("probability", "degrees"), [(0.0, 3.0), (1.0, 3.0), (0.5, 0.0), (float("nan"), 3.0)])
def test_what_is_no_quantile_is_refused(probability: float, degrees: float) -> None:
    """A search for a root that is not there would not end, or give a floor of 0."""
    with pytest.raises(ValueError, match="quantile"):
        chi_square(probability, degrees)
    with pytest.raises(ValueError, match="quantile"):
        f_ratio(probability, 3.0, degrees) if probability == 0.5 else f_ratio(probability, degrees, 3.0)
