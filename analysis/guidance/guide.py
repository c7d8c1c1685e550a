"""From a preview frame to where the camera has to go, so that it sees the baseline's place again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.guidance.drawn import DrawnHairs
from analysis.guidance.hairiness import Plane, hairiness
from analysis.guidance.refinement import Placement, Refinement
from analysis.guidance.search import TURNS_DEG, Search
from analysis.measurement import Measurement

SURE = 0.5
"""Confidence from which an arrow is shown."""
THERE_MM, THERE_DEG = 0.3, 1.5
"""So near, the next still shares nineteen twentieths of the baseline's field: what is left, comparing makes up for."""
LEAST_HAIRS = 15
"""Lines at the baseline: with fewer, chance makes a place as like as the same one."""
_WEIGHTS, _AT_ONE = np.array([14.7, 4.8, 5.8]), -45.4
"""Logistic regression on 2,250 looks at drawn frames, some 340 of them spoilt (defocused, moved, pale, covered, noisy),
and 360 at real scalps; four fifths at another place. Lowered by 3, with which none of these gets an arrow: a wrong one
costs more than another moment of looking."""
_REFINED = 2
_RIVAL_SHARE = 0.8
_NEAR_DEG = 5.0


class Lost(StrEnum):
    """Why no place was found; the words for people stand in `analysis.guidance.words`."""

    FEW_HAIRS = "few-hairs"
    ANOTHER_PLACE = "another-place"


@dataclass(frozen=True, slots=True)
class Guidance:
    """What one frame says of the way to the baseline's place.

    Parameters
    ----------
    confidence : float
        0 to 1: that the placement is right.
    move_mm : (float, float) or None
        How far the camera has to move, right and down as the frame shows it, before it turns. None where the place was
        not found.
    turn_deg : float or None
        How far the camera has to turn about its own axis, clockwise as the frame shows it.
    overlap_share : float or None
        Share of the baseline's field that the frame shows.
    there : bool
        Near enough to take the picture.
    lost : Lost or None
        Why the place was not found.
    placement : Placement or None
        Where the baseline lies in the frame.
    """

    confidence: float
    move_mm: tuple[float, float] | None = None
    turn_deg: float | None = None
    overlap_share: float | None = None
    there: bool = False
    lost: Lost | None = None
    placement: Placement | None = None

    @property
    def found(self) -> bool:
        """Whether the frame's place in the baseline is known."""
        return self.placement is not None


class Guide:
    """Guides to one baseline; it holds what the last frame showed, and finds a lost place again by itself.

    Parameters
    ----------
    baseline : Measurement
        Of the place that is sought.
    preview_um_per_px : float
        About the scale of the preview frames: within 4 %.

    Notes
    -----
    Built in about 0.2 s at the first frame. It is not safe to share between threads.
    """

    def __init__(self, baseline: Measurement, *, preview_um_per_px: float) -> None:
        if not (np.isfinite(preview_um_per_px) and preview_um_per_px > 0):
            raise ValueError(f"the preview's scale must be a positive number of um per px, not {preview_um_per_px}")
        self._drawn = DrawnHairs.of(baseline)
        self._um_per_px = preview_um_per_px
        self._refinement = Refinement(self._drawn)
        self._search: Search | None = None
        self._search_px = (0, 0)
        self._last: Placement | None = None

    def look(self, frame: NDArray[np.uint8]) -> Guidance:
        """Find out where the frame lies.

        Parameters
        ----------
        frame : ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
            Grey or B, G, R.
        """
        if len(self._drawn.lines_mm) < LEAST_HAIRS:
            return Guidance(0.0, lost=Lost.FEW_HAIRS)
        hairs = hairiness(frame, self._um_per_px, darker=self._drawn.darker)
        search = self._search_for(hairs)
        best = self._best(hairs, search, _turns_near(self._last))
        if best[0] < SURE and self._last is not None:
            best = self._best(hairs, search, range(len(TURNS_DEG)))
        confidence, placement = best
        if placement is None or confidence < SURE:
            self._last = None
            return Guidance(confidence, lost=Lost.ANOTHER_PLACE)
        self._last = placement
        return self._guidance(confidence, placement, (frame.shape[1], frame.shape[0]))

    def _search_for(self, hairs: Plane) -> Search:
        size_px = (hairs.shape[1], hairs.shape[0])
        if self._search is None or self._search_px != size_px:
            self._search, self._search_px = Search(self._drawn, size_px), size_px
        return self._search

    def _best(self, hairs: Plane, search: Search, turns: range) -> tuple[float, Placement | None]:
        candidates = search.candidates(hairs, _REFINED, turns)
        rival = candidates[1].height if len(candidates) > 1 else 0.0
        best: tuple[float, Placement | None] = (0.0, None)
        for candidate in candidates:
            if candidate.height < _RIVAL_SHARE * candidates[0].height:
                break
            placement = self._refinement.refine(hairs, Placement(candidate.shift_mm, candidate.turn_deg))
            likely = probability(candidate.height, rival, self._refinement.standing_out(hairs, placement))
            if best[1] is None or likely > best[0]:
                best = likely, placement
        return best

    def _guidance(self, confidence: float, placement: Placement, frame_px: tuple[int, int]) -> Guidance:
        # the baseline's scale is calibrated, the preview's is not
        right, down = (shift / placement.scale for shift in placement.shift_mm)
        there = bool(np.hypot(right, down) <= THERE_MM and abs(placement.turn_deg) <= THERE_DEG)
        overlap = overlap_share(self._drawn.size_mm, frame_px, self._um_per_px, placement)
        return Guidance(confidence, (right, down), placement.turn_deg, overlap, there, placement=placement)


def probability(height: float, rival: float, standing_out: float) -> float:
    """Turn how far a place stands out into the probability that it is the right one.

    Parameters
    ----------
    height, rival : float
        Of the correlation there, and at the second best place, in standard deviations.
    standing_out : float
        How much better the hairs fit there than around, in standard deviations.
    """
    features = np.log(np.maximum([height, standing_out, height / max(rival, 1.0)], 0.1))
    return float(1.0 / (1.0 + np.exp(-np.clip(features @ _WEIGHTS + _AT_ONE, -50.0, 50.0))))


def overlap_share(
    field_mm: tuple[float, float], frame_px: tuple[int, int], um_per_px: float, placement: Placement
) -> float:
    """Share of the baseline's field that a frame shows."""
    frame_mm = np.asarray(frame_px) * um_per_px / 1000.0
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    lying = placement.to_frame_mm(corners * np.asarray(field_mm))
    shared, _ = cv2.intersectConvexConvex(lying.astype(np.float32), (corners * frame_mm).astype(np.float32))
    return float(np.clip(shared / max(cv2.contourArea(lying.astype(np.float32)), 1e-9), 0.0, 1.0))


def _turns_near(placement: Placement | None) -> range:
    """Give the turns that a hand may have made since the last frame, by index; all, where that is not known."""
    if placement is None:
        return range(len(TURNS_DEG))
    near = [k for k, turn in enumerate(TURNS_DEG) if abs(turn - placement.turn_deg) <= _NEAR_DEG]
    return range(near[0], near[-1] + 1) if near else range(len(TURNS_DEG))
