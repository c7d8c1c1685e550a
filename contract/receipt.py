"""The collector's answer to a capture, comparison or visit, sent after its commit: the one proof that it is held."""

from enum import StrEnum
from typing import Annotated

from pydantic import UUID7, AwareDatetime, BaseModel, ConfigDict, Field

from contract.names import Sha256


class Outcome(StrEnum):
    """What became of a message at the clinic."""

    STORED = "stored"
    REFUSED = "refused"


class Receipt(BaseModel):
    """Names the message by id and by content, so that a receipt can never vouch for other bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message_id: UUID7
    content_sha256: Sha256
    outcome: Outcome
    reason: Annotated[str, Field(max_length=500)] | None = None
    decided_at: AwareDatetime

    def encode(self) -> bytes:
        """Return the receipt as it travels: UTF-8 JSON, one line."""
        return self.model_dump_json().encode()
