"""What a finder gives: the shafts of a picture, before they are measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import HairMode

CLIPPED_MM = 1.3
"""Clipped hair is 0.5-1 mm long: what is longer has grown on for days, or was not clipped."""
MOST_HAIRS = 5000
"""Ten times the densest scalp on the largest frame."""
SMOOTHED_UM = 150.0
"""A clipped shaft bends by less than a pixel over this length."""
HAIR_THROUGHOUT = "the picture is hair or texture throughout: clip the hair, focus, or take a smaller field of skin"

Array = NDArray[np.float64]


LEAST_DOUBTED = 0.02
"""What is less likely a hair than this is not kept as a doubted one."""


@dataclass(frozen=True, slots=True, eq=False)
class Doubted:
    """A line that was looked at and not taken for a hair.

    Parameters
    ----------
    line_px : ndarray, shape (n, 2)
        (x, y) of the working picture; which end would be the root is not known.
    rough_um : float
        About how wide.
    probability : float
        That it is one hair all the same.
    """

    line_px: Array
    rough_um: float
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The shafts of a picture, wherever they are rooted, one entry each.

    Parameters
    ----------
    centrelines_px : list of ndarray, each of shape (n, 2)
        From root to tip, (x, y) of the working picture.
    rough_um : ndarray, shape (shafts,)
        About how wide.
    probabilities : ndarray, shape (shafts,)
        That each is one hair.
    rooted : ndarray of bool, shape (shafts,)
        Whether its root is seen; long hair that comes in from elsewhere shows none.
    hair_mode : {"clipped", "long"}
        As what they were looked at.
    doubted : tuple of Doubted
        Lines that are more likely no hair of their own.
    """

    centrelines_px: list[Array]
    rough_um: Array
    probabilities: Array
    rooted: NDArray[np.bool_]
    hair_mode: HairMode
    doubted: tuple[Doubted, ...] = ()

    @property
    def roots_px(self) -> Array:
        """Where each begins, (x, y) of the working picture, shape (shafts, 2)."""
        return np.array([line[0] for line in self.centrelines_px]).reshape(-1, 2)

    def lengths_mm(self, um_per_px: float) -> Array:
        """Along each shaft, shape (shafts,)."""
        along = [np.hypot(*np.diff(line, axis=0).T).sum() for line in self.centrelines_px]
        return np.array(along, float) * um_per_px / 1000

    def chosen(self, which: NDArray[np.bool_]) -> Found:
        """Keep some of them."""
        kept = [line for line, keep in zip(self.centrelines_px, which, strict=True) if keep]
        return replace(
            self,
            centrelines_px=kept,
            rough_um=self.rough_um[which],
            probabilities=self.probabilities[which],
            rooted=self.rooted[which],
        )


def smoothed(points_px: Array, um_per_px: float) -> Array:
    """Take from a line the steps of the pixel grid: its mean over ``SMOOTHED_UM``, its ends kept."""
    half = min(max(1, round(SMOOTHED_UM / um_per_px / 2)), len(points_px) - 1)
    before, after = 2 * points_px[0] - points_px[half:0:-1], 2 * points_px[-1] - points_px[-2 : -half - 2 : -1]
    extended = np.concatenate([before, points_px, after])
    window = np.full(2 * half + 1, 1 / (2 * half + 1))
    return np.column_stack([np.convolve(axis, window, mode="valid") for axis in extended.T])
