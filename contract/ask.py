"""What a device asks of its clinic, and what the clinic answers: the baseline of a site that the device never saw.

MQTT 5 request and response. The ask travels with a response topic, correlation data (the bytes of its id) and a message
expiry interval: an ask that nobody waits for any more is worth nothing. The answer goes to the ask's own device and
nowhere else, whatever response topic it names.
"""

from typing import Annotated, Literal, Self

from pydantic import UUID7, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from contract.capture import Capture
from contract.envelope import CONTRACT_VERSION, MAX_MESSAGE_BYTES, Message
from contract.measurement import MAX_UM_PER_PX
from contract.names import PatientCode
from contract.sites import SiteKey

MAX_REDUCED_PICTURE_BYTES = 100_000
"""Bound on the picture in an answer: enough to find a place again by eye, at some 22 um/px."""

REDUCED_UM_PER_PX = 22.0
"""About the scale of the picture in an answer: a terminal hair is three pixels wide, a field of 20 mm has 900."""

_JPEG_START = b"\xff\xd8\xff"


class BaselineAsk(Message):
    """A device asks for what a site is to be compared with. ``sequence`` is the milliseconds since boot.

    ``before_visit`` is the number of the visit that is being taken: the baseline is of an earlier one.
    """

    patient_code: PatientCode
    site: SiteKey
    before_visit: Annotated[int, Field(ge=2, le=9999)]


class ReducedPicture(BaseModel):
    """A capture's whole picture, made small.

    ``jpeg`` is base64 in the URL-safe alphabet on the wire. With k = ``um_per_px`` over the capture's own, the point
    (x, y) of the small picture is (k (x + 0.5) - 0.5, k (y + 0.5) - 0.5) of the whole one, to half a pixel of it.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, ser_json_bytes="base64", val_json_bytes="base64"
    )

    jpeg: Annotated[bytes, Field(min_length=len(_JPEG_START), max_length=MAX_REDUCED_PICTURE_BYTES)]
    um_per_px: Annotated[float, Field(gt=0, le=MAX_UM_PER_PX)]

    @model_validator(mode="after")
    def _is_jpeg(self) -> Self:
        if not self.jpeg.startswith(_JPEG_START):
            raise ValueError("the reduced picture is no JPEG file")
        return self


class BaselineAnswer(BaseModel):
    """The clinic's answer to the ask of that ``message_id``: the baseline, or in words why there is none.

    ``picture`` is None where the clinic does not hold the picture (yet), or cannot make it small. ``passing`` says that
    the reason is a trouble that goes by: it may be asked again, and nothing is said of whether there is a baseline.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    schema_version: Literal[1] = CONTRACT_VERSION
    message_id: UUID7
    answered_at: AwareDatetime
    baseline: Capture | None = None
    picture: ReducedPicture | None = None
    reason: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    passing: bool = False

    def encode(self) -> bytes:
        """Return the answer as it travels: UTF-8 JSON, one line."""
        return self.model_dump_json().encode()

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.baseline is None) == (self.reason is None):
            raise ValueError("an answer holds a baseline, or the reason why there is none")
        if self.baseline is None and self.picture is not None:
            raise ValueError("a picture belongs to a baseline")
        if self.passing and self.baseline is not None:
            raise ValueError("what passes is a trouble, no baseline")
        return self


def reduced_size_px(size_px: tuple[int, int], um_per_px: float) -> tuple[tuple[int, int], float]:
    """Return the size of a reduced picture, width and height, and its scale in um/px.

    Parameters
    ----------
    size_px
        Of the whole picture, width and height.
    um_per_px
        Of the whole picture; one that is as coarse already keeps its size.
    """
    width, height = size_px
    share = min(1.0, um_per_px / REDUCED_UM_PER_PX)
    reduced = max(1, round(width * share)), max(1, round(height * share))
    return reduced, um_per_px * width / reduced[0]


def fitting(answer: BaselineAnswer) -> BaselineAnswer:
    """Return an answer as it fits a message: without its picture where both together would be too long."""
    smaller = answer.model_copy(update={"picture": None})
    for one in (answer, smaller):
        if len(one.encode()) <= MAX_MESSAGE_BYTES:
            return one
    return smaller.model_copy(update={"baseline": None, "reason": "The baseline is too long to travel."})
