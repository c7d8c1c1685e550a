"""Identity: which lines are shafts.  Lines compete to explain each place and direction once.

The line with the most evidence and the evenest course is taken first, and what it explains is marked, place by place
and direction by direction, so that shafts which cross it stay open.  A later line keeps only its part that nothing
explains yet, and is a shaft of its own only if enough of it is left.  Lines are drawn from few seeds first and from
more where evidence is left over, so the time goes with the length of the shafts, not with its square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.learned import lines
from analysis.learned.evidence import DIRECTIONS, Evidence
from analysis.learned.lines import Line
from analysis.view import LINE_UM_PER_PX

SEED_SPACINGS_PX = (48, 12, 3)
KINK_STEPS, USUAL_KINK_RAD = 25, 0.06
"""Over a quarter of a millimetre, about the length of a shallow crossing, a hair turns as it does elsewhere."""
NEW_UM = 90.0
NEW_SHARE = 0.5
"""Of the part between the first and the last place that nothing explains yet, at least this much is new."""
EXPLAINED_SHARE, LEAST_EXPLAINED_PX = 0.38, 2.0
"""Of its width, that a shaft explains to either side of its middle: a vellus shaft touching it runs farther out."""
EXPLAINED_DIRECTIONS = 2
"""And up to this many directions (22 degrees) to either side."""


def explain(evidence: Evidence) -> list[Line]:
    """Choose the lines that explain the evidence.

    Returns
    -------
    list of Line
        One for each shaft, in either sense.
    """
    open_points = lines.ridge_points(evidence)
    explained = np.zeros(evidence.scores.shape, bool)
    found: list[Line] = []
    for spacing_px in SEED_SPACINGS_PX:
        open_points = open_points[~_explained_at(open_points, explained)]
        drawn = lines.follow(evidence, lines.every(open_points, spacing_px))
        for line in sorted(drawn, key=_weight, reverse=True):
            own = _own_part(line, explained)
            if own is not None:
                found.append(own)
                _mark(explained, own, evidence)
    return found


def _weight(line: Line) -> float:
    """Evidence of a line, less where it does not go on as it bends elsewhere: there it left its shaft for another."""
    turns = line.angles_rad[KINK_STEPS:] - line.angles_rad[:-KINK_STEPS]
    kink = float(np.abs(turns - np.median(turns)).max()) if len(turns) > 2 * KINK_STEPS else 0.0
    return float(line.scores.sum() * np.exp(-kink / USUAL_KINK_RAD))


def _explained_at(points: NDArray[np.float64], explained: NDArray[np.bool_]) -> NDArray[np.bool_]:
    nearest = np.rint(points[:, :2]).astype(np.intp)
    return np.asarray(explained[lines.planes_of(points[:, 2]), nearest[:, 1], nearest[:, 0]])


def _own_part(line: Line, explained: NDArray[np.bool_]) -> Line | None:
    new = np.flatnonzero(~explained[line.cells])
    if len(new) * LINE_UM_PER_PX < NEW_UM:
        return None
    first, last = int(new[0]), int(new[-1]) + 1
    return line.part(first, last) if len(new) >= NEW_SHARE * (last - first) else None


def _mark(explained: NDArray[np.bool_], line: Line, evidence: Evidence) -> None:
    _, rows, columns = line.cells
    width_px = float(np.median(evidence.widths_um[rows, columns])) / LINE_UM_PER_PX
    half_px = max(LEAST_EXPLAINED_PX, EXPLAINED_SHARE * width_px)
    offsets = np.arange(-half_px, half_px + 0.25, 0.5)
    x = line.points_px[:, 0, None] - np.sin(line.angles_rad[:, None]) * offsets
    y = line.points_px[:, 1, None] + np.cos(line.angles_rad[:, None]) * offsets
    row = np.rint(y).astype(np.intp).clip(0, explained.shape[1] - 1)
    column = np.rint(x).astype(np.intp).clip(0, explained.shape[2] - 1)
    k = lines.planes_of(line.angles_rad)[:, None]
    for turn in range(-EXPLAINED_DIRECTIONS, EXPLAINED_DIRECTIONS + 1):
        explained[(k + turn) % DIRECTIONS, row, column] = True
