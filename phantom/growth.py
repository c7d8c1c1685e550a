"""Growing hair: where follicular units stand, which way they lie, and what grows out of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phantom.colour import melanin_of
from phantom.scalp import FINEST_UM, TERMINAL_FROM_UM, WIDEST_UM, Hair, Points, Scalp, ScalpSettings

_SITES_PER_UNIT = 1.15
"""Places offered per unit: the empty ones break the lattice, as missing units do."""
_JITTER = 0.3
"""Largest shift of a unit off its place, in lattice pitches: two units stay at least 0.4 pitches apart."""
_UNIT_SCATTER_RAD, _HAIR_SCATTER_RAD = 0.14, 0.12
"""Directions scatter by 0.17 rad over a picture and by 0.23 rad between neighbouring roots on 170 shaved scalps."""
_SHORTEST_MM = 0.08
_VELLUS_MELANIN, _MELANIN_SCATTER = 0.6, 0.06


def grow(settings: ScalpSettings, seed: int) -> Scalp:
    """Grow a scalp.

    Parameters
    ----------
    settings : ScalpSettings
        What it is like.
    seed : int
        Not negative. The same settings and seed give the same scalp.

    Returns
    -------
    Scalp
    """
    placing, growing = (np.random.default_rng([seed, stream]) for stream in (1, 2))
    units = _place_units(settings, placing)
    shares = np.asarray(settings.units_of) / np.sum(settings.units_of)
    hairs: list[Hair] = []
    for unit_id, unit_mm in enumerate(units):
        direction = direction_at(unit_mm, settings, seed) + growing.normal(0.0, _UNIT_SCATTER_RAD)
        for root_mm in _roots_of_unit(unit_mm, 1 + int(growing.choice(4, p=shares)), direction, settings, growing):
            hairs.append(
                grow_hair(len(hairs), unit_id, root_mm, direction_rad=direction, settings=settings, rng=growing)
            )
    lie = growing.permutation(len(hairs))
    return Scalp(settings, tuple(hairs[index] for index in lie), seed, seed, len(hairs), len(units))


def grow_hair(
    hair_id: int,
    unit_id: int,
    root_mm: Points,
    *,
    direction_rad: float,
    settings: ScalpSettings,
    rng: np.random.Generator,
) -> Hair:
    """Grow one hair of the population, leaning about the way its unit does."""
    vellus = rng.random() < settings.vellus_share
    diameter_um = _diameter_um(bool(vellus), settings, rng)
    melanin = melanin_of(settings.hair_colour) * (_VELLUS_MELANIN if vellus else 1.0) + rng.normal(
        0.0, _MELANIN_SCATTER
    )
    return Hair(
        hair_id=hair_id,
        unit_id=unit_id,
        root_mm=(float(root_mm[0]), float(root_mm[1])),
        direction_rad=float(direction_rad + rng.normal(0.0, _HAIR_SCATTER_RAD * (2.0 if vellus else 1.0))),
        bend_per_mm=float(rng.normal(0.0, settings.curl_per_mm)),
        wave_rad=float(rng.normal(0.0, 0.6 * settings.curl_per_mm)),
        wave_mm=float(rng.uniform(2.0, 6.0)),
        wave_phase_rad=float(rng.uniform(0.0, 2 * np.pi)),
        length_mm=max(_SHORTEST_MM, float(rng.normal(*settings.length_mm))),
        diameter_um=diameter_um,
        taper_per_mm=settings.taper_per_mm,
        melanin=float(np.clip(melanin, 0.0, 1.0)),
    )


def direction_at(place_mm: Points, settings: ScalpSettings, seed: int) -> float:
    """Give the direction of growth at a place in rad.

    It drifts by some 10 degrees a cm, so that neighbours agree, but for those on the two sides of a parting.
    """
    rng = np.random.default_rng([seed, 3])
    waves = rng.normal(0.0, 2 * np.pi / 25.0, (3, 2))
    phases = rng.uniform(0.0, 2 * np.pi, 3)
    direction_rad = float(np.deg2rad(settings.direction_deg))
    if settings.parted and np.dot(place_mm, [np.cos(direction_rad), np.sin(direction_rad)]) < 0:
        direction_rad += np.pi
    return float(direction_rad + 0.1 * np.sin(waves @ np.asarray(place_mm) + phases).sum())


def _place_units(settings: ScalpSettings, rng: np.random.Generator) -> Points:
    """Place the units' middles, shape (n, 2): a hexagonal lattice turned and shifted by chance, jittered, with gaps.

    The chance shift makes every place as likely as any other, so the expected density is the setting's everywhere.
    """
    hairs_per_unit = np.dot(settings.units_of, [1, 2, 3, 4]) / np.sum(settings.units_of)
    units_per_mm2 = settings.hair_density_per_cm2 / hairs_per_unit / 100.0
    if units_per_mm2 == 0:
        return np.zeros((0, 2))
    pitch = np.sqrt(2.0 / np.sqrt(3.0) / (units_per_mm2 * _SITES_PER_UNIT))
    extent = np.asarray(settings.size_mm) + 2 * settings.margin_mm
    reach = int(np.ceil(np.hypot(*extent) / pitch)) + 2
    column, row = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    lattice = pitch * np.column_stack([(column + 0.5 * (row % 2)).ravel(), (np.sqrt(0.75) * row).ravel()])
    # an even number of rows is the lattice's vertical period
    lattice += pitch * rng.uniform(0.0, 1.0, 2) * [1.0, 2 * np.sqrt(0.75)]
    turn = rng.uniform(0.0, np.pi)
    places = lattice @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    away, bearing = _JITTER * pitch * np.sqrt(rng.random(len(places))), rng.uniform(0.0, 2 * np.pi, len(places))
    places += np.column_stack([away * np.cos(bearing), away * np.sin(bearing)])
    taken = rng.random(len(places)) < 1.0 / _SITES_PER_UNIT
    inside = (np.abs(places) <= extent / 2).all(axis=1)
    return np.asarray(places[taken & inside])


def _roots_of_unit(
    unit_mm: Points, count: int, direction_rad: float, settings: ScalpSettings, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Place a unit's roots side by side across the direction of growth, a little before and behind one another."""
    gaps = settings.root_gap_um / 1000.0 * rng.uniform(0.3, 1.7, count - 1)
    across = np.concatenate([[0.0], np.cumsum(gaps)])
    across -= across.mean()
    along = 0.4 * settings.root_gap_um / 1000.0 * rng.normal(0.0, 1.0, count)
    forward = np.array([np.cos(direction_rad), np.sin(direction_rad)])
    sideways = np.array([-forward[1], forward[0]])
    return [unit_mm + a * sideways + b * forward for a, b in zip(across, along, strict=True)]


def _diameter_um(vellus: bool, settings: ScalpSettings, rng: np.random.Generator) -> float:
    low, high = (FINEST_UM, TERMINAL_FROM_UM) if vellus else (TERMINAL_FROM_UM, WIDEST_UM)
    mean, spread = settings.vellus_um if vellus else settings.terminal_um
    while True:
        diameter_um = float(rng.normal(mean, spread))
        if low <= diameter_um < high:
            return diameter_um
