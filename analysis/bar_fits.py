"""Fitting blurred bars to all cross-sections at once.

Each parameter has a prior, wide for what is measured and of known size for what only spoils it: terms the picture says
nothing of stay at rest instead of wandering (maximum a posteriori; damped least squares after Levenberg and Marquardt).
The inverse of the normal matrix then gives the variance of the width, large where two edges cannot be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.blurred_bars import (
    CENTRE,
    DEPTH,
    GLINT_AT,
    RIM,
    SHADE,
    SIGMA,
    TERMS,
    WIDTH,
    columns_beside,
    evaluate,
)

FIRST_SOFTNESS_PX, FIRST_SOFTNESS_SHARE = 1.0, 0.1
"""The first steps see edges softened by this much, or this share of a fine shaft's width: from afar a sharp edge draws
nothing near."""
PLAIN_STEPS, STEPS, MORE_STEPS = 2, 3, 6
"""First the bars are plain: shading and light would make up for edges that are not yet in place. The last steps are
taken only where the width is not yet at rest."""
AT_REST_PX = 0.1
FIRST_DAMPING = 3e-3
PALE_RIM = 0.5
"""A shaft whose rims may differ more than this from its middle has them from the first step on."""
LIGHT_FROM_SIGMAS = 4.0
LEAST_RESIDUAL = 0.01
_FIXED = 1e12

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """S cross-sections with the same number of bars.

    Parameters
    ----------
    offsets_px : ndarray, shape (S, samples)
        Distance from the rough middle.
    contrasts : ndarray, shape (S, samples)
        0 for skin, about 1 for the measured shaft.
    counts : ndarray of bool, shape (S, samples)
        Which samples count.
    rough_widths_px, noise, rim : ndarray, shape (S,)
        Rough width, standard deviation of the skin's contrasts, and by how much edges may differ from the middle.
    beside_px, beside_widths_px : ndarray, shape (S, bars - 1)
        Rough place and width of the bars beside.
    """

    offsets_px: Array
    contrasts: NDArray[np.floating]
    counts: Bools
    rough_widths_px: Array
    noise: Array
    rim: Array
    beside_px: Array
    beside_widths_px: Array


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Fitted bars of the S measured shafts.

    Parameters
    ----------
    centres_px, widths_px, widths_sd_px, depths : ndarray, shape (S,)
        Offset, width and its standard uncertainty within the section, depth in the middle.
    edge_depths : ndarray, shape (S, 2)
        Depth at the left and right edge.
    sigmas_px : ndarray, shape (S,)
        Blur: as given, or fitted.
    sigmas_sd_px : ndarray, shape (S,)
        Its standard uncertainty; 0 where given.
    gaps_px : ndarray, shape (S,)
        From the shaft's edges to the nearest bar beside; infinite where there is none, negative where it hides one.
    residuals : ndarray, shape (S,)
        RMS of what is left over the shaft and its edges.
    model : ndarray of float32, shape (S, samples)
        The fitted profile.
    """

    centres_px: Array
    widths_px: Array
    widths_sd_px: Array
    depths: Array
    edge_depths: Array
    sigmas_px: Array
    sigmas_sd_px: Array
    gaps_px: Array
    residuals: Array
    model: Plane


def fit(profiles: Profiles, sigma_px: Array | float, *, sigma_free: bool = False) -> Bars:
    """Fit every section.

    Parameters
    ----------
    sigma_px : ndarray, shape (S,), or float
        Blur; where `sigma_free`, its first guess.
    """
    task, start = _prepared(profiles, sigma_px, sigma_free=sigma_free)
    plain = task.precision.copy()
    plain[:, SHADE:TERMS] = _FIXED
    plain[:, RIM] = np.where(profiles.rim > PALE_RIM, task.precision[:, RIM], _FIXED)
    plain[:, SIGMA] = _FIXED
    near = _descend(
        replace(task, precision=plain),
        start,
        PLAIN_STEPS,
        softness_px=np.minimum(FIRST_SOFTNESS_PX, FIRST_SOFTNESS_SHARE * start[:, WIDTH]),
    )
    at = _descend(task, near.parameters, STEPS)
    moving = np.flatnonzero(at.to_go_px > AT_REST_PX)
    if len(moving):
        further = _descend(task.of(moving), at.parameters[moving], MORE_STEPS, damping=at.damping[moving])
        at.parameters[moving], at.normal[moving] = further.parameters, further.normal
        at.model[:, moving] = further.model
    return _described(profiles, at, sigma_free=sigma_free)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What is fitted: samples (samples, S) with the square roots of their weights, and the priors (S, terms)."""

    t: Plane
    y: Plane
    weight: Plane
    expected: Array
    precision: Array

    def of(self, rows: NDArray[np.intp]) -> _Task:
        return _Task(self.t[:, rows], self.y[:, rows], self.weight[:, rows], self.expected[rows], self.precision[rows])


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """Where a descent ended.

    Parameters (S, terms), normal matrices, models (samples, S), the width's next step, and the damping it would take.
    """

    parameters: Array
    normal: Array
    model: Plane
    to_go_px: Array
    damping: Array


def _descend(
    task: _Task, start: Array, steps: int, *, softness_px: Array | float = 0.0, damping: Array | None = None
) -> _Fitted:
    """Take damped steps on all sections at once; a step that makes a section worse is not taken there."""
    p = trial = start
    damping = np.full(len(p), FIRST_DAMPING) if damping is None else damping
    cost = np.full(len(p), np.inf)
    # a section without contrast (saturated light) has no cost that is a number: it stays where it starts
    model, gradient = np.full_like(task.y, np.nan), np.zeros_like(p)
    normal = np.tile(np.eye(p.shape[1]), (len(p), 1, 1))
    for _ in range(steps + 1):
        seen, slopes = evaluate(task.t, trial, np.hypot(trial[:, SIGMA], softness_px))
        left = task.weight * (task.y - seen)
        trial_cost = np.einsum("ij,ij->j", left, left) + (task.precision * (trial - task.expected) ** 2).sum(axis=1)
        better = trial_cost < cost
        slopes *= task.weight
        slopes = np.ascontiguousarray(slopes.transpose(2, 0, 1))
        trial_normal = (slopes @ slopes.transpose(0, 2, 1)).astype(float)
        np.einsum("nii->ni", trial_normal)[:] += task.precision  # a view of the diagonals
        trial_gradient = (slopes @ left.T[..., None])[..., 0] + task.precision * (task.expected - trial)
        p = np.where(better[:, None], trial, p)
        gradient = np.where(better[:, None], trial_gradient, gradient)
        model[:, better], normal[better] = seen[:, better], trial_normal[better]
        cost = np.where(better, trial_cost, cost)
        damping = np.where(better, damping / 6, damping * 10)
        damped = normal.copy()
        diagonal = np.einsum("nii->ni", damped)
        diagonal[:] = diagonal * (1 + damping[:, None]) + 1e-9  # a term that nothing hangs on stays where it is
        trial = p + np.linalg.solve(damped, gradient[..., None])[..., 0]
        _hold(trial, p)
    return _Fitted(p, normal, model, np.abs(trial - p)[:, WIDTH], damping)


def _prepared(profiles: Profiles, sigma_px: Array | float, *, sigma_free: bool) -> tuple[_Task, Array]:
    """First guesses (S, terms), and the task: priors in units of px and of the shaft's own depth."""
    y, rough = np.asarray(profiles.contrasts, float), profiles.rough_widths_px
    middle = y.shape[1] // 2
    depth = y[:, middle - 2 : middle + 2].mean(axis=1)
    depth = np.where(np.abs(depth) < 0.3, np.where(depth < 0, -0.3, 0.3), depth)
    left, right = _half_depth(profiles)
    zero, one = np.zeros_like(depth), np.ones_like(depth)
    # a line of light is told from the bar only where its flanks are: on a fine shaft it is a paler bar
    light = 0.5 * np.clip(((right - left) / sigma_px - LIGHT_FROM_SIGMAS) / LIGHT_FROM_SIGMAS, 0.1, 1.0)
    terms = [zero, zero, (left + right) / 2, right - left, depth, zero, zero, zero, zero]
    means = [zero, zero, zero, rough, zero, zero, zero, zero, zero]
    deviations = [10 * one, 0.3 * one, 3 * one, 0.6 * rough, 10 * one, 0.2 * one, profiles.rim, light, 0.35 * one]
    for place, width in zip(profiles.beside_px.T, profiles.beside_widths_px.T, strict=True):
        terms += [place, width, depth]
        means += [place, width, depth]
        deviations += [2.5 * one, 0.4 * width, 0.7 * one]
    blur = np.broadcast_to(np.asarray(sigma_px, float), depth.shape)
    precision = [deviation**-2.0 for deviation in deviations]
    # samples closer than a pixel are no further evidence
    step = np.minimum(profiles.offsets_px[:, 1] - profiles.offsets_px[:, 0], 1.0)
    weight = np.sqrt(profiles.counts * step[:, None]) / profiles.noise[:, None]
    task = _Task(
        t=np.ascontiguousarray(profiles.offsets_px.T, np.float32),
        y=np.ascontiguousarray(y.T, np.float32),
        weight=np.ascontiguousarray(weight.T, np.float32),
        expected=np.column_stack([*means, blur]),
        precision=np.column_stack([*precision, np.full_like(depth, 0.0 if sigma_free else _FIXED)]),
    )
    return task, np.column_stack([*terms, blur])


def _half_depth(profiles: Profiles) -> tuple[Array, Array]:
    """Where each profile first falls to half depth on either side, no further than midway to a neighbour."""
    t, y, rough = profiles.offsets_px, profiles.contrasts, profiles.rough_widths_px
    low, high = t[:, 0].copy(), t[:, -1].copy()
    for place, width in zip(profiles.beside_px.T, profiles.beside_widths_px.T, strict=True):
        midway = place * rough / (rough + width)
        low = np.where((place < 0) & (midway > low), midway, low)
        high = np.where((place >= 0) & (midway < high), midway, high)
    shaft = (np.abs(y) > 0.5) | (np.abs(t) < 0.3 * rough[:, None])  # in the middle a highlight may lie
    shaft &= profiles.counts & (t > low[:, None]) & (t < high[:, None])
    # between a pale shaft's light middle and its dark rim lies a step through no contrast
    shaft[:, 2:-2] |= (shaft[:, :-4] | shaft[:, 1:-3]) & (shaft[:, 4:] | shaft[:, 3:-1])
    half = y.shape[1] // 2
    step = t[:, 1] - t[:, 0]
    to_right = np.logical_and.accumulate(shaft[:, half:], axis=1).sum(axis=1)
    to_left = np.logical_and.accumulate(shaft[:, half - 1 :: -1], axis=1).sum(axis=1)
    return -step * np.maximum(to_left, 1), step * np.maximum(to_right, 1)


def _hold(trial: Array, before: Array) -> None:
    """Keep a step within what a shaft can be."""
    for i in [WIDTH, *(first + 1 for first in columns_beside(trial.shape[1]))]:
        trial[:, i] = np.clip(trial[:, i], np.maximum(0.5 * before[:, i], 0.3), 2 * before[:, i])
    trial[:, GLINT_AT] = np.clip(trial[:, GLINT_AT], -0.7, 0.7)
    trial[:, SIGMA] = np.clip(trial[:, SIGMA], 0.3, 8)


def _described(profiles: Profiles, at: _Fitted, *, sigma_free: bool) -> Bars:
    t, y, p, model = profiles.offsets_px, profiles.contrasts, at.parameters, at.model.T
    half, sigma = p[:, WIDTH] / 2, p[:, SIGMA]
    near = (np.abs(t - p[:, CENTRE, None]) < (half + 2.5 * sigma + 1)[:, None]) & profiles.counts
    residual = np.sqrt(((y - model) ** 2 * near).sum(axis=1) / np.maximum(near.sum(axis=1), 1))
    covariance = np.linalg.inv(at.normal + 1e-9 * np.eye(at.normal.shape[1]))
    excess = np.maximum(residual, LEAST_RESIDUAL) / profiles.noise  # noise is the skin's; what is left may differ
    gaps = np.full(len(t), np.inf)
    for i in columns_beside(p.shape[1]):
        for edge in (p[:, CENTRE] - half, p[:, CENTRE] + half):
            gaps = np.minimum(gaps, np.abs(edge - p[:, i]) - p[:, i + 1] / 2)
    depth, shade, rim = p[:, DEPTH], p[:, SHADE], p[:, RIM]
    return Bars(
        centres_px=p[:, CENTRE],
        widths_px=p[:, WIDTH],
        widths_sd_px=np.sqrt(np.maximum(covariance[:, WIDTH, WIDTH], 0)) * excess,
        depths=depth,
        edge_depths=np.column_stack([depth - shade + rim, depth + shade + rim]),
        sigmas_px=sigma,
        sigmas_sd_px=np.sqrt(np.maximum(covariance[:, SIGMA, SIGMA], 0)) * excess * sigma_free,
        gaps_px=gaps,
        residuals=residual,
        model=model,
    )
