"""A capture: one picture of one site of one patient at one visit, and what was measured on it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contract.envelope import MAX_COUNT, Message
from contract.measurement import Measurement
from contract.names import PatientCode, Sha256
from contract.sites import Site

MAX_PICTURE_BYTES = 32 * 1024 * 1024
"""Bound on one picture file; a 12 MP PNG is about 25 MB."""

_Sentence = Annotated[str, Field(max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Verdict(StrEnum):
    """What the gate at the chair said of the picture."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    WARN = "warn"
    REFUSE = "refuse"


class Quality(_Part):
    """The gate's verdict and its reasons, in sentences for the technician."""

    verdict: Verdict
    reasons: Annotated[tuple[_Sentence, ...], Field(max_length=32)] = ()


class Calibration(_Part):
    """Where the scale came from.

    ``source`` is ``settings`` for a scale typed by hand: its uncertainty is unknown (``None``), and so is that of
    every density made with it.
    """

    um_per_px: Annotated[float, Field(gt=0, le=1000)]
    standard_uncertainty_um_per_px: Annotated[float, Field(ge=0)] | None = None
    source: Literal["settings", "target"]


class Picture(_Part):
    """The picture file, which travels apart from the figures by ``PUT /images/{sha256}``."""

    sha256: Sha256
    media_type: Literal["image/jpeg", "image/png"]
    size_bytes: Annotated[int, Field(gt=0, le=MAX_PICTURE_BYTES)]


class Capture(Message):
    """One capture, whole: figures, quality, calibration and the name of its picture."""

    patient_code: PatientCode
    visit_number: Annotated[int, Field(ge=1, le=9999)]
    site: Site
    taken_at: AwareDatetime
    software_version: Annotated[str, Field(max_length=64)]
    camera: Annotated[str, Field(max_length=128)]
    simulated: bool
    exposure_us: Annotated[int, Field(ge=0, le=MAX_COUNT)] | None = None
    analogue_gain: Annotated[float, Field(ge=0, le=1e6)] | None = None
    calibration: Calibration
    quality: Quality
    picture: Picture
    measurement: Measurement
