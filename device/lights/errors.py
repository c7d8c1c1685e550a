"""What can go wrong with the lights: each error says its cause in one sentence, and its cure."""

from __future__ import annotations

from device.hardware_error import HardwareError


class LightsError(HardwareError):
    """The lights did not do what they were asked."""


class LightsUnavailable(LightsError):
    """A pin that the settings name cannot be had."""


class LightsClosed(LightsError):
    """A ring was asked of lights that are not open."""


class RingMissing(LightsError):
    """A ring was asked for that the settings do not name."""


class LightsFailed(LightsError):
    """A pin that was had no longer does as told."""
