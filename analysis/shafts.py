"""Step 7, shafts: the diameter and the pigmentation of every hair, from its known centreline.

Each shaft is cut across, seen along its own difference in colour from the skin, and fitted as a bar between blurred
edges together with the shafts beside it.  Below three sigmas of blur width and depth are one quantity (a thin black
shaft looks like a wider grey one): there the diameter is an upper limit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from analysis import bar_fits, cross_sections, shaft_colours
from analysis.bar_fits import Bars
from analysis.cross_sections import SECTIONS, Sections
from analysis.picture import Picture
from analysis.pigmentation import Pigmentation, pigmentation
from analysis.seen_blur import CLEAN_RESIDUAL, LEAST_EDGE_DEPTH, USUAL_SIGMA_UM, seen_blur
from analysis.shaft_colours import Colours
from analysis.shaft_profiles import profiles

WIDEST_UM = 160.0
"""No scalp hair is wider; a fit beyond is two shafts."""
RESOLVED_SIGMAS = 3.0

FEWEST_CLEAN = 2
RESIDUAL_OF_NOISE = 1.5
"""A section is clean too where the model leaves little more than the skin's own texture."""
FURTHEST_CENTRE_PX, FURTHEST_CENTRE_SHARE = 3.5, 0.4
"""How far off a line may lie: so many px, or this share of the shaft's width, so that it lies on the shaft still."""
FREE_EDGE_SIGMAS = 1.0
"""An edge nearer than this to a shaft beside may be hidden under it."""
SHARED_SD_SHARE = 0.1
"""Two shafts that lie over one another look by up to `cross_sections.SAME_SHAFT_SHARE` wider than one."""
LARGEST_SD_SHARE = 0.5
ROUGH_AT_MOST, ROUGH_AT_MOST_SHARED, ROUGH_AT_LEAST = 2.0, 1.5, 0.35
"""Of the rough width: a fit beyond has taken up a neighbour, or what lies on the shaft."""
LARGEST_DIAMETER_SD_SHARE = 0.15
"""A hair whose diameter is less sure than this has none: its sections tell of different things."""

_SD_OF_MEDIAN = 1.2533  # standard error of a median over that of a mean, for normal scatter
_SD_OF_MAD = 1.4826

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Shafts:
    """What is known of each hair's shaft, one entry each.

    Parameters
    ----------
    diameter_um : ndarray, shape (hairs,)
        Median projected width over the clean sections; NaN where there are too few. Where `limited`, an upper limit.
    diameter_sd_um : ndarray, shape (hairs,)
        Its standard uncertainty, from the scatter of the sections and of each fit; NaN where there is no diameter, and
        where it is a limit. The uncertainty of scale and blur is not in it.
    limited : ndarray of bool, shape (hairs,)
        The shaft is thinner than three sigmas of blur.
    shared : ndarray of bool, shape (hairs,)
        The diameter is that of a visible shaft on which another line runs too: of the one on top, or of both.
    clean_sections : ndarray of int, shape (hairs,)
        Of ``SECTIONS``.
    contrast : ndarray, shape (hairs,)
        Length of the colour difference to the skin over that of the skin's colour, by the clean sections; NaN without.
    lighter : ndarray of bool, shape (hairs,)
        The shaft's core is lighter than its skin.
    direction_bgr : ndarray, shape (hairs, 3)
        Unit weights of the channels along which the shaft was seen.
    pigmentation : Pigmentation
        Colour of the core and of the skin beside.
    blur_sigma_px : float
        Blur that was used, in working pixels: the middle one of all shafts.
    blur_estimated : bool
        It was not given, or the shafts' edges are clearly sharper: theirs was used.
    defocused : bool
        It was given, and the shafts' edges are clearly softer: theirs was used.
    """

    diameter_um: Array
    diameter_sd_um: Array
    limited: Bools
    shared: Bools
    clean_sections: NDArray[np.intp]
    contrast: Array
    lighter: Bools
    direction_bgr: Array
    pigmentation: Pigmentation
    blur_sigma_px: float
    blur_estimated: bool
    defocused: bool = False

    def chosen(self, which: Bools) -> Shafts:
        """Keep some of them."""
        kept = {name: getattr(self, name)[which] for name in _PER_HAIR}
        colours = Pigmentation(self.pigmentation.lab[which], self.pigmentation.skin_lab[which])
        return replace(self, **kept, pigmentation=colours)


_PER_HAIR = (
    "diameter_um",
    "diameter_sd_um",
    "limited",
    "shared",
    "clean_sections",
    "contrast",
    "lighter",
    "direction_bgr",
)


def measure_shafts(
    working: Picture,
    centrelines_px: list[Array],
    rough_widths_px: Array,
    blur_sigma_px: Array | float | None = None,
) -> Shafts:
    """Measure the shafts of known centrelines.

    Parameters
    ----------
    working : Picture
        At the working scale.
    centrelines_px : list of ndarray, each of shape (n, 2)
        Middles of all shafts of the picture from root to tip, (x, y) at the working scale, n >= 2, within about 1.5 px.
        Hairs that need no figure belong here too: what is not named is taken for skin.
    rough_widths_px : ndarray, shape (hairs,)
        Within about 40 %.
    blur_sigma_px : ndarray, shape (hairs,), or float, optional
        Gaussian blur of best focus at each shaft, at the working scale, which `analysis.seen_blur` starts from.
        Default: read from the shafts' own edges.
    """
    if not centrelines_px:
        return _none(working, blur_sigma_px)
    rough = np.maximum(np.asarray(rough_widths_px, float), 1.0)
    sections = cross_sections.cut(working, centrelines_px, rough)
    colours = shaft_colours.observe(sections, rough)
    calibrated_px = None if blur_sigma_px is None else np.broadcast_to(np.asarray(blur_sigma_px, float), rough.shape)
    blur = seen_blur(sections, colours, rough, calibrated_px, working.um_per_px)
    sigma_px = blur.sigma_px
    bars = _fit(sections, colours, rough, sigma_px)
    clean = _clean(bars, sections, colours, rough, sigma_px) & (bars.widths_px * working.um_per_px < WIDEST_UM)
    clean = _unshared_where_enough(clean, sections.shared)
    widths_px = bars.widths_px * _squareness(bars.centres_px, sections.along_px, clean)
    diameter_px, sd_px, limited = _diameters(widths_px, bars.widths_sd_px, clean, sections.shared, sigma_px=sigma_px)
    measured = np.isfinite(diameter_px)
    usable = clean & (measured & ~limited)[sections.hair]
    blank = np.where(usable, 0.0, np.nan)
    depth = _weighted_median(np.abs(bars.depths).reshape(-1, SECTIONS), clean.reshape(-1, SECTIONS).astype(float))
    length = np.sqrt((colours.direction_bgr**2).sum(axis=1))
    difference = np.sqrt((colours.difference_bgr**2).sum(axis=1) / (colours.skin_bgr**2).sum(axis=1))
    return Shafts(
        diameter_um=diameter_px * working.um_per_px,
        diameter_sd_um=np.where(limited, np.nan, sd_px) * working.um_per_px,
        limited=limited,
        shared=measured & (clean & sections.shared).reshape(-1, SECTIONS).any(axis=1),
        clean_sections=clean.reshape(-1, SECTIONS).sum(axis=1),
        contrast=np.where(measured, depth * difference, np.nan),
        lighter=colours.difference_bgr.sum(axis=1) > 0,
        direction_bgr=colours.direction_bgr / np.maximum(length, 1e-12)[:, None],
        pigmentation=pigmentation(
            sections,
            bars.centres_px + blank,
            bars.widths_px + blank,
            colours.skin_bgr,
            sigma_px[sections.hair],
            linear_light=working.linear_light,
        ),
        blur_sigma_px=float(np.median(sigma_px)),
        blur_estimated=blur.estimated,
        defocused=blur.defocused,
    )


def _none(working: Picture, blur_sigma_px: Array | float | None) -> Shafts:
    nothing, colours = np.zeros(0), np.zeros((0, 3))
    return Shafts(
        diameter_um=nothing,
        diameter_sd_um=nothing,
        limited=np.zeros(0, bool),
        shared=np.zeros(0, bool),
        clean_sections=np.zeros(0, np.intp),
        contrast=nothing,
        lighter=np.zeros(0, bool),
        direction_bgr=colours,
        pigmentation=Pigmentation(colours, colours),
        blur_sigma_px=USUAL_SIGMA_UM / working.um_per_px if blur_sigma_px is None else float(np.median(blur_sigma_px)),
        blur_estimated=blur_sigma_px is None,
    )


def _fit(sections: Sections, colours: Colours, rough: Array, sigma_px: Array) -> Bars:
    """Fit all sections, those with as many bars together."""
    count = len(sections.hair)
    beside = (sections.beside >= 0).sum(axis=1)
    parts, order = [], []
    for number in np.unique(beside):
        rows = np.flatnonzero(beside == number)
        order.append(rows)
        seen = profiles(sections, colours, rough, rows, int(number))
        parts.append(bar_fits.fit(seen, sigma_px[sections.hair[rows]]))
    back = np.empty(count, np.intp)
    back[np.concatenate(order)] = np.arange(count)
    return Bars(*(np.concatenate([getattr(part, field.name) for part in parts])[back] for field in fields(Bars)))


def _clean(bars: Bars, sections: Sections, colours: Colours, rough: Array, sigma_px: Array) -> Bools:
    """Whether each section shows this shaft alone, both its edges free, and nothing the model does not know."""
    width, off = bars.widths_px, np.abs(bars.centres_px)
    expected, sigma_px = rough[sections.hair], sigma_px[sections.hair]
    reach = width / 2 + 2 * sigma_px
    across = np.abs(sections.offsets_px - bars.centres_px[:, None]) < reach[:, None]
    whole = (sections.own | ~across).all(axis=1) & (off + reach < sections.offsets_px[:, -1])
    left_over = np.maximum(CLEAN_RESIDUAL, RESIDUAL_OF_NOISE * colours.noise[sections.hair])
    return np.asarray(
        whole
        & (bars.residuals < left_over)
        & (bars.widths_sd_px < LARGEST_SD_SHARE * np.maximum(width, RESOLVED_SIGMAS * sigma_px))
        & (off < np.maximum(FURTHEST_CENTRE_PX, FURTHEST_CENTRE_SHARE * width))
        & (bars.gaps_px > FREE_EDGE_SIGMAS * sigma_px)
        & (np.abs(bars.edge_depths).min(axis=1) > LEAST_EDGE_DEPTH)
        & (width < np.where(sections.shared, ROUGH_AT_MOST_SHARED, ROUGH_AT_MOST) * expected)
        & (width > ROUGH_AT_LEAST * expected)
    )


def _unshared_where_enough(clean: Bools, shared: Bools) -> Bools:
    """Leave out sections shared with another line, but of hairs that have too few others."""
    alone = (clean & ~shared).reshape(-1, SECTIONS)
    enough = alone.sum(axis=1) >= FEWEST_CLEAN
    return np.asarray(np.where(enough[:, None], alone, clean.reshape(-1, SECTIONS)).ravel())


def _squareness(centres_px: Array, along_px: Array, clean: Bools) -> Array:
    """Cosine of the angle by which each cut is off the square, told by where its neighbours found the shaft.

    A line that runs askew over its shaft is cut askew; at 8 degrees the shaft would look 1 % wider.
    """
    centre, along = centres_px.reshape(-1, SECTIONS), along_px.reshape(-1, SECTIONS)
    told = clean.reshape(-1, SECTIONS)
    rise, run = centre[:, 2:] - centre[:, :-2], np.maximum(along[:, 2:] - along[:, :-2], 1.0)
    slope = np.zeros_like(centre)
    slope[:, 1:-1] = np.where(told[:, 2:] & told[:, :-2], rise / run, 0.0)
    slope[:, 0], slope[:, -1] = slope[:, 1], slope[:, -2]
    return np.asarray(1 / np.hypot(1.0, slope)).ravel()


def _diameters(
    widths_px: Array, widths_sd_px: Array, clean: Bools, shared: Bools, *, sigma_px: Array
) -> tuple[Array, Array, Bools]:
    """Median width, its standard uncertainty and whether it is a limit, each (hairs,)."""
    width, sd = widths_px.reshape(-1, SECTIONS), widths_sd_px.reshape(-1, SECTIONS)
    use = clean.reshape(-1, SECTIONS)
    count = use.sum(axis=1)
    # a floor under each fit's own uncertainty: what all models of a hair leave out
    weight = np.where(use, 1 / (sd**2 + (0.03 * width) ** 2 + 0.1**2), 0.0)
    diameter = _weighted_median(width, weight)
    scatter = _SD_OF_MAD * _weighted_median(np.abs(width - diameter[:, None]), weight)
    fitted = np.sqrt(count / np.maximum(np.where(use, np.maximum(sd, 1e-3) ** -2.0, 0.0).sum(axis=1), 1e-12))
    effective = weight.sum(axis=1) ** 2 / np.maximum((weight**2).sum(axis=1), 1e-12)
    uncertainty = np.hypot(_SD_OF_MEDIAN * np.maximum(scatter, fitted) / np.sqrt(np.maximum(effective, 1)), 0.05)
    of_two = (use & shared.reshape(-1, SECTIONS)).any(axis=1)
    uncertainty = np.hypot(uncertainty, SHARED_SD_SHARE * diameter * of_two)
    limited = (count >= FEWEST_CLEAN) & (diameter < RESOLVED_SIGMAS * sigma_px)
    limit = np.maximum(RESOLVED_SIGMAS * sigma_px, diameter + 2 * uncertainty)
    known = (count >= FEWEST_CLEAN) & (limited | (uncertainty < LARGEST_DIAMETER_SD_SHARE * diameter))
    diameter = np.where(known, np.where(limited, limit, diameter), np.nan)
    return diameter, np.where(known, uncertainty, np.nan), limited


def _weighted_median(values: Array, weights: Array) -> Array:
    """Median of each row by weight, between the two values that share half of it; without weight, of no meaning."""
    order = np.argsort(values, axis=1)
    values, weights = np.take_along_axis(values, order, axis=1), np.take_along_axis(weights, order, axis=1)
    below = np.cumsum(weights, axis=1) - weights / 2
    half = weights.sum(axis=1) / 2
    row = np.arange(len(values))
    upper = np.clip((below < half[:, None]).sum(axis=1), 1, values.shape[1] - 1)
    gap = below[row, upper] - below[row, upper - 1]
    share = np.clip((half - below[row, upper - 1]) / np.maximum(gap, 1e-12), 0, 1)
    return np.asarray(values[row, upper - 1] + share * (values[row, upper] - values[row, upper - 1]))
