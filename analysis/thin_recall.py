"""An option: how many of the thin hairs of *this* picture would have been found.

Thin hairs of known place are drawn into its empty skin, in its own colours, directions and blur, and looked for as
the picture's own were.  What is found of them is the recall that its light, focus and skin allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import tone
from analysis.exclusions import Frame
from analysis.picture import Picture, Plane
from analysis.view import LINE_UM_PER_PX, View

DRAWN_UM = 25.0
"""Half of the vellus hairs are thinner, half thicker."""
LENGTH_UM = 500.0
CLEAR_UM, APART_UM = 220.0, LENGTH_UM + 100.0
"""The middle of a drawn hair keeps so far from own hairs and the frame's edge, and from the next one's."""
MOST_DRAWN = 60
FEWEST_DRAWN = 12
"""Fewer tell nothing."""
USUAL_SHARE = 0.5
"""A thin hair's contrast, as a share of the usual hair's, where the picture has none to go by: finer shafts are paler
and let the skin through."""
THIN_UM = 40.0
FEWEST_OWN = 3
_BESIDE_UM = 80.0
_FOUND_WITHIN_UM, _FOUND_WITHIN_RAD = 60.0, np.deg2rad(35.0)
_SEED = 7

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ThinHair:
    """What the drawn hairs are like.

    Parameters
    ----------
    relative_bgr : ndarray, shape (3,)
        Colour of the shaft over that of the skin.
    sigma_px : float
        Blur of the working picture.
    """

    relative_bgr: Array
    sigma_px: float

    @classmethod
    def of(cls, working: Picture, own_px: list[Array], widths_um: Array, sigma_px: float) -> ThinHair:
        """Take the looks of the picture's own thin hairs or, where they are few, half the contrast of all."""
        if not own_px:
            return cls(np.full(3, USUAL_SHARE), sigma_px)
        seen = np.array([_relative_bgr(working, line) for line in own_px])
        thin = widths_um < THIN_UM
        if thin.sum() >= FEWEST_OWN:
            return cls(np.median(seen[thin], axis=0), sigma_px)
        return cls(1 - USUAL_SHARE * (1 - np.median(seen, axis=0)), sigma_px)


@dataclass(frozen=True, slots=True)
class Recall:
    """Drawn hairs, and those of them that were found."""

    drawn: int
    found: int

    def missed(self, thin_found: int) -> tuple[float, float]:
        """Estimate how many thin hairs were not seen, and the standard deviation of that.

        Parameters
        ----------
        thin_found : int
            Of the picture's own.
        """
        share = (self.found + 1) / (self.drawn + 2)  # Laplace's rule: not even all found is certainty
        missed = thin_found * (1 - share) / share
        share_sd = (share * (1 - share) / (self.drawn + 3)) ** 0.5
        return missed, float(np.hypot(thin_found * share_sd / share**2, missed**0.5))


def recall(
    working: Picture,
    frame: Frame,
    own_px: list[Array],
    hair: ThinHair,
    find: Callable[[Picture], list[Array]],
) -> Recall | None:
    """Draw thin hairs into empty skin and look for them.

    Parameters
    ----------
    working : Picture
        At the working scale.
    frame : Frame
        Where hairs count.
    own_px : list of ndarray, each of shape (n, 2)
        The picture's own hairs from root to tip, (x, y) at the working scale.
    hair : ThinHair
        What to draw.
    find : callable
        Finds the hairs of a picture as its own were found.

    Returns
    -------
    Recall or None
        None where there is no room for ``FEWEST_DRAWN`` hairs.
    """
    view = View.of(working)
    places = _places(frame, [view.to_line_px(line) for line in own_px])
    if len(places) < FEWEST_DRAWN:
        return None
    middles = view.to_working_px(places)
    angles = _angles(middles, own_px)
    bgr = working.bgr.copy()
    for middle, angle in zip(middles, angles, strict=True):
        _draw(bgr, working, middle, float(angle), hair)
    found = find(replace(working, bgr=bgr))
    seen = (_is_found(m, float(a), found, working.um_per_px) for m, a in zip(middles, angles, strict=True))
    return Recall(len(middles), sum(seen))


def _places(frame: Frame, own_px: list[Array]) -> Array:
    """Middles (x, y) of hairs to draw where skin is empty, all at the line scale, shape (n, 2)."""
    empty = frame.counts.astype(np.uint8)
    for line in own_px:
        cv2.polylines(empty, [np.rint(line).astype(np.int32).reshape(-1, 1, 2)], False, 0)
    away = cv2.distanceTransform(np.pad(empty, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    rows, columns = np.nonzero(away > CLEAR_UM / LINE_UM_PER_PX)
    chosen: list[Array] = []
    for at in np.random.default_rng(_SEED).permutation(len(rows)):
        place = np.array([columns[at], rows[at]], float)
        if all(np.hypot(*(place - other)) > APART_UM / LINE_UM_PER_PX for other in chosen):
            chosen.append(place)
        if len(chosen) == MOST_DRAWN:
            break
    return np.array(chosen).reshape(-1, 2)


def _angles(middles: Array, own_px: list[Array]) -> Array:
    """Directions as the nearest hair's; by chance where there is none."""
    if not own_px:
        return np.random.default_rng(_SEED).uniform(0, np.pi, len(middles))
    starts, ends = (np.array([line[end] for line in own_px]) for end in (0, -1))
    nearest = [int(np.hypot(*(starts - middle).T).argmin()) for middle in middles]
    course = (ends - starts)[nearest]
    return np.asarray(np.arctan2(course[:, 1], course[:, 0]))


def _relative_bgr(working: Picture, line: Array) -> Array:
    """Colour of a shaft's middle over that of the skin on both sides, shape (3,)."""
    course = np.gradient(line, axis=0)
    course /= np.maximum(np.hypot(*course.T), 1e-9)[:, None]
    half = slice(len(line) // 4, 3 * len(line) // 4 + 1)
    beside = np.column_stack([-course[:, 1], course[:, 0]])[half] * _BESIDE_UM / working.um_per_px
    bgr = working.bgr
    core, left, right = (
        np.median(bgr[_clipped(at[:, 1], bgr.shape[0]), _clipped(at[:, 0], bgr.shape[1])], axis=0)
        for at in (line[half], line[half] + beside, line[half] - beside)
    )
    return np.asarray(core / np.maximum((left + right) / 2, 0.02), float)


def _clipped(at: Array, size: int) -> NDArray[np.intp]:
    return np.rint(at).astype(np.intp).clip(0, size - 1)


def _draw(bgr: Plane, working: Picture, middle_px: Array, angle: float, hair: ThinHair) -> None:
    """Draw a straight hair with blurred edges on a copy of the working picture's colours."""
    half_px, radius = (um / 2 / working.um_per_px for um in (LENGTH_UM, DRAWN_UM))
    sigma = hair.sigma_px
    reach = int(half_px + 4 * sigma + 3)
    x0, y0 = np.rint(middle_px).astype(int) - reach
    left, top = max(x0, 0), max(y0, 0)
    part = bgr[top : y0 + 2 * reach + 1, left : x0 + 2 * reach + 1]
    y, x = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]].astype(np.float32)
    dx, dy = x - middle_px[0], y - middle_px[1]
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    share = _bar(across, radius, sigma) * _bar(along, half_px, sigma)
    shaft = part * hair.relative_bgr.astype(np.float32)
    if working.linear_light:
        ground = tone.to_light(part)
        part[:] = tone.to_values(ground + share[..., None] * (tone.to_light(shaft) - ground))
    else:
        part += share[..., None] * (shaft - part)


def _bar(at: Plane, half: float, sigma: float) -> Plane:
    """Blurred bar from -half to half; the logistic curve is within 0.01 of the error function."""
    steep = np.float32(1.702 / sigma)
    rise, fall = (1 / (1 + np.exp(-np.clip(steep * (at + s * np.float32(half)), -30, 30))) for s in (1, -1))
    return np.asarray(rise - fall, np.float32)


def _is_found(middle: Array, angle: float, found: list[Array], um_per_px: float) -> bool:
    for line in found:
        apart = np.hypot(*(line - middle).T)
        nearest = int(apart.argmin())
        if apart[nearest] * um_per_px < _FOUND_WITHIN_UM:
            ahead = line[min(nearest + 3, len(line) - 1)] - line[max(nearest - 3, 0)]
            turn = (np.arctan2(ahead[1], ahead[0]) - angle + np.pi / 2) % np.pi - np.pi / 2
            if abs(turn) < _FOUND_WITHIN_RAD:
                return True
    return False
