"""What is asked of the Raspberry Pi's camera: the configurations of its still, its raw still and its preview.

Everything is fixed: exposure, gains, focus. Sharpening draws halos along edges and noise reduction smears thin hairs;
both move a measured width, so both are off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from device.camera.errors import SettingsRefused, innermost_text
from device.camera.protocol import StillSettings
from device.camera.settings import Picamera2Settings

#: Lies in memory as blue, green, red (picamera2 #848), which is the order of the house.
_FORMAT = "RGB888"
#: libcamera's numbers for AfMode Manual and NoiseReductionMode Off.
_AF_MANUAL = 0
_NOISE_REDUCTION_OFF = 0

#: Automatic exposure and white off; nothing that moves an edge.
_FIXED = {"AeEnable": False, "AwbEnable": False, "Sharpness": 0.0, "NoiseReductionMode": _NOISE_REDUCTION_OFF}

Configuration = dict[str, Any]


@dataclass(frozen=True)
class Modes:
    """The configurations to switch between, and between which values the still's settings may be.

    Parameters
    ----------
    preview, still
        As picamera2 takes them.
    limits
        Of the configured sensor mode: least and greatest, by the names of `StillSettings`.
    """

    preview: Configuration
    still: Configuration
    limits: dict[str, tuple[float, float]]

    def still_with(self, asked: StillSettings) -> Configuration:
        """Return the still's configuration with other settings."""
        return self.still | {"controls": self.still["controls"] | controls_of(asked)}

    def raw_with(self, asked: StillSettings, colour_order: str) -> Configuration:
        """Return a configuration that has the sensor's own values beside a small picture.

        It is asked for in 16 bits uncompressed. A Pi 5 gives just that and would compress otherwise; an earlier board
        gives the sensor's bits in words of 16, or packed.

        Parameters
        ----------
        asked
            The settings.
        colour_order
            Of the sensor's first four pixels, such as "RGGB"; "R" for one without colours.
        """
        unpacked = f"{'' if colour_order == 'R' else 'S'}{colour_order}16"
        return self.still_with(asked) | {
            "main": self.preview["main"],
            "raw": {"format": unpacked, "size": self.still["main"]["size"]},
        }

    def refuse_beyond(self, asked: StillSettings) -> None:
        """Refuse what libcamera would clamp without a word, and another size than this camera was set up for.

        Raises
        ------
        SettingsRefused
        """
        size_px = self.still["main"]["size"]
        if asked.size_px != size_px:
            raise SettingsRefused(
                f"A still of {asked.size_px[0]} x {asked.size_px[1]} is asked of a camera that is set up for "
                f"{size_px[0]} x {size_px[1]}",
                "Give still_size_px under [camera], or calibrate at the size that is there",
            )
        for setting in ("exposure_us", "analogue_gain", "lens_position_dioptres"):
            value = getattr(asked, setting)
            if value is None:
                continue
            least, greatest = self.limits[setting]
            if not least <= value <= greatest:
                raise SettingsRefused(
                    f"{setting} is {value}, and this camera goes from {least:g} to {greatest:g}",
                    f"Correct {setting} under [camera], or what was asked for",
                )
        if (asked.lens_position_dioptres is None) == ("lens_position_dioptres" in self.limits):
            raise SettingsRefused(*_LENS_WORDS["lens_position_dioptres" in self.limits])


#: Cause and cure, by whether the lens moves.
_LENS_WORDS = {
    True: (
        "This camera's lens moves, and the settings do not say where it should stand",
        "Give lens_position_dioptres under [camera]",
    ),
    False: (
        "The settings give a lens position, and this camera's lens does not move",
        "Remove lens_position_dioptres under [camera]",
    ),
}


def configure(camera: Any, settings: Picamera2Settings, usual: StillSettings) -> Modes:  # noqa: ANN401
    """Make the configurations, try the still's and the preview's, and leave the preview's in place.

    The preview uses the still's sensor mode, because a smaller mode may show less of the field. The still's comes
    first, so that it shows now, and not at the first still, whether it fits into the memory.

    Parameters
    ----------
    camera
        The open `picamera2.Picamera2`, which has no types. It is not started.
    settings
        Sizes.
    usual
        What a still is taken with unless something else is asked for.

    Raises
    ------
    SettingsRefused
        When the camera cannot do what is asked for.
    """
    _refuse_lens(camera, usual)
    controls = _FIXED | controls_of(usual)
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
    modes = Modes(preview, still, _limits(camera))
    modes.refuse_beyond(usual)
    return modes


def controls_of(asked: StillSettings) -> dict[str, Any]:
    """Return the settings as libcamera's controls."""
    controls: dict[str, Any] = {
        "ExposureTime": asked.exposure_us,
        "AnalogueGain": asked.analogue_gain,
        "ColourGains": asked.colour_gains,
    }
    if asked.lens_position_dioptres is not None:
        # A lens position counts only while focus is manual.
        controls |= {"AfMode": _AF_MANUAL, "LensPosition": asked.lens_position_dioptres}
    return controls


def _limits(camera: Any) -> dict[str, tuple[float, float]]:  # noqa: ANN401 - picamera2 has no types
    controls = {
        "exposure_us": "ExposureTime",
        "analogue_gain": "AnalogueGain",
        "lens_position_dioptres": "LensPosition",
    }
    on_offer = camera.camera_controls
    return {setting: on_offer[name][:2] for setting, name in controls.items() if name in on_offer}


def _refuse_lens(camera: Any, usual: StillSettings) -> None:  # noqa: ANN401 - picamera2 has no types
    """Refuse before configuring: picamera2 does not take a control that a camera lacks."""
    moves = "LensPosition" in camera.camera_controls
    if moves == (usual.lens_position_dioptres is None):
        raise SettingsRefused(*_LENS_WORDS[moves])


def _refuse_another_size(camera: Any, asked_px: tuple[int, int]) -> None:  # noqa: ANN401 - picamera2 has no types
    """Refuse the size that libcamera makes of one that it cannot make: no picture of that size was asked for."""
    made_px = camera.camera_configuration()["main"]["size"]
    if made_px != asked_px:
        raise SettingsRefused(
            f"This camera makes {made_px[0]} x {made_px[1]} where {asked_px[0]} x {asked_px[1]} is asked for",
            "Give still_size_px within the sensor, and it and preview_width_px in multiples of 64, under [camera]",
        )
