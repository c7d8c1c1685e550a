"""Drawn scalps with a tattooed mark whose place is known, and others without: for the finder's fit and its figures.

Every skin type in turn, 30 to 200 hairs/cm2 of any colour, with moles, vessels, flakes and bubbles; marks of 0.3 to
0.5 mm, 0.2 to 0.6 mm deep, in four inks; plain ones are blue-black and lie at the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from phantom import Light, Optics, Scalp, ScalpSettings, Tattoo, grow, photograph
from phantom.colour import SkinType
from phantom.optics import Pose, to_ideal_px
from phantom.skin import paint

Kind: TypeAlias = Literal["fresh", "faded", "smeared", "hidden", "plain", "none", "marker"]
MARKED: tuple[Kind, ...] = ("fresh", "faded", "smeared", "hidden")

UM_PER_PX = 10.6
SIZE_PX = (754, 566)
"""Half a square centimetre, at a scale that the finder reduces as it does every other."""
_SKINS: tuple[SkinType, ...] = get_args(SkinType)
_LEVELS = {"I": 0.95, "IV": 1.1, "V": 1.35, "VI": 1.7}
_COLOURS = ("black", "dark brown", "brown", "blond", "grey")
_INKS = ("blue-black", "black", "green", "brown-black")
_HIDDEN = (0.4, 0.5)
_MOST_HIDDEN = 0.56


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture and where its mark lies.

    Parameters
    ----------
    kind : str
    scalp : Scalp
    picture : ndarray of uint8, shape (rows, columns, 3)
    mark_px : (float, float) or None
    red_contrast : float
        Share of the skin's red value that the ink takes, over the dot's middle; 0 without a mark.
    """

    kind: Kind
    scalp: Scalp
    picture: NDArray[np.uint8]
    mark_px: tuple[float, float] | None
    red_contrast: float


def scene(seed: int, kind: Kind, *, size_px: tuple[int, int] = SIZE_PX) -> Scene:
    """Draw a scalp of a kind: its skin is the seed's, modulo six."""
    chance = np.random.default_rng([seed, 77])
    skin = _SKINS[seed % len(_SKINS)]
    optics = Optics(um_per_px=UM_PER_PX, size_px=size_px, jpeg_quality=(None, 92)[int(chance.integers(2))])
    size_mm = size_px[0] * UM_PER_PX / 1000.0, size_px[1] * UM_PER_PX / 1000.0
    settings = ScalpSettings(size_mm=size_mm, skin_type=skin, **_surroundings(chance), **_marked(chance, kind, size_mm))
    scalp = grow(settings, seed=seed)
    if kind == "hidden" and scalp.hairs:
        scalp = half_covered(scalp, float(chance.uniform(*_HIDDEN)), chance)
    light = Light(
        level=_LEVELS.get(skin, 1.0) * float(chance.uniform(0.8, 1.1)),
        gradient=(float(chance.uniform(-0.2, 0.2)), float(chance.uniform(-0.2, 0.2))),
        glare=float(chance.uniform(0.0, 0.35)),
        highlight=float(chance.uniform(0.05, 0.25)),
    )
    picture = photograph(scalp, optics, light=light, seed=seed).picture
    if settings.mark_mm is None:
        return Scene(kind, scalp, picture, None, 0.0)
    x, y = optics.distort(to_ideal_px(np.array([settings.tattoo.place_mm]), optics, Pose()))[0].tolist()
    return Scene(kind, scalp, picture, (x, y), red_contrast(scalp))


def _surroundings(chance: np.random.Generator) -> dict[str, Any]:
    return {
        "hair_density_per_cm2": float(chance.uniform(30.0, 200.0)),
        "hair_colour": str(chance.choice(_COLOURS, p=[0.3, 0.3, 0.2, 0.1, 0.1])),
        "direction_deg": float(chance.uniform(-180.0, 180.0)),
        "vessels_per_cm2": float(chance.uniform(0.0, 20.0)),
        "flakes_per_cm2": float(chance.uniform(0.0, 30.0)),
        "bubbles_per_cm2": float(chance.choice([0.0, 0.0, 6.0])),
        "pores_per_cm2": float(chance.uniform(10.0, 80.0)),
    }


def _marked(chance: np.random.Generator, kind: Kind, size_mm: tuple[float, float]) -> dict[str, Any]:
    """Give the mark's settings, or what may pass for one where there is none."""
    if kind in ("none", "marker"):
        return {
            "moles_per_cm2": float(chance.choice([0.0, 4.0, 8.0])),
            "folds_per_cm2": float(chance.choice([0.0, 5.0])),
            "debris_per_cm2": float(chance.choice([0.0, 8.0])),
            "ink_strokes_per_cm2": float(chance.choice([2.0, 4.0])) if kind == "marker" else 0.0,
        }
    place_mm = tuple(float(chance.uniform(0.6 - side / 2, side / 2 - 0.6)) for side in size_mm)
    tattoo = Tattoo(
        place_mm=(place_mm[0], place_mm[1]),
        ink="blue-black" if kind == "plain" else _INKS[int(chance.choice(len(_INKS), p=[0.55, 0.2, 0.15, 0.1]))],  # type: ignore[arg-type]
        depth_mm=0.0 if kind == "plain" else float(chance.uniform(0.2, 0.6)),
        fading=float(chance.uniform(0.25, 0.85)) if kind == "faded" else float(chance.uniform(0.0, 0.15)),
        smear=float(chance.uniform(0.3, 1.0)) if kind == "smeared" else 0.0,
    )
    return {
        "mark_mm": float(chance.uniform(0.3, 0.5)),
        "tattoo": tattoo,
        "moles_per_cm2": float(chance.choice([0.0, 2.0, 4.0])),
    }


def half_covered(scalp: Scalp, share: float, chance: np.random.Generator) -> Scalp:
    """Let hairs grow over the mark until they hide a share of it."""
    place, lie = np.asarray(scalp.settings.tattoo.place_mm), np.deg2rad(scalp.settings.direction_deg)
    radius_mm = 0.5 * (scalp.settings.mark_mm or 0.0)
    for _ in range(40):
        if hidden_share(scalp) >= share:
            break
        heading = float(lie + chance.normal(0.0, 0.2))
        ahead = np.array([np.cos(heading), np.sin(heading)])
        aside = np.array([-ahead[1], ahead[0]])
        root = place - ahead * chance.uniform(0.0, 0.6) + aside * chance.uniform(-radius_mm, radius_mm)
        hair = replace(
            scalp.hairs[0],
            hair_id=scalp.next_hair_id,
            unit_id=scalp.next_unit_id,
            root_mm=(float(root[0]), float(root[1])),
            direction_rad=heading,
            length_mm=float(chance.uniform(0.6, 1.0)),
            diameter_um=float(np.clip(chance.normal(68.0, 12.0), 45.0, 110.0)),
        )
        more = replace(
            scalp,
            hairs=(*scalp.hairs, hair),
            next_hair_id=scalp.next_hair_id + 1,
            next_unit_id=scalp.next_unit_id + 1,
        )
        if hidden_share(more) <= _MOST_HIDDEN:
            scalp = more
    return scalp


def hidden_share(scalp: Scalp) -> float:
    """Share of the mark's disc that lies under hairs."""
    radius_mm = 0.5 * (scalp.settings.mark_mm or 0.0)
    x, y = np.meshgrid(*2 * [np.linspace(-radius_mm, radius_mm, 41)])
    disc = np.column_stack([x.ravel(), y.ravel()])[np.hypot(x, y).ravel() <= radius_mm]
    disc = disc + np.asarray(scalp.settings.tattoo.place_mm)
    covered = np.zeros(len(disc), bool)
    for hair in scalp.hairs:
        line = hair.centreline_mm
        if float(np.hypot(*(line - scalp.settings.tattoo.place_mm).T).min()) < radius_mm + 0.2:
            away_mm = np.hypot(*(disc[:, None, :] - line[None]).transpose(2, 0, 1))
            covered |= (away_mm <= hair.width_um[None] / 2000.0).any(axis=1)
    return float(covered.mean())


def red_contrast(scalp: Scalp) -> float:
    """Share of the skin's red that the ink takes over the inner 0.7 of the dot: painted with and without, hairs off."""
    settings = replace(scalp.settings, moles_per_cm2=0.0, flakes_per_cm2=0.0)
    place, reach_mm = np.asarray(settings.tattoo.place_mm), 0.35 * (settings.mark_mm or 0.0)
    marked, bare = (
        paint(replace(scalp, hairs=(), settings=one), place - reach_mm, place + reach_mm)
        for one in (settings, replace(settings, mark_mm=None))
    )
    rows, columns = np.indices(marked.colour.shape[:2]) * 0.008
    inner = np.hypot(columns + marked.corner_mm[0] - place[0], rows + marked.corner_mm[1] - place[1]) < reach_mm
    return 1.0 - float(marked.colour[inner, 2].mean()) / float(bare.colour[inner, 2].mean())
