"""The light: too little, too much, glare, and how much of it is lost towards the edges."""

from __future__ import annotations

import cv2
import numpy as np

from device.quality.seen import Mask, Plane, Seen

DARK, BRIGHT = 0.06, 0.985
"""Shares of full scale: below the one 8 bits hold too few steps for a thin hair, from the other on light is cut off."""
_FALL_OFF_CELLS = (8, 6)
_SKIN_QUANTILE = 0.8
_VEIL = 0.45


def under_share(seen: Seen) -> float:
    """Share of the optic's field whose brightest colour is below ``DARK``."""
    return float((_most(seen.bgr)[seen.inside] < DARK).mean())


def over_share(seen: Seen) -> float:
    """Share of the optic's field of which at least one colour is cut off."""
    return float((_most(seen.bgr)[seen.inside] >= BRIGHT).mean())


def veiled(seen: Seen) -> Mask:
    """Where the lamp's own light covers the skin's: nearer to white than to the usual skin in its dimmest colour."""
    least = np.minimum(np.minimum(seen.bgr[..., 0], seen.bgr[..., 1]), seen.bgr[..., 2])
    usual = float(np.median(least[seen.inside]))
    return np.asarray((least > usual + _VEIL * (1 - usual)) & seen.inside)


def fall_off_share(seen: Seen) -> float | None:
    """Share of the light that the dimmest part of the field lacks beside the brightest; None in too small a field."""
    columns, rows = _FALL_OFF_CELLS
    brightest = []
    grey = np.asarray(cv2.cvtColor(seen.bgr, cv2.COLOR_BGR2GRAY), np.float32)
    for strip, inside in zip(np.array_split(grey, rows), np.array_split(seen.inside, rows), strict=True):
        cells = zip(np.array_split(strip, columns, axis=1), np.array_split(inside, columns, axis=1), strict=True)
        brightest += [float(np.quantile(cell[held], _SKIN_QUANTILE)) for cell, held in cells if held.mean() > 0.8]
    if len(brightest) < columns * rows / 4:
        return None
    return 1.0 - min(brightest) / max(*brightest, 1e-6)


def _most(bgr: Plane) -> Plane:
    return np.maximum(np.maximum(bgr[..., 0], bgr[..., 1]), bgr[..., 2])
