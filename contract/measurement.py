"""A measurement as it travels: the figures with their intervals, and every hair they were made of."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MAX_HAIRS = 5000
"""Bound on the hairs of one message: ten times the densest scalp on the largest frame."""

MAX_UM_PER_PX = 1000.0
"""Bound on a scale: a picture of ten pixels a centimetre shows no hair."""

_Pixel = Annotated[float, Field(ge=-1e5, le=1e5)]
_Side = Annotated[int, Field(gt=0, le=100_000)]
Point = tuple[_Pixel, _Pixel]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Interval(_Record):
    """A figure with its 95 % interval, both in the unit that the field's name gives."""

    value: float
    low: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("an interval must hold its value: low <= value <= high")
        return self


def _within_one(share: Interval) -> Interval:
    if share.low < 0 or share.high > 1:
        raise ValueError("a share and its interval lie between 0 and 1")
    return share


Share = Annotated[Interval, AfterValidator(_within_one)]


class HairKind(StrEnum):
    """Terminal or vellus, by the projected diameter against the cut-off."""

    TERMINAL = "terminal"
    VELLUS = "vellus"


class Hair(_Record):
    """One hair, in pixels of the picture: (x, y), origin at the centre of the top-left pixel."""

    root_px: Point
    tip_px: Point
    diameter_um: Annotated[float, Field(ge=0, le=1000)] | None = None
    diameter_limited: bool = False
    length_mm: Annotated[float, Field(ge=0, le=1000)]
    kind: HairKind
    probability: Annotated[float, Field(ge=0, le=1)]
    unit: Annotated[int, Field(ge=0, le=MAX_HAIRS)]


class Measurement(_Record):
    """The figures of one picture. ``None`` where the picture does not support a figure.

    ``picture_px`` is (width, height), ``frame_px`` the counting frame's bounding box (x0, y0, x1, y1); a hair is listed
    where its root lies in the frame. The shares are of the hairs in the frame, 0 to 1.
    """

    um_per_px: Annotated[float, Field(gt=0, le=MAX_UM_PER_PX)]
    picture_px: tuple[_Side, _Side]
    frame_px: tuple[_Pixel, _Pixel, _Pixel, _Pixel]
    area_cm2: Annotated[float, Field(gt=0)]
    hair_density_per_cm2: Interval
    mean_diameter_um: Interval | None = None
    terminal_share: Share | None = None
    thin_hair_share: Share | None = None
    terminal_density_per_cm2: Interval | None = None
    vellus_density_per_cm2: Interval | None = None
    unit_density_per_cm2: Interval | None = None
    hairs_per_unit: Interval | None = None
    cumulative_thickness_mm_per_cm2: Interval | None = None
    hairs: Annotated[tuple[Hair, ...], Field(max_length=MAX_HAIRS)]
    flags: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=64)] = ()
