"""A grid of dark dots on white, some of them larger to tell how it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phantom.settings import require_between
from phantom.targets.plane import Plane, step

FIDUCIALS = ((11, 12), (13, 9), (14, 14), (16, 13), (18, 9), (18, 11))
"""Of the grid drawn by default, (column, row): about its middle, within the smallest usual field."""


@dataclass(frozen=True, slots=True)
class DotGrid:
    """A grid of dots, its middle at the origin.

    Parameters
    ----------
    pitch_mm : float
        Of the dots; on this very target, whatever its certificate says.
    dot_mm, fiducial_mm : float
        Diameters of the ordinary and of the larger dots.
    columns, rows : int
    fiducials : tuple of (int, int)
        (column, row) of the larger dots, from the top left.
    scatter_mm : float
        Standard deviation by which the print puts a dot beside its place, in each direction.
    ink, ground : float
        Linear share of light that dots and the white send back.
    mirrored : bool
        Seen through its back.
    seed : int
        Of the scatter.
    """

    pitch_mm: float = 0.5
    dot_mm: float = 0.25
    fiducial_mm: float = 0.36
    columns: int = 31
    rows: int = 25
    fiducials: tuple[tuple[int, int], ...] = FIDUCIALS
    scatter_mm: float = 0.0
    ink: float = 0.04
    ground: float = 0.9
    mirrored: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        require_between("pitch_mm", self.pitch_mm, 0.01, 10.0)
        require_between("dot_mm", self.dot_mm, 0.05 * self.pitch_mm, 0.9 * self.pitch_mm)
        require_between("fiducial_mm", self.fiducial_mm, 0.05 * self.pitch_mm, 0.9 * self.pitch_mm)
        require_between("scatter_mm", self.scatter_mm, 0.0, 0.1 * self.pitch_mm)

    @property
    def places_mm(self) -> NDArray[np.float64]:
        """Middles of the dots as printed, shape (rows, columns, 2), on the target's face."""
        columns, rows = (np.arange(n) - (n - 1) / 2 for n in (self.columns, self.rows))
        lattice = np.stack(np.meshgrid(columns, rows), axis=-1) * self.pitch_mm
        scatter = np.random.default_rng([self.seed, 62]).standard_normal(lattice.shape)
        return np.asarray(lattice + self.scatter_mm * scatter)

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Give the share of light sent back, blurred; see `phantom.targets.plane.Target`.

        A blurred disc has no closed form: ``step((radius - sqrt(r**2 + blur**2)) / blur)`` is as round, and near it for
        blurs up to a third of the radius (the tests compare it with the integral).
        """
        x_mm = -x_mm if self.mirrored else x_mm
        column, row = (
            np.clip(np.rint(m / np.float32(self.pitch_mm) + np.float32((n - 1) / 2)), 0, n - 1).astype(np.intp)
            for m, n in ((x_mm, self.columns), (y_mm, self.rows))
        )
        places = self.places_mm.astype(np.float32)
        diameters = np.full((self.rows, self.columns), self.dot_mm, np.float32)
        for fiducial_column, fiducial_row in self.fiducials:
            diameters[fiducial_row, fiducial_column] = self.fiducial_mm
        flat = row * self.columns + column
        off = np.square(x_mm - places[..., 0].ravel()[flat]) + np.square(y_mm - places[..., 1].ravel()[flat])
        radius = diameters.ravel()[flat] / 2
        cover = step(np.asarray((radius - np.sqrt(off + blur_mm * blur_mm)) / blur_mm, np.float32))
        return np.asarray(self.ground + np.float32(self.ink - self.ground) * cover, np.float32)
