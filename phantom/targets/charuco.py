"""A chessboard with ArUco markers in its white squares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.settings import SettingError, require_between
from phantom.targets.plane import Plane, step


@dataclass(frozen=True, slots=True)
class Charuco:
    """A ChArUco board, its middle at the origin, its top left square black.

    Parameters
    ----------
    square_mm : float
        Side of a square; on this very target, whatever its certificate says.
    marker_mm : float
        Side of a marker, black border included.
    squares_x, squares_y : int
    dictionary : str
        OpenCV's name for the markers' dictionary.
    scatter_mm : float
        Standard deviation by which the print puts a line between squares beside its place.
    ink, ground : float
        Linear share of light that black and white send back.
    mirrored : bool
        Seen through its back.
    seed : int
        Of the scatter.

    Raises
    ------
    SettingError
        If OpenCV is older than 4.7 and draws no markers.
    """

    square_mm: float = 0.6
    marker_mm: float = 0.42
    squares_x: int = 24
    squares_y: int = 18
    dictionary: str = "DICT_4X4_250"
    scatter_mm: float = 0.0
    ink: float = 0.04
    ground: float = 0.9
    mirrored: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        require_between("square_mm", self.square_mm, 0.01, 10.0)
        require_between("marker_mm", self.marker_mm, 0.3 * self.square_mm, 0.9 * self.square_mm)
        require_between("scatter_mm", self.scatter_mm, 0.0, 0.1 * self.square_mm)
        _markers(self.dictionary, self.squares_x * self.squares_y // 2)

    @property
    def corners_mm(self) -> NDArray[np.float64]:
        """Inner corners as printed, shape (squares_y - 1, squares_x - 1, 2), on the target's face."""
        x_mm, y_mm = self._lines()
        return np.stack(np.meshgrid(x_mm[1:-1], y_mm[1:-1]), axis=-1)

    def reflectance(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Give the share of light sent back, blurred; see `phantom.targets.plane.Target`.

        Exact for blurs that are small against a square and, within a marker, against one and a half of its bits.
        """
        x_mm = -x_mm if self.mirrored else x_mm
        across, down = self._lines()
        # light on one colour of squares is (1 + sign * sign) / 2, each a blurred wave of one direction
        signs, within = np.ones_like(x_mm), np.ones_like(x_mm)
        for m, lines in ((x_mm, across), (y_mm, down)):
            inner = lines[1:-1].astype(np.float32)
            pitch = np.float32(self.square_mm)
            edge = np.clip(
                np.rint((m - np.float32(lines.mean())) / pitch + np.float32(len(lines) / 2 - 1.5)), 0, len(inner) - 1
            )
            edge = edge.astype(np.intp)
            wave = 2 * step((m - inner[edge]) / blur_mm) - 1
            signs *= np.where(edge % 2 == 0, -wave, wave)
            within *= step((m - np.float32(lines[0])) / blur_mm) * step((np.float32(lines[-1]) - m) / blur_mm)
        dark = 0.5 * (1 + signs) * within + self._marked(x_mm, y_mm, blur_mm)
        return np.asarray(self.ground + np.float32(self.ink - self.ground) * dark, np.float32)

    def _lines(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rng = np.random.default_rng([self.seed, 63])
        x_mm, y_mm = (
            (np.arange(n + 1) - n / 2) * self.square_mm + self.scatter_mm * rng.standard_normal(n + 1)
            for n in (self.squares_x, self.squares_y)
        )
        return x_mm, y_mm

    def _marked(self, x_mm: Plane, y_mm: Plane, blur_mm: Plane) -> Plane:
        """Darkness of the markers, 0 outside of white squares."""
        square_x, square_y = (
            np.floor(m / np.float32(self.square_mm) + np.float32(n / 2)).astype(np.intp)
            for m, n in ((x_mm, self.squares_x), (y_mm, self.squares_y))
        )
        on_board = (square_x >= 0) & (square_x < self.squares_x) & (square_y >= 0) & (square_y < self.squares_y)
        white = on_board & ((square_x + square_y) % 2 == 1)
        chosen = np.flatnonzero(white)
        squares_x, squares_y = square_x.ravel()[chosen], square_y.ravel()[chosen]
        marker = (squares_y * self.squares_x + squares_x) // 2
        # one bit of white around the marker keeps every look-up within
        bits = np.pad(_markers(self.dictionary, self.squares_x * self.squares_y // 2), ((0, 0), (2, 2), (2, 2)))
        side = bits.shape[1] - 4
        bit_mm = self.marker_mm / side
        dark = np.zeros(x_mm.size, np.float32)
        parts = []
        for m, square, n in ((x_mm, squares_x, self.squares_x), (y_mm, squares_y, self.squares_y)):
            inside = m.ravel()[chosen] - ((square + 0.5 - n / 2) * self.square_mm).astype(np.float32)
            bit = np.clip(np.floor(inside / bit_mm + side / 2), -1, side).astype(np.intp)
            low = (inside - (bit - np.float32(side / 2)) * np.float32(bit_mm)) / blur_mm.ravel()[chosen]
            before = 1 - step(np.asarray(low, np.float32))
            after = step(np.asarray(low - np.float32(bit_mm) / blur_mm.ravel()[chosen], np.float32))
            parts.append((bit + 2, (before, 1 - before - after, after)))
        (bit_x, shares_x), (bit_y, shares_y) = parts
        sum_of_bits = np.zeros(len(chosen), np.float32)
        for down, share_y in zip((-1, 0, 1), shares_y, strict=True):
            for right, share_x in zip((-1, 0, 1), shares_x, strict=True):
                sum_of_bits += share_x * share_y * bits[marker, bit_y + down, bit_x + right]
        dark[chosen] = sum_of_bits
        return dark.reshape(x_mm.shape)


@lru_cache(maxsize=4)
def _markers(dictionary: str, count: int) -> NDArray[np.float32]:
    """Bits of the first markers, 1 for black, border included: shape (count, side, side)."""
    aruco = getattr(cv2, "aruco", None)
    if not hasattr(aruco, "ArucoDetector") or aruco is None:
        raise SettingError("a ChArUco board is drawn with OpenCV 4.7 or newer only: install that, or draw a dot grid")
    if not hasattr(aruco, dictionary):
        raise SettingError(f"dictionary: OpenCV has no markers named {dictionary}")
    known = aruco.getPredefinedDictionary(getattr(aruco, dictionary))
    if count > len(known.bytesList):
        raise SettingError(f"dictionary: {dictionary} has {len(known.bytesList)} markers, and {count} are asked for")
    side = int(known.markerSize) + 2
    drawn = [aruco.generateImageMarker(known, number, side) for number in range(count)]
    return np.asarray(np.stack(drawn) == 0, np.float32)
