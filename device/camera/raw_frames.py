"""Raw frames as they lie in the camera's memory, into one number a pixel.

libcamera names their formats by colour order, bits and packing: "SRGGB10_CSI2P" has four pixels in five bytes, as they
come over the camera's serial bus (MIPI CSI-2), "SRGGB12_CSI2P" two in three, and "SRGGB10" one in two bytes. A Pi 5
fills all 16 bits from the top, or compresses ("RGGB_PISP_COMP1"), which nothing here undoes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from device.camera.errors import RawUnavailable
from device.camera.protocol import FrameMetadata, HeldTo, Pattern, RawStill

_FORMAT = re.compile(r"S?(?P<order>[RGB]+)(?P<bits>\d+)(?:_(?P<packing>\w+))?")
_BLACK_LEVELS_BITS = 16


def raw_still(
    rows: NDArray[np.uint8],
    stream: dict[str, Any],
    sensor_bits: int,
    *,
    black_levels: Sequence[float] | None,
    metadata: FrameMetadata,
    aim: HeldTo | None,
) -> RawStill:
    """Make a raw still of a frame's memory.

    Parameters
    ----------
    rows : ndarray of uint8, shape (rows, bytes)
        The memory, rows with what fills them up.
    stream
        The raw stream's configuration, as picamera2 has it: `format`, and `size` in pixels.
    sensor_bits
        Bits of the sensor's converter.
    black_levels
        As the frame's metadata give them, a colour each, as they would be in 16 bits.
    metadata, aim
        To go with it.

    Raises
    ------
    RawUnavailable
        When the format cannot be read, or the metadata lack the black level.
    """
    name = str(stream["format"])
    found = _FORMAT.fullmatch(name)
    pattern = _pattern(found["order"]) if found is not None else None
    if found is None or pattern is None or found["packing"] not in (None, "CSI2P"):
        raise RawUnavailable(
            f"This board gives raw values only as {name}, which cannot be read here",
            "Update python3-libcamera and python3-picamera2 with apt: they can give raw values uncompressed",
        )
    width, height = stream["size"]
    bits = int(found["bits"])
    mosaic = _unpacked(rows[:height], width, bits, packed=found["packing"] is not None)
    if not black_levels:
        raise RawUnavailable(
            "The camera does not say how dark its black is, so raw values mean nothing",
            "Update python3-libcamera with apt, so that frames tell their SensorBlackLevels",
        )
    # In 16 bits the converter's bits lie at the top, and its greatest value is less than 65535.
    white = float(((1 << sensor_bits) - 1) << (16 - sensor_bits)) if bits == 16 else float((1 << bits) - 1)
    black = sum(black_levels) / len(black_levels) * 2.0 ** (bits - _BLACK_LEVELS_BITS)
    return RawStill(mosaic, black, white, pattern, metadata, aim)


def _pattern(order: str) -> Pattern | None:
    """Return the colour order by our names; a sensor without colours is "R" to libcamera."""
    named = "MONO" if order == "R" else order
    return next((pattern for pattern in get_args(Pattern) if pattern == named), None)


def _unpacked(rows: NDArray[np.uint8], width: int, bits: int, *, packed: bool) -> NDArray[np.uint16]:
    """Return uint16 [row, column] of frame memory uint8 [row, byte].

    Raises
    ------
    RawUnavailable
        For a packing that no sensor of the board's uses.
    """
    if not packed:
        return np.ascontiguousarray(rows[:, : 2 * width]).view("<u2").astype(np.uint16, copy=False)
    if bits not in (10, 12):
        raise RawUnavailable(f"Raw values packed in {bits} bits cannot be read here", "Use a sensor of 10 or 12 bits")
    pixels, low_bits = (4, 2) if bits == 10 else (2, 4)
    groups = -(-width // pixels)
    group = rows[:, : groups * (pixels + 1)].reshape(len(rows), groups, pixels + 1)
    mosaic = np.empty((len(rows), groups, pixels), np.uint16)
    # Each group: the pixels' high eight bits, a byte each, then their low bits in one byte, the first pixel's lowest.
    for pixel in range(pixels):
        low = (group[:, :, pixels] >> (low_bits * pixel)) & ((1 << low_bits) - 1)
        mosaic[:, :, pixel] = (group[:, :, pixel].astype(np.uint16) << low_bits) | low
    return np.ascontiguousarray(mosaic.reshape(len(rows), -1)[:, :width])
