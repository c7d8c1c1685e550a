"""From light to bytes: vignette, blur, noise, the colour filter, tone, sharpening, what is burnt in, compression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.colour import values_of
from phantom.optics import DRAWN_SIGMA_PX, Light, Optics
from phantom.swath import step

Plane = NDArray[np.float32]
Values = NDArray[np.uint8]

RAW_WHITE = np.float32(4095.0)
"""A converter of 12 bits."""

SHARPENED_SIGMA_PX = 1.2
"""Of the blurred copy that an unsharp mask takes away."""
_ROWS_AT_ONCE = 64
_STRAY = 0.012
_DARK_BELOW = 0.2


def expose(
    picture: Plane, optics: Optics, light: Light, seed: int, draw_over: Callable[[Values], None] | None = None
) -> Values:
    """Turn a sharply drawn picture under even light into what the camera writes.

    Parameters
    ----------
    picture : ndarray of float32, shape (rows, columns, 3)
        BGR from 0 to 1, edges blurred by `DRAWN_SIGMA_PX`; overwritten. Light where `optics.linear_light`, else values.
    optics : Optics
        Blur, vignette, field, gains, noise, colour filter, tone curve, sharpening, compression.
    light : Light
        Level, tint, gradient.
    seed : int
        Of the noise.
    draw_over : callable, optional
        Draws upon the picture before it is compressed.

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
    developed = optics.gamma != 1.0 or optics.sharpening > 0.0
    # what is sharpened is rounded once, after it; but a mosaic is rounded as the sensor does
    shape = (rows, columns) if optics.bayer else (rows, columns, 3)
    taken: NDArray[Any] = np.empty(shape, np.uint16 if optics.linear_light and optics.bayer else np.uint8)
    if developed and not optics.bayer:
        taken = np.empty(shape, np.float32)
    for top in range(0, rows, _ROWS_AT_ONCE):
        strip = picture[top : top + _ROWS_AT_ONCE]
        y = (np.arange(top, top + len(strip), dtype=np.float32) - np.float32(middle_y))[:, None]
        shade = 1.0 - optics.vignette * (x * x + y * y) / optics.half_diagonal_px**2
        if optics.field_mm is not None:
            shade *= _let_through(optics, x, y)
        shade *= 1.0 + light.gradient[0] * x / columns + light.gradient[1] * y / rows
        strip *= (255.0 * light.level * np.maximum(shade, 0.0))[:, :, None]
        strip *= gains
        values = _mosaic(strip) if optics.bayer else strip
        variance = np.maximum(values, 0.0) * np.float32(255.0 / optics.full_well_e) + np.float32(optics.read_noise**2)
        values = values + np.sqrt(variance) * rng.standard_normal(values.shape, dtype=np.float32)
        taken[top : top + len(strip)] = _held(values, taken.dtype, optics)
    if optics.bayer:
        # OpenCV names a mosaic by its second row and column: RGGB is its "BayerBG"
        full = cv2.cvtColor(taken, cv2.COLOR_BayerBG2BGR_EA)
        taken = np.asarray(np.rint(255.0 * values_of(full / RAW_WHITE)) if optics.linear_light else full, np.uint8)
    written = _develop(taken, optics) if developed else np.asarray(taken, np.uint8)
    if draw_over is not None:
        draw_over(written)
    if optics.jpeg_quality is not None:
        _, packed = cv2.imencode(".jpg", written, [cv2.IMWRITE_JPEG_QUALITY, optics.jpeg_quality])
        written = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return written


def outside_field(optics: Optics) -> NDArray[np.bool_]:
    """Where the round field lets less than a fifth of the light through, shape (rows, columns)."""
    columns, rows = optics.size_px
    if optics.field_mm is None:
        return np.zeros((rows, columns), np.bool_)
    x, y = (np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2) for side in optics.size_px)
    return np.asarray(_let_through(optics, x, y[:, None]) < _DARK_BELOW)


def _held(values: Plane, kind: np.dtype[Any], optics: Optics) -> NDArray[Any]:
    """Keep of a strip (0 to 255) bytes or floats of values, which light is coded to first; raw of a mosaic of light."""
    if optics.linear_light:
        light = np.clip(values / np.float32(255.0), 0.0, 1.0)
        if optics.bayer:
            return np.asarray(np.rint(RAW_WHITE * light), np.uint16)
        values = np.float32(255.0) * values_of(light)
    whole = values if kind == np.dtype(np.float32) else np.rint(values)
    return np.asarray(np.clip(whole, 0, 255).astype(kind))


def _let_through(optics: Optics, x: Plane, y: Plane) -> Plane:
    """Share of the light within a round field, at offsets in px from the picture's middle; little strays past it."""
    px_per_mm = 1000.0 / optics.um_per_px
    sigma_px = 0.5 * optics.field_rim_mm * px_per_mm
    inside = step((0.5 * (optics.field_mm or 0.0) * px_per_mm - np.hypot(x, y)) / sigma_px)
    return np.asarray(_STRAY + (1.0 - _STRAY) * inside, np.float32)


def _develop(taken: NDArray[Any], optics: Optics) -> Values:
    """Bend the tone curve, then sharpen: edges overshoot, as they do where a device's own processor does this."""
    values = np.asarray(taken, np.float32)
    if optics.gamma != 1.0:
        values = np.float32(255.0) * (values / np.float32(255.0)) ** np.float32(optics.gamma)
    if optics.sharpening > 0.0:
        soft = cv2.GaussianBlur(values, (0, 0), SHARPENED_SIGMA_PX)
        values = values + np.float32(optics.sharpening) * (values - soft)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


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
