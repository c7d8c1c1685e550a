"""Whether an instrument is there, and how it fares: both retained, so that a late subscriber knows at once."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from contract.envelope import MAX_COUNT, Message

Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
_Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=32)], ...], Field(max_length=8)]
_Sentence = Annotated[str, Field(max_length=300)]


class Presence(StrEnum):
    """Connected to the broker, or gone."""

    ONLINE = "online"
    OFFLINE = "offline"


class Status(Message):
    """Sent ``online`` on every connect and ``offline`` as the last will.

    ``sequence`` is the number of the connection, counted over the life of the instrument's store: a will that arrives
    late carries the number of the connection that died and must not overrule a newer ``online``.
    """

    presence: Presence
    software_version: Annotated[str, Field(max_length=64)]
    simulated: bool


class Health(Message):
    """Sent every minute while connected; ``sequence`` is the milliseconds since boot.

    The first messages lacked the fields with a default. Others are comparisons, visits and reviews.
    ``oldest_waiting_at`` is when the oldest message that waits was made, by the instrument's clock, and
    ``room_captures`` how many captures more its disk takes. ``certificate_expires_at`` is of the certificate that it
    proves itself with. ``lights`` and ``triggers`` name what the settings do: empty for an instrument without, which is
    a valid one; None where nothing is said. ``calibration_made_at`` is None as long as there is no calibration;
    ``calibration_due`` and ``camera_trouble`` say in a sentence what is to be done, and are None where nothing is.
    """

    waiting_captures: Count
    waiting_pictures: Count
    refused_captures: Count
    free_disk_bytes: Count
    waiting_others: Count | None = None
    refused_others: Count | None = None
    oldest_waiting_at: AwareDatetime | None = None
    room_captures: Count | None = None
    certificate_expires_at: AwareDatetime | None = None
    lights: _Names | None = None
    triggers: _Names | None = None
    calibration_made_at: AwareDatetime | None = None
    calibration_due: _Sentence | None = None
    camera_trouble: _Sentence | None = None
