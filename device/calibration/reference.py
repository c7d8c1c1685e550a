"""Looking at the scale target: its geometry, and what else a daily check compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import tone
from device.calibration.bench import StepRefused
from device.calibration.certificate import Certificate, Charuco, DotGrid, StageMicrometer
from device.calibration.geometry import Geometry, fit
from device.calibration.record import Reference
from device.calibration.ruler_scale import fit_ruler
from device.calibration.targets.charuco import find_charuco
from device.calibration.targets.dot_grid import find_dot_grid
from device.calibration.targets.ruler import find_ruler
from device.camera import TargetKind

Picture = NDArray[np.uint8]

_WHITE_QUANTILE = 0.9
_EVERY_PX = 4


@dataclass(frozen=True, eq=False)
class Seen:
    """What a picture of the scale target tells."""

    geometry: Geometry
    reference: Reference


def scale_target(certificates: tuple[Certificate, ...]) -> tuple[DotGrid | Charuco | StageMicrometer, TargetKind]:
    """Return the certificate of the target that tells most of the scale, and what it is.

    Raises
    ------
    device.calibration.bench.StepRefused
        If there is none.
    """
    kinds = (
        (DotGrid, TargetKind.DOT_GRID),
        (Charuco, TargetKind.CHARUCO),
        (StageMicrometer, TargetKind.STAGE_MICROMETER),
    )
    for model, kind in kinds:
        for certificate in certificates:
            if isinstance(certificate, model):
                return certificate, kind
    raise StepRefused(
        "The scale needs a dot grid, a ChArUco board or a stage micrometer, and no certificate of one was given: name"
        " its file with --target."
    )


def look_at(
    picture: Picture,
    certificate: DotGrid | Charuco | StageMicrometer,
    nominal_um_per_px: float,
    distance_mm: float | None,
) -> Seen:
    """Find the target in a still and fit the still's geometry to it.

    Parameters
    ----------
    picture
        uint8 [row, column, 3], B, G, R, as the camera gave it.
    certificate
        Of the target.
    nominal_um_per_px, distance_mm
        Of the lens, as the settings say.

    Raises
    ------
    device.calibration.targets.refusals.TargetRefused
        One of its children, when this is not a picture to calibrate from.
    """
    size_px = picture.shape[1], picture.shape[0]
    edge_sigma_px: float | None = None
    match certificate:
        case DotGrid():
            points = find_dot_grid(picture, certificate, nominal_um_per_px)
            geometry, edge_sigma_px = fit(points, size_px, distance_mm), points.edge_sigma_px
        case Charuco():
            points = find_charuco(picture, certificate, nominal_um_per_px)
            geometry, edge_sigma_px = fit(points, size_px, distance_mm), points.edge_sigma_px
        case StageMicrometer():
            marks = find_ruler(picture, certificate, nominal_um_per_px)
            geometry = fit_ruler(marks, size_px, distance_mm)
        case _:
            assert_never(certificate)
    reference = Reference(
        certificate_id=certificate.certificate_id,
        um_per_px=geometry.um_per_px,
        edge_sigma_um=None if edge_sigma_px is None else edge_sigma_px * geometry.um_per_px,
        white_light=_white_light(picture),
    )
    return Seen(geometry, reference)


def _white_light(picture: Picture) -> float:
    """Light of the target's white in the picture's middle, 0 to 1: most of what lies there is white."""
    rows, columns = picture.shape[:2]
    middle = picture[rows // 3 : -rows // 3 : _EVERY_PX, columns // 3 : -columns // 3 : _EVERY_PX]
    grey = cv2.cvtColor(np.ascontiguousarray(middle), cv2.COLOR_BGR2GRAY)
    return float(np.quantile(tone.to_light(np.asarray(grey, np.uint8)), _WHITE_QUANTILE))
