"""Which blur the shafts came through: the calibrated one, and what their own edges tell of it.

A calibrated blur is that of best focus.  A picture a little out of focus adds to it, in squares as blurs do, and shows
it at the edges of every well resolved shaft.  On drawn scalps the dark shafts of one picture tell the blur within 6 %,
whatever their number (brown hair looks soft, and pale hair with its dark rims is not asked); calibration tells it
within 5 %.  What they tell beyond the calibrated blur is believed by the share that it has of itself and of that doubt
together, in squares: a small excess is mostly doubt, a large one is defocus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis import bar_fits
from analysis.bar_fits import PALE_RIM
from analysis.cross_sections import Sections
from analysis.shaft_colours import Colours
from analysis.shaft_profiles import profiles

USUAL_SIGMA_UM = 8.0
"""Blur of a focused contact dermoscope: where the search for the picture's own begins, and what is taken where not one
shaft shows it."""
SHARPEST_SIGMA_PX, SOFTEST_SIGMA_PX = 0.5, 6.0
MOST_SECTIONS, FEWEST_SECTIONS = 300, 8
ROUGHLY_RESOLVED_SIGMAS, RESOLVED_SIGMAS = 3.0, 5.0
"""Shafts whose edges stand so far apart, by their rough and by their fitted width, tell the blur from the width."""
SD_SHARE = 0.25
CLEAN_RESIDUAL = 0.1
LEAST_EDGE_DEPTH = 0.2
COMMON_DOUBT_SHARE = 0.075
"""Standard uncertainty of the told blur over the calibrated one, which no number of shafts lessens."""
FEWEST_SHAFTS = 4
"""Fewer do not overrule a calibration."""
CLEARLY_SIGMAS = 2.0

_SD_OF_MEDIAN = 1.2533 * 1.4826  # standard error of a median, by the median deviation of normal scatter

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SeenBlur:
    """Blur of the picture at each shaft.

    Parameters
    ----------
    sigma_px : ndarray, shape (hairs,)
        In working pixels.
    estimated : bool
        It is the shafts' own: none was calibrated, or their edges are clearly sharper than the calibrated blur, which
        is then no best focus. (Where no shaft tells a blur, the usual one is taken.)
    defocused : bool
        The edges are clearly softer than the calibrated blur.
    """

    sigma_px: Array
    estimated: bool
    defocused: bool


def seen_blur(
    sections: Sections, colours: Colours, rough_widths_px: Array, calibrated_px: Array | None, um_per_px: float
) -> SeenBlur:
    """Choose the blur at each shaft.

    Parameters
    ----------
    rough_widths_px : ndarray, shape (hairs,)
        Within about 40 %.
    calibrated_px : ndarray, shape (hairs,), or None
        Calibrated blur at each shaft, in working pixels.
    um_per_px : float
        Working scale.
    """
    if calibrated_px is None:
        usual = np.full(len(rough_widths_px), USUAL_SIGMA_UM / um_per_px)
        told = _told(sections, colours, rough_widths_px, usual, sure=np.ones(len(usual), bool))
        return SeenBlur(usual if told is None else np.full_like(usual, np.median(told.sigmas_px)), True, False)
    told = _told(sections, colours, rough_widths_px, calibrated_px, sure=colours.rim < PALE_RIM)
    excess, doubt = (0.0, 1.0) if told is None else _excess(told, calibrated_px)
    # of an excess x with the doubt d about x^2 / (x^2 + d^2) is true, if excesses of its size are as likely as none
    believed = excess**3 / (excess**2 + doubt**2)
    sharpest_px = np.minimum(calibrated_px, SHARPEST_SIGMA_PX)
    sigma_px = np.sqrt(np.maximum(calibrated_px**2 + believed, sharpest_px**2))
    return SeenBlur(sigma_px, excess < -CLEARLY_SIGMAS * doubt, excess > CLEARLY_SIGMAS * doubt)


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Sections that tell the blur: the shaft and the fitted sigma of each."""

    hair: NDArray[np.intp]
    sigmas_px: Array


def _told(
    sections: Sections, colours: Colours, rough: Array, first_px: Array, *, sure: NDArray[np.bool_]
) -> _Told | None:
    """Fit the blur too on lone, well resolved shafts of those that are `sure`; None where too few sections tell it."""
    lone = ~sections.shared & (sections.beside < 0).all(axis=1) & sections.own.all(axis=1)
    rows = np.flatnonzero(lone & (sure & (rough > ROUGHLY_RESOLVED_SIGMAS * first_px))[sections.hair])
    rows = rows[:: max(1, len(rows) // MOST_SECTIONS)]
    if len(rows) < FEWEST_SECTIONS:
        return None
    hair = sections.hair[rows]
    bars = bar_fits.fit(profiles(sections, colours, rough, rows, 0), first_px[hair], sigma_free=True)
    sigma = bars.sigmas_px
    telling = (
        (bars.residuals < CLEAN_RESIDUAL)
        & (bars.widths_px > RESOLVED_SIGMAS * sigma)
        & (bars.sigmas_sd_px < SD_SHARE * sigma)
        & (np.abs(bars.edge_depths).min(axis=1) > LEAST_EDGE_DEPTH)
        & (sigma > SHARPEST_SIGMA_PX)
        & (sigma < SOFTEST_SIGMA_PX)
    )
    return _Told(hair[telling], sigma[telling]) if telling.sum() >= FEWEST_SECTIONS else None


def _excess(told: _Told, calibrated_px: Array) -> tuple[float, float]:
    """Square of the blur that comes to the calibrated one, and its standard uncertainty."""
    shafts = np.unique(told.hair)
    if len(shafts) < FEWEST_SHAFTS:
        return 0.0, 1.0
    # the sections of one shaft are one witness: what softens its edge does so all along
    sigma_px = np.array([np.median(told.sigmas_px[told.hair == shaft]) for shaft in shafts])
    excess = sigma_px**2 - calibrated_px[shafts] ** 2
    middle = float(np.median(excess))
    own_sd = _SD_OF_MEDIAN * float(np.median(np.abs(excess - middle))) / np.sqrt(len(shafts))
    common_sd = 2 * COMMON_DOUBT_SHARE * float(np.median(calibrated_px[shafts])) ** 2
    return middle, float(np.hypot(own_sd, common_sd))
