"""Pairs of constellations of drawn scalps, without a picture: what two visits would see of the same roots, and where.

Much cheaper than pictures, so that thousands can be tried: registration is fitted on these and benchmarked on them and
on measured pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.registration.constellation import Constellation
from phantom import Pose, Scalp, ScalpSettings, gain, grow, lose

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sight:
    """How a scalp is seen at one visit.

    Parameters
    ----------
    pose : Pose
        Of the scalp under the camera.
    field_mm : (float, float)
        Sides of what is seen.
    scale : float
        Length as seen over true length.
    strain : float
        Of the skin, at most: a smooth stretch whose waves are twice to four times as long as the field.
    missed, false : float
        Share of hairs not seen, and of false ones as a share of all.
    root_sd_mm, heading_sd_rad : float
        Noise of what is seen.
    """

    pose: Pose = field(default_factory=Pose)
    field_mm: tuple[float, float] = (7.0, 5.4)
    scale: float = 1.0
    strain: float = 0.0
    missed: float = 0.07
    false: float = 0.03
    root_sd_mm: float = 0.025
    heading_sd_rad: float = 0.12

    def place_mm(self, scalp_mm: Points, seed: int) -> Points:
        """Where points (n, 2) of the scalp are seen, from the top left corner."""
        moved = _stretched(scalp_mm, self.strain, max(self.field_mm), seed) @ self.pose.turn.T
        return np.asarray(self.scale * (moved + self.pose.shift_mm) + 0.5 * np.asarray(self.field_mm))


def seen(scalp: Scalp, sight: Sight, seed: int) -> Constellation:
    """See a scalp's roots, some of them missed and some that are none."""
    rng = np.random.default_rng([seed, 41])
    roots = sight.place_mm(np.array([hair.root_mm for hair in scalp.hairs]).reshape(-1, 2), seed)
    headings = np.array([hair.direction_rad for hair in scalp.hairs]) + np.deg2rad(sight.pose.turn_deg)
    width, height = sight.field_mm
    roots = roots + rng.normal(0.0, sight.root_sd_mm, roots.shape)
    kept = ((roots >= 0) & (roots <= (width, height))).all(axis=1) & (rng.random(len(roots)) >= sight.missed)
    roots, headings = roots[kept], headings[kept] + rng.normal(0.0, sight.heading_sd_rad, int(kept.sum()))
    wrong = rng.poisson(sight.false * len(roots))
    roots = np.vstack([roots, rng.uniform(0, 1, (wrong, 2)) * (width, height)])
    headings = np.append(headings, rng.uniform(-np.pi, np.pi, wrong))
    return Constellation(roots, headings, (0.0, 0.0, width, height))


def scalp_of(seed: int, field_mm: tuple[float, float], hairs_per_cm2: float) -> Scalp:
    """Grow a scalp that is wide enough to be seen half a field away and turned."""
    reach = 1.7 * float(np.hypot(*field_mm))
    return grow(
        ScalpSettings(
            hair_density_per_cm2=hairs_per_cm2,
            direction_deg=float(np.random.default_rng([seed, 42]).uniform(-180, 180)),
            size_mm=(reach, reach),
            margin_mm=0.5,
        ),
        seed=seed,
    )


def later(scalp: Scalp, new_share: float, lost_share: float, seed: int) -> Scalp:
    """Give the scalp at a later visit."""
    return gain(lose(scalp, lost_share, seed), new_share, seed)


def _stretched(points: Points, strain: float, longest_mm: float, seed: int) -> Points:
    if strain == 0.0:
        return points
    rng = np.random.default_rng([seed, 43])
    moved = points.copy()
    for axis in (0, 1):
        about, phase = rng.uniform(0, 2 * np.pi, 2)
        wave = longest_mm * rng.uniform(2.0, 4.0)
        along = points @ np.array([np.cos(about), np.sin(about)])
        moved[:, axis] += strain * wave / (2 * np.pi) * np.sin(2 * np.pi * along / wave + phase)
    return moved
