"""An enrolment that is under way, kept beside the key until it is whole.

What is asked is written down before it is asked, and what came before any of it is put in its place: an enrolment that
is broken off anywhere is finished by the same command, with the same key, and a lost answer is fetched again.
"""

import contextlib
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.enrolment import EnrolmentAnswer
from device.identity.certificate import new_key, signing_request
from groundwork.durable_file import sync_folder, write_durably


class Pending(BaseModel):
    """What was asked of the clinic, and what it answered; ``key`` and ``signing_request`` are PEM."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    device_id: str
    nonce: str
    key: str = Field(repr=False)
    signing_request: str
    answer: EnrolmentAnswer | None = None


def new_pending(device_id: str) -> Pending:
    """Make a key and its signing request."""
    key = new_key()
    return Pending(
        device_id=device_id, nonce=secrets.token_hex(32), key=key, signing_request=signing_request(key, device_id)
    )


class PendingFile:
    """Where the enrolment under way is kept, for one key.

    Parameters
    ----------
    key
        The key's path; ``KEY.pending`` lies beside it, on the same disk with the same rights.
    """

    def __init__(self, key: Path) -> None:
        self.path = key.with_name(f"{key.name}.pending")

    def read(self, device_id: str) -> Pending | None:
        """Return the enrolment of this device that is under way, if there is one.

        Raises
        ------
        OSError
            If there is one and it cannot be read.
        """
        try:
            pending = Pending.model_validate_json(self.path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        return pending if pending.device_id == device_id else None

    def write(self, pending: Pending) -> None:
        """Keep it, durably and for its owner alone; OSError if the disk does not take it."""
        write_durably(self.path, pending.model_dump_json().encode(), mode=0o600)

    def remove(self) -> None:
        """Forget it: the key is in its place, and no second copy of it stays."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
            sync_folder(self.path.parent)
