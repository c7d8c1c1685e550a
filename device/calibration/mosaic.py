"""The colours of a raw mosaic, apart, as shares of what the sensor holds."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from device.camera.protocol import RawStill

Colour = Literal["blue", "green", "red", "grey"]
Samples = NDArray[np.uint16]

_NAMES: dict[str, Colour] = {"B": "blue", "G": "green", "R": "red"}


def samples_by_colour(raw: RawStill, middle_share: float = 1.0) -> dict[Colour, Samples]:
    """Take the mosaic's values apart by colour.

    Parameters
    ----------
    raw : RawStill
    middle_share : float
        Side of the part about the picture's middle that is taken, as a share of the picture's.

    Returns
    -------
    dict of str to ndarray of uint16, shape (samples,)
        "blue", "green" (both of a square of four), "red"; or "grey" alone.
    """
    rows, columns = raw.mosaic.shape
    high, wide = (max(2, int(side * middle_share) // 2 * 2) for side in (rows, columns))
    # an even start keeps the pattern
    top, left = (rows - high) // 2 // 2 * 2, (columns - wide) // 2 // 2 * 2
    part = raw.mosaic[top : top + high, left : left + wide]
    if raw.pattern == "MONO":
        return {"grey": part.ravel()}
    apart: dict[Colour, list[Samples]] = {}
    for place, letter in enumerate(raw.pattern):
        apart.setdefault(_NAMES[letter], []).append(part[place // 2 :: 2, place % 2 :: 2].ravel())
    return {colour: np.concatenate(samples) for colour, samples in apart.items()}


def share_of_full(raw: RawStill, value: float) -> float:
    """Give a raw value as a share of what the sensor holds, 0 at the black level and 1 at the white."""
    return (value - raw.black_level) / (raw.white_level - raw.black_level)
