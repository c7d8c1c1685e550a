"""The `[lights]` table of the instrument's settings: which LED rings there are, on which pins."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

Pin = Annotated[int, Field(ge=2, le=27)]
"""A pin by its GPIO number, as `pinout` prints it; 0 and 1 belong to the board's own add-on memory."""


class Ring(StrEnum):
    """An LED ring, by how its light is polarised to what the camera lets through."""

    CROSS = "cross"
    """Crossed: the skin's gloss is held back, and what lies under it is seen."""
    PARALLEL = "parallel"
    """Parallel: the gloss is let through, and shows the skin's relief and the hair's surface."""


Light: TypeAlias = Ring | Literal["as-it-is"]
"""A ring, or the light of an instrument that drives none."""


class RingSettings(BaseModel):
    """One ring.

    Parameters
    ----------
    pin
        Of the driver's dimming input, which lights its LEDs while the pin is high. It needs a pull-down resistor: the
        pin floats while no program holds it, and after one that was killed outright.
    level
        Share of the time that the ring is lit, above 0 and up to 1. At 1 the light is steady, without pulses: rather
        dim by the LEDs' current or the exposure. lgpio does whole percents, cut off downwards.
    settle_s
        From switching on until the light no longer rises: the driver's start and the LEDs' first warmth.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pin: Pin
    level: Annotated[FiniteFloat, Field(gt=0, le=1)] = 1.0
    settle_s: Annotated[FiniteFloat, Field(ge=0, le=5)] = 0.2


class LightsSettings(BaseModel):
    """The rings that the instrument drives: at least one, or the table is left out.

    Parameters
    ----------
    frequency_hz
        Of the pulses of a ring whose level is below 1. A rolling shutter exposes its lines one after another: unless
        the exposure is a whole number of periods (`whole_periods_us`), some lines meet a pulse more than others and
        the picture has bands (`band_depth`), which drift from still to still and which no flat field takes out. At the
        5 kHz of the default and 8 ms exposure the deepest have 2.5 % from trough to crest. Higher is not simply
        better: lgpio times each edge in software, up to 10 kHz, so more edges come more often late, and each period
        wakes the processor, lit or not.
    cross, parallel
        The rings; left out where there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    frequency_hz: Annotated[int, Field(ge=100, le=10_000)] = 5_000
    cross: RingSettings | None = None
    parallel: RingSettings | None = None

    @property
    def by_ring(self) -> dict[Ring, RingSettings]:
        """The rings that are there."""
        each = {Ring.CROSS: self.cross, Ring.PARALLEL: self.parallel}
        return {ring: settings for ring, settings in each.items() if settings is not None}

    @property
    def rings(self) -> tuple[Ring, ...]:
        """Their names, as the health message gives them."""
        return tuple(self.by_ring)

    @model_validator(mode="after")
    def _each_on_its_own_pin(self) -> Self:
        pins = [ring.pin for ring in self.by_ring.values()]
        if not pins:
            raise ValueError("names no ring: add [lights.cross] or [lights.parallel], or leave the table out")
        if len(set(pins)) < len(pins):
            raise ValueError(f"both rings are on pin {pins[0]}: give each its own")
        return self
