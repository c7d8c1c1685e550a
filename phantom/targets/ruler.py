"""A stage micrometer: marks across a line of its own direction, some of them longer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantom.settings import require_between
from phantom.targets.plane import Plane, step


@dataclass(frozen=True, slots=True)
class Ruler:
    """Marks along x, their middle at the origin; every mark is centred on the line y = 0.

    Parameters
    ----------
    division_mm : float
        Distance of neighbouring marks; on this very ruler, whatever its certificate says.
    divisions : int
        One less than there are marks.
    mark_mm : float
        Width of a mark.
    major_every, medium_every : int
        Every how many divisions a mark is longest, and longer.
    major_mm, medium_mm, minor_mm : float
        Lengths of the marks.
    scatter_mm : float
        Standard deviation by which a mark lies beside its place.
    ink, ground : float
        Linear share of light that marks and the ground send back.
    seed : int
        Of the scatter.
    """

    division_mm: float = 0.1
    divisions: int = 100
    mark_mm: float = 0.02
    major_every: int = 10
    medium_every: int = 5
    major_mm: float = 1.5
    medium_mm: float = 1.0
    minor_mm: float = 0.6
    scatter_mm: float = 0.0
    ink: float = 0.04
    ground: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        require_between("division_mm", self.division_mm, 0.001, 10.0)
        require_between("divisions", self.divisions, 2, 10000)
        require_between("mark_mm", self.mark_mm, 0.01 * self.division_mm, 0.9 * self.division_mm)
        require_between("scatter_mm", self.scatter_mm, 0.0, 0.1 * self.division_mm)

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Give the share of light sent back, blurred exactly; see `phantom.targets.plane.Target`."""
        number = np.arange(self.divisions + 1)
        scatter = np.random.default_rng([self.seed, 64]).standard_normal(len(number))
        place = ((number - self.divisions / 2) * self.division_mm + self.scatter_mm * scatter).astype(np.float32)
        length = np.select(
            [number % self.major_every == 0, number % self.medium_every == 0],
            [self.major_mm, self.medium_mm],
            self.minor_mm,
        ).astype(np.float32)
        # a column for "no mark", where the neighbour's number runs off the ruler
        place, length = np.append(place, np.float32(0)), np.append(length, np.float32(0))
        nearest = np.rint(x_mm / np.float32(self.division_mm) + np.float32(self.divisions / 2)).astype(np.intp)
        reach = int(np.ceil(4 * float(blur_mm.max()) / self.division_mm)) + 1
        dark = np.zeros_like(x_mm)
        for beside in range(-reach, reach + 1):
            mark = nearest + beside
            mark = np.where((mark >= 0) & (mark <= self.divisions), mark, self.divisions + 1)
            if (mark > self.divisions).all():
                continue
            half = np.float32(self.mark_mm / 2)
            off = np.asarray(x_mm - place[mark], np.float32)
            across = step((off + half) / blur_mm) - step((off - half) / blur_mm)
            reach_mm = np.asarray(length[mark] / 2, np.float32)
            along = step((y_mm + reach_mm) / blur_mm) - step((y_mm - reach_mm) / blur_mm)
            dark += across * along
        return np.asarray(self.ground + np.float32(self.ink - self.ground) * dark, np.float32)
