"""The lights: LED rings on the board's pins, cross- and parallel-polarised; none at all is a valid instrument."""

from device.lights.errors import LightsClosed, LightsError, LightsFailed, LightsUnavailable, RingMissing
from device.lights.flicker import band_depth, whole_periods_us
from device.lights.rings import Lights
from device.lights.settings import Light, LightsSettings, Ring, RingSettings

__all__ = [
    "Light",
    "Lights",
    "LightsClosed",
    "LightsError",
    "LightsFailed",
    "LightsSettings",
    "LightsUnavailable",
    "Ring",
    "RingMissing",
    "RingSettings",
    "band_depth",
    "open_lights",
    "whole_periods_us",
]


def open_lights(settings: LightsSettings | None) -> Lights:
    """Return the lights that the settings name; entering their context takes the pins, leaving it darkens them.

    Parameters
    ----------
    settings
        The `[lights]` table; None for an instrument that drives no lights: it has no rings.
    """
    return Lights(settings)
