"""Parting: what was drawn as one line and is two shafts, one behind the other.

Where a shaft comes out of the skin at another's tip, a path runs on from one into the other.  Clipped hair has one
length, so a line half as long again as the usual one is two; they part where it turns most.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.classical.evidence import Evidence
from analysis.classical.identity import Found

TOO_LONG = 1.6
"""Of the median length: of 15 000 lines on drawn scalps, 186 of 195 that ran over two shafts were longer, and 38 of
14 880 others."""
TOO_FAR_OFF = 5.0
"""Standard deviations from the median: where hair has grown on since it was clipped, lengths differ."""
NORMAL = 1.4826
"""Standard deviation of a normal law over its median absolute deviation."""
LEAST_SHARE = 0.5
"""Of the median length that each part has at least."""
LEAST_TURN_DEG = 8.0
"""Between two shafts: of lines that ran over two, nine of ten turn by more; a hair that has grown on does not."""
COURSE_UM = 170.0
"""Over which the course before and behind a place is looked at."""

Array = NDArray[np.float64]


def part(found: list[Found], seen: Evidence) -> list[Found]:
    """Part the lines that run over two shafts; the others stay as they are."""
    if not found:
        return found
    lengths_px = np.array([len(one.line.points_px) for one in found])
    usual_px = float(np.median(lengths_px))
    spread_px = NORMAL * float(np.median(np.abs(lengths_px - usual_px)))
    too_long_px = max(TOO_LONG * usual_px, usual_px + TOO_FAR_OFF * spread_px)
    least, course = round(LEAST_SHARE * usual_px), round(COURSE_UM / seen.um_per_px)
    parted: list[Found] = []
    for one in found:
        points = one.line.points_px
        at, turn_deg = _sharpest_turn(points, least, course) if len(points) >= too_long_px else (0, 0.0)
        if turn_deg < LEAST_TURN_DEG:
            parted.append(one)
            continue
        for own in (points[:at], points[at:]):
            line = replace(one.line, points_px=own, score=one.line.score * len(own) / len(points))
            parted.append(replace(one, line=line))
    return parted


def _sharpest_turn(points_px: Array, least: int, course: int) -> tuple[int, float]:
    """Where a line turns most, no nearer than `least` to its ends, and by how much, in degrees."""
    places = np.arange(least, len(points_px) - least + 1)
    before = points_px[places] - points_px[np.maximum(places - course, 0)]
    behind = points_px[np.minimum(places + course, len(points_px) - 1)] - points_px[places]
    turn = np.arctan2(before[:, 0] * behind[:, 1] - before[:, 1] * behind[:, 0], (before * behind).sum(axis=1))
    sharpest = int(np.abs(turn).argmax())
    return int(places[sharpest]), float(np.rad2deg(np.abs(turn[sharpest])))
