"""Pictures of drawn targets, for the tests of calibration."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from device.calibration.certificate import ColourChart, SlantedEdge
from phantom import Light, Optics, Pose
from phantom.targets import cards
from phantom.targets.edges import SlantedEdges
from phantom.targets.plane import Target, photograph_target

ISSUED = date(2026, 1, 5)
SIZE_PX, UM_PER_PX = (600, 450), 5.3
CAMERA = ((0.85, 0.20, -0.05), (0.12, 0.80, 0.08), (-0.05, 0.35, 0.70))
"""A camera's linear B, G, R by those of sRGB; white stays white."""


def picture_of(
    target: Target,
    *,
    blur_sigma_px: float = 1.2,
    vignette: float = 0.25,
    pose: Pose | None = None,
    light: Light | None = None,
    seed: int = 1,
    blur_growth: float = 0.0,
    size_px: tuple[int, int] = SIZE_PX,
    um_per_px: float = UM_PER_PX,
    full_well_e: float = 9000.0,
) -> NDArray[np.uint8]:
    """Photograph a target."""
    optics = Optics(
        um_per_px=um_per_px, size_px=size_px, vignette=vignette, blur_sigma_px=blur_sigma_px, full_well_e=full_well_e
    )
    shot = photograph_target(target, optics, pose=pose, light=light, seed=seed, blur_growth=blur_growth)
    return shot.picture


def edge_chart(pitch_mm: float = 0.6) -> tuple[SlantedEdges, SlantedEdge]:
    """Draw a chart for small pictures, and give its certificate."""
    certificate = SlantedEdge(
        certificate_id="E-1", issued_on=ISSUED, square_um=500 * pitch_mm, pitch_um=1000 * pitch_mm
    )
    return SlantedEdges(pitch_mm=pitch_mm, side_mm=pitch_mm / 2), certificate


def colour_certificate(chart: cards.ColourChart) -> ColourChart:
    """Give the certificate of a drawn chart."""
    return ColourChart(
        certificate_id="C-1", issued_on=ISSUED, columns=chart.columns, rows=chart.rows, patches_lab=chart.patches_lab
    )
