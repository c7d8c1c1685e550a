"""Numbering spots that lie on a square lattice, however turned, tilted and bent a little, with gaps and intruders."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.calibration.targets.points import Places

_NEAR = 0.25
"""Of the pitch: how far from where its neighbour says a spot may lie."""
_LEAST_ORDER = 0.5
_ROUNDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Numbered spots.

    Parameters
    ----------
    numbers : ndarray of int, shape (n, 2)
        (column, row): columns rise to the picture's right, rows down, as nearly as may be.
    places_px : ndarray, shape (n, 2)
    bend : ndarray, shape (10, 2)
        A polynomial of third degree from numbers to pixels.
    """

    numbers: NDArray[np.int64]
    places_px: Places
    bend: Places

    def predict(self, numbers: Places | NDArray[np.int64]) -> Places:
        """Where lattice places should appear, shape (n, 2)."""
        return np.asarray(_powers(numbers) @ self.bend)

    @property
    def pitch_px(self) -> float:
        """Distance of neighbours, the median over the picture: geometric mean of both directions."""
        across, down = (self.predict(self.numbers + np.array(step)) for step in ((1, 0), (0, 1)))
        right, below = across - self.predict(self.numbers), down - self.predict(self.numbers)
        return float(np.sqrt(np.median(np.abs(right[:, 0] * below[:, 1] - right[:, 1] * below[:, 0]))))

    def pitch_px_at(self, place_px: Places) -> float:
        """Distance of neighbours at the spot nearest to a place."""
        nearest = self.numbers[np.argmin(((self.places_px - place_px) ** 2).sum(axis=1))]
        ends = self.predict(nearest + np.array([[-1, 0], [1, 0], [0, -1], [0, 1]]))
        right, below = (ends[1] - ends[0]) / 2, (ends[3] - ends[2]) / 2
        return float(np.sqrt(abs(right[0] * below[1] - right[1] * below[0])))

    def in_view(self, size_px: tuple[int, int], margin_px: float) -> NDArray[np.int64]:
        """Numbers of all lattice places that appear in the picture at least so far from its edges, shape (n, 2)."""
        low, high = self.numbers.min(axis=0) - 1, self.numbers.max(axis=0) + 1
        columns, rows = (np.arange(first, last + 1) for first, last in zip(low, high, strict=True))
        numbers = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
        places = self.predict(numbers)
        inside = ((places > margin_px) & (places < np.asarray(size_px) - 1 - margin_px)).all(axis=1)
        return np.asarray(numbers[inside])


def numbered(spots_px: Places, middle_px: Places) -> Lattice | None:
    """Give spots numbers, growing from the one nearest to the middle that has neighbours all around.

    Parameters
    ----------
    spots_px : ndarray, shape (n, 2)
    middle_px : ndarray, shape (2,)

    Returns
    -------
    Lattice or None
        None if they lie on no square lattice.
    """
    if len(spots_px) < 9:
        return None
    right, down, pitch, order = _directions(spots_px)
    if order < _LEAST_ORDER:
        return None
    best: dict[tuple[int, int], int] = {}
    for seed in np.argsort(((spots_px - middle_px) ** 2).sum(axis=1))[:5]:
        grown = _grown(spots_px, int(seed), right, down, pitch)
        best = grown if len(grown) > len(best) else best
        if len(best) > len(spots_px) / 2:
            break
    if len(best) < 9:
        return None
    numbers, places = np.array(list(best)), spots_px[list(best.values())]
    bend, keep = bent(numbers, places, pitch)
    return Lattice(numbers[keep], places[keep], bend)


def bent(numbers: Places | NDArray[np.int64], places_px: Places, pitch_px: float) -> tuple[Places, NDArray[np.bool_]]:
    """Fit a polynomial of third degree from lattice numbers, whole or not, to pixels; outliers are left out.

    Returns
    -------
    (ndarray, shape (10, 2); ndarray of bool, shape (n,))
        Its coefficients, and which places they are of.
    """
    keep = np.ones(len(numbers), bool)
    bend = np.zeros((10, 2))
    for _ in range(_ROUNDS):
        bend = np.asarray(np.linalg.lstsq(_powers(numbers[keep]), places_px[keep], rcond=1e-9)[0], np.float64)
        off = np.hypot(*(_powers(numbers) @ bend - places_px).T)
        keep = off <= max(4 * float(np.median(off)), 0.01 * pitch_px)
    return bend, keep


def _directions(spots: Places) -> tuple[Places, Places, float, float]:
    """Find the steps to the right and down, the pitch, and how square it all is: 1 for a lattice, 0 for chance."""
    # neighbours of a few hundred spots tell as much as all
    some = spots[:: max(1, len(spots) // 400)]
    apart = some[:, None, :] - spots[None, :, :]
    distance = np.hypot(apart[..., 0], apart[..., 1])
    distance[distance < 1e-6] = np.inf
    pitch = float(np.median(distance.min(axis=1)))
    near = np.abs(distance / pitch - 1) < 0.2
    angles = np.arctan2(apart[..., 1][near], apart[..., 0][near])
    spin = np.exp(4j * angles).mean()
    angle = float(np.angle(spin)) / 4
    axis = np.array([np.cos(angle), np.sin(angle)])
    return pitch * axis, pitch * np.array([-axis[1], axis[0]]), pitch, float(np.abs(spin))


def _grown(spots: Places, seed: int, right: Places, down: Places, pitch: float) -> dict[tuple[int, int], int]:
    numbers = {(0, 0): seed}
    waiting = deque([((0, 0), np.stack([right, down]))])
    taken = {seed}
    while waiting:
        (column, row), steps = waiting.popleft()
        here = spots[numbers[column, row]]
        for axis, side in ((0, 1), (0, -1), (1, 1), (1, -1)):
            number = (column + side, row) if axis == 0 else (column, row + side)
            if number in numbers:
                continue
            off = ((spots - (here + side * steps[axis])) ** 2).sum(axis=1)
            nearest = int(np.argmin(off))
            if off[nearest] > (_NEAR * pitch) ** 2 or nearest in taken:
                continue
            numbers[number] = nearest
            taken.add(nearest)
            learnt = steps.copy()
            learnt[axis] = 0.5 * (steps[axis] + side * (spots[nearest] - here))
            waiting.append((number, learnt))
    return numbers


def _powers(numbers: Places | NDArray[np.int64]) -> Places:
    # of the size of one over the usual lattice, so that the powers stay comparable
    c, r = (np.asarray(numbers, float) / 10).T
    return np.column_stack([np.ones_like(c), c, r, c * c, c * r, r * r, c**3, c * c * r, c * r * r, r**3])
