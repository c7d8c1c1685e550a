"""Growth: how hair that was not cut between two pictures a few days apart grew on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.courses import along, of_hairs
from analysis.comparison.shared_frame import SharedFrame
from analysis.figures import Z
from analysis.measurement import Interval, Measurement

Array = NDArray[np.float64]

LENGTH_SD_MM = 0.05
"""Of one hair's visible length seen twice: tip and root are each placed to about 0.03 mm."""
LONGER_MM = 3 * LENGTH_SD_MM
LEAST_UM_PER_DAY = 140.0
"""Half of what the slowest population grows (280+-50, African; Loussouarn): telogen hair does not grow at all."""
MOST_UM_PER_DAY = 650.0
"""More than 4.5 standard deviations above the fastest population (411+-53, Asian): a line that grew by more ran on into
another hair."""
ROOM_UM_PER_DAY = 500.0
"""Of a hair whose rate is told, the room it has: faster hair is rare, and misses little of its rate."""
BORDER_MM = 0.1
"""Nearer to the border of the picture a line may have been cut off by it."""
_COURSE_MM = 0.15
"""Of a hair's end, by which it grows on."""
SHORTEST_DAYS, LONGEST_DAYS = 1.0, 10.0
"""Below, growth is hardly more than the lengths' own error; beyond, hair is clipped anew before the picture."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Share of hairs that grew, and how fast these did."""

    anagen_share: Interval
    um_per_day: Interval | None


def grown(changes_mm: Array, room_mm: Array, days: float | None, scale_rsd: float) -> Growth | None:
    """Tell growing hair from resting hair by the change of its length.

    Parameters
    ----------
    changes_mm : ndarray, shape (hairs,)
        Later less earlier length of each kept hair.
    room_mm : ndarray, shape (hairs,)
        How far each could grow in sight, see `room_mm`. Which hairs are looked at is decided by that alone, not by how
        far they did grow: else those that grew out of sight would pass for resting, or be missing among the growing.
    days : float or None
        Between the pictures.
    scale_rsd : float
        Relative standard uncertainty of lengths that all hairs share.

    Returns
    -------
    Growth or None
        None where the pictures are not a few days apart, the hair was cut in between, or there is none.
    """
    if days is None or not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        return None
    least_mm, most_mm = max(LONGER_MM, LEAST_UM_PER_DAY * days / 1000.0), MOST_UM_PER_DAY * days / 1000.0
    in_sight = (room_mm > least_mm + LENGTH_SD_MM) & (changes_mm < most_mm + LONGER_MM)
    if not in_sight.any() or float(np.median(changes_mm[in_sight])) < -LENGTH_SD_MM:
        return None
    grew = in_sight & (changes_mm > least_mm)
    share = _share(int(grew.sum()), int(in_sight.sum()))
    rates = changes_mm[grew & (room_mm > ROOM_UM_PER_DAY * days / 1000.0)] * 1000.0 / days
    if len(rates) < 2:
        return Growth(share, None)
    mean = float(rates.mean())
    sd = float(np.hypot(rates.std(ddof=1) / np.sqrt(len(rates)), scale_rsd * mean))
    return Growth(share, Interval(mean, mean - Z * sd, mean + Z * sd))


def room_mm(frame: SharedFrame, pairs: NDArray[np.intp]) -> Array:
    """How far each kept hair could grow on before it left the follow-up picture, shape (pairs,).

    0 for one that the baseline picture's own border cuts.
    """
    lines = of_hairs(frame.baseline).lines_mm
    rooms = [_room_mm(frame, lines[i]) for i in pairs[:, 0]]
    return np.array(rooms, float)


def _room_mm(frame: SharedFrame, line_mm: Array) -> float:
    if not _within(frame.baseline, line_mm[-1:]).all():
        return 0.0
    behind = along(line_mm[::-1], np.array([_COURSE_MM]))
    start, tip = frame.transform.to_followup_mm(np.concatenate([behind, line_mm[-1:]]))
    way = (tip - start) / max(float(np.hypot(*(tip - start))), 1e-9)
    low, high = _inner_mm(frame.followup)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_border = np.where(way > 0, (high - tip) / way, np.where(way < 0, (low - tip) / way, np.inf))
    return max(0.0, float(to_border.min()))


def _within(picture: Measurement, points_mm: Array) -> NDArray[np.bool_]:
    low, high = _inner_mm(picture)
    return np.asarray(((points_mm > low) & (points_mm < high)).all(axis=1))


def _inner_mm(picture: Measurement) -> tuple[Array, Array]:
    """Opposite corners of what lies clear of the picture's border."""
    mm_per_px = picture.um_per_px / 1000.0
    far = (np.array(picture.picture_px, float) - 0.5) * mm_per_px - BORDER_MM
    return np.full(2, BORDER_MM - 0.5 * mm_per_px), far


def _share(count: int, of: int) -> Interval:
    """Wilson's interval of a proportion (Wilson 1927, J Am Stat Assoc 22:209)."""
    share = count / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * np.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    return Interval(share, float(min(middle - half, share)), float(max(middle + half, share)))
