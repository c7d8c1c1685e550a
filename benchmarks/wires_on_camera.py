"""Wires through the whole camera: the real picamera2 on the stand-in libcamera, a lens that is moved off its focus.

The scene before the stand-in's sensor is the drawn target, as a lens at its best focus, distorting and askew, throws it
there; the sensor's own lens position blurs it further, in light, and its tone curve is none that anybody was told of:
an exposure sweep of the white card measures it, as at the chair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from analysis import tone
from benchmarks.wires import ASKEW, Picture, Take, askew_camera, calibrate
from device.calibration.response import Exposed, Response, measure_response
from device.camera import Picamera2Settings, StillSettings
from device.camera.pi_camera import PiCamera
from phantom import Optics
from phantom.targets.cards import Dark, WhiteCard
from phantom.targets.plane import Target, photograph_target
from tests.libcamera.sensor import Sensor
from tests.libcamera.stack import connected, stand_in_libcamera

SIZE_PX = (2016, 1512)
FOCUS_DIOPTRES = 8.0
EXPOSURE_US = 10_000
SWEEP_US = tuple(round(float(time)) for time in np.geomspace(400, 12_500, 14))


@contextmanager
def on_camera(
    um_per_px: float,
    sigma_um: float,
    off_focus_dioptres: Sequence[float],
    size_px: tuple[int, int] = SIZE_PX,
) -> Iterator[list[Take]]:
    """Put the stand-in in place, calibrate the camera on it, and photograph wires.

    Parameters
    ----------
    um_per_px : float
        In the picture's middle, were the lens straight.
    sigma_um : float
        Blur of best focus there, at which it is calibrated.
    off_focus_dioptres : sequence of float
        How far from its focus the lens stands for pictures of wires: a `Take` for each.
    size_px : (int, int)
        Of the stills.
    """
    field_mm = (size_px[0] * um_per_px / 1000.0, size_px[1] * um_per_px / 1000.0)
    optics = askew_camera(um_per_px, sigma_um, field_mm)
    with stand_in_libcamera():
        response = _response(optics)
        lens = calibrate(lambda target, seed: _stills(target, optics, seed)[0], optics, response)

        def taking(dioptres: float) -> Take:
            moved = replace(_settings(optics), lens_position_dioptres=FOCUS_DIOPTRES + dioptres)
            return lambda wires, seed: lens.seen(_stills(wires, optics, seed, [moved])[0])

        yield [taking(dioptres) for dioptres in off_focus_dioptres]


def _response(optics: Optics) -> Response:
    usual = _settings(optics)
    white = _stills(WhiteCard(), optics, 3, [replace(usual, exposure_us=time_us) for time_us in SWEEP_US])
    sweep = [Exposed(picture, float(time_us)) for picture, time_us in zip(white, SWEEP_US, strict=True)]
    return measure_response(sweep, _stills(Dark(), optics, 4)[0])


def _stills(target: Target, optics: Optics, seed: int, asked: Sequence[StillSettings] | None = None) -> list[Picture]:
    """Hold the camera over a target and take a still with each of some settings, one with the usual by default."""
    scene = _as_displayed(photograph_target(target, optics, pose=ASKEW, seed=seed).picture)
    settings = Picamera2Settings(
        kind="picamera2",
        still_size_px=optics.size_px,
        preview_width_px=optics.size_px[0] // 4,
        exposure_us=EXPOSURE_US,
        analogue_gain=1.0,
        colour_gains=(1.8, 2.0),
        lens_position_dioptres=FOCUS_DIOPTRES,
        time_limit_s=30.0,
    )
    with connected(Sensor(scene, focus_dioptres=FOCUS_DIOPTRES)), PiCamera(settings) as camera:
        return [camera.still(None, one).picture for one in (asked or [_settings(optics)])]


def _settings(optics: Optics) -> StillSettings:
    return StillSettings(
        size_px=optics.size_px,
        exposure_us=EXPOSURE_US,
        analogue_gain=1.0,
        colour_gains=(1.8, 2.0),
        lens_position_dioptres=FOCUS_DIOPTRES,
    )


def _as_displayed(picture: Picture) -> Picture:
    """Recode sRGB by the plain power that the stand-in's sensor takes its scene in."""
    values = np.rint(255.0 * tone.to_light(np.arange(256, dtype=np.uint8)) ** (1 / 2.2)).astype(np.uint8)
    return np.asarray(values[picture], np.uint8)
