"""A picture of a target as linear light of one colour, and whether there was too much or too little of it."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.tone import to_light
from device.calibration.targets.refusals import Saturated, TooDark

Picture: TypeAlias = NDArray[np.uint8] | NDArray[np.float32]
Plane: TypeAlias = NDArray[np.float32]

_SHARES = np.array([[0.25, 0.5, 0.25]], np.float32)
"""Of B, G, R: a sensor has twice as many green pixels."""
_FULL_BYTE, _FULL_LIGHT = 254, 0.985
_MOST_FULL = 0.02
_LEAST_WHITE = 0.02


def light_of(picture: Picture) -> Plane:
    """Give the linear light of a picture, all colours in one.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8, sRGB-coded, or float32, linear, 0 to 1; three channels are B, G, R.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        0 to 1.

    Raises
    ------
    Saturated
        If more than 2 % of the pixels are as bright as can be.
    TooDark
        If even its brightest parts are near black.
    """
    full = _FULL_BYTE if picture.dtype == np.uint8 else _FULL_LIGHT
    brightest = picture if picture.ndim == 2 else picture.max(axis=2)
    share = float(np.mean(brightest >= full))
    if share > _MOST_FULL:
        raise Saturated(
            f"{share:.0%} of the picture is as bright as the camera can say, which moves edges: lower the "
            "exposure or the "
            "light until the target's white is about 80 %."
        )
    light = to_light(picture) if picture.dtype == np.uint8 else np.asarray(picture, np.float32)
    grey = light if light.ndim == 2 else np.asarray(cv2.transform(light, _SHARES), np.float32)
    if float(np.quantile(grey[::4, ::4], 0.98)) < _LEAST_WHITE:
        raise TooDark("The picture is nearly black: switch the light on, or raise the exposure.")
    return grey
