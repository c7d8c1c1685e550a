"""A change as it travels: two captures of one place compared, hair by hair, and the figures that follow."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import UUID7, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from contract.envelope import Message
from contract.measurement import MAX_HAIRS, Interval, Point, Share
from contract.names import DeviceId, PatientCode
from contract.sites import SiteKey

_Index = Annotated[int, Field(ge=0, lt=MAX_HAIRS)]
_Count = Annotated[int, Field(ge=0, le=MAX_HAIRS)]
_Coefficient = Annotated[float, Field(ge=-1e6, le=1e6)]
_NineCoefficients = Annotated[tuple[_Coefficient, ...], Field(min_length=9, max_length=9)]
_AffineRow = tuple[_Coefficient, _Coefficient, _Coefficient]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Fate(StrEnum):
    """What became of a hair between the two pictures."""

    KEPT = "kept"
    NEW = "new"
    LOST = "lost"


class HairChange(_Part):
    """One hair of the shared frame.

    ``baseline`` and ``followup`` are its places in the two measurements' lists of hairs, None where it is not counted;
    ``baseline_px`` and ``followup_px`` its root in each picture, or where it would be.
    """

    fate: Fate
    probability: Annotated[float, Field(ge=0, le=1)]
    baseline: _Index | None = None
    followup: _Index | None = None
    baseline_px: Point
    followup_px: Point
    thickness: Literal["thicker", "thinner", "same"] | None = None
    diameter_change_um: Annotated[float, Field(ge=-1000, le=1000)] | None = None
    length_change_mm: Annotated[float, Field(ge=-1000, le=1000)] | None = None
    longer: bool = False


class Transform(_Part):
    """Where the baseline's points lie in the follow-up.

    A point is moved by the stretch of the skin, then scaled and turned (clockwise as seen) about ``middle_mm``, the
    overlap's middle, then shifted right and down. ``scale`` is 1 where both calibrations are right. ``stretch_um``
    holds, for x and for y, the coefficients of a cubic in the place counted from the middle in half diagonals of
    ``half_mm`` (x, y, x2, xy, y2, x3, x2y, xy2, y3); ``largest_stretch_um`` is how far it moves any point.
    ``baseline_to_followup_px`` is all of it but the stretch in pixels: two rows of ``x' = a x + b y + c``.
    """

    turn_deg: Annotated[float, Field(ge=-180, le=180)]
    shift_mm: tuple[_Coefficient, _Coefficient]
    scale: Annotated[float, Field(gt=0, le=10)]
    middle_mm: tuple[_Coefficient, _Coefficient]
    half_mm: tuple[_Coefficient, _Coefficient]
    stretch_um: tuple[_NineCoefficients, _NineCoefficients]
    largest_stretch_um: Annotated[float, Field(ge=0, le=1e5)]
    baseline_to_followup_px: tuple[_AffineRow, _AffineRow]


class Change(_Part):
    """What changed at one place. ``None`` where the pictures do not support a figure; ``flags`` say why.

    ``density_per_cm2`` holds the density of the shared area at baseline and at follow-up; the intervals of changes by
    matched hairs are for that very place, that of ``counted_density_change_per_cm2`` (the two pictures counted
    separately) for the scalp around it.
    """

    same_place: Annotated[float, Field(ge=0, le=1)]
    transform: Transform | None = None
    shared_area_cm2: Annotated[float, Field(ge=0)] | None = None
    matched: _Count = 0
    new: _Count = 0
    lost: _Count = 0
    thicker: _Count = 0
    thinner: _Count = 0
    longer: _Count = 0
    density_per_cm2: tuple[float, float] | None = None
    density_change_per_cm2: Interval | None = None
    terminal_density_change_per_cm2: Interval | None = None
    counted_density_change_per_cm2: Interval | None = None
    mean_diameter_change_um: Interval | None = None
    cumulative_thickness_change_mm_per_cm2: Interval | None = None
    terminal_to_vellus: _Count = 0
    vellus_to_terminal: _Count = 0
    anagen_share: Share | None = None
    growth_um_per_day: Interval | None = None
    days: float | None = None
    hairs: Annotated[tuple[HairChange, ...], Field(max_length=2 * MAX_HAIRS)] = ()
    flags: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=32)] = ()


class NoiseFloor(_Part):
    """How much one figure of an instrument differs where nothing has changed.

    ``difference_sd`` is the standard deviation of the difference of two measurements, in the figure's unit, with so
    many ``degrees`` of freedom from so many ``subjects``; ``counted`` for figures of two pictures each measured by
    itself, ``matched`` for hairs matched one by one.
    """

    figure: Annotated[str, Field(max_length=64)]
    difference: Literal["counted", "matched"]
    source: Literal["burst", "placement", "donor"]
    difference_sd: Annotated[float, Field(ge=0)]
    degrees: Annotated[float, Field(gt=0)]
    subjects: Annotated[int, Field(ge=1)]


class ComparedCapture(_Part):
    """One of the two captures of a comparison."""

    message_id: UUID7
    device_id: DeviceId
    visit_number: Annotated[int, Field(ge=1, le=9999)]
    taken_at: AwareDatetime


class Comparison(Message):
    """Two captures of one patient's site, compared by an instrument. It may come long after the captures.

    ``noise_floors`` are what the instrument knew of its own noise then; a change inside of them is none.
    """

    patient_code: PatientCode
    site: SiteKey
    software_version: Annotated[str, Field(max_length=64)]
    baseline: ComparedCapture
    followup: ComparedCapture
    change: Change
    noise_floors: Annotated[tuple[NoiseFloor, ...], Field(max_length=64)] = ()

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.baseline.message_id == self.followup.message_id:
            raise ValueError("a capture is compared with another one")
        return self
