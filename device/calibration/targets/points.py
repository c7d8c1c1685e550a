"""What a finder gives: places in the picture, and where they lie on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TargetPoints:
    """Points of a target, found in a picture.

    Parameters
    ----------
    points_px : ndarray, shape (n, 2)
        (x, y) in the picture.
    points_mm : ndarray, shape (n, 2)
        The same on the target, by the certificate's pitch: x to the right and y down as the target lies face up, from
        its middle, or from a point near the picture's middle where the target does not tell how it lies.
    relative_pitch_sd : float
        Standard uncertainty of the certificate's mean pitch, as a share of it.
    certificate_id : str
    kind : {"dot-grid", "charuco"}
    dirty : int
        Points in view that were left out because they looked dirty or broken.
    coverage : float
        Share of the picture that the points span.
    turn_deg : float or None
        How the target is turned, clockwise as seen, within 180; None where it does not tell.
    edge_sigma_px : float
        Typical blur of the target's edges: what a second look at the same target can be compared with.
    disc_radius_mm : float
        Of dots whose edges were placed: distortion moves a disc's outline a little otherwise than its middle. 0 for
        corners.
    """

    points_px: Places
    points_mm: Places
    relative_pitch_sd: float
    certificate_id: str
    kind: Literal["dot-grid", "charuco"]
    dirty: int
    coverage: float
    turn_deg: float | None
    edge_sigma_px: float
    disc_radius_mm: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class RulerMarks:
    """Marks of a stage micrometer, found in a picture.

    Parameters
    ----------
    points_px : ndarray, shape (n, 2)
        (x, y) on the ruler's axis.
    along_mm : ndarray, shape (n,)
        Along the ruler, from its first mark seen, by the certificate.
    relative_pitch_sd, certificate_id
        As in `TargetPoints`.
    spacing_um : float
        Of the marks that were used: the shortest that the picture tells apart.
    """

    points_px: Places
    along_mm: Places
    relative_pitch_sd: float
    certificate_id: str
    spacing_um: float
