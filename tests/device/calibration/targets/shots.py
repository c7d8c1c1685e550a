"""Targets as they are photographed for tests: small pictures, with what is wrong with them named."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.tone import to_bytes, to_light
from device.calibration.certificate import Charuco, DotGrid, StageMicrometer
from phantom import Light, Optics, Pose
from phantom.optics import to_scalp_mm
from phantom.targets.dot_grid import FIDUCIALS
from phantom.targets.plane import Plane, Target, photograph_target

UM_PER_PX = 10.6
DISTANCE_MM = 40.0
OPTICS = Optics(um_per_px=UM_PER_PX, size_px=(1014, 760), blur_sigma_px=1.0, distance_mm=DISTANCE_MM)

ISSUED = date(2026, 1, 5)
GRID = DotGrid(
    certificate_id="DG-1", issued_on=ISSUED, pitch_um=500, pitch_sd_um=0.05, dot_diameter_um=250, columns=31, rows=25,
    fiducials=FIDUCIALS, fiducial_diameter_um=360,
)  # fmt: skip
BOARD = Charuco(
    certificate_id="CB-1", issued_on=ISSUED, squares_x=24, squares_y=18, square_um=600, square_sd_um=0.06, marker_um=420
)
RULER = StageMicrometer(
    certificate_id="SM-1", issued_on=ISSUED, division_um=100, division_sd_um=0.02, divisions=100, mark_um=20
)


class Card:
    """Nothing on white."""

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Send nine tenths back."""
        return np.full_like(x_mm, 0.9) + 0 * y_mm * blur_mm


def shot(
    target: Target, pose: Pose | None = None, *, optics: Optics = OPTICS, level: float = 1.0, seed: int = 5
) -> NDArray[np.uint8]:
    """Photograph a target."""
    return photograph_target(target, optics, pose=pose, light=Light(level=level), seed=seed).picture


def blurred(picture: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """Defocus a picture grossly, in light."""
    return to_bytes(np.asarray(cv2.GaussianBlur(to_light(picture), (0, 0), sigma_px), np.float32))


def true_um_per_px(px: NDArray[np.float64], optics: Optics, pose: Pose) -> NDArray[np.float64]:
    """Local scale on the plane, geometric mean of both directions, by the phantom's own geometry."""
    steps = 0.5 * np.eye(2)
    along = [to_scalp_mm(px + step, optics, pose) - to_scalp_mm(px - step, optics, pose) for step in steps]
    return np.asarray(1000 * np.sqrt(np.abs(along[0][:, 0] * along[1][:, 1] - along[0][:, 1] * along[1][:, 0])))
