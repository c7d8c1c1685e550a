"""From light to bytes: vignette, blur, noise, the colour filter, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.optics import DRAWN_SIGMA_PX, Light, Optics

Plane = NDArray[np.float32]
_ROWS_AT_ONCE = 64


def expose(picture: Plane, optics: Optics, light: Light, seed: int) -> NDArray[np.uint8]:
    """Turn a sharply drawn picture under even light into what the camera writes.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1, edges blurred by `DRAWN_SIGMA_PX`; overwritten.
    optics : Optics
        Blur, vignette, gains, noise, colour filter, compression.
    light : Light
        Level, tint, gradient.
    seed : int
        Of the noise.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        BGR.
    """
    rng = np.random.default_rng([seed, 51])
    _blur_to(picture, optics.blur_sigma_px)
    rows, columns = picture.shape[:2]
    middle_x, middle_y = optics.middle_px
    x = np.arange(columns, dtype=np.float32) - np.float32(middle_x)
    gains = np.asarray(optics.colour_gains, np.float32) * np.asarray(light.tint, np.float32)
    taken = np.empty((rows, columns) if optics.bayer else (rows, columns, 3), np.uint8)
    for top in range(0, rows, _ROWS_AT_ONCE):
        strip = picture[top : top + _ROWS_AT_ONCE]
        y = (np.arange(top, top + len(strip), dtype=np.float32) - np.float32(middle_y))[:, None]
        shade = 1.0 - optics.vignette * (x * x + y * y) / optics.half_diagonal_px**2
        shade *= 1.0 + light.gradient[0] * x / columns + light.gradient[1] * y / rows
        strip *= (255.0 * light.level * np.maximum(shade, 0.0))[:, :, None]
        strip *= gains
        values = _mosaic(strip) if optics.bayer else strip
        variance = np.maximum(values, 0.0) * np.float32(255.0 / optics.full_well_e) + np.float32(optics.read_noise**2)
        values = values + np.sqrt(variance) * rng.standard_normal(values.shape, dtype=np.float32)
        taken[top : top + len(strip)] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    if optics.bayer:
        # OpenCV names a mosaic by its second row and column: RGGB is its "BayerBG"
        taken = np.asarray(cv2.cvtColor(taken, cv2.COLOR_BayerBG2BGR_EA), np.uint8)
    if optics.jpeg_quality is not None:
        _, packed = cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, optics.jpeg_quality])
        taken = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return taken


def _blur_to(picture: Plane, sigma_px: float) -> None:
    """Blur in place what has `DRAWN_SIGMA_PX` to `sigma_px`."""
    variance = sigma_px**2 - DRAWN_SIGMA_PX**2
    if variance < 0.5:
        # a sampled Gaussian this narrow is too narrow; three taps have the variance exactly
        taps = np.array([variance / 2, 1.0 - variance, variance / 2])
        cv2.sepFilter2D(picture, -1, taps, taps, dst=picture)
    else:
        cv2.GaussianBlur(picture, (0, 0), float(np.sqrt(variance)), dst=picture)


def _mosaic(strip: Plane) -> Plane:
    """One colour per pixel, red at the first. A strip starts on an even row."""
    mosaic = strip[:, :, 1].copy()
    mosaic[0::2, 0::2] = strip[0::2, 0::2, 2]
    mosaic[1::2, 1::2] = strip[1::2, 1::2, 0]
    return mosaic
