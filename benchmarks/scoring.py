"""Scoring against a phantom's truth, where every hair is known.

*Which hairs.*  True hairs rooted in the method's own counting frame and found hairs with their root there.  A hair
whose root lies within `EDGE_MM` of the frame's edge, or where the picture covers the skin, counts neither way: it may
be matched (so that its twin is no false hair), but is neither a miss nor false.

*Match.*  One to one, of least total distance (Hungarian method).  Clipped hair: the middle of each lies within 0.12 mm
of the other's centreline, and their middle halves run within 35 degrees of one another whichever way they point; this
is the rule of the real scalps (``score.py`` beside them) carried over to bent hair.  Long hair: the roots lie within
0.15 mm and the first 0.5 mm runs within 35 degrees, direction counted: a hair of which only the far end is known is
not counted where it belongs.  Only the visible part of a true hair takes part.

*Density.*  The figure that the method states, against the true hairs rooted in its frame over that frame's area (less
what is covered); every root counts here, edge or not.

*Diameter, kind, right root.*  Over matched hairs; the root is right where it is nearer to the true root than to the
true tip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.phantoms import Rule
from phantom import Photograph, Truth, TruthHair
from phantom.scalp import Kind

Points: TypeAlias = NDArray[np.float64]
Frame: TypeAlias = tuple[float, float, float, float]

EDGE_MM = 0.1
MIDDLE_MM, ROOT_MM = 0.12, 0.15
FIRST_PART_MM = 0.5
TURN_DEG = 35.0
_PARTS = 24
_APART = 1e3


@dataclass(frozen=True, slots=True, eq=False)
class FoundHair:
    """One hair as a method reports it.

    Parameters
    ----------
    centreline_px : ndarray, shape (n, 2)
        From root to tip.
    diameter_um : float or None
        None where the method gives none.
    kind : {"terminal", "vellus"} or None
    """

    centreline_px: Points
    diameter_um: float | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What a method says of a picture: the hairs rooted in its frame, and their density."""

    hairs: tuple[FoundHair, ...]
    frame_px: Frame
    density_per_cm2: float


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """One picture's score; the pairs and lists index `Finding.hairs` and `Truth.hairs`.

    Parameters
    ----------
    pairs : ndarray of int, shape (matched, 2)
        Found hair, true hair.
    needed, false : ndarray of int
        True hairs that should be found, and found hairs that should not be there.
    root_right, kind_right : ndarray of bool
        Of the pairs; kinds only where both are known.
    diameter_error_um : ndarray
        Of the pairs with a diameter.
    vellus, vellus_found : int
        Among the needed.
    density_per_cm2, true_density_per_cm2, area_cm2 : float
    """

    pairs: NDArray[np.intp]
    needed: NDArray[np.intp]
    false: NDArray[np.intp]
    root_right: NDArray[np.bool_]
    kind_right: NDArray[np.bool_]
    diameter_error_um: NDArray[np.float64]
    vellus: int
    vellus_found: int
    density_per_cm2: float
    true_density_per_cm2: float
    area_cm2: float

    @property
    def missed(self) -> NDArray[np.intp]:
        """True hairs that should have been found and were not."""
        return np.setdiff1d(self.needed, self.pairs[:, 1])

    @property
    def found(self) -> int:
        """Needed hairs that were found."""
        return len(self.needed) - len(self.missed)


def score(finding: Finding, photo: Photograph, rule: Rule) -> Score:
    """Score what was found on a phantom.

    Parameters
    ----------
    finding : Finding
        Of a method, on ``photo.picture``.
    photo : Photograph
        With its truth.
    rule : {"clipped", "long"}
        What a match is; the module's docstring has both.

    Returns
    -------
    Score
    """
    truth, covered = photo.truth, photo.covered
    mm_per_px = truth.optics.um_per_px / 1000.0
    shrunk = _shrunk(finding.frame_px, EDGE_MM / mm_per_px)
    true_roots = np.array([hair.root_px for hair in truth.hairs]).reshape(-1, 2)
    found_roots = np.array([hair.centreline_px[0] for hair in finding.hairs]).reshape(-1, 2)
    needed = np.flatnonzero(_inside(true_roots, shrunk) & ~_at(covered, true_roots))
    distance_mm = (_clipped_mm if rule == "clipped" else _long_mm)(finding.hairs, truth, mm_per_px)
    pairs = _paired(distance_mm)
    counts = np.flatnonzero(_inside(found_roots, shrunk) & ~_at(covered, found_roots))
    both = [(finding.hairs[i], truth.hairs[j]) for i, j in pairs]
    vellus = {int(j) for j in needed if truth.hairs[j].kind == "vellus"}
    true_density, area_cm2 = true_density_and_area(photo, finding.frame_px)
    return Score(
        pairs=pairs,
        needed=needed,
        false=np.setdiff1d(counts, pairs[:, 0]),
        root_right=np.array([_root_is_right(found, true) for found, true in both], bool),
        kind_right=np.array([found.kind == true.kind for found, true in both if found.kind is not None], bool),
        diameter_error_um=np.array(
            [found.diameter_um - true.diameter_um for found, true in both if found.diameter_um is not None]
        ),
        vellus=len(vellus),
        vellus_found=len(vellus & {int(j) for j in pairs[:, 1]}),
        density_per_cm2=finding.density_per_cm2,
        true_density_per_cm2=true_density,
        area_cm2=area_cm2,
    )


def true_density_and_area(photo: Photograph, frame_px: Frame) -> tuple[float, float]:
    """Give the hairs rooted in the frame where it is not covered, per cm2, and the area that this is over, in cm2."""
    covered = photo.covered
    area_cm2 = photo.truth.area_cm2(frame_px)
    roots = np.array([hair.root_px for hair in photo.truth.rooted_in(frame_px)]).reshape(-1, 2)
    x0, y0, x1, y1 = (max(0, round(edge)) for edge in frame_px)
    if covered.any():
        area_cm2 *= 1.0 - float(covered[y0:y1, x0:x1].mean())
    return float((~_at(covered, roots)).sum()) / area_cm2, area_cm2


def quarter_points(line_px: Points) -> Points:
    """Points at 1/4, 1/2 and 3/4 of a line's length, shape (3, 2)."""
    return _along(line_px, np.array([0.25, 0.5, 0.75]) * _length(line_px))


def visible(line_px: Points, size_px: tuple[int, int]) -> Points:
    """Keep of a line the points within the picture; where fewer than two are, the line as it is."""
    inside = _inside(line_px, (-0.5, -0.5, size_px[0] - 0.5, size_px[1] - 0.5))
    return line_px[inside] if inside.sum() >= 2 else line_px


def off_line_px(points: Points, line_px: Points) -> NDArray[np.float64]:
    """Distance of each point (n, 2) from a polyline (m, 2), shape (n,)."""
    starts, ends = line_px[:-1], line_px[1:]
    course = ends - starts
    share = ((points[:, None] - starts) * course).sum(-1) / np.maximum((course**2).sum(-1), 1e-9)
    nearest = starts + np.clip(share, 0.0, 1.0)[..., None] * course
    return np.asarray(np.hypot(*(points[:, None] - nearest).transpose(2, 0, 1)).min(axis=1))


def _clipped_mm(found: tuple[FoundHair, ...], truth: Truth, mm_per_px: float) -> NDArray[np.float64]:
    """Distance (found, true) of every two hairs' middles from each other's centreline; `_APART` where no match."""
    a = [hair.centreline_px for hair in found]
    b = [visible(hair.centreline_px, truth.optics.size_px) for hair in truth.hairs]
    if not a or not b:
        return np.zeros((len(a), len(b)))
    qa, qb = np.array([quarter_points(line) for line in a]), np.array([quarter_points(line) for line in b])
    true_off_found = np.array([off_line_px(qb[:, 1], _coarse(line)) for line in a])
    found_off_true = np.array([off_line_px(qa[:, 1], _coarse(line)) for line in b]).T
    distance_mm = np.maximum(true_off_found, found_off_true) * mm_per_px
    together = np.abs(_cosines(qa[:, 2] - qa[:, 0], qb[:, 2] - qb[:, 0]))
    return np.where((distance_mm < MIDDLE_MM) & (together > np.cos(np.deg2rad(TURN_DEG))), distance_mm, _APART)


def _long_mm(found: tuple[FoundHair, ...], truth: Truth, mm_per_px: float) -> NDArray[np.float64]:
    """Distance (found, true) of every two hairs' roots; `_APART` where no match."""
    if not found or not truth.hairs:
        return np.zeros((len(found), len(truth.hairs)))
    reach = np.array([0.0, FIRST_PART_MM / mm_per_px])
    a = np.array([_along(hair.centreline_px, reach) for hair in found])
    b = np.array([_along(hair.centreline_px, reach) for hair in truth.hairs])
    distance_mm = np.hypot(*(a[:, None, 0] - b[None, :, 0]).transpose(2, 0, 1)) * mm_per_px
    together = _cosines(a[:, 1] - a[:, 0], b[:, 1] - b[:, 0])
    return np.where((distance_mm < ROOT_MM) & (together > np.cos(np.deg2rad(TURN_DEG))), distance_mm, _APART)


def _paired(distance_mm: NDArray[np.float64]) -> NDArray[np.intp]:
    i, j = linear_sum_assignment(distance_mm)
    near = distance_mm[i, j] < _APART
    return np.column_stack([i[near], j[near]]).astype(np.intp)


def _root_is_right(found: FoundHair, true: TruthHair) -> bool:
    root = found.centreline_px[0]
    return bool(np.hypot(*(root - true.root_px)) < np.hypot(*(root - true.tip_px)))


def _length(line_px: Points) -> float:
    return float(np.hypot(*np.diff(line_px, axis=0).T).sum())


def _along(line_px: Points, arc_px: NDArray[np.float64]) -> Points:
    """Points at distances along a line from its start; past its end, its end."""
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line_px, axis=0).T))])
    return np.column_stack([np.interp(arc_px, arc, line_px[:, axis]) for axis in (0, 1)])


def _coarse(line_px: Points) -> Points:
    return _along(line_px, np.linspace(0.0, _length(line_px), _PARTS + 1))


def _cosines(u: Points, v: Points) -> NDArray[np.float64]:
    lengths = np.hypot(*u.T)[:, None] * np.hypot(*v.T)[None]
    return np.asarray((u @ v.T) / np.maximum(lengths, 1e-9))


def _shrunk(frame_px: Frame, by_px: float) -> Frame:
    x0, y0, x1, y1 = frame_px
    return x0 + by_px, y0 + by_px, x1 - by_px, y1 - by_px


def _inside(points: Points, frame_px: Frame) -> NDArray[np.bool_]:
    x0, y0, x1, y1 = frame_px
    x, y = points.T
    return np.asarray((x0 <= x) & (x < x1) & (y0 <= y) & (y < y1))


def _at(mask: NDArray[np.bool_], points: Points) -> NDArray[np.bool_]:
    """Look the mask up at points; False outside of it."""
    rows, columns = mask.shape
    inside = _inside(points, (-0.5, -0.5, columns - 0.5, rows - 0.5))
    x, y = np.rint(points[inside]).astype(int).T
    looked = np.zeros(len(points), bool)
    looked[inside] = mask[y.clip(0, rows - 1), x.clip(0, columns - 1)]
    return looked
