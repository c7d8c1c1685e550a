"""Dirt on a target: specks, dust, smears that join what lies apart, and print that has come off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phantom.settings import require_between
from phantom.targets.plane import Plane, Target, step
from phantom.targets.window import Finder

_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Smear:
    """A stroke with round ends; a speck where both ends are one place.

    Parameters
    ----------
    from_mm, to_mm : (float, float)
    width_mm : float
    shade : float
        Linear share of light that it sends back: 0 soot, 0.9 dust or missing print.
    """

    from_mm: tuple[float, float]
    to_mm: tuple[float, float]
    width_mm: float
    shade: float

    def cover(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Share of each point that it hides, about as blurred as the picture."""
        start, along = np.asarray(self.from_mm), np.subtract(self.to_mm, self.from_mm)
        length = float(np.hypot(*along))
        ahead = along / length if length else np.array([1.0, 0.0])
        right, down = x_mm - np.float32(start[0]), y_mm - np.float32(start[1])
        beside = right * np.float32(-ahead[1]) + down * np.float32(ahead[0])
        passed = right * np.float32(ahead[0]) + down * np.float32(ahead[1])
        away = np.hypot(beside, passed - np.clip(passed, 0, np.float32(length)))
        return step(np.asarray((self.width_mm / 2 - away) / blur_mm, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Dirty:
    """A target with dirt on it.

    Parameters
    ----------
    target : Target
    dirt : tuple of Smear
    """

    target: Target
    dirt: tuple[Smear, ...]

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Give the share of light sent back; see `phantom.targets.plane.Target`."""
        seen = self.target.reflectance(x_mm, y_mm, blur_mm)
        finder = Finder(x_mm, y_mm)
        widest_blur = float(blur_mm.max())
        for smear in self.dirt:
            middle = tuple(0.5 * np.add(smear.from_mm, smear.to_mm))
            reach = (
                0.5 * (float(np.hypot(*np.subtract(smear.to_mm, smear.from_mm))) + smear.width_mm)
                + _SIGMAS * widest_blur
            )
            window = finder.window((float(middle[0]), float(middle[1])), reach)
            if window is not None:
                cover = smear.cover(x_mm[window], y_mm[window], blur_mm[window])
                cover = cover if seen.ndim == 2 else cover[..., None]
                seen[window] += cover * (np.float32(smear.shade) - seen[window])
        return seen


def strewn(
    places_mm: NDArray[np.float64], *, share: float, size_mm: float, pitch_mm: float, seed: int
) -> tuple[Smear, ...]:
    """Dirty a share of a target's dots or corners: a quarter each specks, dust, smears to a neighbour, print gone.

    Parameters
    ----------
    places_mm : ndarray, shape (..., 2)
        Dots or corners.
    share : float
        Of them that become dirty, 0 to 1.
    size_mm : float
        Of a dot, or of what counts as a corner: specks and dust are 0.2 to 0.8 of it, and lie on its edge; print that
        is gone leaves none of it.
    pitch_mm : float
        To the neighbour that a smear reaches.
    seed : int
    """
    require_between("share", share, 0.0, 1.0)
    rng = np.random.default_rng([seed, 65])
    places = places_mm.reshape(-1, 2)
    chosen = places[rng.permutation(len(places))[: round(share * len(places))]]
    dirt = []
    for number, place in enumerate(chosen):
        angle = rng.uniform(0, 2 * np.pi)
        edge = place + 0.5 * size_mm * np.array([np.cos(angle), np.sin(angle)])
        size = rng.uniform(0.2, 0.8) * size_mm
        if number % 4 == 0:
            dirt.append(Smear(_pair(edge), _pair(edge), size, 0.05))
        elif number % 4 == 1:
            dirt.append(Smear(_pair(edge), _pair(edge), size, 0.9))
        elif number % 4 == 2:
            step_mm = pitch_mm * np.array([(1, 0), (0, 1), (-1, 0), (0, -1)][rng.integers(4)])
            dirt.append(Smear(_pair(place), _pair(place + step_mm), size, 0.15))
        else:
            dirt.append(Smear(_pair(place), _pair(place), 1.3 * size_mm, 0.9))
    return tuple(dirt)


def _pair(place: NDArray[np.float64]) -> tuple[float, float]:
    return float(place[0]), float(place[1])
