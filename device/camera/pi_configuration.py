"""What is asked of the Raspberry Pi's camera: the configurations of its still and its preview.

Everything is fixed: exposure, gains, focus. Sharpening draws halos along edges and noise reduction smears thin hairs;
both move a measured width, so both are off.
"""

from __future__ import annotations

from typing import Any

from device.camera.errors import SettingsRefused, innermost_text
from device.camera.settings import Picamera2Settings

#: Lies in memory as blue, green, red (picamera2 #848), which is the order of the house.
_FORMAT = "RGB888"
#: libcamera's numbers for AfMode Manual and NoiseReductionMode Off.
_AF_MANUAL = 0
_NOISE_REDUCTION_OFF = 0

Configuration = dict[str, Any]


def configure(camera: Any, settings: Picamera2Settings) -> tuple[Configuration, Configuration]:  # noqa: ANN401
    """Make both configurations, try them, and leave the preview's in place.

    The preview uses the still's sensor mode, because a smaller mode may show less of the field. The still's comes
    first, so that it shows now, and not at the first still, whether it fits into the memory.

    Parameters
    ----------
    camera
        The open `picamera2.Picamera2`, which has no types. It is not started.
    settings
        What is asked for.

    Returns
    -------
    still, preview
        To switch to.

    Raises
    ------
    SettingsRefused
        When the camera cannot do what is asked for.
    """
    _refuse_lens(camera, settings)
    controls = _controls(settings)
    sensor_mode = {"output_size": settings.still_size_px}
    try:
        still: Configuration = camera.create_still_configuration(
            main={"size": settings.still_size_px, "format": _FORMAT},
            raw=None,
            buffer_count=1,
            sensor=sensor_mode,
            controls=controls,
        )
        preview: Configuration = camera.create_preview_configuration(
            main={"size": settings.preview_size_px, "format": _FORMAT},
            raw=None,
            sensor=sensor_mode,
            queue=False,  # the next frame, never one from before it was asked for
            controls=controls,
        )
        camera.configure(still)
        _refuse_another_size(camera, settings.still_size_px)
        camera.configure(preview)
        _refuse_another_size(camera, settings.preview_size_px)
    except (RuntimeError, OSError) as error:
        raise SettingsRefused(
            f"The camera does not take its configuration ({innermost_text(error)})",
            "Check that the settings under [camera] are those of this camera",
        ) from error
    _refuse_out_of_range(camera, settings)
    return still, preview


def _controls(settings: Picamera2Settings) -> dict[str, Any]:
    controls: dict[str, Any] = {
        "AeEnable": False,
        "AwbEnable": False,
        "ExposureTime": settings.exposure_us,
        "AnalogueGain": settings.analogue_gain,
        "ColourGains": settings.colour_gains,
        "Sharpness": 0.0,
        "NoiseReductionMode": _NOISE_REDUCTION_OFF,
    }
    if settings.lens_position_dioptres is not None:
        # A lens position counts only while focus is manual.
        controls |= {"AfMode": _AF_MANUAL, "LensPosition": settings.lens_position_dioptres}
    return controls


def _refuse_lens(camera: Any, settings: Picamera2Settings) -> None:  # noqa: ANN401 - picamera2 has no types
    moves = "LensPosition" in camera.camera_controls
    if moves and settings.lens_position_dioptres is None:
        raise SettingsRefused(
            "This camera's lens moves, and the settings do not say where it should stand",
            "Give lens_position_dioptres under [camera]",
        )
    if not moves and settings.lens_position_dioptres is not None:
        raise SettingsRefused(
            "The settings give a lens position, and this camera's lens does not move",
            "Remove lens_position_dioptres under [camera]",
        )


def _refuse_another_size(camera: Any, asked_px: tuple[int, int]) -> None:  # noqa: ANN401 - picamera2 has no types
    """Refuse the size that libcamera makes of one that it cannot make: no picture of that size was asked for."""
    made_px = camera.camera_configuration()["main"]["size"]
    if made_px != asked_px:
        raise SettingsRefused(
            f"This camera makes {made_px[0]} x {made_px[1]} where {asked_px[0]} x {asked_px[1]} is asked for",
            "Give still_size_px within the sensor, and it and preview_width_px in multiples of 64, under [camera]",
        )


def _refuse_out_of_range(camera: Any, settings: Picamera2Settings) -> None:  # noqa: ANN401 - picamera2 has no types
    """Refuse what libcamera would clamp without a word. The limits are those of the configured sensor mode."""
    for setting, control in (
        ("exposure_us", "ExposureTime"),
        ("analogue_gain", "AnalogueGain"),
        ("lens_position_dioptres", "LensPosition"),
    ):
        asked = getattr(settings, setting)
        if asked is None:
            continue
        least, greatest = camera.camera_controls[control][:2]
        if not least <= asked <= greatest:
            raise SettingsRefused(
                f"{setting} is {asked}, and this camera goes from {least:g} to {greatest:g}",
                f"Correct {setting} under [camera]",
            )
