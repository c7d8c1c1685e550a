"""The slow stretch of the skin between two pictures, taken only as far as the roots bear it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.registration.transform import POWERS, Transform, stretch_terms

Array: TypeAlias = NDArray[np.float64]

STRAINS = (0.0025, 0.005, 0.01, 0.02)
"""Standard deviations of the skin's stretch over the field, of which the likeliest is taken, or none."""
ROOT_SDS_MM = (0.015, 0.025, 0.04, 0.06)
"""Noise of the distance of two roots, one axis, of which the likeliest is taken."""
_SIMILAR = 4
"""Shift, turn and scale, which are fitted anew beside every stretch."""
_FREE_MM = 1.0


def with_stretch(transform: Transform, from_mm: Array, to_mm: Array, weights: Array) -> Transform:
    """Give a transform the stretch that its pairs of roots make likeliest.

    The terms of the stretch are taken as normally distributed about 0, and their size and the roots' noise such as make
    the pairs likeliest (evidence of a linear model: MacKay 1992, Neural Computation 4:415): a stretch that explains
    less than it costs is none.

    Parameters
    ----------
    transform : Transform
        Whose stretch is not looked at.
    from_mm, to_mm : ndarray, shape (n, 2)
        Roots in baseline and follow-up that belong together.
    weights : ndarray, shape (n,)
        Of the pairs, 0 to 1.
    """
    plain = replace(transform, stretch=np.zeros((2, len(POWERS))))
    reach_mm = float(np.hypot(*transform.half_mm))
    design = _design(from_mm, plain)
    # what the transform leaves, in the baseline, where the stretch acts
    left = (plain.to_baseline_mm(to_mm) - from_mm).T.ravel()
    weight = np.concatenate([weights, weights])
    gram, seen = (design.T * weight) @ design, design.T @ (weight * left)
    power, count = float(weight @ left**2), float(weight.sum())
    free = np.full(_SIMILAR, _FREE_MM)
    size = np.concatenate([free, _expected()])
    best, terms = -np.inf, np.zeros(design.shape[1])
    for root_sd in ROOT_SDS_MM:
        for strain in (0.0, *STRAINS):
            used = _SIMILAR if strain == 0.0 else len(size)
            prior_sd = np.where(np.arange(used) < _SIMILAR, size[:used], strain * reach_mm * size[:used])
            evidence, fitted = _evidence(
                gram[:used, :used], seen[:used], power, count=count, root_sd=root_sd, prior_sd=prior_sd
            )
            if evidence > best:
                best, terms = evidence, np.pad(fitted, (0, len(size) - used))
    return _added(plain, terms)


def _expected() -> Array:
    """Relative size of each term of the stretch: of a strain 1 at the field's edge, more bent ones being smaller."""
    by_degree = {2: 0.5, 3: 0.25}
    bent = [by_degree[across + down] for across, down in POWERS[2:]]
    # a pure shear of strain 1 moves the edge by half of what a stretch one way does
    return np.array([0.5, 0.5, *bent, *bent])


def _design(from_mm: Array, transform: Transform) -> Array:
    """Give what each unknown moves each root by: x of all, then y of all.

    Shift in x and y, scale, turn; the two pure shears; the bent terms in x; those in y.
    """
    terms = stretch_terms(from_mm, transform.middle_mm, transform.half_mm)
    x, y, bent = terms[:, 0], terms[:, 1], terms[:, 2:]
    one, none, flat = np.ones_like(x), np.zeros_like(x), np.zeros_like(bent)
    in_x = np.column_stack([one, none, x, -y, x, y, bent, flat])
    in_y = np.column_stack([none, one, y, x, -y, x, flat, bent])
    return np.vstack([in_x, in_y])


def _evidence(
    gram: Array, seen: Array, power: float, *, count: float, root_sd: float, prior_sd: Array
) -> tuple[float, Array]:
    """Logarithm of the pairs' likelihood, all terms integrated out, and the likeliest terms."""
    precision = gram / root_sd**2 + np.diag(prior_sd**-2)
    terms = np.linalg.solve(precision, seen / root_sd**2)
    misfit = (power - float(terms @ seen)) / root_sd**2
    spread = float(np.linalg.slogdet(precision)[1]) + 2.0 * float(np.log(prior_sd).sum())
    return -0.5 * (misfit + spread) - count * float(np.log(root_sd)), np.asarray(terms, np.float64)


def _added(plain: Transform, terms: Array) -> Transform:
    """Put fitted terms onto a transform without a stretch."""
    reach_mm = float(np.hypot(*plain.half_mm))
    shift, grow, turn = terms[:2], 1.0 + terms[2] / reach_mm, terms[3] / reach_mm
    stretch = np.zeros((2, len(POWERS)))
    bent = len(POWERS) - 2
    stretch[:, 0], stretch[:, 1] = (terms[4], terms[5]), (terms[5], -terms[4])
    stretch[0, 2:], stretch[1, 2:] = terms[6 : 6 + bent], terms[6 + bent :]
    angle = np.deg2rad(plain.turn_deg)
    moved = plain.scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ shift
    return replace(
        plain,
        turn_deg=plain.turn_deg + float(np.rad2deg(np.arctan2(turn, grow))),
        scale=plain.scale * float(np.hypot(grow, turn)),
        shift_mm=(plain.shift_mm[0] + float(moved[0]), plain.shift_mm[1] + float(moved[1])),
        stretch=stretch,
    )
