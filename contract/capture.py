"""A capture: one picture of one site of one patient at one visit, and what was measured on it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import UUID7, AwareDatetime, BaseModel, ConfigDict, Field

from contract.envelope import MAX_COUNT, Message
from contract.measurement import Measurement
from contract.names import PatientCode, PersonCode, Sha256
from contract.sites import MarkKind, SiteKey

MAX_PICTURE_BYTES = 32 * 1024 * 1024
"""Bound on one picture file; a 12 MP PNG is about 25 MB."""

_Sentence = Annotated[str, Field(max_length=300)]
_Grid = Annotated[
    tuple[Annotated[tuple[Annotated[float, Field(gt=0, le=100)], ...], Field(min_length=1, max_length=32)], ...],
    Field(min_length=1, max_length=32),
]
_Name = Annotated[str, Field(max_length=128)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Verdict(StrEnum):
    """What the gate at the chair said of the picture."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    WARN = "warn"
    REFUSE = "refuse"


class Check(_Part):
    """One thing that the gate looked at.

    ``value`` is in ``unit`` (UCUM; ``%`` for a share) and None where the picture does not show it. The verdict changes
    past ``warn_at`` and ``refuse_at``; where ``refuse_at`` lies below ``warn_at``, small values are the bad ones. A
    limit that a check does not have is None.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    value: float | None = None
    unit: Annotated[str, Field(max_length=16)]
    warn_at: float | None = None
    refuse_at: float | None = None
    verdict: Verdict
    sentence: _Sentence = ""


class Forced(_Part):
    """A person's word that a refused picture shall count all the same: who, why, and when."""

    by: PersonCode
    note: Annotated[str, Field(min_length=1, max_length=300)]
    at: AwareDatetime


class Quality(_Part):
    """The gate's verdict and its reasons, in sentences for the technician.

    The first messages lacked these: ``checks``, everything the gate looked at with value and limits; ``forced``, where
    a person let a refused picture through. The verdict of such a picture stays ``refuse``.
    """

    verdict: Verdict
    reasons: Annotated[tuple[_Sentence, ...], Field(max_length=32)] = ()
    checks: Annotated[tuple[Check, ...], Field(max_length=32)] = ()
    forced: Forced | None = None


class Calibration(_Part):
    """Where the scale came from.

    ``source`` is ``settings`` for a scale typed by hand: its uncertainty is unknown (``None``), and so is that of
    every density made with it. It is ``target`` for a scale measured on a target: then ``record_id`` names the
    instrument's calibration record, ``made_at`` and ``certificate_id`` say when and on which target. ``due`` says in a
    sentence why the instrument should be calibrated or checked again; None when nothing speaks against it.

    With ``blur_sigma_px``, the calibrated blur in the middles of equal cells of the picture (rows of columns), and
    ``linear_light``, whether values are sRGB-coded light, the picture can be measured again as it was; ``true_colours``
    says that its colours were calibrated too.
    """

    um_per_px: Annotated[float, Field(gt=0, le=1000)]
    standard_uncertainty_um_per_px: Annotated[float, Field(ge=0)] | None = None
    source: Literal["settings", "target"]
    record_id: UUID7 | None = None
    made_at: AwareDatetime | None = None
    certificate_id: _Name | None = None
    due: _Sentence | None = None
    blur_sigma_px: _Grid | None = None
    linear_light: bool = False
    true_colours: bool = False


class Repeatability(_Part):
    """How much the figures of stills taken one after another at the same place differ: the instrument's own noise.

    Standard deviations over ``stills``; ``noise_share`` is the temporal noise of a pixel as a share of full scale.
    """

    stills: Annotated[int, Field(ge=2, le=9)]
    hair_density_sd_per_cm2: Annotated[float, Field(ge=0)]
    mean_diameter_sd_um: Annotated[float, Field(ge=0)] | None = None
    noise_share: Annotated[float, Field(ge=0, le=1)]


class Picture(_Part):
    """The picture file, which travels apart from the figures by ``PUT /images/{sha256}``."""

    sha256: Sha256
    media_type: Literal["image/jpeg", "image/png"]
    size_bytes: Annotated[int, Field(gt=0, le=MAX_PICTURE_BYTES)]


class Capture(Message):
    """One capture, whole: figures, quality, calibration and the name of its picture.

    The first messages lacked these: ``camera_identity``, which tells the camera from others of its model; ``lens``;
    ``light``, the ring that was lit; ``mark``, what the clinic marks its sites with; ``repeatability``, where a burst
    was taken.
    """

    patient_code: PatientCode
    visit_number: Annotated[int, Field(ge=1, le=9999)]
    site: SiteKey
    taken_at: AwareDatetime
    software_version: Annotated[str, Field(max_length=64)]
    camera: Annotated[str, Field(max_length=128)]
    simulated: bool
    exposure_us: Annotated[int, Field(ge=0, le=MAX_COUNT)] | None = None
    analogue_gain: Annotated[float, Field(ge=0, le=1e6)] | None = None
    camera_identity: _Name | None = None
    lens: _Name | None = None
    light: Annotated[str, Field(max_length=32)] | None = None
    mark: MarkKind | None = None
    repeatability: Repeatability | None = None
    calibration: Calibration
    quality: Quality
    picture: Picture
    measurement: Measurement
