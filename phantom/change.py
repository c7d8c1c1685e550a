"""The same scalp later: every function returns a new scalp on which a kept hair keeps its id, root and bend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phantom.growth import direction_at, grow_hair
from phantom.scalp import Hair, Points, Scalp
from phantom.settings import require_between

_LARGEST_UNIT = 4
_JOINING_SHARE = 0.5
"""Of new hairs, in a unit that is already seen: a follicle that wakes again beside its neighbours."""


def clip(scalp: Scalp, length_mm: float, seed: int, *, scatter: float = 0.1) -> Scalp:
    """Clip all hairs to about one length; a shorter hair stays as it is.

    Parameters
    ----------
    scalp : Scalp
        As it was.
    length_mm : float
        Mean length left.
    seed : int
        Not negative.
    scatter : float
        Standard deviation of the cut, as a share of `length_mm`.

    Returns
    -------
    Scalp
    """
    require_between("length_mm", length_mm, 0.1, 40.0)
    require_between("scatter", scatter, 0.0, 0.3)
    cuts = length_mm * (
        1.0 + scatter * np.clip(np.random.default_rng([seed, 11]).normal(0.0, 1.0, len(scalp.hairs)), -3, 3)
    )
    return _with_hairs(
        scalp, [replace(h, length_mm=min(h.length_mm, float(cut))) for h, cut in zip(scalp.hairs, cuts, strict=True)]
    )


def regrow(scalp: Scalp, days: float, seed: int, *, anagen_share: float = 0.85, um_per_day: float = 367.0) -> Scalp:
    """Let the hairs in anagen grow on.

    Parameters
    ----------
    scalp : Scalp
        As it was.
    days : float
        Between the two pictures.
    seed : int
        Not negative. Chooses the growing hairs, the same ones at every call with the same scalp and seed.
    anagen_share : float
        Of hairs that grow, in expectation.
    um_per_day : float
        Mean rate, spread by 15 % between hairs. Default: Caucasian hair (Loussouarn).

    Returns
    -------
    Scalp
    """
    require_between("days", days, 0.0, 100.0)
    require_between("anagen_share", anagen_share, 0.0, 1.0)
    rng = np.random.default_rng([seed, 12])
    grows = rng.random(len(scalp.hairs)) < anagen_share
    rates = um_per_day * np.clip(rng.normal(1.0, 0.15, len(scalp.hairs)), 0.5, 1.5)
    grown_mm = np.where(grows, days * rates / 1000.0, 0.0)
    return _with_hairs(
        scalp,
        [replace(h, length_mm=h.length_mm + float(extra)) for h, extra in zip(scalp.hairs, grown_mm, strict=True)],
    )


def thin(scalp: Scalp, factor: float, seed: int, *, share: float = 1.0) -> Scalp:
    """Change the diameter of a share of the hairs: below 1 they miniaturise, above 1 they thicken.

    Parameters
    ----------
    scalp : Scalp
        As it was.
    factor : float
        New over old diameter, 0.2 to 3.
    seed : int
        Not negative. Chooses the hairs.
    share : float
        Of hairs that change, exact to the rounding of one hair.

    Returns
    -------
    Scalp
    """
    require_between("factor", factor, 0.2, 3.0)
    chosen = _chosen(scalp, share, np.random.default_rng([seed, 13]))
    return _with_hairs(
        scalp, [replace(h, diameter_um=h.diameter_um * factor) if h.hair_id in chosen else h for h in scalp.hairs]
    )


def lose(scalp: Scalp, share: float, seed: int) -> Scalp:
    """Lose a share of the hairs, exact to the rounding of one hair, chosen by `seed` (not negative)."""
    chosen = _chosen(scalp, share, np.random.default_rng([seed, 14]))
    return _with_hairs(scalp, [h for h in scalp.hairs if h.hair_id not in chosen])


def gain(scalp: Scalp, share: float, seed: int) -> Scalp:
    """Gain new hairs, as a share of those there, exact to the rounding of one hair.

    About half of them join a unit that has room, the others open a unit where there is most space. They are of the
    scalp's population, with new ids, and lie on top.

    Parameters
    ----------
    scalp : Scalp
        As it was.
    share : float
        New hairs over present ones, 0 to 1.
    seed : int
        Not negative.

    Returns
    -------
    Scalp
    """
    require_between("share", share, 0.0, 1.0)
    rng = np.random.default_rng([seed, 15])
    hairs, next_unit_id = list(scalp.hairs), scalp.next_unit_id
    for hair_id in range(scalp.next_hair_id, scalp.next_hair_id + round(share * len(scalp.hairs))):
        host = hairs[int(rng.integers(len(hairs)))]
        if rng.random() < _JOINING_SHARE and sum(h.unit_id == host.unit_id for h in hairs) < _LARGEST_UNIT:
            bearing = rng.uniform(0.0, 2 * np.pi)
            gap_mm = scalp.settings.root_gap_um / 1000.0 * rng.uniform(0.7, 1.3)
            root_mm = np.asarray(host.root_mm) + gap_mm * np.array([np.cos(bearing), np.sin(bearing)])
            unit_id, direction_rad = host.unit_id, host.direction_rad
        else:
            root_mm = _most_space_mm(scalp, hairs, rng)
            unit_id, direction_rad = next_unit_id, direction_at(root_mm, scalp.settings, scalp.skin_seed)
            next_unit_id += 1
        hairs.append(
            grow_hair(hair_id, unit_id, root_mm, direction_rad=direction_rad, settings=scalp.settings, rng=rng)
        )
    gained = len(hairs) - len(scalp.hairs)
    return replace(scalp, hairs=tuple(hairs), next_hair_id=scalp.next_hair_id + gained, next_unit_id=next_unit_id)


def wash(scalp: Scalp, seed: int) -> Scalp:
    """Wash the scalp and wet it anew: flakes and bubbles lie elsewhere, by `seed` (not negative)."""
    return replace(scalp, gel_seed=seed)


def _with_hairs(scalp: Scalp, hairs: list[Hair]) -> Scalp:
    return replace(scalp, hairs=tuple(hairs))


def _chosen(scalp: Scalp, share: float, rng: np.random.Generator) -> set[int]:
    require_between("share", share, 0.0, 1.0)
    ids = sorted(h.hair_id for h in scalp.hairs)
    return {int(hair_id) for hair_id in rng.permutation(ids)[: round(share * len(ids))]}


def _most_space_mm(scalp: Scalp, hairs: list[Hair], rng: np.random.Generator) -> Points:
    """Choose, of 30 places, the one farthest from all roots."""
    half = np.asarray(scalp.grown_mm) / 2
    places = rng.uniform(-half, half, (30, 2))
    roots = np.array([h.root_mm for h in hairs])
    nearest = np.hypot(*(places[:, None] - roots[None]).transpose(2, 0, 1)).min(axis=1)
    return np.asarray(places[int(nearest.argmax())])
