"""What the camera sees without light: the dark level, and pixels that shine in it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from analysis.tone import to_light
from device.calibration.targets.refusals import TargetRefused

Picture = NDArray[np.uint8]
Linearise = Callable[[Picture], NDArray[np.float32]]

_BRIGHTEST_DARK = 0.02
_HOT_SIGMAS, _HOT_LIGHT = 8.0, 0.01
_MOST_HOT = 2000


class NotDark(TargetRefused):
    """The dark picture has light in it, or a sensor with too many hot pixels."""

    reason = "not-dark"


class DarkFrame(BaseModel):
    """What the camera sees without light.

    Parameters
    ----------
    level
        Linear light of darkness in blue, green, red, to be taken away.
    noise
        Standard deviation about it, robust.
    hot_px
        (x, y) of pixels that shine in the dark.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: tuple[float, float, float]
    noise: float
    hot_px: tuple[tuple[int, int], ...]


def measure_dark(picture: Picture, linearise: Linearise = to_light) -> DarkFrame:
    """Measure the dark level and find hot pixels.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR, without light.
    linearise : callable
        What turns a picture into linear light; the sRGB curve by default.

    Raises
    ------
    NotDark
        If there is light in the picture, or more hot pixels than a sensor in order has.
    """
    every = max(1, int(np.sqrt(picture.shape[0] * picture.shape[1] / 250_000)))
    sample = linearise(np.ascontiguousarray(picture[::every, ::every])).reshape(-1, 3).astype(float)
    level = np.median(sample, axis=0)
    noise = float(np.sqrt(np.mean(np.clip(sample - level, None, np.quantile(sample - level, 0.999)) ** 2)))
    coarse = linearise(cv2.resize(picture, (16, 12), interpolation=cv2.INTER_AREA).astype(np.uint8))
    brightest = max(float(level.max()), float(coarse.max()))
    if brightest > _BRIGHTEST_DARK:
        raise NotDark(
            f"The dark picture has {brightest:.1%} of full light: switch the lights off, cover "
            "the camera, and take it again."
        )
    limit = level.max() + max(_HOT_SIGMAS * noise, _HOT_LIGHT)
    hot: list[tuple[int, int]] = []
    for top in range(0, len(picture), 128):
        ys, xs = np.nonzero(linearise(picture[top : top + 128]).max(axis=2) > limit)
        hot.extend((int(x), int(y) + top) for x, y in zip(xs, ys, strict=True))
        if len(hot) > _MOST_HOT:
            raise NotDark(
                f"More than {_MOST_HOT} pixels shine in the dark: let the camera cool down and take the dark picture "
                "again; if they stay, have the camera replaced."
            )
    return DarkFrame(level=(float(level[0]), float(level[1]), float(level[2])), noise=noise, hot_px=tuple(hot))
