"""What every message carries: who sent it, in which order, when, and how far its clock could be trusted."""

import hashlib
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import UUID7, AwareDatetime, BaseModel, ConfigDict, Field

from contract.names import ClinicId, DeviceId

CONTRACT_VERSION: Final = 1
"""The major version, also a level of every topic. Optional fields may be added under it; nothing else may change."""

MAX_MESSAGE_BYTES = 5 * 1024 * 1024
"""Bound on a payload: a capture of the most hairs and lines a measurement may list, with courses as the analysis gives
them and at full length of decimals, has 4.6 MB; as the analysis rounds, 2.5 MB."""

MAX_COUNT = 2**53
"""Bound on whole numbers: JSON readers that hold them as doubles read larger ones wrong (RFC 8259, section 6)."""


class Message(BaseModel):
    """The envelope of all messages.

    ``boot_id`` and ``sequence`` order the messages of one sender and channel without a clock; what ``sequence`` counts
    is the channel's own. ``clock_trusted`` says whether ``created_at`` came from a synchronised clock.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    schema_version: Literal[1] = CONTRACT_VERSION
    message_id: UUID7
    clinic_id: ClinicId
    device_id: DeviceId
    boot_id: UUID
    sequence: Annotated[int, Field(ge=1, le=MAX_COUNT)]
    created_at: AwareDatetime
    clock_trusted: bool

    def encode(self) -> bytes:
        """Return the message as it travels: UTF-8 JSON, one line."""
        return self.model_dump_json().encode()


def content_sha256(payload: bytes) -> str:
    """Return the digest a receipt names its message by: SHA-256 of the bytes that travelled, in hexadecimal."""
    return hashlib.sha256(payload).hexdigest()
