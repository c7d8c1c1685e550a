"""Fit the probability of the same place: on pairs of drawn constellations, some of one place and some of two.

Prints the constants of ``analysis/registration/register.py``.  The pairs are wider in every respect than practice:
few roots and many, little overlap, any turn, scales that are wrong.  Real scalps take no part; the benchmark holds the
fit against them.

    python -m benchmarks.fit_same_place [PAIRS]
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.registration.constellation import Constellation
from analysis.registration.evidence import Evidence
from analysis.registration.register import LEAST_PAIRS, best_alignment, features
from benchmarks.constellations import Sight, later, scalp_of, seen
from phantom import Pose

Array = NDArray[np.float64]

FIRST_SEED = 700_000


def pair(seed: int, *, same: bool) -> tuple[Constellation, Constellation]:
    """Draw two constellations of one place, or of two."""
    rng = np.random.default_rng([seed, 5])
    width = float(rng.uniform(4.5, 11.0))
    field = (width, width * float(rng.uniform(0.7, 0.8)))
    density = float(np.exp(rng.uniform(np.log(35.0), np.log(240.0))))
    scalp = scalp_of(seed, field, density)
    sight = Sight(
        field_mm=field,
        missed=float(rng.uniform(0.02, 0.15)),
        false=float(rng.uniform(0.0, 0.08)),
        root_sd_mm=float(rng.uniform(0.01, 0.035)),
        heading_sd_rad=float(rng.uniform(0.05, 0.3)),
    )
    first = seen(scalp, sight, seed)
    new, lost = rng.uniform(0.03, 0.3, 2)
    other = later(scalp, float(new), float(lost), seed + 1) if same else scalp_of(seed + FIRST_SEED, field, density)
    shift = rng.uniform(-0.35, 0.35, 2) * field
    turn = float(rng.uniform(-180, 180) if rng.random() < 0.2 else rng.uniform(-20, 20))
    again = replace(
        sight,
        pose=Pose((float(shift[0]), float(shift[1])), turn),
        scale=float(rng.normal(1.0, 0.02)),
        strain=float(rng.uniform(0.0, 0.01)),
    )
    return first, seen(other, again, seed + 1)


def logistic(of: Array, same: NDArray[np.bool_]) -> Array:
    """Fit a logistic regression by Newton's method, its slopes held back a little lest the classes part wholly."""
    design = np.column_stack([of, np.ones(len(of))])
    held = np.diag([*np.full(of.shape[1], 1e-2), 0.0])
    terms = np.zeros(design.shape[1])
    for _ in range(60):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ terms, -40, 40)))
        slope = design.T @ (same - chance) - held @ terms
        curve = (design.T * (chance * (1 - chance))) @ design + held + 1e-9 * np.eye(len(terms))
        terms = terms + np.linalg.solve(curve, slope)
    return np.asarray(terms)


def main() -> None:
    """Draw, fit, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rows: list[tuple[Array, bool]] = []
    for number in range(count):
        for same in (True, False):
            found: Evidence | None = best_alignment(*pair(FIRST_SEED + 2 * number, same=same))[1]
            if found is not None and found.paired >= LEAST_PAIRS:
                rows.append((features(found), same))
    terms = logistic(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))
    print(f"{len(rows)} pairs; terms {np.round(terms, 3).tolist()}")  # noqa: T201 (a tool's result)


if __name__ == "__main__":
    main()
