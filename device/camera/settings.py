"""The `[camera]` table of the instrument's settings: its `kind` says which camera, and nothing falls back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeInt, PositiveFloat, PositiveInt

from contract import SiteKey
from device.camera.protocol import StillSettings

Side = Annotated[int, Field(ge=64, le=20_000, multiple_of=2)]
PictureSize = tuple[Side, Side]
"""Width and height; even, as the camera's picture processor wants them."""


class Picamera2Settings(BaseModel):
    """A Raspberry Pi camera, with the exposure, colour and focus that it was calibrated with.

    Parameters
    ----------
    camera_number
        As `rpicam-hello --list-cameras` counts, from 0.
    still_size_px, exposure_us, analogue_gain, colour_gains, lens_position_dioptres
        See `StillSettings`. The lens position is given for a lens that moves and left out for one that does not.
    preview_width_px
        Width of the preview; its height follows from the still's shape.
    time_limit_s
        Within this time a still is believed or refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["picamera2"]
    camera_number: NonNegativeInt = 0
    still_size_px: PictureSize
    exposure_us: PositiveInt
    analogue_gain: Annotated[FiniteFloat, Field(ge=1)]
    colour_gains: tuple[Annotated[FiniteFloat, Field(gt=0, le=32)], Annotated[FiniteFloat, Field(gt=0, le=32)]]
    lens_position_dioptres: Annotated[FiniteFloat, Field(ge=0)] | None = None
    preview_width_px: Side = 640
    time_limit_s: Annotated[PositiveFloat, Field(le=60)] = 5.0

    @property
    def asked(self) -> StillSettings:
        """What a still has to show."""
        return StillSettings(
            size_px=self.still_size_px,
            exposure_us=self.exposure_us,
            analogue_gain=self.analogue_gain,
            colour_gains=self.colour_gains,
            lens_position_dioptres=self.lens_position_dioptres,
        )

    @property
    def preview_size_px(self) -> tuple[int, int]:
        """Width and height of the preview, in the still's shape and even."""
        width, height = self.still_size_px
        return self.preview_width_px, max(2, 2 * round(self.preview_width_px * height / width / 2))


class FolderSettings(BaseModel):
    """Pictures from a folder, each given out once, in the order of their names.

    Parameters
    ----------
    folder
        Where they lie.
    pattern
        Which of its files are pictures; each that matches has to be one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["folder"]
    folder: Path
    pattern: str = "*"


class SimulatedSettings(BaseModel):
    """A camera over a drawn scalp: for trying the instrument out without one. Its pictures are marked as simulated.

    Parameters
    ----------
    seed
        Of the world before the camera: the same seed shows the same heads.
    um_per_px, size_px
        Scale, and width and height, of a still; with a lens, the scale is the nominal one.
    optics
        `ideal` bends and tilts nothing, so that pictures can be measured without a calibration; with `lens` the world
        has a lens as any is: off its nominal scale, distorting, tilted, and so worth a calibration.
    hair_density_per_cm2
        Of the occipital site; the others are thinner.
    skin_type
        Fitzpatrick.
    hair_colour
        A name, or melanin from 0 (white) to 1 (black).
    preview_width_px
        Width of the preview; its height follows from the still's shape.
    lifted
        Sites whose first still of each visit is taken before the instrument rests on the skin: the gate refuses it.
    truth_folder
        Where to write what is true of each still; left out, nothing is written.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["simulated"]
    seed: NonNegativeInt = 0
    um_per_px: PositiveFloat = 5.3
    size_px: PictureSize = (2028, 1520)
    optics: Literal["ideal", "lens"] = "ideal"
    hair_density_per_cm2: PositiveFloat = 180.0
    skin_type: Literal["I", "II", "III", "IV", "V", "VI"] = "III"
    hair_colour: str | FiniteFloat = "dark brown"
    preview_width_px: Side = 640
    lifted: tuple[SiteKey, ...] = ()
    truth_folder: Path | None = None


CameraSettings = Annotated[Picamera2Settings | SimulatedSettings | FolderSettings, Field(discriminator="kind")]
"""The settings of any camera."""
