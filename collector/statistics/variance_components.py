"""A linear model with random parts within groups, by restricted maximum likelihood.

Figures are a sum of fixed effects, a random number for each level of each component within its group, and a residual.
Likelihood, score, estimates and information are those of statsmodels' `MixedLM`.  Its own optimiser searches square
roots of variances, whose slope vanishes at 0, and gives up or stops short where a variance belongs there; so the search
is over the variances' logarithms, bounded (L-BFGS-B), and a component whose likelihood is no better than without it is
left out and named.

Sources: Patterson & Thompson 1971, Biometrika 58:545 (REML); Lindstrom & Bates 1988, J Am Stat Assoc 83:1014 (the
profile likelihood); Self & Liang 1987, J Am Stat Assoc 82:605 (a variance of 0 is an answer, not a failure); Byrd et
al. 1995, SIAM J Sci Comput 16:1190 (the search).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from statsmodels.regression.mixed_linear_model import (  # type: ignore[import-untyped]
    MixedLM,
    MixedLMParams,
    VCSpec,
)

from collector.statistics.given import Array, FiguresUnusable

Labels = NDArray[np.int64]

MOST_STEPS = 120
"""Evaluations of the likelihood in one search; 8 to 40 are usual."""

_LEAST, _MOST = np.log(1e-7), np.log(1e7)
"""Of a component's variance over the residual's: what is searched."""

_NO_BETTER = 1e-3
"""In log-likelihood: a component that gives less is not carried by the figures."""


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A random part: one random number for each label within its group.

    Parameters
    ----------
    labels
        A label a row, shape (n,); one label for all rows makes a random intercept.
    weights
        What the random number is multiplied by in each row, shape (n,); None for 1.
    """

    labels: Labels
    weights: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What was fitted, in the figures' unit.

    Parameters
    ----------
    coefficients, covariance
        Of the fixed effects, shapes (k,) and (k, k).
    variances
        Of each component carried, in the order given; without those left out.
    residual_variance
    left_out
        Components whose variance came out as 0, or without which the search had to do.
    settled
        Whether the search came to rest with all components that were not left out for being 0.
    log_likelihood
        Restricted.
    """

    coefficients: Array
    covariance: Array
    variances: Mapping[str, float]
    residual_variance: float
    left_out: tuple[str, ...]
    settled: bool
    log_likelihood: float


def fit(figures: Array, columns: Array, groups: Labels, components: Mapping[str, Component]) -> Fitted:
    """Fit fixed effects and variance components.

    Parameters
    ----------
    figures
        Shape (n,).
    columns
        Of the fixed effects, shape (n, k), of full rank; some sum of them is the constant 1.
    groups
        Which rows belong together, shape (n,); rows of different groups are independent.
    components
        By name; the first is what a search that does not settle falls back to.

    Raises
    ------
    FiguresUnusable
        If the fixed effects, or a component, explain the figures wholly: there is no scatter to judge by.
    """
    middle, scale = float(figures.mean()), float(figures.std())
    if not scale:
        raise FiguresUnusable("All figures are one number: no model can be made of them.")
    standard = (figures - middle) / scale
    # the shift goes back through the columns, whichever of them makes up the constant
    shift = np.linalg.lstsq(columns, np.full(len(figures), middle), rcond=None)[0]

    plain = _without_components(standard, columns)  # refuses figures without scatter before they are divided by it
    carried, left_out, settled, start = dict(components), [], True, np.zeros(len(components))
    while carried:
        search = _Search(standard, columns, groups, carried)
        logs, came_to_rest = search.most_likely(start)
        settled = settled and came_to_rest
        drop = search.idle(logs) if came_to_rest or len(carried) == 1 else list(carried)[1:]
        if not drop:
            break
        left_out += drop
        start = np.array([log for name, log in zip(carried, logs, strict=True) if name not in drop])
        carried = {name: labels for name, labels in carried.items() if name not in drop}
    coefficients, covariance, variances, residual, log_likelihood = search.fitted(logs) if carried else plain
    return Fitted(
        coefficients=scale * coefficients + shift,
        covariance=scale**2 * covariance,
        variances={name: scale**2 * float(one) for name, one in zip(carried, variances, strict=True)},
        residual_variance=scale**2 * residual,
        left_out=tuple(left_out),
        settled=settled,
        log_likelihood=log_likelihood - (len(figures) - columns.shape[1]) * float(np.log(scale)),
    )


_Estimates = tuple[Array, Array, Array, float, float]


class _Search:
    """One model's likelihood over the logarithms of its components' variances, as multiples of the residual's."""

    def __init__(self, figures: Array, columns: Array, groups: Labels, components: Mapping[str, Component]) -> None:
        rows = [np.flatnonzero(groups == one) for one in np.unique(groups)]
        parts = components.values()
        levels = [[np.unique(one.labels[at]) for at in rows] for one in parts]
        shares = [
            [_share(one, at, found) for at, found in zip(rows, of_groups, strict=True)]
            for one, of_groups in zip(parts, levels, strict=True)
        ]
        names = [[[str(level) for level in found] for found in of_groups] for of_groups in levels]
        self._names = list(components)
        self._model = MixedLM(figures, columns, groups, exog_vc=VCSpec(self._names, names, shares), use_sqrt=False)
        # what MixedLM.fit sets before its own search: restricted likelihood, no penalties, nothing held fixed
        self._model.reml, self._model.fe_pen, self._model.cov_pen = True, None, None
        self._model._freepat, self._model._cov_sing = None, 0

    def most_likely(self, start: Array) -> tuple[Array, bool]:
        """Search from `start`; return where it ended and whether it came to rest.

        Raises
        ------
        FiguresUnusable
            If the residual vanishes beside a component.
        """
        found = optimize.minimize(
            self._downhill,
            np.clip(start, -3.0, 3.0),
            jac=True,
            method="L-BFGS-B",
            bounds=[(_LEAST, _MOST)] * len(start),
            options={"maxfun": MOST_STEPS, "ftol": 1e-13, "gtol": 1e-6},
        )
        if found.x.max() > _MOST - 1:
            raise FiguresUnusable(
                "The figures scatter by nothing but what patients and sites differ by: there is no noise to judge by."
            )
        # a search that ends as its last steps are lost in rounding has come to rest too
        return np.asarray(found.x), bool(found.success) or float(np.abs(found.jac).max()) < 1e-3

    def idle(self, logs: Array) -> list[str]:
        """Return the component with the least variance if the figures do not carry it, else none."""
        least = int(np.argmin(logs))
        without = logs.copy()
        without[least] = _LEAST
        carries = self._likelihood(without) < self._likelihood(logs) - _NO_BETTER
        return [] if carries else [self._names[least]]

    def fitted(self, logs: Array) -> _Estimates:
        params = self._params(logs)
        params.fe_params, _ = self._model.get_fe_params(params.cov_re, params.vcomp)
        residual = float(self._model.get_scale(params.fe_params, params.cov_re, params.vcomp))
        effects = len(params.fe_params)
        # of the effects alone, as lme4 has it: sound also where a variance is hardly known
        information = -np.asarray(self._model.hessian(params)[0])[:effects, :effects]
        covariance: Array = np.asarray(np.linalg.inv(information), dtype=float)
        variances: Array = residual * np.exp(logs)
        return np.asarray(params.fe_params), covariance, variances, residual, self._likelihood(logs)

    def _downhill(self, logs: Array) -> tuple[float, Array]:
        params = self._params(logs)
        slope = np.asarray(self._model.score(params)) * np.exp(logs)
        return -float(self._model.loglike(params)), -slope

    def _likelihood(self, logs: Array) -> float:
        return float(self._model.loglike(self._params(logs)))

    def _params(self, logs: Array) -> MixedLMParams:
        params = MixedLMParams.from_components(vcomp=np.exp(logs))
        params.k_fe = self._model.k_fe
        return params


def _share(component: Component, rows: Labels, levels: Labels) -> Array:
    """Return what each random number of a group adds to its rows, shape (rows, levels)."""
    belongs: Array = (component.labels[rows][:, None] == levels[None]).astype(float)
    return belongs if component.weights is None else belongs * component.weights[rows][:, None]


def _without_components(figures: Array, columns: Array) -> _Estimates:
    """Fit by ordinary least squares, which is what REML is without random parts."""
    coefficients: Array = np.asarray(np.linalg.lstsq(columns, figures, rcond=None)[0], dtype=float)
    degrees = len(figures) - columns.shape[1]
    squares = float(((figures - columns @ coefficients) ** 2).sum())
    if degrees < 1 or squares <= 1e-20 * len(figures):
        raise FiguresUnusable("The figures do not scatter at all around their means: there is no noise to judge by.")
    residual = squares / degrees
    gram = columns.T @ columns
    log_likelihood = -(degrees * (np.log(2 * np.pi * residual) + 1) + np.linalg.slogdet(gram)[1]) / 2
    return coefficients, residual * np.linalg.inv(gram), np.zeros(0), residual, float(log_likelihood)
