"""Pictures into frame memory, in the pixel formats of the stand-in libcamera.

libcamera names formats by the DRM fourcc: the bytes of "RGB888" lie in memory as blue, green, red, and those of
"BGR888" as red, green, blue.
"""

from __future__ import annotations

import mmap

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.libcamera.buffers import FrameBuffer
from tests.libcamera.sensor import Light, Picture
from tests.libcamera.streams import StreamConfiguration

#: Raw value of black and of the most light, in a sensor of 10 bits.
RAW_BLACK = 64
RAW_WHITE = 1023


def write_picture(picture: Picture, stream: StreamConfiguration, buffer: FrameBuffer) -> None:
    """Write a BGR picture into a buffer, rows padded to the stream's stride."""
    rows = _ENCODERS[str(stream.pixel_format)](picture)
    with mmap.mmap(buffer.planes[0].fd, stream.frame_size) as memory:
        target = np.frombuffer(memory, np.uint8).reshape(-1, stream.stride)
        if str(stream.pixel_format) == "YUV420":
            _write_planes(rows, target, stream)
        else:
            target[:, : rows.shape[1]] = rows
        del target  # or the map cannot be closed


def write_raw(light: Light, bits: int, stream: StreamConfiguration, buffer: FrameBuffer) -> None:
    """Write what a sensor of so many bits reads of the light, 0 to 1, blue, green, red, into a buffer."""
    black, white = RAW_BLACK << (bits - 10), (1 << bits) - 1
    values = np.rint(black + (white - black) * np.clip(_mosaic(light), 0, 1)).astype(np.uint16)
    rows = _RAW_ENCODERS[str(stream.pixel_format)](values, bits)
    with mmap.mmap(buffer.planes[0].fd, stream.frame_size) as memory:
        target = np.frombuffer(memory, np.uint8).reshape(-1, stream.stride)
        target[:, : rows.shape[1]] = rows
        del target


def _write_planes(rows: Picture, target: Picture, stream: StreamConfiguration) -> None:
    """Write Y, U and V one after the other; the colour planes have half the stride."""
    width, height = stream.size.width, stream.size.height
    target[:height, :width] = rows[:height]
    colour = target[height:].reshape(-1, stream.stride // 2)
    colour[:, : width // 2] = rows[height:].reshape(-1, width // 2)


def _three_channels(picture: Picture) -> Picture:
    return picture.reshape(picture.shape[0], -1)


def _four_channels(picture: Picture) -> Picture:
    return np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]).reshape(picture.shape[0], -1)


def _reversed(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[..., ::-1])


def _yuv420(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)


def _mosaic(light: Light) -> NDArray[np.float32]:
    """Return the red, green, green, blue mosaic."""
    mosaic = light[..., 1].copy()
    mosaic[::2, ::2] = light[::2, ::2, 2]
    mosaic[1::2, 1::2] = light[1::2, 1::2, 0]
    return mosaic


def _packed_raw(values: NDArray[np.uint16], bits: int) -> Picture:
    """Return pixels packed as on the camera's serial bus (CSI-2): four of 10 bits in five bytes, two of 12 in three."""
    together, low_bits = {10: (4, 2), 12: (2, 4)}[bits]
    height, width = values.shape
    groups = values.reshape(height, width // together, together)
    packed = np.zeros((height, width // together, together + 1), np.uint8)
    packed[..., :together] = groups >> low_bits
    for pixel in range(together):
        packed[..., together] |= ((groups[..., pixel] & ((1 << low_bits) - 1)) << (pixel * low_bits)).astype(np.uint8)
    return packed.reshape(height, -1)


def _words(values: NDArray[np.uint16], _bits: int) -> Picture:
    return np.ascontiguousarray(values).view(np.uint8)


def _words_filled_from_the_top(values: NDArray[np.uint16], bits: int) -> Picture:
    return _words((values << (16 - bits)).astype(np.uint16), bits)


def _not_to_be_read(values: NDArray[np.uint16], bits: int) -> Picture:
    """Stand for compressed values, a byte each."""
    return (values >> (bits - 8)).astype(np.uint8)


_RAW_ENCODERS = {
    "SRGGB10_CSI2P": _packed_raw,
    "SRGGB12_CSI2P": _packed_raw,
    "SRGGB10": _words,
    "SRGGB12": _words,
    "SRGGB16": _words_filled_from_the_top,
    "RGGB_PISP_COMP1": _not_to_be_read,
}
_ENCODERS = {
    "RGB888": _three_channels,
    "BGR888": lambda picture: _three_channels(_reversed(picture)),
    "XRGB8888": _four_channels,
    "XBGR8888": lambda picture: _four_channels(_reversed(picture)),
    "YUV420": _yuv420,
}
