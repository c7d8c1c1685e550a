"""Whether a frame's own metadata show the settings that were asked for.

A request says what was wanted; only the metadata say what was done. Full-resolution frames apply controls several
frames late (picamera2 #800), and controls that are set just before a mode switch are lost without a word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from device.camera.protocol import FrameMetadata, StillSettings

_EXPOSURE_SHARE = 0.01
#: Sensors amplify in steps; at a gain of 16 an imx708 steps by 1.6 %.
_GAIN_SHARE = 0.02
_COLOUR_GAIN_SHARE = 0.01
#: A lens driver has about 30 steps to the dioptre.
_LENS_DIOPTRES = 0.05


@dataclass(frozen=True)
class Disagreement:
    """One setting that the metadata show otherwise: its name, the value asked for, the value in the metadata."""

    setting: str
    asked: object
    got: object


def disagreement(asked: StillSettings, shown: FrameMetadata, sensor_rows: int) -> Disagreement | None:
    """Return the first setting that a frame does not show, or None when the frame is believed.

    Exposure agrees within 1 % or one line, because a sensor exposes whole lines; a line lasts no longer than the
    frame's duration over the sensor's rows. A value that the metadata lack does not agree.

    Parameters
    ----------
    asked
        The settings asked for.
    shown
        The frame's metadata.
    sensor_rows
        Rows of the sensor's readout.
    """
    line_us = shown.frame_duration_us / sensor_rows if shown.frame_duration_us is not None else 0.0
    exposure_tolerance_us = max(_EXPOSURE_SHARE * asked.exposure_us, line_us)
    checks: list[tuple[str, float, float | None, float]] = [
        ("exposure_us", asked.exposure_us, shown.exposure_us, exposure_tolerance_us),
        ("analogue_gain", asked.analogue_gain, shown.analogue_gain, _GAIN_SHARE * asked.analogue_gain),
    ]
    got_gains = shown.colour_gains if shown.colour_gains is not None else (None, None)
    for wanted, got in zip(asked.colour_gains, got_gains, strict=True):
        checks.append(("colour_gains", wanted, got, _COLOUR_GAIN_SHARE * wanted))
    if asked.lens_position_dioptres is not None:
        checks.append(
            ("lens_position_dioptres", asked.lens_position_dioptres, shown.lens_position_dioptres, _LENS_DIOPTRES)
        )
    for setting, wanted_value, got_value, tolerance in checks:
        if got_value is None or not math.isclose(got_value, wanted_value, rel_tol=0, abs_tol=tolerance):
            return Disagreement(setting, getattr(asked, setting), getattr(shown, setting))
    return None
