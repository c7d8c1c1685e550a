"""From a still to a calibrated picture: even light, true colour, and one scale over the whole field.

The still is read strip by strip: its values become light, the light is evened and its colours set, it is laid onto a
square grid of one scale, and coded as sRGB once, at the end.  A picture of 12 MP never exists in floating point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import tone
from device.calibration.flat_field import Evener
from device.calibration.geometry import Geometry
from device.calibration.record import Results
from device.lights import Light

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

_NODE_PX = 16
"""Between nodes of this distance a distortion of 5 % bends by less than 0.01 px in a picture of 2000 px."""
_STRIP_NODES = 8
_MARGIN_PX = 4
"""Rows beyond those that a strip maps to: what the interpolation reaches for."""
_SHRINK = 0.998


@dataclass(frozen=True, eq=False)
class Correction:
    """What turns a still into a calibrated picture; parts that were not calibrated are left as they are.

    Parameters
    ----------
    linearise : callable
        What turns the still's values into linear light.
    evener : Evener or None
        What makes that light even.
    colour : ndarray, shape (3, 3), or None
        From the camera's linear B, G, R to linear sRGB's.
    geometry : Geometry
        Of the still.
    """

    linearise: Callable[[Picture], Plane]
    evener: Evener | None
    colour: NDArray[np.float64] | None
    geometry: Geometry

    @property
    def um_per_px(self) -> float:
        """Scale of the calibrated picture: that of the still's middle."""
        return self.geometry.um_per_px

    def size_px(self) -> tuple[int, int]:
        """Width and height of the calibrated picture: the largest of the still's shape that the still fills."""
        width, height = self.geometry.size_px
        share = 1.0
        while not self._filled(_even(width * share), _even(height * share)):
            share *= _SHRINK
        return _even(width * share), _even(height * share)

    def apply(self, still: Picture) -> Picture:
        """Correct a still.

        Parameters
        ----------
        still
            uint8 [row, column, 3], B, G, R, of the size that was calibrated.

        Returns
        -------
        ndarray of uint8, shape (rows, columns, 3)
            sRGB-coded, of the size that `size_px` says.
        """
        width, height = self.size_px()
        nodes = self._nodes(width, height)
        corrected = np.empty((height, width, 3), np.uint8)
        for top in range(0, height, _STRIP_NODES * _NODE_PX):
            rows = min(_STRIP_NODES * _NODE_PX, height - top)
            x, y = _between(nodes[top // _NODE_PX : top // _NODE_PX + _STRIP_NODES + 2], rows, width)
            first = max(0, int(y.min()) - _MARGIN_PX)
            last = min(len(still), int(np.ceil(float(y.max()))) + _MARGIN_PX + 1)
            light = self._light(still[first:last], first)
            seen = cv2.remap(light, x, y - np.float32(first), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            corrected[top : top + rows] = tone.to_bytes(np.asarray(seen, np.float32))
        return corrected

    def from_still_px(self, still_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give where points (n, 2) of a still lie in its calibrated picture."""
        width, height = self.size_px()
        mm = self.geometry.to_mm(still_px)
        return np.asarray(mm * (1000.0 / self.um_per_px) + [(width - 1) / 2, (height - 1) / 2])

    def _light(self, strip: Picture, first: int) -> Plane:
        """Light of the still's rows from `first` on, evened and in true colours."""
        light = self.linearise(strip)
        if self.evener is not None:
            self.evener.even(light, first)
        if self.colour is not None:
            light = np.asarray(cv2.transform(light, self.colour), np.float32)
        return light

    def _filled(self, width: int, height: int) -> bool:
        """Whether a corrected picture of that size shows nothing from beyond the still."""
        x, y = np.linspace(0, width - 1, 65), np.linspace(0, height - 1, 65)
        edge = np.concatenate(
            [np.column_stack([x, np.full(65, row)]) for row in (0, height - 1)]
            + [np.column_stack([np.full(65, column), y]) for column in (0, width - 1)]
        )
        source = self._source_px(edge, width, height)
        return bool((source >= 0).all() and (source <= np.asarray(self.geometry.size_px) - 1).all())

    def _source_px(self, px: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
        """Where in the still each (x, y) of the corrected picture lies; both pictures show the same in their middle."""
        from_middle_mm = (px - [(width - 1) / 2, (height - 1) / 2]) * (self.um_per_px / 1000.0)
        return self.geometry.to_px(from_middle_mm)

    def _nodes(self, width: int, height: int) -> Plane:
        """Source (x, y) at the middles of squares of `_NODE_PX` and of one beyond on every side, (rows, columns, 2)."""
        x, y = ((np.arange(-1, -(-side // _NODE_PX) + 1) + 0.5) * _NODE_PX - 0.5 for side in (width, height))
        grid = np.stack(np.meshgrid(x, y), axis=-1)
        source = self._source_px(grid.reshape(-1, 2), width, height)
        return source.reshape(grid.shape).astype(np.float32)


def correction_of(results: Results, light: Light) -> Correction:
    """Make the correction of what a calibration found.

    Parameters
    ----------
    results
        The geometry at least. Without a tone curve stills are taken for sRGB-coded.
    light
        That the stills are taken in.
    """
    if results.geometry is None:
        raise ValueError("without a geometry there is nothing to correct to")
    colour = None if results.colour is None else results.colour.whole()
    return Correction(linearise_of(results), evener_of(results, light), colour, results.geometry)


def linearise_of(results: Results) -> Callable[[Picture], Plane]:
    """Give what turns a still's values into linear light: the measured tone curve, sRGB's where there is none."""
    return tone.to_light if results.response is None else results.response.linearise


def evener_of(results: Results, light: Light) -> Evener | None:
    """Give what makes a light even; None where no flat field was taken."""
    flat = results.flat_fields.get(light)
    return None if flat is None else Evener(flat, results.dark)


def _even(side: float) -> int:
    return 2 * int(side / 2)


def _between(nodes: Plane, rows: int, columns: int) -> tuple[Plane, Plane]:
    """Source x and y of each pixel of a strip, by the nodes that lie in it and one beyond on every side."""
    stretched = (nodes.shape[1] * _NODE_PX, nodes.shape[0] * _NODE_PX)
    x, y = (
        cv2.resize(np.ascontiguousarray(nodes[..., axis]), stretched, interpolation=cv2.INTER_LINEAR)[
            _NODE_PX : _NODE_PX + rows, _NODE_PX : _NODE_PX + columns
        ]
        for axis in (0, 1)
    )
    return np.ascontiguousarray(x), np.ascontiguousarray(y)
