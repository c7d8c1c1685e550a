"""What a measurement is: hairs, figures with intervals, the frame they belong to, and flags.

Imports numpy only, so that a service which reads figures needs no OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.flags import Flag

Kind: TypeAlias = Literal["terminal", "vellus"]
HairMode: TypeAlias = Literal["clipped", "long"]
Point: TypeAlias = tuple[float, float]
Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"


CELL_UM = 100.0
"""Side of the cells in which a measurement says what of its frame does not count."""


COURSE_POINTS = 5
"""Evenly along a shaft, from end to end: enough to follow the bends of clipped hair to a few um."""


class PictureUnusable(ValueError):
    """The picture or its scale cannot be measured; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval.

    Parameters
    ----------
    value, low, high : float
        In the unit of the figure, with ``low <= value <= high``.

    Raises
    ------
    ValueError
        If the three are not finite and in order.
    """

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.value, self.low, self.high]).all() and self.low <= self.value <= self.high):
            raise ValueError(
                f"an interval needs finite low <= value <= high, not {self.low}, {self.value}, {self.high}"
            )

    def __contains__(self, figure: float) -> bool:
        return self.low <= figure <= self.high

    def as_dict(self, digits: int) -> dict[str, float]:
        """Give the interval as JSON-ready numbers, rounded to `digits` decimals."""
        return {name: round(float(getattr(self, name)), digits) for name in ("value", "low", "high")}


@dataclass(frozen=True, slots=True, eq=False)
class Hair:
    """One hair whose root lies in the counting frame.

    Parameters
    ----------
    root_px, tip_px : (float, float)
        Where the shaft leaves the skin, and its other end: (x, y) in the picture's own pixels.
    centreline_px : ndarray, shape (n, 2)
        The shaft's middle from root to tip, (x, y) in pixels.
    diameter_um : float or None
        Projected shaft width, median over clean sections; None where no section was clean.
    diameter_limited : bool
        True where the optics cannot resolve the shaft: read the diameter as "<= x um".
    length_mm : float
        Visible length along the centreline.
    kind : {"terminal", "vellus"}
        By the measurement's cut-off.  A hair without a diameter is taken at the width it shows with its touching
        neighbours included, but at most at the median of the diameters known; so are the shares of thin and terminal
        hair and the cumulative thickness.
    probability : float
        That this is one hair, 0 to 1.
    unit : int
        Number of its follicular unit within the measurement, from 0.
    diameter_sd_um : float or None
        Standard uncertainty of the diameter, what all hairs share (scale, blur) left out.
    core_lab : (float, float, float) or None
        Colour of the shaft's core in CIELAB (L*, a*, b*; D65), highlights left out; None where the shaft is too thin
        to show its core.
    """

    root_px: Point
    tip_px: Point
    centreline_px: NDArray[np.float64]
    diameter_um: float | None
    diameter_limited: bool
    length_mm: float
    kind: Kind
    probability: float
    unit: int
    diameter_sd_um: float | None = None
    core_lab: tuple[float, float, float] | None = None

    def as_dict(self) -> dict[str, Json]:
        """Give the hair as JSON-ready values, its centreline with ``COURSE_POINTS`` points."""
        return {
            "root_px": [round(float(v), 1) for v in self.root_px],
            "tip_px": [round(float(v), 1) for v in self.tip_px],
            "diameter_um": _rounded(self.diameter_um, 1),
            "diameter_limited": self.diameter_limited,
            "length_mm": round(self.length_mm, 3),
            "kind": self.kind,
            "probability": round(self.probability, 3),
            "unit": self.unit,
            "diameter_sd_um": _rounded(self.diameter_sd_um, 1),
            "core_lab": None if self.core_lab is None else [round(float(v), 1) for v in self.core_lab],
            "course_px": _course(self.centreline_px),
        }


def _course(line_px: NDArray[np.float64]) -> Json:
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line_px, axis=0).T))])
    reach = np.linspace(0.0, arc[-1], COURSE_POINTS)
    return [[round(float(np.interp(at, arc, axis)), 1) for axis in line_px.T] for at in reach]


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(float(number), digits)


@dataclass(frozen=True, slots=True, eq=False)
class UncountedLine:
    """A line in the picture that is no counted hair: more likely none of its own, or rooted outside of the frame.

    Another picture of the place is held against it: a hair that lies on its neighbour, or is drawn as one with it, is
    there all the same.

    Parameters
    ----------
    line_px : ndarray, shape (n, 2)
        (x, y) in the picture's own pixels; either end may be nearer to a root.
    width_um : float
        About how wide.
    probability : float
        That it is one hair.
    """

    line_px: NDArray[np.float64]
    width_um: float
    probability: float

    def as_dict(self) -> dict[str, Json]:
        """Give the line as JSON-ready values, with ``COURSE_POINTS`` points."""
        return {
            "line_px": _course(self.line_px),
            "width_um": round(self.width_um, 1),
            "probability": round(self.probability, 3),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """The figures of one picture, each with its 95 % interval, and the hairs they come from.

    Parameters
    ----------
    um_per_px : float
        Scale of the picture as given.
    picture_px : (int, int)
        Width and height of the picture.
    frame_px : (float, float, float, float)
        Bounding box x0, y0, x1, y1 of the counting frame.
    area_cm2 : float
        Area of the frame, less what is excluded.
    terminal_from_um : float
        Cut-off of terminal hair behind all figures that tell kinds apart.
    hair_mode : {"clipped", "long"}
        How the hair was taken to be: clipped to stubble, or long.
    thin_hair_share : Interval or None
        Share of hairs below 30 um.
    diameter_spread_um : Interval or None
        Standard deviation of the diameter over hairs.
    diameter_diversity : Interval or None
        Share of hairs whose diameter is off the mean by more than 20 % (anisotrichosis).
    intermediate_hairs : int
        Number of hairs from 30 to below 60 um.
    unit_size_shares : tuple of four Interval, or None
        Shares of units with one, two, three, and four or more hairs.
    mean_length_mm : Interval or None
        Of clipped hair; None for long hair, which leaves the picture.
    shaft_lightness : Interval or None
        Median L* of the shafts' cores: the pigmentation.
    shaft_contrast : Interval or None
        Median of L* of the skin beside a shaft less that of its core: above 0 where hair is darker than skin.
    rootless_shafts : int
        Shafts seen whose root is outside of the frame, or hidden; they are not counted.
    missed_expected, missed_expected_sd : float or None
        Number of hairs of the frame that were expected to be missed, and its standard deviation; the intervals of hair
        and vellus density hold them, their values do not. None where it was not looked for.
    flags : tuple of Flag
        Sorted.
    um_per_px_sd : float or None
        Standard uncertainty of the scale as given; None where nobody knows it.
    uncounted : tuple of UncountedLine
        Lines that reach into the frame and are no counted hairs; they are in no figure.
    uncounted_cells : tuple of (int, int, int)
        What of the frame's box does not count (glare, cover, outside of a round field): row, first column, number of
        columns. The box is parted into equal cells of about ``CELL_UM`` (:meth:`cells`); one is named where more than
        half of it does not count.
    mark_px : (float, float) or None
        Middle of the tattooed mark, (x, y); None where none was found, or looked for.

    Notes
    -----
    A figure is None where there is no hair, diameter or core to take it from, or too few to know their spread.
    """

    um_per_px: float
    picture_px: tuple[int, int]
    frame_px: tuple[float, float, float, float]
    area_cm2: float
    terminal_from_um: float
    hair_mode: HairMode
    hair_density_per_cm2: Interval
    terminal_density_per_cm2: Interval
    vellus_density_per_cm2: Interval
    intermediate_hairs: int
    mean_diameter_um: Interval | None
    diameter_spread_um: Interval | None
    diameter_diversity: Interval | None
    terminal_share: Interval | None
    thin_hair_share: Interval | None
    unit_density_per_cm2: Interval
    hairs_per_unit: Interval | None
    unit_size_shares: tuple[Interval, Interval, Interval, Interval] | None
    cumulative_thickness_mm_per_cm2: Interval
    mean_length_mm: Interval | None
    shaft_lightness: Interval | None
    shaft_contrast: Interval | None
    rootless_shafts: int
    missed_expected: float | None
    missed_expected_sd: float | None
    hairs: tuple[Hair, ...]
    flags: tuple[Flag, ...]
    um_per_px_sd: float | None = None
    uncounted: tuple[UncountedLine, ...] = ()
    uncounted_cells: tuple[tuple[int, int, int], ...] = ()
    mark_px: Point | None = None

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of cells in the frame's box."""
        x0, y0, x1, y1 = self.frame_px
        return (
            max(1, round((y1 - y0) * self.um_per_px / CELL_UM)),
            max(1, round((x1 - x0) * self.um_per_px / CELL_UM)),
        )

    def as_dict(self) -> dict[str, Json]:
        """Give the measurement as JSON-ready values: the form the command line prints and the store keeps."""

        def figure(name: str, digits: int) -> Json:
            interval: Interval | None = getattr(self, name)
            return None if interval is None else dict(interval.as_dict(digits))

        sizes = self.unit_size_shares
        return {
            "um_per_px": round(self.um_per_px, 6),
            "picture_px": list(self.picture_px),
            "frame_px": [round(float(v), 1) for v in self.frame_px],
            "area_cm2": round(self.area_cm2, 5),
            "terminal_from_um": round(self.terminal_from_um, 3),
            "hair_mode": self.hair_mode,
            "hair_density_per_cm2": figure("hair_density_per_cm2", 2),
            "terminal_density_per_cm2": figure("terminal_density_per_cm2", 2),
            "vellus_density_per_cm2": figure("vellus_density_per_cm2", 2),
            "intermediate_hairs": self.intermediate_hairs,
            "mean_diameter_um": figure("mean_diameter_um", 2),
            "diameter_spread_um": figure("diameter_spread_um", 2),
            "diameter_diversity": figure("diameter_diversity", 4),
            "terminal_share": figure("terminal_share", 4),
            "thin_hair_share": figure("thin_hair_share", 4),
            "unit_density_per_cm2": figure("unit_density_per_cm2", 2),
            "hairs_per_unit": figure("hairs_per_unit", 3),
            "unit_size_shares": None if sizes is None else [dict(one.as_dict(4)) for one in sizes],
            "cumulative_thickness_mm_per_cm2": figure("cumulative_thickness_mm_per_cm2", 3),
            "mean_length_mm": figure("mean_length_mm", 3),
            "shaft_lightness": figure("shaft_lightness", 1),
            "shaft_contrast": figure("shaft_contrast", 1),
            "rootless_shafts": self.rootless_shafts,
            "missed_expected": _rounded(self.missed_expected, 1),
            "missed_expected_sd": _rounded(self.missed_expected_sd, 1),
            "hairs": [hair.as_dict() for hair in self.hairs],
            "flags": [str(flag) for flag in self.flags],
            "um_per_px_sd": _rounded(self.um_per_px_sd, 6),
            "uncounted": [line.as_dict() for line in self.uncounted],
            "uncounted_cells": [list(run) for run in self.uncounted_cells],
            "mark_px": None if self.mark_px is None else [round(float(v), 1) for v in self.mark_px],
        }
