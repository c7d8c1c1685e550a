"""Where in the baseline a frame may lie: correlation over all shifts, at every turn in question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.guidance.drawn import DrawnHairs
from analysis.guidance.hairiness import FINE_UM

Plane: TypeAlias = NDArray[np.float32]

COARSE_UM = 75.0
TURNS_DEG = tuple(float(turn) for turn in np.arange(-32.5, 32.6, 2.5))
FARTHEST_SHARE = 0.68
"""Of the field's width and height, by which a place is sought to have moved."""
_LEAST_OVERLAP = 0.22
"""Of the field: what shares less says nothing."""
_WHITENING = 0.5
_BLUR_PX = 0.7
_APART_PX, _APART_TURNS = 5, 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where the frame may lie.

    Parameters
    ----------
    shift_mm : (float, float)
        Of the baseline's middle, right and down of the frame's middle.
    turn_deg : float
        How the frame shows the baseline turned, clockwise as seen.
    height : float
        Of the correlation, in standard deviations of it.
    """

    shift_mm: tuple[float, float]
    turn_deg: float
    height: float


class Search:
    """The baseline, turned and transformed beforehand for frames of one size.

    Parameters
    ----------
    drawn : DrawnHairs
    frame_px : (int, int)
        Width and height of a frame's hairiness, at ``FINE_UM``.
    """

    def __init__(self, drawn: DrawnHairs, frame_px: tuple[int, int]) -> None:
        self._frame_px = (
            max(4, round(frame_px[0] * FINE_UM / COARSE_UM)),
            max(4, round(frame_px[1] * FINE_UM / COARSE_UM)),
        )
        plane, mask = _plane_and_mask(drawn)
        field_px = np.minimum(self._frame_px, np.asarray(plane.shape[::-1]))
        self._reach_px = np.ceil(FARTHEST_SHARE * field_px).astype(int)
        turned_px = np.ceil(np.hypot(*plane.shape) * np.ones(2)).astype(int)
        needed = self._reach_px + (np.asarray(self._frame_px) + np.minimum(turned_px, 1.25 * field_px)) / 2 + 2
        self._size = tuple(cv2.getOptimalDFTSize(int(np.ceil(side / 2))) * 2 for side in needed)
        least = _LEAST_OVERLAP * float(field_px.prod())
        seen = self._transformed(np.ones(self._frame_px[::-1], np.float32))
        self._baselines: list[Plane] = []
        self._evening: list[Plane] = []
        for turn in TURNS_DEG:
            turned, turned_mask = self._turned(plane, turn), self._turned(mask, turn)
            overlap = self._correlated(np.asarray(cv2.dft(turned_mask), np.float32), seen)
            even = np.where(overlap >= least, 1.0 / np.sqrt(np.maximum(overlap, 1.0)), 0.0)
            self._evening.append(even.astype(np.float32))
            mean = float(turned.sum() / max(float(turned_mask.sum()), 1.0))
            spectrum = np.asarray(cv2.dft(np.asarray(turned - mean * turned_mask, np.float32)), np.float32)
            self._baselines.append(_whitened(spectrum))
        self._counts = [cv2.countNonZero(even) for even in self._evening]

    def candidates(self, hairs: Plane, most: int, turns: range) -> list[Candidate]:
        """Give the places where the frame fits best, the best first.

        Parameters
        ----------
        hairs : ndarray of float32
            Hairiness of the frame, at ``FINE_UM``.
        most : int
            How many.
        turns : range
            Indices of the ``TURNS_DEG`` in question.
        """
        coarse = cv2.resize(hairs, self._frame_px, interpolation=cv2.INTER_AREA)
        coarse = cv2.GaussianBlur(coarse, (0, 0), _BLUR_PX)
        seen = self._transformed(coarse - float(coarse.mean()))
        fields: list[tuple[int, Plane]] = []
        squares, count = 0.0, 0
        for k in turns:
            field = self._correlated(self._baselines[k], seen) * self._evening[k]
            fields.append((k, field))
            squares += float(cv2.norm(field, cv2.NORM_L2SQR))
            count += self._counts[k]
        spread = max(float(np.sqrt(squares / max(count, 1))), 1e-12)
        return self._peaks(fields, most, spread)

    def _peaks(self, fields: list[tuple[int, Plane]], most: int, spread: float) -> list[Candidate]:
        found: list[Candidate] = []
        tops = [cv2.minMaxLoc(field) for _, field in fields]
        for _ in range(most):
            best = max(range(len(fields)), key=lambda k: tops[k][1])
            height, (x, y) = tops[best][1], tops[best][3]
            if height <= 0.0:
                break
            right, down = ((np.array([x, y]) - self._reach_px) * COARSE_UM / 1000.0).tolist()
            found.append(Candidate((right, down), TURNS_DEG[fields[best][0]], height / spread))
            # the same place at the next turns lies a little aside
            for k in range(max(0, best - _APART_TURNS), min(len(fields), best + _APART_TURNS + 1)):
                field = fields[k][1]
                field[max(0, y - _APART_PX) : y + _APART_PX + 1, max(0, x - _APART_PX) : x + _APART_PX + 1] = 0.0
                tops[k] = cv2.minMaxLoc(field)
        return found

    def _turned(self, plane: Plane, turn_deg: float) -> Plane:
        """Turn the plane about its middle, laid where the frame's lies."""
        width, height = self._size
        middle = (np.asarray(plane.shape[::-1], np.float64) - 1) / 2
        angle = np.deg2rad(turn_deg)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        target = (np.asarray(self._frame_px) - 1) / 2
        affine = np.column_stack([turn, target - turn @ middle])
        # drawn on the circle that the transform is: what leaves on the left comes in on the right
        canvas = np.zeros((height, width), np.float32)
        for x in (-width, 0, width):
            for y in (-height, 0, height):
                moved = affine + np.array([[0, 0, x], [0, 0, y]])
                canvas += cv2.warpAffine(plane, moved, (width, height), flags=cv2.INTER_LINEAR)
        return canvas

    def _transformed(self, frame: Plane) -> Plane:
        padded = np.zeros(self._size[::-1], np.float32)
        padded[: frame.shape[0], : frame.shape[1]] = frame
        return np.asarray(cv2.dft(padded, nonzeroRows=frame.shape[0]), np.float32)

    def _correlated(self, baseline: Plane, frame: Plane) -> Plane:
        """Correlation at the shifts within reach, the reach to the left and up first."""
        product = cv2.mulSpectrums(frame, baseline, 0, conjB=True)
        everywhere = cv2.idft(product, flags=cv2.DFT_REAL_OUTPUT | cv2.DFT_SCALE)
        x, y = self._reach_px
        rolled = np.roll(everywhere, (int(y), int(x)), axis=(0, 1))
        return np.ascontiguousarray(rolled[: 2 * y + 1, : 2 * x + 1])


def _plane_and_mask(drawn: DrawnHairs) -> tuple[Plane, Plane]:
    fine = drawn.plane(FINE_UM, 70.0)
    size = (max(4, round(fine.shape[1] * FINE_UM / COARSE_UM)), max(4, round(fine.shape[0] * FINE_UM / COARSE_UM)))
    plane = cv2.GaussianBlur(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), (0, 0), _BLUR_PX)
    x, y = ((np.arange(side) - (side - 1) / 2) * COARSE_UM / 1000.0 for side in size)
    x0, y0, x1, y1 = drawn.frame_mm
    inside = np.outer((y >= y0) & (y <= y1), (x >= x0) & (x <= x1))
    mask = inside.astype(np.float32)
    return np.asarray(plane * mask, np.float32), mask


def _whitened(spectrum: Plane) -> Plane:
    """Lessen what is strong in the spectrum of the whole: hairs of one direction are alike wherever they lie."""
    power = cv2.GaussianBlur(spectrum * spectrum, (0, 0), 3.0)
    return np.asarray(spectrum / np.power(power + 1e-3 * power.mean(), 0.5 * _WHITENING), np.float32)
