"""Drawn scalps with graded faults, for the gate: every scalp once without a fault (its twin), and four times more.

Of the four pictures one has no fault either, only other noise and other glare; three have a fault each, from none to
gross.  What a fault does to a density is the difference from the twin: the same hairs under the same optics.

Limits were chosen on scalps 10 to 179, 1000 to 1024 and 3000 to 3113; the benchmark's begin at `FIRST_SCALP`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from phantom import Depth, Light, Motion, Optics, Photograph, Pose, Scalp, ScalpSettings, clump, grow, lay_over
from phantom import photograph as take
from phantom.colour import SkinType

FIRST_SCALP = 2_000_000
PICTURES_A_SCALP = 4
UM_PER_PX = 5.3
SIZE_PX = (1280, 982)
BLUR_SIGMA_PX = 0.9
LENS_BLUR_UM_PER_MM = 16.0
"""A lens of 2.6 mm aperture at 40 mm (`phantom.depth`)."""

_STEPS = np.sqrt([2.0, 3.0, 5.0]) % 1.0
_NUISANCES, _FAULTS = 81, 82
_OTHER_NOISE = 500_000
_SKINS: tuple[SkinType, ...] = ("I", "II", "III", "IV", "V")


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything that makes a picture."""

    scalp: Scalp
    optics: Optics
    light: Light
    seed: int
    pose: Pose = field(default_factory=Pose)
    motion: Motion | None = None
    depth: Depth | None = None

    def photograph(self) -> Photograph:
        """Take it."""
        return take(
            self.scalp,
            self.optics,
            pose=self.pose,
            light=self.light,
            seed=self.seed,
            motion=self.motion,
            depth=self.depth,
        )


Fault: TypeAlias = Callable[[Scene, float, np.random.Generator], Scene]


@dataclass(frozen=True, slots=True, eq=False)
class Faulted:
    """A scene with a fault in it.

    Parameters
    ----------
    kind : str
        A key of `FAULTS`, or "none".
    grade : float
        0 (none) to 1 (gross).
    scene : Scene
    """

    kind: str
    grade: float
    scene: Scene


def twin(seed: int) -> Scene:
    """Give a scalp without a fault: clipped black to brown hair, 60 to 200 hairs/cm2, skin I to V."""
    chance, place = np.random.default_rng([seed, _NUISANCES]), seed % FIRST_SCALP
    optics = Optics(
        um_per_px=UM_PER_PX,
        size_px=SIZE_PX,
        blur_sigma_px=BLUR_SIGMA_PX,
        jpeg_quality=(None, 95)[int(chance.integers(2))],
    )
    settings = ScalpSettings(
        hair_density_per_cm2=_even(place, 0, 60.0, 200.0),
        vellus_share=_even(place, 1, 0.04, 0.25),
        hair_colour=("black", "dark brown", "brown")[place % 3],
        skin_type=_SKINS[place // 3 % 5],
        direction_deg=float(chance.uniform(-180.0, 180.0)),
        pores_per_cm2=float(chance.uniform(10.0, 80.0)),
        flakes_per_cm2=float(chance.uniform(0.0, 25.0)),
        vessels_per_cm2=float(chance.uniform(0.0, 12.0)),
        mark_mm=(None, 0.4)[int(chance.integers(2))],
        size_mm=(8.2, 6.6),
    )
    light = Light(
        level=1.2 if settings.skin_type == "V" else 1.0,
        gradient=(float(chance.uniform(-0.1, 0.1)), float(chance.uniform(-0.1, 0.1))),
        glare=float(chance.uniform(0.1, 0.35)),
        highlight=float(chance.uniform(0.05, 0.25)),
    )
    return Scene(grow(settings, seed), optics, light, seed)


def faulted(scene: Scene, number: int) -> Faulted:
    """Give one of a twin's four pictures: 0 has no fault, 1 to 3 have one each."""
    if number == 0:
        return Faulted("none", 0.0, replace(scene, seed=scene.seed + _OTHER_NOISE))
    place = (scene.seed % FIRST_SCALP) * (PICTURES_A_SCALP - 1) + number - 1
    kind, grade = list(FAULTS)[place % len(FAULTS)], _even(place // len(FAULTS), 2, 0.0, 1.0)
    chance = np.random.default_rng([scene.seed, _FAULTS, number])
    return Faulted(kind, grade, FAULTS[kind](scene, grade, chance))


def _defocus(scene: Scene, grade: float, _: np.random.Generator) -> Scene:
    return replace(scene, depth=Depth(LENS_BLUR_UM_PER_MM, offset_mm=2.2 * grade))


def _motion(scene: Scene, grade: float, chance: np.random.Generator) -> Scene:
    if chance.random() < 0.7:
        return replace(scene, motion=Motion.straight(160.0 * grade, float(chance.uniform(0.0, 180.0))))
    return replace(scene, motion=Motion.tremor(55.0 * grade, int(chance.integers(1 << 30))))


def _dark(scene: Scene, grade: float, _: np.random.Generator) -> Scene:
    return replace(scene, light=replace(scene.light, level=scene.light.level * 0.015**grade))


def _bright(scene: Scene, grade: float, _: np.random.Generator) -> Scene:
    return replace(scene, light=replace(scene.light, level=scene.light.level * 4.0**grade))


def _fall_off(scene: Scene, grade: float, chance: np.random.Generator) -> Scene:
    way = float(chance.uniform(0.0, 2 * np.pi))
    right, down = scene.light.gradient
    gradient = (right + float(1.4 * grade * np.cos(way)), down + float(1.4 * grade * np.sin(way)))
    optics = replace(scene.optics, vignette=0.12 + 0.78 * grade)
    return replace(scene, optics=optics, light=replace(scene.light, gradient=gradient))


def _glare(scene: Scene, grade: float, _: np.random.Generator) -> Scene:
    return replace(scene, light=replace(scene.light, glare=scene.light.glare + (1.0 - scene.light.glare) * grade))


def _wet_film(scene: Scene, grade: float, _: np.random.Generator) -> Scene:
    return replace(scene, light=replace(scene.light, wet=grade))


def _bubbles(scene: Scene, grade: float, _: np.random.Generator) -> Scene:
    settings = replace(scene.scalp.settings, bubbles_per_cm2=150.0 * grade**1.5)
    return replace(scene, scalp=replace(scene.scalp, settings=settings))


def _covered(scene: Scene, grade: float, _: np.random.Generator) -> Scene:
    return replace(scene, optics=replace(scene.optics, field_mm=8.6 - 5.6 * grade))


def _tilt(scene: Scene, grade: float, chance: np.random.Generator) -> Scene:
    way = float(chance.uniform(0.0, 2 * np.pi))
    tilt_deg = (float(25.0 * grade * np.sin(way)), float(25.0 * grade * np.cos(way)))
    return replace(scene, pose=Pose(tilt_deg=tilt_deg), depth=Depth(LENS_BLUR_UM_PER_MM))


def _clumped(scene: Scene, grade: float, chance: np.random.Generator) -> Scene:
    return replace(scene, scalp=clump(scene.scalp, grade, seed=int(chance.integers(1 << 30))))


def _long_hair(scene: Scene, grade: float, chance: np.random.Generator) -> Scene:
    return replace(scene, scalp=lay_over(scene.scalp, round(40 * grade), seed=int(chance.integers(1 << 30))))


FAULTS: dict[str, Fault] = {
    "defocus": _defocus,
    "motion": _motion,
    "too dark": _dark,
    "too bright": _bright,
    "fall-off": _fall_off,
    "glare": _glare,
    "wet film": _wet_film,
    "bubbles": _bubbles,
    "covered": _covered,
    "tilt": _tilt,
    "clumped hair": _clumped,
    "long hair over it": _long_hair,
}
"""In the order in which they come round."""


def _even(place: int, axis: int, low: float, high: float) -> float:
    """Place a number in [low, high] so that any run of places lies evenly there, independently on each axis (Weyl)."""
    return low + (high - low) * float((0.5 + place * _STEPS[axis]) % 1.0)
