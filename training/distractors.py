"""What lies on real skin and is no hair, put over a crop's relief while learning: folds, veils, wet glare, dust."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.learned.evidence import ROOT

Plane = NDArray[np.float32]

_SCATTERED_BGR = np.array([0.55, 0.85, 1.0], np.float32)
"""Hair under the skin darkens red most: the skin above it scatters blue back."""


def disturb(relief: Plane, planes: NDArray[np.uint8], rng: np.random.Generator) -> Plane:
    """Lay distractors over a crop, each in some crops only.

    Parameters
    ----------
    relief : ndarray of float32, shape (2 h, 2 w, 3)
        Left as it is.
    planes : ndarray of uint8, shape (PLANES, h, w)
        Its truth, which stays true.
    """
    shape = relief.shape[:2]
    changed = relief.copy()
    if rng.random() < 0.5:
        changed += _folds(shape, rng)[..., None] * rng.uniform(0.8, 1.1, 3).astype(np.float32)
    if rng.random() < 0.45:
        changed += _veils(planes[ROOT], shape, rng)[..., None] * _SCATTERED_BGR
    if rng.random() < 0.3:
        _add_dust(changed, rng)
    if rng.random() < 0.35:
        wet = _wet(shape, rng)[..., None]
        brightest = np.float32(rng.uniform(0.25, 0.6))
        changed += wet * (brightest - changed)
    return changed


def _noise(shape: tuple[int, ...], pitch_px: float, stretch: float, rng: np.random.Generator) -> Plane:
    """Smooth noise drawn out along a direction, SD near 0.7."""
    side = int(np.hypot(shape[0], shape[1])) + 2
    lattice = rng.standard_normal((int(side / pitch_px) + 3, int(side / pitch_px / stretch) + 3), dtype=np.float32)
    wide = cv2.resize(lattice, (side, side), interpolation=cv2.INTER_CUBIC)
    turn = np.asarray(cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.uniform(0, 360)), 1.0), np.float64)
    turn[:, 2] -= (side - np.array(shape[::-1])) / 2
    return np.asarray(cv2.warpAffine(wide, turn, shape[::-1], borderMode=cv2.BORDER_REFLECT), np.float32)


def _folds(shape: tuple[int, ...], rng: np.random.Generator) -> Plane:
    """Creases where a drawn-out noise crosses zero, 20 to 130 um wide, that come and go."""
    folds = np.zeros(shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        pitch = rng.uniform(25, 110)
        course = _noise(shape, pitch, rng.uniform(2, 6), rng)
        slope = 1.2 / pitch
        width = rng.uniform(2, 12) * slope
        there = np.clip(0.3 + _noise(shape, 60, 1.5, rng), 0, 1)
        folds -= np.float32(rng.uniform(0.04, 0.3)) * np.exp(-((course / width) ** 2)) * there
    return folds


def _veils(roots: NDArray[np.uint8], shape: tuple[int, ...], rng: np.random.Generator) -> Plane:
    """Broad shadows of hair under the skin, about the roots, all to one side."""
    heat = cv2.resize(roots.astype(np.float32) / 255, shape[::-1], interpolation=cv2.INTER_LINEAR)
    heading, away = rng.uniform(0, 2 * np.pi), rng.uniform(0, 30)
    shift = np.array([[1, 0, away * np.cos(heading)], [0, 1, away * np.sin(heading)]])
    moved = cv2.warpAffine(heat, shift, shape[::-1])
    sigma = rng.uniform(7, 24)
    veil = cv2.GaussianBlur(moved, (0, 0), sigma) * (2 * np.pi * sigma**2 / 80)
    texture = 0.7 + 0.3 * _noise(shape, 12, 1.5, rng)
    return np.asarray(-np.float32(rng.uniform(0.1, 0.6)) * np.tanh(veil) * texture, np.float32)


def _wet(shape: tuple[int, ...], rng: np.random.Generator) -> Plane:
    """Share of saturated light: patches and streaks of a wet film."""
    film = _noise(shape, rng.uniform(8, 40), rng.uniform(1, 4), rng) + 0.8 * _noise(shape, 120, 1.0, rng)
    return np.asarray(np.clip((film - rng.uniform(0.9, 1.8)) * rng.uniform(1, 5), 0, 0.95), np.float32)


def _add_dust(relief: Plane, rng: np.random.Generator) -> None:
    """Draw small dark crumbs, no longer than twice as long as wide."""
    for _ in range(int(rng.integers(1, 8))):
        at = tuple(int(v) for v in rng.integers(0, relief.shape[0], 2))
        short = rng.uniform(1.5, 7)
        axes = (int(np.ceil(short * rng.uniform(1, 2))), int(np.ceil(short)))
        deep = (-rng.uniform(0.3, 2.0) * rng.uniform(0.7, 1.0, 3)).tolist()
        crumb = np.zeros(relief.shape[:2], np.float32)
        cv2.ellipse(crumb, at, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, cv2.FILLED, cv2.LINE_8)
        low, high = np.maximum(np.array(at) - 24, 0), np.array(at) + 24
        part = (slice(low[1], high[1]), slice(low[0], high[0]))
        soft = cv2.GaussianBlur(crumb[part], (0, 0), float(rng.uniform(0.7, 1.8)))[..., None]
        relief[part] += soft * (np.array(deep, np.float32) - relief[part])
