"""The `[triggers]` table of the instrument's settings: what a capture is started with beside page and command line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from device.lights.settings import Pin


class Trigger(StrEnum):
    """What starts a capture."""

    BUTTON = "button"
    FOOT_SWITCH = "foot-switch"


class ButtonSettings(BaseModel):
    """A button between a pin and ground; the board's own resistor pulls the pin up.

    Parameters
    ----------
    pin
        By its GPIO number.
    bounce_s
        How long its contact may bounce: a level counts that has lasted this long, and no press within this time of a
        release does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pin: Pin
    bounce_s: Annotated[FiniteFloat, Field(ge=0, le=0.5)] = 0.03


class FootSwitchSettings(BaseModel):
    """A USB foot switch, which is a keyboard to the kernel: it is named by its path or by its name.

    Parameters
    ----------
    path
        Of its device file, best one that stays the same: `/dev/input/by-id/...-event-kbd`.
    name
        As `evtest` or `/proc/bus/input/devices` lists it. Of several parts of one name, the one that has the key.
    key
        That it types, by the kernel's name (`input-event-codes.h`): "KEY_B".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path | None = None
    name: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    key: Annotated[str, Field(pattern=r"^(KEY|BTN)_[A-Z0-9_]+$")]

    @model_validator(mode="after")
    def _path_or_name(self) -> Self:
        if (self.path is None) == (self.name is None):
            raise ValueError("a foot switch is found by its path or by its name: give one of them")
        return self

    @property
    def found_by(self) -> str:
        """Its path or name, for people."""
        return str(self.path) if self.path is not None else f'"{self.name}"'


class TriggersSettings(BaseModel):
    """What starts captures: at least one, or the table is left out.

    Parameters
    ----------
    button, foot_switch
        Left out where there is none.
    lock_s
        After a press that counts, further ones do not for this long: a foot that slips does not take two pictures.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    button: ButtonSettings | None = None
    foot_switch: FootSwitchSettings | None = None
    lock_s: Annotated[FiniteFloat, Field(ge=0, le=10)] = 1.0

    @property
    def kinds(self) -> tuple[Trigger, ...]:
        """Which there are, as the health message gives them."""
        each = {Trigger.BUTTON: self.button, Trigger.FOOT_SWITCH: self.foot_switch}
        return tuple(trigger for trigger, settings in each.items() if settings is not None)

    @model_validator(mode="after")
    def _at_least_one(self) -> Self:
        if not self.kinds:
            raise ValueError(
                "names no trigger: add [triggers.button] or [triggers.foot_switch], or leave the table out"
            )
        return self
