"""The picture with what was found drawn on it, for eyes: legible on any skin and to colour-blind readers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement
from analysis.picture import Channels, as_bgr8

TERMINAL_BGR = (200, 47, 255)
VELLUS_BGR = (26, 255, 196)
FRAME_BGR = (255, 140, 47)
CASING_BGR = (20, 20, 20)
"""Magenta, lime and blue, as on the clinic's page: they differ in lightness as well as hue, and the dark casing parts
them from skin and hair."""
_SHIFT = 4  # OpenCV draws at 1/16 px


def draw_overlay(
    picture: NDArray[np.generic], measurement: Measurement, *, channels: Channels = "bgr"
) -> NDArray[np.uint8]:
    """Draw roots as dots, centrelines by kind, and the frame's outline.

    Parameters
    ----------
    picture : ndarray
        The picture that was measured, of any type `measure` takes.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        BGR.
    """
    canvas = as_bgr8(picture, channels)
    thickness = max(1, round(10 / measurement.um_per_px))
    x0, y0, x1, y1 = measurement.frame_px
    outline = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    for colour, width in ((CASING_BGR, thickness + 2), (FRAME_BGR, thickness)):
        _polyline(canvas, outline, colour, width, closed=True)
    for colour_of, width in ((lambda _: CASING_BGR, thickness + 2), (_kind_bgr, thickness)):
        for hair in measurement.hairs:
            _polyline(canvas, hair.centreline_px, colour_of(hair.kind), width, closed=False)
    for colour_of, grow in ((lambda _: CASING_BGR, 1.6), (_kind_bgr, 1.0)):
        for hair in measurement.hairs:
            centre = tuple(round(v * 2**_SHIFT) for v in hair.root_px)
            radius = round(18 / measurement.um_per_px * grow * 2**_SHIFT)
            cv2.circle(canvas, (centre[0], centre[1]), radius, colour_of(hair.kind), cv2.FILLED, cv2.LINE_AA, _SHIFT)
    return canvas


def _kind_bgr(kind: str) -> tuple[int, int, int]:
    return TERMINAL_BGR if kind == "terminal" else VELLUS_BGR


def _polyline(
    canvas: NDArray[np.uint8], points: NDArray[np.float64], bgr: tuple[int, int, int], width: int, *, closed: bool
) -> None:
    fixed = np.rint(points * 2**_SHIFT).astype(np.int32)
    cv2.polylines(canvas, [fixed], closed, bgr, width, cv2.LINE_AA, _SHIFT)
