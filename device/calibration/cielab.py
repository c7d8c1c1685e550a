"""CIELAB under D65 from linear sRGB and back, and the colour difference CIEDE2000."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TO_XYZ = np.array(
    [[0.1804375, 0.3575761, 0.4124564], [0.0721750, 0.7151522, 0.2126729], [0.9503041, 0.1191920, 0.0193339]]
)
"""From linear sRGB (IEC 61966-2-1), columns in the order B, G, R."""
_TO_BGR = np.linalg.inv(_TO_XYZ)
_WHITE = _TO_XYZ.sum(axis=1)
_EDGE = 6 / 29
_HAIRBREADTH_DEG = 1e-9


def lab_of(light: Array) -> Array:
    """Give CIELAB (CIE 15:2004, D65) of linear sRGB.

    Parameters
    ----------
    light : ndarray, shape (..., 3)
        Linear B, G, R; 1 is white.

    Returns
    -------
    ndarray, shape (..., 3)
        L*, a*, b*.
    """
    share = np.asarray(light, float) @ _TO_XYZ.T / _WHITE
    bent = np.where(share > _EDGE**3, np.cbrt(share), share / (3 * _EDGE**2) + 4 / 29)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def light_of(lab: Array) -> Array:
    """Undo `lab_of`, for shape (..., 3); colours that sRGB does not hold lie outside of 0 to 1."""
    lab = np.asarray(lab, float)
    y = (lab[..., 0] + 16) / 116
    bent = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    share = np.where(bent > _EDGE, bent**3, 3 * _EDGE**2 * (bent - 4 / 29))
    return np.asarray(share * _WHITE @ _TO_BGR.T)


def delta_e_2000(one: Array, other: Array) -> Array:
    """Give the colour difference CIEDE2000, all weights 1.

    After Sharma, Wu and Dalal 2005, Color Res. Appl. 30:21, whose notes on hues settle what the standard leaves open.

    Parameters
    ----------
    one, other : ndarray, shape (..., 3)
        L*, a*, b*.

    Returns
    -------
    ndarray, shape (...)
    """
    l1, a1, b1 = np.moveaxis(np.asarray(one, float), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, float), -1, 0)
    mean_chroma7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma7 / (mean_chroma7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = (h2 - h1 + 180) % 360 - 180
    # half a turn is the formula's seam: the last digit of a hue must not choose its side
    turn = np.where(np.abs(turn) > 180 - _HAIRBREADTH_DEG, np.sign(h2 - h1) * 180, turn)
    turn = np.where(grey, 0.0, turn)
    hue_step = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    together = h1 + h2
    apart = np.abs(h1 - h2) > 180 + _HAIRBREADTH_DEG
    mean_hue = np.where(apart, np.where(together < 360, together + 360, together - 360), together) / 2
    mean_hue = np.where(grey, together, mean_hue)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    weave = (
        1
        - 0.17 * np.cos(np.radians(mean_hue - 30))
        + 0.24 * np.cos(np.radians(2 * mean_hue))
        + 0.32 * np.cos(np.radians(3 * mean_hue + 6))
        - 0.20 * np.cos(np.radians(4 * mean_hue - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * weave
    rotation = 60 * np.exp(-(((mean_hue - 275) / 25) ** 2))
    r_t = -np.sin(np.radians(rotation)) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    lightness, chroma, hue = (l2 - l1) / s_l, (c2 - c1) / s_c, hue_step / s_h
    return np.asarray(np.sqrt(lightness**2 + chroma**2 + hue**2 + r_t * chroma * hue))
