"""The picture of docs/calibration.md: a dot grid through a lens as it is, and after its calibration."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.certificate import DotGrid as Certificate
from device.calibration.certificate import read_certificate
from device.calibration.correction import correction_of
from device.calibration.geometry import Geometry, fit
from device.calibration.record import Results
from device.calibration.targets.dot_grid import find_dot_grid
from device.camera.simulated import CERTIFICATES
from phantom import Optics, Pose
from phantom.targets.dot_grid import DotGrid
from phantom.targets.plane import photograph_target

Picture = NDArray[np.uint8]

_OPTICS = Optics(um_per_px=5.3, size_px=(2028, 1520), k1=0.02, distance_mm=40.0)
_POSE = Pose(shift_mm=(0.1, -0.15), turn_deg=2.0, tilt_deg=(1.0, -2.8))
_LENGTHENED = 12
_CASING, _ARROW, _WORDS = (255, 255, 255), (200, 0, 200), (40, 40, 40)
_WIDTH_PX = 820


def draw(file: Path) -> None:
    """Draw both pictures side by side, with where each dot lies off an even grid, lengthened."""
    (certificate,) = (read_certificate(CERTIFICATES / "dot-grid.toml"),)
    assert isinstance(certificate, Certificate)  # noqa: S101  for mypy: it is the dot grid's file
    still = photograph_target(DotGrid(), _OPTICS, pose=_POSE, seed=4).picture
    before = _fitted(still, certificate)
    after_picture = correction_of(Results(geometry=before), "as-it-is").apply(still)
    after = _fitted(after_picture, certificate)
    panels = [
        _panel(still, before, certificate, "as the lens shows it"),
        _panel(after_picture, after, certificate, "calibrated"),
    ]
    height = min(len(panel) for panel in panels)
    gap = np.full((height, 12, 3), 255, np.uint8)
    both = np.hstack([panels[0][:height], gap, panels[1][:height]])
    cv2.imwrite(str(file), both, [cv2.IMWRITE_JPEG_QUALITY, 82])


def _fitted(picture: Picture, certificate: Certificate) -> Geometry:
    points = find_dot_grid(picture, certificate, _OPTICS.um_per_px)
    return fit(points, (picture.shape[1], picture.shape[0]), _OPTICS.distance_mm)


def _panel(picture: Picture, geometry: Geometry, certificate: Certificate, words: str) -> Picture:
    points = find_dot_grid(picture, certificate, _OPTICS.um_per_px)
    width, height = geometry.size_px
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    even = middle + geometry.to_mm(points.points_px) * (1000.0 / geometry.um_per_px)
    panel = picture.copy()
    for seen, place in zip(points.points_px, even, strict=True):
        end = seen + _LENGTHENED * (seen - place)
        for colour, thickness in ((_CASING, 9), (_ARROW, 5)):
            cv2.arrowedLine(panel, _at(seen), _at(end), colour, thickness, cv2.LINE_AA, tipLength=0.25)
    corners = np.array([[0.0, 0.0], [width - 1.0, 0.0], [0.0, height - 1.0], [width - 1.0, height - 1.0]])
    off = geometry.um_per_px_at(corners) / geometry.um_per_px - 1
    small = cv2.resize(panel, (_WIDTH_PX, round(height * _WIDTH_PX / width)), interpolation=cv2.INTER_AREA)
    band = np.full((44, _WIDTH_PX, 3), 255, np.uint8)
    text = f"{words}: scale in the corners off by up to {100 * np.abs(off).max():.2f} %"
    cv2.putText(band, text, (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.72, _WORDS, 2, cv2.LINE_AA)
    return np.asarray(np.vstack([band, small]), np.uint8)


def _at(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
