"""The steps of a calibration, in the order they are done: each stands on those before it."""

from enum import StrEnum


class StepName(StrEnum):
    """A step, by what it gives."""

    FOCUS = "focus"
    EXPOSURE = "exposure"
    DARK = "dark"
    RESPONSE = "response"
    FLAT_FIELD = "flat-field"
    COLOUR = "colour"
    SCALE = "scale"
    BLUR = "blur"
