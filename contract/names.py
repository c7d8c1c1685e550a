"""The identifiers that messages, topics, certificates and files share, and the shapes they are held to."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from uuid6 import uuid7

# One MQTT topic level and one certificate common name: no '/', '+', '#', no space, nothing a file system minds.
_NAME = r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$"

ClinicId = Annotated[str, StringConstraints(pattern=_NAME)]
"""A clinic's short name, one topic level: ``riverside``."""

DeviceId = Annotated[str, StringConstraints(pattern=_NAME)]
"""An instrument's short name, also the common name of its certificate: ``chair-1``."""

PATIENT_CODE = r"^[A-Z]{1,4}-[0-9]{2,10}$"
"""The shape of a patient code, as a regular expression."""

PatientCode = Annotated[str, StringConstraints(pattern=PATIENT_CODE)]
"""A pseudonymous code: one to four capital letters, a hyphen, digits (``P-0042``). Never a name."""

PersonCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
"""Short code of a member of the staff, who calibrated or decided something: ``mk``, ``tech-3``."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest as 64 lower-case hexadecimal digits."""


def new_message_id() -> UUID:
    """Return a fresh UUID of version 7 (RFC 9562): unique, and ordered by time as far as the clock is right."""
    return UUID(int=uuid7().int)
