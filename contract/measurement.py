"""A measurement as it travels: the figures with their intervals, and every hair they were made of."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MAX_HAIRS = 5000
"""Bound on the hairs of one message: ten times the densest scalp on the largest frame."""

MAX_UM_PER_PX = 1000.0
"""Bound on a scale: a picture of ten pixels a centimetre shows no hair."""

_Pixel = Annotated[float, Field(ge=-1e5, le=1e5)]
_Side = Annotated[int, Field(gt=0, le=100_000)]
_Lightness = Annotated[float, Field(ge=0, le=100)]
_Chroma = Annotated[float, Field(ge=-200, le=200)]
_Count = Annotated[int, Field(ge=0, le=1_000_000)]
_Cell = Annotated[int, Field(ge=0, le=10_000)]
_Cut = Annotated[float, Field(gt=0, le=1000)]
Point = tuple[_Pixel, _Pixel]
Course = Annotated[tuple[Point, ...], Field(min_length=2, max_length=16)]


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
    """One hair, in pixels of the picture: (x, y), origin at the centre of the top-left pixel.

    ``diameter_sd_um`` is the diameter's own standard uncertainty, without what all hairs share (scale, blur);
    ``core_lab`` the colour of the shaft's core in CIELAB (L*, a*, b*; D65), highlights left out; ``course_px`` points
    evenly along the shaft from root to tip, both among them.
    """

    root_px: Point
    tip_px: Point
    diameter_um: Annotated[float, Field(ge=0, le=1000)] | None = None
    diameter_limited: bool = False
    length_mm: Annotated[float, Field(ge=0, le=1000)]
    kind: HairKind
    probability: Annotated[float, Field(ge=0, le=1)]
    unit: Annotated[int, Field(ge=0, le=MAX_HAIRS)]
    diameter_sd_um: Annotated[float, Field(ge=0, le=1000)] | None = None
    core_lab: tuple[_Lightness, _Chroma, _Chroma] | None = None
    course_px: Course | None = None


class UncountedLine(_Record):
    """A line that is no counted hair: more likely none of its own, or rooted outside of the frame."""

    line_px: Course
    width_um: Annotated[float, Field(ge=0, le=1000)]
    probability: Annotated[float, Field(ge=0, le=1)]


class Measurement(_Record):
    """The figures of one picture. ``None`` where the picture does not support a figure.

    ``picture_px`` is (width, height), ``frame_px`` the counting frame's bounding box (x0, y0, x1, y1); a hair is listed
    where its root lies in the frame. The shares are of the hairs in the frame, 0 to 1. Each interval is for the scalp
    around the site, of which the frame is a sample.

    The first messages lacked these, and their cut-off was 40 um: the cut-off ``terminal_from_um`` of what is called
    terminal; ``hair_mode``; ``intermediate_hairs``, the number from 30 to below 60 um;
    ``diameter_spread_um``, the standard deviation over hairs; ``diameter_diversity``, the share of hairs off the mean
    diameter by more than 20 %; ``unit_size_shares``, of the units with one, two, three, and four or more hairs;
    ``mean_length_mm``, of clipped hair; ``shaft_lightness``, the median L* of the shafts' cores, and
    ``shaft_contrast``, the median of the skin's L* beside a shaft less its core's; ``rootless_shafts``, the number of
    shafts whose root is outside of the frame or hidden (not counted); ``missed_expected`` with its standard deviation,
    the number of hairs expected to be missed where that was looked for: intervals of hair and vellus density hold them,
    the values do not; ``um_per_px_sd``, the scale's standard uncertainty where it is known; ``uncounted``, lines that
    are no counted hairs, and ``uncounted_cells``, what of the frame does not count (row, first column, number of
    columns of cells of about 0.1 mm): what another picture of the place is compared with; ``mark_px``, the middle of
    the tattooed mark where one was found.
    """

    um_per_px: Annotated[float, Field(gt=0, le=MAX_UM_PER_PX)]
    picture_px: tuple[_Side, _Side]
    frame_px: tuple[_Pixel, _Pixel, _Pixel, _Pixel]
    area_cm2: Annotated[float, Field(gt=0)]
    terminal_from_um: _Cut | None = None
    hair_mode: Literal["clipped", "long"] | None = None
    hair_density_per_cm2: Interval
    terminal_density_per_cm2: Interval | None = None
    vellus_density_per_cm2: Interval | None = None
    intermediate_hairs: _Count | None = None
    mean_diameter_um: Interval | None = None
    diameter_spread_um: Interval | None = None
    diameter_diversity: Share | None = None
    terminal_share: Share | None = None
    thin_hair_share: Share | None = None
    unit_density_per_cm2: Interval | None = None
    hairs_per_unit: Interval | None = None
    unit_size_shares: tuple[Share, Share, Share, Share] | None = None
    cumulative_thickness_mm_per_cm2: Interval | None = None
    mean_length_mm: Interval | None = None
    shaft_lightness: Interval | None = None
    shaft_contrast: Interval | None = None
    rootless_shafts: _Count | None = None
    missed_expected: float | None = None
    missed_expected_sd: Annotated[float, Field(ge=0)] | None = None
    hairs: Annotated[tuple[Hair, ...], Field(max_length=MAX_HAIRS)]
    flags: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=64)] = ()
    um_per_px_sd: Annotated[float, Field(ge=0)] | None = None
    uncounted: Annotated[tuple[UncountedLine, ...], Field(max_length=MAX_HAIRS)] = ()
    uncounted_cells: Annotated[tuple[tuple[_Cell, _Cell, _Cell], ...], Field(max_length=20_000)] = ()
    mark_px: Point | None = None
