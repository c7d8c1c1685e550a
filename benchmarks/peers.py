"""The peers: three classic ways of finding hairs, written as their makers describe them.

*threshold + components*: one threshold of the black-hat, one straight hair along each blob.  *skeleton + skan*: the
same mask thinned to its skeleton (scikit-image), one hair a branch of its graph (skan; Nunez-Iglesias 2018, PeerJ
6:e4312), the diameter from the distance transform.  *LSD*: the line segment detector of OpenCV (Grompone von Gioi
2012, Image Processing On Line 2:35), both sides of a shaft joined.  None knows a root: the root is the end that comes
first, in turns: most hair of the real scalps points down, so an end taken by convention would look like knowledge.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import Optics, measure
from benchmarks.scoring import Finding, FoundHair

Picture: TypeAlias = NDArray[np.uint8]

SHORTEST_UM, LONGEST_UM = 130.0, 2000.0
DARKER_BY = 50
"""The threshold that suits the even half of the real scalps best."""
GUARD_UM = 100.0
TERMINAL_FROM_UM = 40.0


def ours(picture: Picture, um_per_px: float, blur_sigma_px: float | None) -> Finding:
    """Find hairs as the instrument does."""
    measured = measure(picture, Optics(um_per_px, blur_sigma_px=blur_sigma_px))
    hairs = tuple(FoundHair(hair.centreline_px, hair.diameter_um, hair.kind) for hair in measured.hairs)
    return Finding(hairs, measured.frame_px, measured.hair_density_per_cm2.value)


def threshold_and_components(picture: Picture, um_per_px: float, blur_sigma_px: float | None) -> Finding:  # noqa: ARG001
    """Find one straight hair along each dark blob."""
    contours, _ = cv2.findContours(_dark_mask(picture), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hairs = []
    for contour in contours:
        (cx, cy), (a, b), degrees = cv2.minAreaRect(contour)
        long, short = max(a, b), max(min(a, b), 1.0)
        if SHORTEST_UM <= long * um_per_px <= LONGEST_UM and long > 1.5 * short:
            angle = np.deg2rad(degrees if a >= b else degrees + 90)
            half = np.array([np.cos(angle), np.sin(angle)]) * long / 2
            hairs.append(_straight(np.array([cx, cy]), half, short * um_per_px))
    return _finding(hairs, picture, um_per_px)


def skeleton_and_skan(picture: Picture, um_per_px: float, blur_sigma_px: float | None) -> Finding:  # noqa: ARG001
    """Find one hair along each branch of the dark areas' skeleton."""
    # optional packages (`bench`): only this peer needs them
    from skan import Skeleton  # noqa: PLC0415
    from skimage.morphology import skeletonize  # noqa: PLC0415

    mask = _dark_mask(picture)
    thinned = skeletonize(mask > 0)
    if int(thinned.sum()) < 3:
        return _finding([], picture, um_per_px)
    radius_px = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    graph: Any = Skeleton(thinned)
    hairs = []
    for number in np.flatnonzero(np.asarray(graph.path_lengths()) * um_per_px >= SHORTEST_UM):
        cells = np.asarray(graph.path_coordinates(int(number)), np.intp)
        # twice the distance to the nearest pixel outside, whose middle lies half a pixel past the edge
        width_px = 2.0 * float(np.median(radius_px[cells[:, 0], cells[:, 1]])) - 1.0
        line_px = cells[:, ::-1].astype(np.float64)
        hairs.append(_hair(line_px[::-1] if number % 2 else line_px, width_px * um_per_px))
    return _finding(hairs, picture, um_per_px)


def line_segment_detector(picture: Picture, um_per_px: float, blur_sigma_px: float | None) -> Finding:  # noqa: ARG001
    """Find one hair between every two opposite edges."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (0, 0), 1.5)
    found: Any = cv2.createLineSegmentDetector().detect(grey)[0]  # None where there is none
    segments = np.asarray([] if found is None else found, np.float64).reshape(-1, 4)  # (n, 1, 4) before OpenCV 5
    starts, ends = segments[:, :2], segments[:, 2:]
    length = np.hypot(*(ends - starts).T)
    keep = length * um_per_px >= SHORTEST_UM
    middles, course = ((starts + ends) / 2)[keep], ((ends - starts) / np.maximum(length, 1e-9)[:, None])[keep]
    length = length[keep]
    hairs, used = [], np.zeros(len(middles), bool)
    for i in np.argsort(-length):
        across = (middles - middles[i]) @ np.array([-course[i, 1], course[i, 0]])
        along = (middles - middles[i]) @ course[i]
        mate = (
            ~used & (course @ course[i] < -0.9) & (np.abs(along) < length[i] / 2) & (np.abs(across) * um_per_px < 160)
        )
        if used[i] or not mate.any():
            continue
        j = int(np.flatnonzero(mate)[np.argmin(np.abs(across[mate]))])
        used[[i, j]] = True
        width_um = float(np.abs(across[j])) * um_per_px
        hairs.append(_straight((middles[i] + middles[j]) / 2, course[i] * length[i] / 2, width_um))
    return _finding(hairs, picture, um_per_px)


METHODS = {
    "trichoscope": ours,
    "threshold + components": threshold_and_components,
    "skeleton + skan": skeleton_and_skan,
    "LSD": line_segment_detector,
}
"""By the name in the tables."""


def _dark_mask(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (31, 31))
    dark = cv2.GaussianBlur(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, disc), (0, 0), 1.5)
    return np.asarray(cv2.threshold(dark, DARKER_BY, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _straight(middle: NDArray[np.float64], half: NDArray[np.float64], width_um: float) -> FoundHair:
    return _hair(np.stack([middle - half, middle, middle + half]), width_um)


def _hair(line_px: NDArray[np.float64], width_um: float) -> FoundHair:
    return FoundHair(line_px, width_um, "terminal" if width_um >= TERMINAL_FROM_UM else "vellus")


def _finding(hairs: list[FoundHair], picture: Picture, um_per_px: float) -> Finding:
    """Count the hairs rooted in the picture less the guard band that ours keeps too."""
    rows, columns = picture.shape[:2]
    guard = GUARD_UM / um_per_px
    x0, y0, x1, y1 = guard - 0.5, guard - 0.5, columns - guard - 0.5, rows - guard - 0.5
    rooted = tuple(
        hair for hair in hairs if x0 <= hair.centreline_px[0, 0] < x1 and y0 <= hair.centreline_px[0, 1] < y1
    )
    area_cm2 = (x1 - x0) * (y1 - y0) * (um_per_px * 1e-4) ** 2
    return Finding(rooted, (x0, y0, x1, y1), len(rooted) / area_cm2)
