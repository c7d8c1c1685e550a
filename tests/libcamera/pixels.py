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
from tests.libcamera.sensor import Picture
from tests.libcamera.streams import RAW_FORMAT, StreamConfiguration

#: Raw value of black and of white, in a sensor of 10 bits.
RAW_BLACK = 64
RAW_WHITE = RAW_BLACK + 3 * 255


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


def _packed_raw(picture: Picture) -> Picture:
    """Return the red, green, green, blue mosaic, four pixels in five bytes as on the camera's serial bus (CSI-2)."""
    height, width = picture.shape[:2]
    mosaic: NDArray[np.uint16] = np.empty((height, width), np.uint16)
    mosaic[::2, ::2] = picture[::2, ::2, 2]
    mosaic[::2, 1::2] = picture[::2, 1::2, 1]
    mosaic[1::2, ::2] = picture[1::2, ::2, 1]
    mosaic[1::2, 1::2] = picture[1::2, 1::2, 0]
    four = (mosaic * 3 + RAW_BLACK).reshape(height, width // 4, 4)
    packed = np.empty((height, width // 4, 5), np.uint8)
    packed[..., :4] = four >> 2
    low = four & 3
    packed[..., 4] = low[..., 0] | low[..., 1] << 2 | low[..., 2] << 4 | low[..., 3] << 6
    return packed.reshape(height, -1)


_ENCODERS = {
    "RGB888": _three_channels,
    "BGR888": lambda picture: _three_channels(_reversed(picture)),
    "XRGB8888": _four_channels,
    "XBGR8888": lambda picture: _four_channels(_reversed(picture)),
    "YUV420": _yuv420,
    RAW_FORMAT: _packed_raw,
}
