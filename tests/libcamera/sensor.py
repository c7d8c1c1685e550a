"""The sensor and optics behind the stand-in libcamera: what a scene becomes under the controls in force.

A drawn scene is seen through a lens that is sharp at one LensPosition, exposed, amplified and given noise. One
exposure, gain and pair of colour gains shows the scene as drawn; brightness follows their product in linear light.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

Light = NDArray[np.float32]

#: Time of one sensor line; exposures are whole lines.
LINE_US = 20.0
_BLANK_LINES = 40
_DISPLAY_GAMMA = 2.2
_REFERENCE_EXPOSURE_US = 10_000.0
_REFERENCE_COLOUR_GAINS = (1.8, 2.0)
_BLUR_SIGMA_PX_PER_DIOPTRE = 0.8
_NOISE_COUNTS = 1.0
_ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class SensorMode:
    """One readout mode: its picture's size and the part of the sensor that it shows, (x, y, width, height)."""

    size_px: tuple[int, int]
    crop: tuple[int, int, int, int]

    def frame_duration_us(self, exposure_us: float) -> float:
        """Return the time from frame to frame: all lines, or the exposure where that is longer."""
        return max((self.size_px[1] + _BLANK_LINES) * LINE_US, exposure_us + _BLANK_LINES * LINE_US)


@dataclass(frozen=True)
class InForce:
    """The settings under which one frame is exposed."""

    exposure_us: float
    analogue_gain: float
    colour_gains: tuple[float, float]
    lens_position: float


@dataclass
class Sensor:
    """A camera module on the bench: what a test sets of it.

    Parameters
    ----------
    scene
        What lies before the lens, uint8 [row, column, 3], blue, green, red; it fills the full sensor.
    model
        The sensor's name.
    has_lens
        Whether a motor moves the lens. Without it the picture is sharp.
    focus_dioptres
        The LensPosition at which the scene is sharp.
    lens_lags
        Whether the lens is where the metadata say a frame later only, as a real one that has mass.
    settle_frames
        Frames after a start that still show automatic settings, as full resolution frames do.
    deaf_to
        Names of controls that the sensor never applies.
    raw_bits
        Of its converter: 10 or 12.
    board
        What makes raw formats of its values: see `streams.raw_format_made`.
    held_elsewhere
        Whether another program holds the camera.
    plugged
        Whether it is there; pulled out while it runs, no frame comes any more.
    starts
        Whether the sensor answers when it is started.
    running
        Cleared, the sensor is stalled; set again, it goes on.
    lets_go
        Cleared, the call that stops the camera does not return; set again, it does.
    """

    scene: Picture
    model: str = "imx708"
    has_lens: bool = True
    focus_dioptres: float = 8.0
    lens_lags: bool = False
    settle_frames: int = 0
    deaf_to: frozenset[str] = frozenset()
    raw_bits: int = 10
    board: str = "vc4"
    held_elsewhere: bool = False
    plugged: bool = True
    starts: bool = True
    running: threading.Event = field(default_factory=threading.Event)
    lets_go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.running.set()
        self.lets_go.set()
        self._noiseless: dict[tuple[InForce, SensorMode, tuple[int, int]], NDArray[np.float32]] = {}
        self._noise = np.random.default_rng(708).standard_normal(1 << 16).astype(np.float32) * _NOISE_COUNTS

    def show(self, scene: Picture) -> None:
        """Lay something else of the same size before the lens."""
        self.scene = scene
        self._noiseless.clear()

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the full sensor."""
        return self.scene.shape[1], self.scene.shape[0]

    @property
    def modes(self) -> list[SensorMode]:
        """The readout modes: a fast binned one of the middle two thirds, and the full one."""
        width, height = self.size_px
        middle = (width // 6, height // 6, width * 2 // 3, height * 2 // 3)
        return [SensorMode((width // 3, height // 3), middle), SensorMode((width, height), (0, 0, width, height))]

    def automatic(self) -> InForce:
        """Return what the automatic algorithms choose: never what a calibrated instrument asks for."""
        return InForce(33_000.0, 2.0, (1.5, 1.5), self.focus_dioptres if self.has_lens else 0.0)

    def expose(self, settings: InForce, mode: SensorMode, size_px: tuple[int, int], frame_number: int) -> Picture:
        """Take one frame.

        Parameters
        ----------
        settings
            Exposure, gains and lens position in force.
        mode
            The readout mode.
        size_px
            Width and height of the picture that the stream asks for.
        frame_number
            Gives each frame its own noise.

        Returns
        -------
        Picture
            uint8 [row, column, 3], blue, green, red.
        """
        key = (settings, mode, size_px)
        if key not in self._noiseless:
            clean = self._develop(settings, mode, size_px)
            # The preview's and the still's: more would be much memory at 12 MP.
            self._noiseless = dict(list(self._noiseless.items())[-1:]) | {key: clean}
        clean = self._noiseless[key]
        # One long strip of noise, entered at another place for each frame: as good as fresh noise, and cheap.
        strip = np.roll(self._noise, frame_number * 7919) * np.float32(math.sqrt(settings.analogue_gain)) + 0.5
        frame: Picture = np.empty(clean.shape, np.uint8)
        for top in range(0, len(clean), _ROWS_AT_ONCE):
            rows = clean[top : top + _ROWS_AT_ONCE]
            frame[top : top + _ROWS_AT_ONCE] = np.clip(rows + np.resize(strip, rows.shape), 0, 255)
        return frame

    def read(self, settings: InForce, mode: SensorMode, size_px: tuple[int, int]) -> Light:
        """Take one frame before any gain on colours, as the light in it.

        Parameters
        ----------
        settings, mode, size_px
            As for `expose`.

        Returns
        -------
        Light
            float32 [row, column, 3], blue, green, red; 1 saturates.
        """
        light = cv2.resize(self._light(settings, mode), size_px, interpolation=cv2.INTER_AREA)
        red, blue = _REFERENCE_COLOUR_GAINS
        return np.asarray(light / np.array([blue, 1.0, red], np.float32), np.float32)

    def _light(self, settings: InForce, mode: SensorMode) -> Light:
        """Return the light of a frame, as the usual colour gains show it, float32; 1 saturates."""
        x, y, width, height = mode.crop
        linear = (self.scene[y : y + height, x : x + width].astype(np.float32) / 255.0) ** _DISPLAY_GAMMA
        defocus_dioptres = abs(settings.lens_position - self.focus_dioptres) if self.has_lens else 0.0
        if defocus_dioptres > 0:
            sigma_px = defocus_dioptres * _BLUR_SIGMA_PX_PER_DIOPTRE
            linear = np.asarray(cv2.GaussianBlur(linear, (0, 0), sigma_px), np.float32)
        linear *= np.float32(settings.exposure_us * settings.analogue_gain / _REFERENCE_EXPOSURE_US)
        return np.asarray(linear, np.float32)

    def _develop(self, settings: InForce, mode: SensorMode, size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Return the noise-free picture, float32 in 0..255."""
        linear = self._light(settings, mode)
        red, blue = (gain / usual for gain, usual in zip(settings.colour_gains, _REFERENCE_COLOUR_GAINS, strict=True))
        linear *= np.array([blue, 1.0, red], np.float32)
        developed = 255.0 * np.clip(linear, 0.0, 1.0) ** np.float32(1.0 / _DISPLAY_GAMMA)
        resized = cv2.resize(developed, size_px, interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.float32)
