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
Point: TypeAlias = tuple[float, float]
Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"


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

    def as_dict(self) -> dict[str, Json]:
        """Give the hair as JSON-ready values (without its centreline)."""
        return {
            "root_px": [round(float(v), 1) for v in self.root_px],
            "tip_px": [round(float(v), 1) for v in self.tip_px],
            "diameter_um": None if self.diameter_um is None else round(self.diameter_um, 1),
            "diameter_limited": self.diameter_limited,
            "length_mm": round(self.length_mm, 3),
            "kind": self.kind,
            "probability": round(self.probability, 3),
            "unit": self.unit,
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
    mean_diameter_um, terminal_share, thin_hair_share, hairs_per_unit : Interval or None
        None where there is no hair (or no diameter) to take them from.
    flags : tuple of Flag
        Sorted.
    """

    um_per_px: float
    picture_px: tuple[int, int]
    frame_px: tuple[float, float, float, float]
    area_cm2: float
    hair_density_per_cm2: Interval
    mean_diameter_um: Interval | None
    terminal_share: Interval | None
    thin_hair_share: Interval | None
    terminal_density_per_cm2: Interval
    vellus_density_per_cm2: Interval
    unit_density_per_cm2: Interval
    hairs_per_unit: Interval | None
    cumulative_thickness_mm_per_cm2: Interval
    hairs: tuple[Hair, ...]
    flags: tuple[Flag, ...]

    def as_dict(self) -> dict[str, Json]:
        """Give the measurement as JSON-ready values: the form the command line prints and the store keeps."""

        def figure(name: str, digits: int) -> Json:
            interval: Interval | None = getattr(self, name)
            return None if interval is None else dict(interval.as_dict(digits))

        return {
            "um_per_px": round(self.um_per_px, 6),
            "picture_px": list(self.picture_px),
            "frame_px": [round(float(v), 1) for v in self.frame_px],
            "area_cm2": round(self.area_cm2, 5),
            "hair_density_per_cm2": figure("hair_density_per_cm2", 2),
            "mean_diameter_um": figure("mean_diameter_um", 2),
            "terminal_share": figure("terminal_share", 4),
            "thin_hair_share": figure("thin_hair_share", 4),
            "terminal_density_per_cm2": figure("terminal_density_per_cm2", 2),
            "vellus_density_per_cm2": figure("vellus_density_per_cm2", 2),
            "unit_density_per_cm2": figure("unit_density_per_cm2", 2),
            "hairs_per_unit": figure("hairs_per_unit", 3),
            "cumulative_thickness_mm_per_cm2": figure("cumulative_thickness_mm_per_cm2", 3),
            "hairs": [hair.as_dict() for hair in self.hairs],
            "flags": [str(flag) for flag in self.flags],
        }
