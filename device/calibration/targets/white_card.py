"""Whether a picture shows a white card that calibration can use: not saturated, filling the picture, and plain."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.targets.refusals import HalfOutOfView, Saturated, TargetRefused

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]
Linearise = Callable[[Picture], NDArray[np.float32]]

_BRIGHTEST, _MOST_CLIPPED = 250, 0.001
_BLOCK_PX = 4
_MOST_TEXTURE = 0.015
_MOST_JUMP, _MOST_JUMPS = 0.10, 0.004
_LEAST_LEFT = 0.25
"""Of the middle's light: less is no fall-off but the edge of the card."""


class Textured(TargetRefused):
    """The card is not plain."""

    reason = "textured"


def require_unsaturated(picture: Picture) -> None:
    """Refuse a picture uint8 (rows, columns, 3) of which more than a thousandth is as bright as codes go.

    Raises
    ------
    Saturated
    """
    clipped = float(np.mean([np.mean(picture[top : top + 256] >= _BRIGHTEST) for top in range(0, len(picture), 256)]))
    if clipped > _MOST_CLIPPED:
        raise Saturated(
            f"{clipped:.1%} of the white card is as bright as the camera can say: lower the exposure or the light and "
            "take it again."
        )


def require_filled(share: Array) -> None:
    """Refuse a card whose edge is in view: a fall-off is gradual, an edge is a step over many cells.

    Parameters
    ----------
    share : ndarray, shape (rows of cells, columns of cells)
        Linear light, as a share of the middle's.

    Raises
    ------
    HalfOutOfView
    """
    calm = cv2.medianBlur(share.astype(np.float32), 3)
    beyond = float(np.mean(calm < _LEAST_LEFT))
    jumps = [np.abs(np.diff(np.log(np.maximum(calm, 1e-3)), axis=axis)) > _MOST_JUMP for axis in (0, 1)]
    if beyond > 0 or sum(int(j.sum()) for j in jumps) > max(2, _MOST_JUMPS * calm.size):
        raise HalfOutOfView(
            "The white card does not fill the picture, or something lies on it: lay it so that nothing else is in view "
            "and take it again."
        )


def require_plain(picture: Picture, linearise: Linearise) -> None:
    """Refuse a texture: means of small blocks scatter about their surroundings by more than noise does.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR; the green of some patches is looked at.
    linearise : callable
        What turns a picture into linear light.

    Raises
    ------
    Textured
    """
    rows, columns = picture.shape[:2]
    found = []
    for top in range(0, rows - 31, max(32, rows // 16 // 32 * 32)):
        for left in range(0, columns - 31, max(32, columns // 16 // 32 * 32)):
            cell = linearise(np.ascontiguousarray(picture[top : top + 32, left : left + 32, 1:2]))[:, :, 0]
            blocks = cell.reshape(32 // _BLOCK_PX, _BLOCK_PX, 32 // _BLOCK_PX, _BLOCK_PX).mean(axis=(1, 3))
            curved = (
                blocks[1:-1, 1:-1] - (blocks[:-2, 1:-1] + blocks[2:, 1:-1] + blocks[1:-1, :-2] + blocks[1:-1, 2:]) / 4
            )
            pixels = cell[1:-1, 1:-1] - (cell[:-2, 1:-1] + cell[2:, 1:-1] + cell[1:-1, :-2] + cell[1:-1, 2:]) / 4
            # noise of single pixels, averaged over a block, is what a plain card shows
            noise = np.median(np.abs(pixels)) / _BLOCK_PX
            scatter = np.median(np.abs(curved))
            found.append(1.33 * float(np.sqrt(max(scatter**2 - noise**2, 0.0))) / max(float(blocks.mean()), 1e-6))
    if (texture := float(np.median(found))) > _MOST_TEXTURE:
        raise Textured(
            f"The card's own texture is {texture:.1%} of its light, {_MOST_TEXTURE:.1%} at most serves: lay a plain "
            "matt card under the camera, a little out of focus, and take it again."
        )
