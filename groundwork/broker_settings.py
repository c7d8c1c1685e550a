"""How either program's settings name the clinic's broker, and any host."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from groundwork.credential import SecretPath


def _as_looked_up(host: str) -> str:
    # What the resolver raises for these is no OSError.
    try:
        host.encode("idna")
    except UnicodeError:
        well_formed = False
    else:
        well_formed = host.isprintable()
    if not well_formed:
        raise ValueError("this is no host's name or address: write it like collector.example or 192.0.2.7")
    return host


Host = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_as_looked_up)]
"""A host's name or address; 253 characters are the most a name has (RFC 1035)."""


class BrokerSettings(BaseModel):
    """An MQTT 5 broker over TLS, known by its authority, which knows this program by its certificate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 8883
    authority: Path
    certificate: Path
    key: SecretPath
