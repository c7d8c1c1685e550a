"""Models with random parts: against lme4's published fits, statsmodels' own search, and the analysis of variance."""

import csv
from pathlib import Path

import numpy as np
import pytest
import statsmodels  # type: ignore[import-untyped]

from collector.statistics.given import FiguresUnusable
from collector.statistics.variance_components import Component, fit

PASTES = [
    (62.8, 62.6), (60.1, 62.3), (62.7, 63.1), (60.0, 61.4), (57.5, 56.9), (61.1, 58.9), (58.7, 57.5), (63.9, 63.1),
    (65.4, 63.7), (57.1, 56.4), (56.9, 58.6), (64.7, 64.5), (55.1, 55.1), (54.7, 54.2), (58.8, 57.5), (63.4, 64.9),
    (59.3, 58.1), (60.5, 60.0), (62.5, 62.6), (61.0, 58.7), (56.9, 57.7), (59.2, 59.4), (65.2, 66.0), (64.8, 64.1),
    (54.8, 54.8), (64.0, 64.0), (57.7, 56.8), (58.3, 59.3), (59.2, 59.2), (58.9, 56.6),
]  # fmt: skip
"""Davies & Goldsmith 1972, R's lme4 data set `Pastes`: strength of ten batches, three casks each, measured twice."""


def dietox() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weights, weeks and pigs of R's geepack data set `dietox`, as statsmodels brings it."""
    path = Path(statsmodels.__file__).parent / "regression/tests/results/dietox.csv"
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))[1:]  # a row begins with its number, which the heading lacks
    return (
        np.array([float(row[1]) for row in rows]),
        np.array([float(row[3]) for row in rows]),
        np.array([int(row[4]) for row in rows]),
    )


def test_a_random_intercept_as_lme4_fits_it() -> None:
    """Breaks when estimates, errors or variances are others than lmer(Weight ~ Time + (1 | Pig)) gives (REML)."""
    weights, weeks, pigs = dietox()
    found = fit(weights, np.column_stack([np.ones(len(weeks)), weeks]), pigs, {"pig": Component(np.zeros_like(pigs))})
    assert found.coefficients == pytest.approx([15.723523, 6.942505], rel=1e-6)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx([0.78805374, 0.03338727], rel=1e-6)
    assert found.residual_variance == pytest.approx(11.36692, rel=1e-5)
    assert found.variances["pig"] == pytest.approx(40.39395, rel=1e-5)
    assert found.log_likelihood == pytest.approx(-2404.775, abs=1e-3)
    assert found.settled
    assert found.left_out == ()


def test_nested_parts_as_lme4_fits_them() -> None:
    """Breaks when a part within groups is confused with the groups: lmer(strength ~ 1 + (1 | batch) + (1 | cask))."""
    strengths = np.array(PASTES).ravel()
    batches, casks = np.repeat(np.arange(10), 6), np.repeat(np.arange(30), 2)
    found = fit(
        strengths, np.ones((60, 1)), batches, {"batch": Component(np.zeros_like(batches)), "cask": Component(casks)}
    )
    assert found.coefficients == pytest.approx([60.0533], abs=1e-4)
    assert found.covariance[0, 0] == pytest.approx(0.6769**2, rel=1e-3)
    assert found.variances["batch"] == pytest.approx(1.657, abs=1e-3)
    assert found.variances["cask"] == pytest.approx(8.434, abs=1e-3)
    assert found.residual_variance == pytest.approx(0.678, abs=1e-3)
    assert found.log_likelihood == pytest.approx(-123.49, abs=0.01)


def test_a_part_that_is_nothing_is_left_out_and_named() -> None:
    """Breaks when a variance of 0 ends in an error, or in intervals of a search that gave up."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(30), 4)
    casks = np.tile([0, 0, 1, 1], 30)
    figures = rng.normal(0, 5, 30)[groups] + rng.normal(0, 1, 120)
    for group in range(30):  # casks as far from each other as their members' scatter cannot be
        rows = groups == group
        figures[rows & (casks == 1)] += figures[rows & (casks == 0)].mean() - figures[rows & (casks == 1)].mean()
    both = fit(
        figures, np.ones((120, 1)), groups, {"group": Component(np.zeros_like(groups)), "cask": Component(casks)}
    )
    alone = fit(figures, np.ones((120, 1)), groups, {"group": Component(np.zeros_like(groups))})
    assert both.left_out == ("cask",)
    assert both.settled
    assert both.variances == pytest.approx(alone.variances)
    assert both.covariance == pytest.approx(alone.covariance)


def test_without_any_part_it_is_least_squares() -> None:
    """Breaks when groups that are more alike than chance would have them end in an error."""
    rng = np.random.default_rng(8)
    groups = np.repeat(np.arange(40), 2)
    noise = rng.normal(0, 3, 40)
    figures = 100 + np.column_stack([noise, -noise]).ravel()  # all group means are alike
    columns = np.column_stack([np.ones(80), np.tile([0.0, 1.0], 40)])
    found = fit(figures, columns, groups, {"group": Component(np.zeros_like(groups))})
    means = figures.reshape(-1, 2).mean(axis=0)
    assert found.left_out == ("group",)
    assert found.coefficients == pytest.approx([means[0], means[1] - means[0]])
    residual = ((figures.reshape(-1, 2) - means) ** 2).sum() / 78
    assert found.residual_variance == pytest.approx(residual)
    assert np.diag(found.covariance) == pytest.approx([residual / 40, 2 * residual / 40])


def test_figures_without_noise_are_refused() -> None:
    """Breaks when a part that explains all is searched for without end, or gives intervals of no width."""
    groups = np.repeat(np.arange(5), 2)
    columns = np.column_stack([np.ones(10), np.tile([0.0, 1.0], 5)])
    with pytest.raises(FiguresUnusable, match="no noise"):
        fit(10.0 * groups + columns[:, 1], columns, groups, {"group": Component(np.zeros_like(groups))})
    with pytest.raises(FiguresUnusable, match="no noise"):
        fit(3.0 * columns[:, 1], columns, groups, {"group": Component(np.zeros_like(groups))})
    with pytest.raises(FiguresUnusable, match="one number"):
        fit(np.full(10, 3.0), columns, groups, {"group": Component(np.zeros_like(groups))})
