"""A small simulated instrument with a lens that is worth calibrating, and the certificates of its targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from device.calibration.certificate import Certificate, read_certificate
from device.calibration.record import CalibrationRecord
from device.calibration.session import Equipment, Session
from device.calibration.step_names import StepName
from device.camera import open_camera
from device.camera.simulated import CERTIFICATES
from device.lights import open_lights
from device.settings import DeviceSettings

SEED = 5


def certificates(*kinds: str) -> tuple[Certificate, ...]:
    """Read certificates of simulated targets; by default of those that all steps need."""
    kinds = kinds or ("dot-grid", "slanted-edge", "colour-chart")
    return tuple(read_certificate(CERTIFICATES / f"{kind}.toml") for kind in kinds)


def settings(state_folder: Path, **changes: Any) -> DeviceSettings:  # noqa: ANN401  any table
    """Give the settings of an instrument of 0.8 MP that sees 1 cm."""
    tables: dict[str, Any] = {
        "clinic_id": "riverside",
        "device_id": "chair-1",
        "state_folder": state_folder,
        "camera": {
            "kind": "simulated",
            "seed": SEED,
            "optics": "lens",
            "um_per_px": 10.6,
            "size_px": (1014, 760),
        },
        "lens": {"name": "lens 7", "nominal_um_per_px": 10.6, "distance_mm": 40.0},
        "broker": {"host": "127.0.0.1", "authority": "a", "certificate": "b", "key": "c"},
        "pictures": {"url": "https://127.0.0.1:8443"},
    }
    return DeviceSettings.model_validate(tables | changes)


@contextmanager
def opened(of: DeviceSettings) -> Iterator[Session]:
    """Open camera and lights, and give a session on them."""
    with open_lights(of.lights) as lights, open_camera(of.camera) as camera:
        session = Session(Equipment(of, camera, lights))
        with session.alone():
            yield session


def calibrated(of: DeviceSettings, *steps: StepName) -> CalibrationRecord:
    """Calibrate with these steps, the scale among them, and leave the others out."""
    with opened(of) as session:
        session.begin("mk", certificates())
        for name in StepName:
            if name in steps:
                session.run(name, lambda _line: None)
            else:
                session.skip(name, "not in this test")
        return session.finish()
