"""Hair that was not made ready for the picture: wet and clumped, or long hair from beside that lies over the field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phantom.scalp import Hair, Scalp
from phantom.settings import require_between


def clump(scalp: Scalp, share: float, *, reach_mm: float = 0.7, seed: int = 0) -> Scalp:
    """Wet the hair: neighbours lean towards a common tip and lie against one another.

    Parameters
    ----------
    scalp : Scalp
    share : float
        Of the hairs that clump, 0 to 1.
    reach_mm : float
        Distance of the clumps' middles; a hair joins the one that is nearest to its tip.
    seed : int
        Of the clumps' places.

    Returns
    -------
    Scalp
        The same hairs with the same roots, in other directions.
    """
    require_between("share", share, 0.0, 1.0)
    require_between("reach_mm", reach_mm, 0.05, 10.0)
    rng = np.random.default_rng([seed, 72])
    half = np.asarray(scalp.grown_mm) / 2
    across = int(np.ceil(2 * half.max() / reach_mm)) + 1
    middles = (np.stack(np.meshgrid(*2 * [np.arange(across) - across / 2]), -1).reshape(-1, 2) + 0.5) * reach_mm
    middles += rng.uniform(-0.3, 0.3, middles.shape) * reach_mm
    wet = rng.random(len(scalp.hairs)) < share
    return replace(scalp, hairs=tuple(_leaning(h, middles) if w else h for h, w in zip(scalp.hairs, wet, strict=True)))


def lay_over(scalp: Scalp, hairs: int, *, seed: int = 0) -> Scalp:
    """Let long hair from beside lie over the field, as where it was not combed away.

    Parameters
    ----------
    scalp : Scalp
    hairs : int
        How many; 0 to 2000. Each is rooted outside of ``size_mm`` and crosses it.
    seed : int
        Of where they lie.

    Returns
    -------
    Scalp
        With hairs added on top, all of new units.
    """
    require_between("hairs", hairs, 0, 2000)
    rng = np.random.default_rng([seed, 73])
    across_mm = float(np.hypot(*scalp.settings.size_mm))
    lie = rng.uniform(0.0, 2 * np.pi)
    added = []
    for number in range(hairs):
        heading = lie + rng.normal(0.0, 0.15)
        ahead = np.array([np.cos(heading), np.sin(heading)])
        aside = np.array([-ahead[1], ahead[0]])
        root = -(0.5 * across_mm + 0.2) * ahead + rng.uniform(-0.5, 0.5) * across_mm * aside
        added.append(
            Hair(
                hair_id=scalp.next_hair_id + number,
                unit_id=scalp.next_unit_id + number,
                root_mm=(float(root[0]), float(root[1])),
                direction_rad=float(heading),
                bend_per_mm=float(rng.normal(0.0, 0.02)),
                wave_rad=0.05,
                wave_mm=4.0,
                wave_phase_rad=float(rng.uniform(0.0, 2 * np.pi)),
                length_mm=across_mm * float(rng.uniform(0.7, 1.3)),
                diameter_um=float(np.clip(rng.normal(*scalp.settings.terminal_um), 40.0, 150.0)),
                taper_per_mm=0.004,
                melanin=scalp.hairs[0].melanin if scalp.hairs else 0.9,
            )
        )
    return replace(
        scalp,
        hairs=scalp.hairs + tuple(added),
        next_hair_id=scalp.next_hair_id + hairs,
        next_unit_id=scalp.next_unit_id + hairs,
    )


def _leaning(hair: Hair, middles: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Hair:
    """Turn a hair towards the common tip of the clump nearest to where its own tip would lie."""
    root = np.asarray(hair.root_mm)
    own = root + hair.length_mm * np.array([np.cos(hair.direction_rad), np.sin(hair.direction_rad)])
    towards = middles[int(((middles - own) ** 2).sum(axis=1).argmin())] - root
    return replace(hair, direction_rad=float(np.arctan2(towards[1], towards[0])))
