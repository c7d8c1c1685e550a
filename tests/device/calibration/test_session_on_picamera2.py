"""The same session with the real Picamera2 class on the stand-in: what it asks of a camera, a Pi's can do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis import tone
from device.calibration.session import Equipment, Session
from device.calibration.step_names import StepName
from device.camera import open_camera
from device.lights import open_lights
from phantom import Optics, Pose
from phantom.targets.cards import Dark, WhiteCard
from phantom.targets.dot_grid import DotGrid
from phantom.targets.edges import SlantedEdges
from phantom.targets.plane import Target, photograph_target
from tests.device.calibration.simulated import certificates, settings
from tests.libcamera.sensor import Sensor
from tests.libcamera.stack import PICAMERA2_WARNINGS, connected, stand_in_libcamera

pytestmark = PICAMERA2_WARNINGS

OPTICS = Optics(um_per_px=10.6, size_px=(1024, 768), k1=-0.015, vignette=0.15, blur_sigma_px=0.8)
POSE = Pose(turn_deg=1.5, tilt_deg=(0.8, -1.1))
FOCUS_DIOPTRES = 8.3
BEFORE_THE_LENS: dict[StepName, Target] = {
    StepName.FOCUS: SlantedEdges(),
    StepName.EXPOSURE: WhiteCard(white=0.9),
    StepName.DARK: Dark(),
    StepName.RESPONSE: WhiteCard(white=0.9),
    StepName.FLAT_FIELD: WhiteCard(white=0.9),
    StepName.SCALE: DotGrid(),
    StepName.BLUR: SlantedEdges(),
}


def scene(target: Target) -> NDArray[np.uint8]:
    """Draw what lies there, coded by the plain power that the sensor takes its scene in."""
    picture = photograph_target(target, OPTICS, pose=POSE).picture
    recoded = np.rint(255.0 * tone.to_light(np.arange(256, dtype=np.uint8)) ** (1 / 2.2)).astype(np.uint8)
    return np.asarray(recoded[picture], np.uint8)


def test_all_steps_on_the_real_class(tmp_path: Path) -> None:
    """Breaks when a step asks for what a Pi's camera refuses, or what it gives back is not understood."""
    camera = {
        "kind": "picamera2",
        "still_size_px": OPTICS.size_px,
        "preview_width_px": 256,
        "exposure_us": 10_000,
        "analogue_gain": 1.0,
        "colour_gains": (1.8, 2.0),
        "lens_position_dioptres": 8.0,
    }
    of = settings(tmp_path, camera=camera)
    sensor = Sensor(scene(SlantedEdges()), focus_dioptres=FOCUS_DIOPTRES)
    with stand_in_libcamera(), connected(sensor), open_lights(None) as lights, open_camera(of.camera) as opened:
        session = Session(Equipment(of, opened, lights))
        session.begin("mk", certificates("dot-grid", "slanted-edge"))
        session.skip(StepName.COLOUR, "no chart in this test")
        for name, target in BEFORE_THE_LENS.items():
            sensor.show(scene(target))
            session.run(name, lambda _line: None)
        record = session.finish()
    results = record.results
    assert results.focus is not None
    assert results.focus.position_dioptres == pytest.approx(FOCUS_DIOPTRES, abs=0.06)
    assert results.exposure is not None
    assert record.still is not None
    assert record.still.exposure_us == results.exposure.exposure_us
    assert record.still.colour_gains == pytest.approx((1.8, 2.0), rel=0.02)
    assert results.response is not None
    light = np.asarray(results.response.light)
    assert light[128] / light[192] == pytest.approx((128 / 192) ** 2.2, rel=0.03)
    assert results.geometry is not None
    assert results.geometry.k1 == pytest.approx(OPTICS.k1, abs=1e-3)
    # the scale in the middle of a tilted plane: shortened by the cosine in one direction
    assert results.geometry.um_per_px == pytest.approx(OPTICS.um_per_px, rel=1e-3)
    assert results.blur is not None
    assert float(np.median(results.blur.grid())) == pytest.approx(OPTICS.blur_sigma_px, rel=0.12)
    assert record.instrument.camera_model == "imx708"
