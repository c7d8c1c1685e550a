"""The `[chair]` table of the instrument's settings: the page a technician works with, and who reaches it."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from groundwork.credential import SecretPath

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  known, so that it can be held to a list of names

_HostName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+)$")]

Language = Literal["en", "de"]


class ChairSettings(BaseModel):
    """The chair page.

    Parameters
    ----------
    language
        Of words and numbers; a browser may be told another.
    hand
        On which side the capture button lies.
    host, port
        Where the page listens. Anything but this machine's own loopback takes `certificate`, `key` and `pin`.
    names
        Under which other machines of the network call it, beside its address: host names or addresses, without port.
        A request under any other name is refused.
    certificate, key
        For TLS.
    pin
        File of `trichoscope pin`: with it, the page is locked until it is typed.
    lock_after_minutes
        Without a touch, where there is a PIN.
    foot_switch_key
        What a foot switch types that is plugged into the machine of the browser, as `KeyboardEvent.key` names it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Language = "en"
    hand: Literal["left", "right"] = "right"
    host: _HostName = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8090
    names: Annotated[tuple[_HostName, ...], Field(max_length=8)] = ()
    certificate: Path | None = None
    key: SecretPath | None = None
    pin: SecretPath | None = None
    lock_after_minutes: Annotated[int, Field(ge=1, le=240)] = 10
    foot_switch_key: Annotated[str, Field(min_length=1, max_length=32)] = "b"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine reaches the page."""
        return self.host in LOOPBACK

    @property
    def on_every_address(self) -> bool:
        """Whether it listens on every address that the machine has."""
        return self.host in _EVERY_ADDRESS

    @model_validator(mode="after")
    def _closed_to_others(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a certificate needs its key, and a key its certificate: give both, or neither")
        if not self.on_loopback and (self.certificate is None or self.pin is None):
            raise ValueError(
                f'host = "{self.host}" opens the page to the network: that takes a certificate with its key, and a pin'
                " made by `trichoscope pin`"
            )
        if self.on_every_address and not self.names:
            raise ValueError(
                f'host = "{self.host}" names no machine: say under names = [...] how others call this one, which is all'
                " that the page answers to"
            )
        return self
