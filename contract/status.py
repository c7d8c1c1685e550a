"""Whether an instrument is there, and how it fares: both retained, so that a late subscriber knows at once."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.envelope import MAX_COUNT, Message

Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]


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
    """Sent every minute while connected; ``sequence`` is the milliseconds since boot."""

    waiting_captures: Count
    waiting_pictures: Count
    refused_captures: Count
    free_disk_bytes: Count
