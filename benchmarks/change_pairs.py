"""Drawn pairs of visits: one place photographed twice, every hair of it known both times.

The baseline lies straight; at the follow-up the place is shifted by up to 30 % of the field, turned by up to 15 degrees
and seen at a scale up to 2 % off; the hair was clipped anew, washed, and is lit otherwise; 5 to 30 % of it came or
went.  What comes grows from a follicle that rested: no follicle is born after birth, so new hairs stand as those that
are there do.  Seeds follow the rule of ``benchmarks.phantoms``: nothing is fitted on those from ``FIRST_SEED`` on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.shared_frame import SharedFrame
from benchmarks.phantoms import FIRST_SEED, UM_PER_PX
from phantom import Light, Optics, Photograph, Pose, ScalpSettings, clip, grow, lose, photograph, wash
from phantom.optics import to_ideal_px, to_scalp_mm
from phantom.scalp import Points

FIRST_PAIR = FIRST_SEED + 500_000
SIDE_PX = 1736
"""Of a square picture: 0.85 cm2, the frame that is in use."""
MOST_SHIFT_OF_FIELD, MOST_TURN_DEG, MOST_SCALE_OFF = 0.3, 15.0, 0.02
LEAST_SHARED = 0.6

Kind: TypeAlias = Literal["clipped", "curly", "blond", "grey", "long"]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two photographs of one place, and the scalps that they are of."""

    baseline: Photograph
    followup: Photograph


def draw(seed: int, kind: Kind = "clipped", *, side_px: int = SIDE_PX) -> Pair:
    """Draw the pair of that seed."""
    chance = np.random.default_rng([seed, 505])
    optics = Optics(um_per_px=UM_PER_PX, size_px=(side_px, side_px), jpeg_quality=(None, 93)[seed % 2])
    field_mm = side_px * UM_PER_PX / 1000.0
    came, went = (float(share) for share in chance.uniform(0.05, 0.30) * _parted(chance))
    settings = ScalpSettings(size_mm=(1.9 * field_mm, 1.9 * field_mm), **_settings(seed, kind, chance))
    whole = grow(settings, seed=seed)
    before, after = lose(whole, came, seed), wash(lose(whole, went, seed + 1), seed + 1)
    if kind != "long":
        length_mm = float(chance.uniform(0.6, 1.0))
        before, after = clip(before, length_mm, seed), clip(after, length_mm, seed + 1)
    pose = Pose(turn_deg=float(chance.uniform(-MOST_TURN_DEG, MOST_TURN_DEG)), shift_mm=_shift(field_mm, chance))
    seen_at = replace(optics, um_per_px=UM_PER_PX * float(1 + chance.uniform(-MOST_SCALE_OFF, MOST_SCALE_OFF)))
    return Pair(
        photograph(before, optics, light=_light(chance), seed=seed),
        photograph(after, seen_at, pose=pose, light=_light(chance), seed=seed + 1),
    )


def true_counts(pair: Pair, frame: SharedFrame) -> tuple[int, int, int]:
    """Give the true hairs rooted in the shared frame: kept, come, and gone.

    Places are judged where the baseline shows them, so that one hair lies at one place.
    """
    inside = []
    for photo in (pair.baseline, pair.followup):
        hairs = photo.truth.hairs
        roots_mm = on_baseline_mm(pair, photo, np.array([hair.root_px for hair in hairs]).reshape(-1, 2))
        inside.append({hair.hair_id for hair, held in zip(hairs, frame.holds(roots_mm), strict=True) if held})
    was, now = inside
    return len(was & now), len(now - was), len(was - now)


def on_baseline_mm(pair: Pair, photo: Photograph, points_px: Points) -> NDArray[np.float64]:
    """Give points of either photograph in millimetres of the baseline picture."""
    baseline = pair.baseline.truth
    scalp_mm = to_scalp_mm(points_px, photo.truth.optics, photo.truth.pose)
    return np.asarray(to_ideal_px(scalp_mm, baseline.optics, baseline.pose) * baseline.optics.um_per_px / 1000.0)


def _settings(seed: int, kind: Kind, chance: np.random.Generator) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "hair_density_per_cm2": float(chance.uniform(60.0, 180.0)),
        "hair_colour": ("black", "dark brown", "brown")[seed % 3],
        "skin_type": ("I", "II", "III", "IV")[seed // 3 % 4],
        "vellus_share": float(chance.uniform(0.04, 0.25)),
        "direction_deg": float(chance.uniform(-180.0, 180.0)),
        "pores_per_cm2": float(chance.uniform(10.0, 80.0)),
        "flakes_per_cm2": float(chance.uniform(0.0, 25.0)),
        "vessels_per_cm2": float(chance.uniform(0.0, 12.0)),
    }
    special: dict[Kind, dict[str, Any]] = {
        "clipped": {},
        "curly": {"curl_per_mm": float(chance.uniform(0.15, 0.5))},
        "blond": {"hair_colour": "blond", "skin_type": ("I", "II", "III")[seed % 3]},
        "grey": {"hair_colour": "grey", "skin_type": ("I", "II", "III", "IV", "V")[seed % 5]},
        "long": {
            "parted": True,
            "hair_density_per_cm2": float(chance.uniform(40.0, 120.0)),
            "length_mm": (12.0, 1.8),
            "curl_per_mm": 0.03,
            "taper_per_mm": 0.004,
        },
    }
    return settings | special[kind]


def _parted(chance: np.random.Generator) -> NDArray[np.float64]:
    """Part what changed between what came and what went, any way."""
    came = float(chance.uniform(0.0, 1.0))
    return np.array([came, 1.0 - came])


def _shift(field_mm: float, chance: np.random.Generator) -> tuple[float, float]:
    """Shift to any side, so that at least `LEAST_SHARED` of the field is shared."""
    while True:
        x, y = chance.uniform(-MOST_SHIFT_OF_FIELD, MOST_SHIFT_OF_FIELD, 2)
        if (1 - abs(x)) * (1 - abs(y)) >= LEAST_SHARED and np.hypot(x, y) <= MOST_SHIFT_OF_FIELD:
            return float(x * field_mm), float(y * field_mm)


def _light(chance: np.random.Generator) -> Light:
    return Light(
        level=float(chance.uniform(0.85, 1.1)),
        gradient=(float(chance.uniform(-0.1, 0.1)), float(chance.uniform(-0.1, 0.1))),
        glare=float(chance.uniform(0.1, 0.35)),
        highlight=float(chance.uniform(0.05, 0.25)),
    )
