"""What every camera can do, and what it hands out.

Three kinds of picture are kept apart by their types: a `Frame` is for the eye and is never measured; a `Still` is; a
`RawStill` is what the sensor read, for calibration and for noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from contract import SiteKey

Picture = NDArray[np.uint8]
Pattern = Literal["RGGB", "GRBG", "GBRG", "BGGR", "MONO"]
"""Colours of a mosaic's first two pixels in its first and in its second row; "MONO" for a sensor without colours."""


@dataclass(frozen=True)
class Aim:
    """The place that the operator holds the camera to, with the contract's names.

    It is asked for with every picture and travels with it, so that pixels and their label cannot part; the simulated
    camera draws what lies there. One argument serves both, and no method exists for simulation alone.
    """

    patient_code: str
    site: SiteKey
    visit_number: int


class TargetKind(StrEnum):
    """What lies before the camera for calibration."""

    DOT_GRID = "dot-grid"
    CHARUCO = "charuco"
    STAGE_MICROMETER = "stage-micrometer"
    SLANTED_EDGE = "slanted-edge"
    WHITE_CARD = "white-card"
    DARK = "dark"
    COLOUR_CHART = "colour-chart"


@dataclass(frozen=True)
class TargetAim:
    """A calibration target that the operator holds the camera to; the simulated camera draws it."""

    target: TargetKind


HeldTo: TypeAlias = Aim | TargetAim
"""What a camera is held to: a place on a head, or a calibration target."""


@dataclass(frozen=True)
class StillSettings:
    """The settings that a still is taken with and has to show.

    Parameters
    ----------
    size_px
        Width and height.
    exposure_us
        Exposure time.
    analogue_gain
        Amplification before the converter; 1 is none.
    colour_gains
        Factors on red and on blue, green being 1.
    lens_position_dioptres
        Where the lens stands, as the inverse of the focus distance in metres; None for a lens that does not move.
    """

    size_px: tuple[int, int]
    exposure_us: int
    analogue_gain: float
    colour_gains: tuple[float, float]
    lens_position_dioptres: float | None


@dataclass(frozen=True)
class FrameMetadata:
    """What the sensor says of one frame. None where the source does not say: a picture from a folder says nothing.

    Parameters
    ----------
    exposure_us, analogue_gain, colour_gains, lens_position_dioptres
        As in `StillSettings`, as they were for this frame.
    digital_gain
        Amplification after the converter.
    frame_duration_us
        Time from this frame to the next.
    sensor_timestamp_ns
        When the frame began, on the clock that counts from boot (CLOCK_BOOTTIME).
    """

    exposure_us: int | None = None
    analogue_gain: float | None = None
    digital_gain: float | None = None
    colour_gains: tuple[float, float] | None = None
    lens_position_dioptres: float | None = None
    frame_duration_us: int | None = None
    sensor_timestamp_ns: int | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """A small picture for the eye, never measured.

    Parameters
    ----------
    picture
        uint8 [row, column, 3], blue, green, red.
    metadata
        The sensor's own.
    aim
        As asked for.
    """

    picture: Picture
    metadata: FrameMetadata
    aim: HeldTo | None


@dataclass(frozen=True, eq=False)
class Still:
    """A picture at full resolution, whose metadata show the settings asked for.

    Parameters
    ----------
    picture
        uint8 [row, column, 3], blue, green, red.
    metadata
        The sensor's own.
    aim
        As asked for.
    """

    picture: Picture
    metadata: FrameMetadata
    aim: HeldTo | None


@dataclass(frozen=True, eq=False)
class RawStill:
    """What the sensor read, before any gain on colours, sharpening or coding; its metadata show the settings asked for.

    Parameters
    ----------
    mosaic
        uint16 [row, column], one colour a pixel, linear in the light.
    black_level
        Value of darkness, in the mosaic's values.
    white_level
        The greatest value that the converter gives: light beyond it is lost.
    pattern
        Which colour lies where.
    metadata
        The sensor's own.
    aim
        As asked for.
    """

    mosaic: NDArray[np.uint16]
    black_level: float
    white_level: float
    pattern: Pattern
    metadata: FrameMetadata
    aim: HeldTo | None


@dataclass(frozen=True)
class CameraDescription:
    """Which camera this is.

    Parameters
    ----------
    model
        The sensor's model, or the kind of a camera without a sensor.
    identity
        What tells it from others of its model: where it is connected, a seed, a folder.
    simulated
        Whether its pictures show something that does not exist.
    """

    model: str
    identity: str
    simulated: bool


class Camera(Protocol):
    """A camera. Entering its context opens it, leaving closes it; pictures may be asked for from any thread."""

    def __enter__(self) -> Self:
        """Open the camera.

        Raises
        ------
        CameraError
            One of its children, saying why the camera does not open.
        """
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the camera and end its threads."""
        ...

    def describe(self) -> CameraDescription:
        """Say which camera this is; it has to be open."""
        ...

    @property
    def usual(self) -> StillSettings | None:
        """What a still is taken with unless something else is asked for; None for a camera that takes no settings."""
        ...

    def preview(self, aim: HeldTo | None) -> Frame:
        """Return the next small frame.

        Parameters
        ----------
        aim
            What the camera is held to; None when that is not known.

        Raises
        ------
        CameraError
            One of its children, saying why there is no frame.
        """
        ...

    def still(self, aim: HeldTo | None, asked: StillSettings | None = None) -> Still:
        """Take a still.

        Parameters
        ----------
        aim
            What the camera is held to; None when that is not known.
        asked
            The settings it has to show; None for the usual ones.

        Raises
        ------
        CameraError
            One of its children, saying why there is no still to believe.
        """
        ...

    def burst(self, aim: HeldTo | None, asked: Sequence[StillSettings]) -> tuple[Still, ...]:
        """Take stills one after the other in one stay in the still mode: repeats, or a bracket of settings.

        Parameters
        ----------
        aim
            What the camera is held to; None when that is not known.
        asked
            The settings of each, all of one size.

        Returns
        -------
        tuple of Still
            One for each of `asked`, in its order: all of them, or an error.

        Raises
        ------
        CameraError
            One of its children, saying why there is a still less than asked for.
        """
        ...

    def raw(self, aim: HeldTo | None, asked: StillSettings | None = None) -> RawStill:
        """Take what the sensor reads, before it is made into a picture.

        Parameters
        ----------
        aim, asked
            As for `still`.

        Raises
        ------
        RawUnavailable
            When this camera has no raw values, or none in a form that can be read.
        CameraError
            Another of its children, saying why there is no still to believe.
        """
        ...

    def dng(self, aim: HeldTo | None, asked: StillSettings | None = None) -> bytes:
        """Take what the sensor reads as the content of a DNG file, for other programs.

        Parameters
        ----------
        aim, asked
            As for `still`.

        Raises
        ------
        DngUnavailable
            When this camera, or the software on this board, makes no DNG files.
        CameraError
            Another of its children, saying why there is no still to believe.
        """
        ...
