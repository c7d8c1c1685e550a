"""The shared frame: where roots count in both pictures, as the baseline shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement
from analysis.registration.transform import Transform

Array = NDArray[np.float64]

EDGE_MM = 0.06
"""From every border: roots are placed to 0.03 mm or better, and one this far inside is not beyond it in the other
picture."""
_STEP_MM = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class SharedFrame:
    """Where roots count in both of two pictures.

    Parameters
    ----------
    baseline, followup : Measurement
    transform : Transform
    """

    baseline: Measurement
    followup: Measurement
    transform: Transform

    def holds(self, points_mm: Array) -> NDArray[np.bool_]:
        """Whether points (n, 2) of the baseline, in mm, lie in it."""
        later = self.transform.to_followup_mm(points_mm)
        return _counts(self.baseline, points_mm) & _counts(self.followup, later)

    @property
    def area_cm2(self) -> float:
        """Its area in the baseline."""
        x0, y0, x1, y1 = np.array(self.baseline.frame_px) * self.baseline.um_per_px / 1000.0
        columns, rows = (max(1, round(float(side) / _STEP_MM)) for side in (x1 - x0, y1 - y0))
        x = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns
        y = y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows
        inside = self.holds(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
        return float(inside.mean() * (x1 - x0) * (y1 - y0)) / 100.0


def _counts(measurement: Measurement, points_mm: Array) -> NDArray[np.bool_]:
    """Whether points (n, 2) of a picture lie in its counting frame, clear of its border."""
    x0, y0, x1, y1 = measurement.frame_px
    points_px = points_mm * 1000.0 / measurement.um_per_px
    edge_px = 1000.0 * EDGE_MM / measurement.um_per_px
    inside = np.all((points_px >= [x0 + edge_px, y0 + edge_px]) & (points_px < [x1 - edge_px, y1 - edge_px]), axis=1)
    rows, columns = measurement.cells
    column = np.floor((points_px[:, 0] - x0) / (x1 - x0) * columns).astype(np.intp).clip(0, columns - 1)
    row = np.floor((points_px[:, 1] - y0) / (y1 - y0) * rows).astype(np.intp).clip(0, rows - 1)
    return np.asarray(inside & _counted_cells(measurement)[row, column])


def _counted_cells(measurement: Measurement) -> NDArray[np.bool_]:
    counted = np.ones(measurement.cells, bool)
    for row, first, count in measurement.uncounted_cells:
        counted[row, first : first + count] = False
    return counted
