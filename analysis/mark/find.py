"""The tattooed mark: a dot of ink in the dermis, found between and under hairs, or not found, with a probability.

Ink takes red light, where melanin (hair, moles) takes blue first and blood takes green; so candidates are sought in the
red light that is missing beside the skin around, hairs left out, and a disc with a soft edge is fitted to each where no
hair lies.  How plausible a fitted disc is as a mark, `analysis.mark.plausibility` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.mark.disc import Disc, Surroundings, fit_disc
from analysis.mark.plausibility import features, probability

Plane: TypeAlias = NDArray[np.float32]

SMALLEST_MM, LARGEST_MM = 0.18, 0.9
"""Diameters that can be a mark: dots are tattooed 0.3 to 0.5 mm wide, and ink runs."""
SURE = 0.5
"""Probability from which a mark is said to be there."""
_WORKING_UM = 15.9
_WIDEST_HAIR_UM = 140.0
"""What is dark and narrower than this is hair; a dot of 0.3 mm is not."""
_HAIR_DROP = 0.20
"""Hair is darker than what lies beside it by this much at least, as a natural logarithm."""
_GLINT_DROP = 0.22
"""What is brighter than the skin by this much is gloss, a flake, or pale hair: ink never is."""
_PALE_HAIR_DROP = 0.3
_SD_GROWS = 9.5
"""By how much the fitted middle's uncertainty is too small, since texture and hairs left in are no pixel noise: the RMS
ratio of error to it on drawn marks; it grows further as the root of the share that is hidden."""
_MOST_SD_UM = 34.0
"""Beyond, the middle is not known well enough to say that the mark was found."""
_LEAST_HAIR_PX = 200
_REDLESS = 1.1
_SKIN_MM = 1.4
"""Over this far (sigma) the skin's own colour is averaged."""
_SOUGHT_MM = (0.10, 0.15)
"""Sigmas of the smoothing under which dots from 0.3 to 0.6 mm stand out most."""
_AROUND_MM = 0.35
_MOST_CANDIDATES = 14
_QUICK_STEPS = 5
_FITTED = 3
_LEAST_DROP = 0.03
_NEAR_MM = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A tattooed dot that was found.

    Parameters
    ----------
    centre_px : (float, float)
        (x, y) of the middle of its ink, origin at the centre of the picture's top-left pixel.
    diameter_mm : float
        To the middle of its soft edge.
    contrast : float
        Share of the skin's red value that is missing within it.
    probability : float
        That this is a tattooed mark, from 0.5 to 1.
    sd_um : float
        Standard uncertainty of the centre, in x and in y.
    """

    centre_px: tuple[float, float]
    diameter_mm: float
    contrast: float
    probability: float
    sd_um: float

    def from_middle_mm(self, picture_px: tuple[int, int], um_per_px: float) -> tuple[float, float]:
        """Right and down of the picture's middle.

        Parameters
        ----------
        picture_px : (int, int)
            Width and height of the picture in which it was found.
        um_per_px : float
            Its scale.
        """
        right, down = (
            (at - (side - 1) / 2) * um_per_px / 1000.0 for at, side in zip(self.centre_px, picture_px, strict=True)
        )
        return right, down


def find_mark(
    picture: NDArray[np.uint8] | Plane, um_per_px: float, *, near_px: tuple[float, float] | None = None
) -> Mark | None:
    """Find the tattooed mark.

    Parameters
    ----------
    picture : ndarray of uint8 or float32, shape (rows, columns) or (rows, columns, 3)
        Grey or B, G, R; floating point from 0 to 1.
    um_per_px : float
        Its scale. Finer pictures than 21 um/px are reduced first.
    near_px : (float, float), optional
        (x, y) where the mark is expected, within about a millimetre: it goes before its like elsewhere, and half the
        odds against it fall.

    Returns
    -------
    Mark or None
        The most probable one; None where nothing is more likely to be the mark than not.
    """
    seen, rough, middle_px = glimpses(picture, um_per_px)
    likeliest = sorted(rough, key=lambda disc: -probability(features(disc, seen)))[:_FITTED]
    best: tuple[float, Disc] | None = None
    for disc in whole_fits(seen, likeliest):
        chance = probability(features(disc, seen))
        if near_px is not None:
            off_um = math.dist(near_px, middle_px(disc)) * um_per_px
            chance = _raised(chance, 2.0 if off_um < 1000.0 * _NEAR_MM else 0.5)
        if _sd_um(disc, seen.mm_per_px) < _MOST_SD_UM and (best is None or chance > best[0]):
            best = chance, disc
    if best is None or best[0] < SURE:
        return None
    chance, disc = best
    return Mark(
        centre_px=middle_px(disc),
        diameter_mm=2 * disc.radius_px * seen.mm_per_px,
        contrast=1.0 - math.exp(-disc.drops[2]),
        probability=chance,
        sd_um=_sd_um(disc, seen.mm_per_px),
    )


def glimpses(
    picture: NDArray[np.uint8] | Plane, um_per_px: float
) -> tuple[Surroundings, list[Disc], Callable[[Disc], tuple[float, float]]]:
    """Fit a disc, roughly, wherever red light is missing over a dot's size.

    Parameters
    ----------
    picture, um_per_px
        As for `find_mark`.

    Returns
    -------
    Surroundings
        What discs are fitted to.
    list of Disc
    callable
        Gives a disc's middle (x, y) in the picture.
    """
    bgr, per_px = _reduced(picture, um_per_px)
    mm_per_px = um_per_px / 1000.0 / per_px[0]
    logs = np.log(np.maximum(bgr, np.float32(0.004)))
    drops, free = _drops(logs, mm_per_px)
    seen = Surroundings.of(logs, drops, free, mm_per_px)
    rough = (fit_disc(seen, place, every=2, steps=_QUICK_STEPS) for place in _places(drops, free, mm_per_px))
    return (
        seen,
        [disc for disc in rough if disc is not None],
        lambda disc: _to_picture_px((disc.x_px, disc.y_px), per_px),
    )


def whole_fits(seen: Surroundings, rough: list[Disc]) -> list[Disc]:
    """Fit discs again with all pixels; those that can be a mark by their size and place."""
    fitted = (fit_disc(seen, (disc.x_px, disc.y_px)) for disc in rough)
    return [disc for disc in fitted if disc is not None and _can_be(disc, seen.free.shape, seen.mm_per_px)]


def _can_be(disc: Disc, shape: tuple[int, ...], mm_per_px: float) -> bool:
    """Whether the disc is of a mark's size, and most of it within the picture: a shaft that the border cuts is none."""
    inset = 0.7 * disc.radius_px
    rows, columns = shape
    within = inset <= disc.x_px <= columns - 1 - inset and inset <= disc.y_px <= rows - 1 - inset
    return within and SMALLEST_MM <= 2 * disc.radius_px * mm_per_px <= LARGEST_MM


def _reduced(picture: NDArray[np.uint8] | Plane, um_per_px: float) -> tuple[Plane, tuple[float, float]]:
    """Reduce to the working scale, 0 to 1; with reduced pixels per pixel of the picture in x and y."""
    # whole pixels first, which OpenCV does ten times as fast
    whole = max(1, int(_WORKING_UM / um_per_px + 1e-6))
    rows, columns = (max(1, side // whole) for side in picture.shape[:2])
    small = picture[: rows * whole, : columns * whole]
    if whole > 1:
        small = _resized(small, (columns, rows))
    shrink = um_per_px * whole / _WORKING_UM
    size = (columns, rows)
    if shrink < 0.87:
        size = max(1, round(columns * shrink)), max(1, round(rows * shrink))
        small = _resized(small, size)
    plane = np.asarray(small, np.float32) * np.float32(1 / 255 if picture.dtype == np.uint8 else 1.0)
    if plane.ndim == 2:
        plane = np.repeat(plane[:, :, None], 3, axis=2)
    return np.ascontiguousarray(plane), (size[0] / columns / whole, size[1] / rows / whole)


def _resized(picture: NDArray[np.uint8] | Plane, size: tuple[int, int]) -> NDArray[np.uint8] | Plane:
    smaller = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8) if picture.dtype == np.uint8 else np.asarray(smaller, np.float32)


def _to_picture_px(place_px: tuple[float, float], per_px: tuple[float, float]) -> tuple[float, float]:
    (x, y), (across, down) = place_px, per_px
    return (x + 0.5) / across - 0.5, (y + 0.5) / down - 0.5


def _sd_um(disc: Disc, mm_per_px: float) -> float:
    return _SD_GROWS * disc.sd_px * 1000.0 * mm_per_px / math.sqrt(max(disc.seen, 0.2))


def _raised(chance: float, odds: float) -> float:
    return odds * chance / (1.0 - chance + odds * chance)


def _drops(logs: Plane, mm_per_px: float) -> tuple[Plane, Plane]:
    """Light missing beside the skin around, and where skin or ink is seen.

    Returns
    -------
    drops : ndarray of float32, shape (rows, columns, 3)
        Natural logarithm of the skin's value over the pixel's, for blue, green and red.
    free : ndarray of float32, shape (rows, columns)
        1 where skin or ink is seen, 0 where hair, a glint or a flake lies.
    """
    narrow = _narrow(logs, mm_per_px)
    drops = _skin(logs, np.asarray(np.abs(narrow) < _HAIR_DROP, np.float32), mm_per_px) - logs
    blue_green = 0.5 * (drops[..., 0] + drops[..., 1])
    dark, bright = narrow > _HAIR_DROP, blue_green < -_GLINT_DROP
    dark_px = np.count_nonzero(dark & (blue_green > 0.3))
    if dark_px > max(0.006 * dark.size, 0.5 * np.count_nonzero(blue_green < -_PALE_HAIR_DROP)):
        of_hair = blue_green[dark]
        if of_hair.size > _LEAST_HAIR_PX:
            # shafts side by side are as wide as a dot, but darker in blue than ink in the dermis
            wide = _narrow(logs, 2 * mm_per_px / 3) > _HAIR_DROP
            hairs_own = 0.55 * float(np.percentile(of_hair, 80))
            dark |= (blue_green > hairs_own) & wide
            # a strip of ink between hairs is narrow and dark, but short of red and not as dark as they are
            dark &= (drops[..., 2] < _REDLESS * drops[..., 0]) | (blue_green > hairs_own)
    else:
        # among pale hairs ink is what is dark and narrow
        dark[:] = False
    wide = dark | (blue_green < -_PALE_HAIR_DROP)
    hidden = cv2.dilate(wide.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    free = np.asarray(~(hidden | bright), np.float32)
    return np.asarray(_skin(logs, free, mm_per_px) - logs, np.float32), free


def _narrow(logs: Plane, mm_per_px: float) -> Plane:
    """How much darker than closed over: hair. In blue and green, where hair is darkest beside ink."""
    steps = 64.0
    eight_bits = np.asarray(np.clip(255.0 + 0.5 * steps * (logs[..., 0] + logs[..., 1]), 0, 255), np.uint8)
    width = max(3, round(_WIDEST_HAIR_UM / 1000.0 / mm_per_px) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    closed = cv2.morphologyEx(eight_bits, cv2.MORPH_CLOSE, disc)
    return np.asarray(cv2.subtract(closed, eight_bits), np.float32) / np.float32(steps)


def _skin(logs: Plane, free: Plane, mm_per_px: float) -> Plane:
    """Average the skin's own colour around each place, as a logarithm."""
    coarse = max(1, round(0.16 / mm_per_px))
    size = max(1, logs.shape[1] // coarse), max(1, logs.shape[0] // coarse)
    seen = np.asarray(logs * free[..., None], np.float32)
    weighed = np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.float32)
    weight = np.asarray(cv2.resize(free, size, interpolation=cv2.INTER_AREA), np.float32) + np.float32(1e-4)
    sigma = _SKIN_MM / mm_per_px / coarse
    skin = cv2.GaussianBlur(weighed, (0, 0), sigma) / np.asarray(cv2.GaussianBlur(weight, (0, 0), sigma))[..., None]
    return np.asarray(cv2.resize(np.asarray(skin, np.float32), logs.shape[1::-1]), np.float32)


def _places(drops: Plane, free: Plane, mm_per_px: float) -> list[tuple[float, float]]:
    """Where more red than blue is missing over a dot's size than around it: (x, y), the most first."""
    size = max(1, drops.shape[1] // 2), max(1, drops.shape[0] // 2)
    ink = drops[..., 2] - 0.5 * drops[..., 0]
    weight = np.asarray(cv2.resize(free, size, interpolation=cv2.INTER_AREA), np.float32) + np.float32(1e-3)
    weighed = np.asarray(cv2.resize(ink * free, size, interpolation=cv2.INTER_AREA), np.float32)
    around = _mean(weighed, weight, 0.5 * _AROUND_MM / mm_per_px)
    stands_out = np.maximum.reduce(
        [np.asarray(_mean(weighed, weight, 0.5 * mm / mm_per_px) - around, np.float32) for mm in _SOUGHT_MM]
    )
    apart = round(0.5 * 0.3 / mm_per_px) | 1
    peaks = (stands_out >= cv2.dilate(stands_out, np.ones((apart, apart), np.uint8))) & (stands_out > _LEAST_DROP)
    rows, columns = np.nonzero(peaks)
    by_strength = np.argsort(-stands_out[rows, columns], kind="stable")[:_MOST_CANDIDATES]
    per = drops.shape[1] / size[0], drops.shape[0] / size[1]
    return [((columns[i] + 0.5) * per[0] - 0.5, (rows[i] + 0.5) * per[1] - 0.5) for i in by_strength]


def _mean(weighed: Plane, weight: Plane, sigma_px: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(weighed, (0, 0), sigma_px) / cv2.GaussianBlur(weight, (0, 0), sigma_px))
