"""The drawn scalps that the benchmark measures, by named class.

A class is a function from a seed to a photograph, whose truth carries scale and blur.  The benchmark's seeds start at
`FIRST_SEED`; **no training seed does**: what learns from phantoms must keep below it, or its figures here are worth
nothing.  Within a class the settings that it is about run evenly over their range (a seed's place in a golden
sequence), so that twelve pictures cover it as well as a hundred do; what it is not about (pores, flakes, light,
compression) falls by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from phantom import Light, Optics, Photograph, ScalpSettings, grow, photograph
from phantom.colour import SkinType

FIRST_SEED = 1_000_000
SEEDS_A_CLASS = 10_000

Rule: TypeAlias = Literal["clipped", "long"]

UM_PER_PX = 5.3
SMALL_PX, WHOLE_PX = (1280, 982), (2028, 1520)

_STEPS = np.sqrt([2.0, 3.0, 5.0, 7.0]) % 1.0
"""Multiples of irrationals, less their whole part, fill the unit interval evenly (Weyl)."""
_NUISANCES = 72
_LEVELS: dict[SkinType, float] = {"V": 1.2, "VI": 1.5}
"""Dark skin is given a little more light, as an operator would; not so much that it looks like type III."""


@dataclass(frozen=True, slots=True)
class PhantomClass:
    """A named class of drawn scalps.

    Parameters
    ----------
    name : str
        Its key in `CLASSES`.
    what : str
        What is drawn, for the table.
    draw : callable
        From a place in the class (0, 1, ...) to a photograph.
    pictures : int
        In a full run.
    rule : {"clipped", "long"}
        By which its hairs are matched (`benchmarks.scoring`).
    first_seed : int
        Of picture 0.
    """

    name: str
    what: str
    draw: Callable[[int], Photograph]
    pictures: int
    rule: Rule
    first_seed: int

    def photograph(self, number: int) -> Photograph:
        """Draw the class's picture of that number, from 0."""
        if not 0 <= number < SEEDS_A_CLASS:
            raise ValueError(f"picture {number} of {self.name} does not exist: a class has {SEEDS_A_CLASS}")
        return self.draw(self.first_seed + number)


def clipped(seed: int) -> Photograph:
    """Draw clipped dark hair: black to brown, skin I to V, 30 to 200 hairs/cm2."""
    skin_types: tuple[SkinType, ...] = ("I", "II", "III", "IV", "V")
    return _taken(
        seed,
        WHOLE_PX if seed % 3 == 0 else SMALL_PX,
        hair_density_per_cm2=_even(seed, 0, 30.0, 200.0),
        hair_colour=("black", "dark brown", "brown")[seed % 3],
        skin_type=skin_types[seed // 3 % 5],
        vellus_share=_even(seed, 1, 0.04, 0.25),
    )


def long_parted(seed: int) -> Photograph:
    """Draw long dark hair combed apart: 8 to 20 mm, 40 to 120 hairs/cm2."""
    length_mm = _even(seed, 1, 8.0, 20.0)
    return _taken(
        seed,
        WHOLE_PX if seed % 3 == 0 else SMALL_PX,
        parted=True,
        hair_density_per_cm2=_even(seed, 0, 40.0, 120.0),
        hair_colour=("black", "dark brown", "brown")[seed % 3],
        skin_type=("II", "III", "IV")[seed // 3 % 3],
        length_mm=(length_mm, 0.15 * length_mm),
        curl_per_mm=_even(seed, 2, 0.01, 0.05),
        taper_per_mm=0.004,
        # from the far side of the parting hair lies away, and bends back by less than this
        margin_mm=8.0,
    )


def blond(seed: int) -> Photograph:
    """Draw clipped blond hair on skin I to III."""
    return _taken(seed, hair_colour="blond", skin_type=("I", "II", "III")[seed % 3], **_usual_density(seed))


def grey(seed: int) -> Photograph:
    """Draw clipped grey hair on skin I to V: on II and III its middle has the skin's own brightness."""
    return _taken(seed, hair_colour="grey", skin_type=("I", "II", "III", "IV", "V")[seed % 5], **_usual_density(seed))


def white_on_dark_skin(seed: int) -> Photograph:
    """Draw clipped white hair on skin IV to VI."""
    return _taken(seed, hair_colour="white", skin_type=("IV", "V", "VI")[seed % 3], **_usual_density(seed))


def dark_skin(seed: int) -> Photograph:
    """Draw clipped black hair on skin V and VI."""
    return _taken(seed, hair_colour="black", skin_type=("V", "VI")[seed % 2], **_usual_density(seed))


def defocus(seed: int) -> Photograph:
    """Draw clipped dark hair out of focus: blur from 0.9 to 2.8 px."""
    return _taken(seed, optics={"blur_sigma_px": _even(seed, 1, 0.9, 2.8)}, **_usual_density(seed))


def noise(seed: int) -> Photograph:
    """Draw clipped dark hair in little light: a full well of 800 to 3000 electrons, read noise of 2 to 4."""
    optics = {"full_well_e": _even(seed, 1, 800.0, 3000.0), "read_noise": _even(seed, 2, 2.0, 4.0)}
    return _taken(seed, optics=optics, **_usual_density(seed))


def bubbles(seed: int) -> Photograph:
    """Draw clipped dark hair under 4 to 20 bubbles per cm2."""
    return _taken(seed, bubbles_per_cm2=_even(seed, 1, 4.0, 20.0), **_usual_density(seed))


def curls(seed: int) -> Photograph:
    """Draw curly hair of 1 to 2.5 mm: bends of up to 0.5 rad/mm (one standard deviation)."""
    length_mm = _even(seed, 2, 1.0, 2.5)
    return _taken(
        seed,
        curl_per_mm=_even(seed, 1, 0.15, 0.5),
        length_mm=(length_mm, 0.15 * length_mm),
        margin_mm=4.0,
        **_usual_density(seed),
    )


def bald(seed: int) -> Photograph:
    """Draw skin without a hair: pores, vessels, flakes, bubbles, and a mark on every second."""
    return _taken(seed, WHOLE_PX, **_bald_skin(seed))


def bald_littered(seed: int) -> Photograph:
    """Draw skin without a hair as `bald` does, with a marker's ink, folds and dark flecks on it."""
    return _taken(
        seed,
        WHOLE_PX,
        ink_strokes_per_cm2=_even(seed, 1, 0.5, 3.0),
        folds_per_cm2=_even(seed, 2, 1.0, 8.0),
        debris_per_cm2=_even(seed, 3, 2.0, 15.0),
        **_bald_skin(seed),
    )


def small_clipped_settings(seed: int) -> ScalpSettings:
    """Give the population of a picture that intervals are tried on: dark, 60 to 200 hairs/cm2, 5 to 30 % vellus."""
    skin_types: tuple[SkinType, ...] = ("I", "II", "III", "IV")
    return ScalpSettings(
        hair_density_per_cm2=_even(seed, 0, 60.0, 200.0),
        hair_colour=("black", "dark brown")[seed % 2],
        skin_type=skin_types[seed // 2 % 4],
        vellus_share=_even(seed, 1, 0.05, 0.30),
        terminal_um=(_even(seed, 2, 58.0, 76.0), 12.0),
    )


def clipped_of(settings: ScalpSettings, seed: int) -> Photograph:
    """Photograph a scalp of these settings on 0.35 cm2."""
    optics = Optics(um_per_px=UM_PER_PX, size_px=SMALL_PX)
    return photograph(grow(replace(settings, size_mm=_seen_mm(optics)), seed=seed), optics, seed=seed)


def _bald_skin(seed: int) -> dict[str, Any]:
    return {
        "hair_density_per_cm2": 0.0,
        "skin_type": ("I", "II", "III", "IV", "V", "VI")[seed % 6],
        "pores_per_cm2": _even(seed, 0, 20.0, 150.0),
        "vessels_per_cm2": _even(seed, 1, 4.0, 30.0),
        "flakes_per_cm2": _even(seed, 2, 5.0, 50.0),
        "bubbles_per_cm2": _even(seed, 3, 0.0, 8.0),
        "mark_mm": 0.4 if seed % 2 else None,
    }


def _usual_density(seed: int) -> dict[str, Any]:
    return {"hair_density_per_cm2": _even(seed, 0, 60.0, 180.0)}


def _taken(
    seed: int,
    size_px: tuple[int, int] = SMALL_PX,
    *,
    optics: dict[str, Any] | None = None,
    **settings: Any,  # noqa: ANN401 (those of ScalpSettings, which refuses others)
) -> Photograph:
    """Photograph a scalp of these settings; what they leave open falls by chance."""
    chance = np.random.default_rng([seed, _NUISANCES])
    seen = Optics(
        um_per_px=UM_PER_PX,
        size_px=size_px,
        jpeg_quality=(None, 93)[int(chance.integers(2))],
        **(optics or {}),
    )
    chosen: dict[str, Any] = {
        # all round, lest an end taken by convention passes for the root
        "direction_deg": float(chance.uniform(-180.0, 180.0)),
        "pores_per_cm2": float(chance.uniform(10.0, 80.0)),
        "flakes_per_cm2": float(chance.uniform(0.0, 25.0)),
        "vessels_per_cm2": float(chance.uniform(0.0, 12.0)),
        "skin_type": ("II", "III", "IV")[int(chance.integers(3))],
        "hair_colour": ("black", "dark brown")[int(chance.integers(2))],
    }
    scalp = grow(ScalpSettings(size_mm=_seen_mm(seen), **{**chosen, **settings}), seed=seed)
    light = Light(
        level=_LEVELS.get(scalp.settings.skin_type, 1.0),
        gradient=(float(chance.uniform(-0.1, 0.1)), float(chance.uniform(-0.1, 0.1))),
        glare=float(chance.uniform(0.1, 0.35)),
        highlight=float(chance.uniform(0.05, 0.25)),
    )
    return photograph(scalp, seen, light=light, seed=seed)


def _seen_mm(optics: Optics) -> tuple[float, float]:
    width, height = (side * optics.um_per_px / 1000.0 for side in optics.size_px)
    return width, height


def _even(seed: int, axis: int, low: float, high: float) -> float:
    """Place the seed in [low, high] so that any run of seeds lies evenly there, independently on each axis."""
    return low + (high - low) * float((0.5 + (seed % SEEDS_A_CLASS) * _STEPS[axis]) % 1.0)


_LISTED: tuple[tuple[str, str, Callable[[int], Photograph], int, Rule], ...] = (
    ("clipped", "clipped, dark hair on skin I-V, 30-200 hairs/cm2", clipped, 45, "clipped"),
    ("long-parted", "long (8-20 mm), parted, 40-120 hairs/cm2", long_parted, 24, "long"),
    ("blond", "blond hair on skin I-III", blond, 18, "clipped"),
    ("grey", "grey hair on skin I-V", grey, 20, "clipped"),
    ("white-on-dark-skin", "white hair on skin IV-VI", white_on_dark_skin, 18, "clipped"),
    ("dark-skin", "black hair on skin V-VI", dark_skin, 18, "clipped"),
    ("defocus", "defocus, 0.9-2.8 px", defocus, 18, "clipped"),
    ("noise", "noise, 800-3000 electrons", noise, 18, "clipped"),
    ("bubbles", "4-20 bubbles/cm2", bubbles, 18, "clipped"),
    ("curls", "curls, 1-2.5 mm long", curls, 18, "clipped"),
    ("bald", "bald skin with dots, vessels, flakes, marks", bald, 24, "clipped"),
    ("bald-littered", "bald skin, and ink, folds, dark flecks on it", bald_littered, 12, "clipped"),
)

CLASSES: dict[str, PhantomClass] = {
    name: PhantomClass(name, what, draw, pictures, rule, FIRST_SEED + place * SEEDS_A_CLASS)
    for place, (name, what, draw, pictures, rule) in enumerate(_LISTED)
}
"""In the order of the table; their seeds do not meet."""

COVERAGE_FIRST_SEED = FIRST_SEED + len(_LISTED) * SEEDS_A_CLASS
