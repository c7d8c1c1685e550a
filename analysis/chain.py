"""The chain from a picture to its measurement: nine steps, one file each, in the order in which they run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import diameters, evidence, exclusions, identity, lines, roots, units
from analysis.evidence import Hue
from analysis.flags import Flag
from analysis.measurement import Measurement, PictureUnusable
from analysis.picture import SMALLEST_SIDE_MM, Channels, Picture, Plane, least_of_channels, read
from analysis.summary import CountedHairs, Field, summarise

LONG_HAIR_MM = 2.0
"""Clipped hair is 0.5-1 mm long; where a tenth of the hairs is longer than this, the hair was not clipped."""
CLEAR_PROMINENCE = 9.0
"""Where the usual dark line stands out less than this, it may be the shadow of pale or light hair."""
SMALLEST_FRAME_CM2 = 0.2
LEAST_AREA_CM2 = ((SMALLEST_SIDE_MM - 2 * exclusions.GUARD_UM / 1000) / 10) ** 2
"""What the guard band leaves of the smallest picture."""
MOST_HAIRS = 5000
"""Ten times the densest scalp on the largest frame."""
FEW_DIAMETERS_SHARE = 0.7
GLARE_SHARE = 0.02

Array = NDArray[np.float64]


def measure(
    picture: NDArray[np.generic],
    um_per_px: float,
    *,
    blur_sigma_px: float | None = None,
    terminal_from_um: float = 40.0,
    channels: Channels = "bgr",
) -> Measurement:
    """Count and measure the hairs of a scalp picture.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8 or uint16 over their full range, or floating point from 0 to 1; the type does not change the figures.
    um_per_px : float
        Calibrated scale of `picture`.
    blur_sigma_px : float, optional
        Calibrated Gaussian blur of the optics in pixels of `picture`; without it the blur is read from the shafts'
        own edges and the measurement carries the flag ``blur-estimated``.
    terminal_from_um : float
        Diameter from which a hair is terminal: 40 (TrichoScan) or 30 (drug trials).
    channels : {"bgr", "rgb"}
        Order of a colour picture's channels.

    Returns
    -------
    Measurement
        Positions in pixels of `picture`.

    Raises
    ------
    PictureUnusable
        For a picture, scale or blur that cannot be measured; the message says why and what to do.
    """
    if blur_sigma_px is not None and not (np.isfinite(blur_sigma_px) and blur_sigma_px > 0):
        raise PictureUnusable(
            f"the blur must be a positive number of pixels, not {blur_sigma_px}: calibrate the optics"
        )
    if not (np.isfinite(terminal_from_um) and terminal_from_um > 0):
        raise PictureUnusable(f"the terminal cut-off must be a positive number of um, not {terminal_from_um}")
    working = read(picture, um_per_px, channels)
    coarse = _at_line_scale(working)
    frame = exclusions.counting_frame(coarse.bgr, coarse.um_per_px)
    if _area_cm2(frame, coarse) < LEAST_AREA_CM2:
        raise PictureUnusable("glare and borders leave no frame to count in: lower the light or take the picture again")
    shafts = _find_shafts(replace(coarse, bgr=exclusions.without_outside(coarse.bgr, frame)))
    counted = _count(shafts, frame, working, coarse, blur_sigma_px)
    field = _field(frame, coarse, (picture.shape[1], picture.shape[0]), float(um_per_px))
    flags = _flags(counted, shafts, frame, field.area_cm2)
    return summarise(counted, field, terminal_from_um=terminal_from_um, flags=flags)


@dataclass(frozen=True, slots=True, eq=False)
class _Shafts:
    """All shafts of the picture at the line scale, from root to tip, and the skin they were seen against."""

    hue: Hue
    skin: Plane
    found: list[identity.Found]
    centrelines_px: list[Array]


def _at_line_scale(working: Picture) -> Picture:
    halvings = evidence.line_halvings(working.um_per_px)
    rows, columns = (size // 2**halvings for size in working.bgr.shape[:2])
    whole = working.bgr[: rows * 2**halvings, : columns * 2**halvings]
    bgr = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA) if halvings else whole
    return Picture(np.asarray(bgr, np.float32), working.um_per_px * 2**halvings, working.halvings + halvings)


def _area_cm2(frame: exclusions.Frame, coarse: Picture) -> float:
    return float(frame.counts.sum()) * (coarse.um_per_px * 1e-4) ** 2


def _find_shafts(coarse: Picture) -> _Shafts:
    """Find the shafts by the hue that explains most; where dark hair stands out clearly, the others are not tried."""
    candidates = []
    for hue in Hue:
        seen = evidence.gather(coarse.bgr, coarse.um_per_px, hue)
        found = identity.explain(lines.draw(seen), seen)
        explained = sum(one.line.score for one in found) / seen.texture
        candidates.append((explained, hue, found))
        if found and np.median([one.prominence for one in found]) >= CLEAR_PROMINENCE:
            break
    _, hue, found = max(candidates, key=lambda candidate: candidate[0])
    if len(found) > MOST_HAIRS:
        raise PictureUnusable(lines.HAIR_THROUGHOUT)
    skin = evidence.background(coarse.bgr, coarse.um_per_px, hue)
    shafts = [one.line for one in found]
    veiled = -least_of_channels(-np.abs(1 - coarse.bgr / np.maximum(skin, np.float32(0.02))))
    turned = roots.orient(shafts, veiled, coarse.um_per_px)
    smooth = [lines.smoothed(line.points_px, coarse.um_per_px) for line in shafts]
    centrelines = [line[::-1] if turn else line for line, turn in zip(smooth, turned, strict=True)]
    return _Shafts(hue, skin, found, centrelines)


def _count(
    shafts: _Shafts, frame: exclusions.Frame, working: Picture, coarse: Picture, blur_sigma_px: float | None
) -> CountedHairs:
    """Measure the shafts, and keep those whose root lies in the frame."""
    rooted = (
        frame.holds(np.array([line[0] for line in shafts.centrelines_px]))
        if shafts.centrelines_px
        else np.zeros(0, bool)
    )
    ratio = coarse.um_per_px / working.um_per_px
    rough_px = np.array([one.line.width_px for one in shafts.found]) * ratio
    diameters_um, limited, estimated = np.full(len(rooted), np.nan), np.zeros(len(rooted), bool), False
    if len(rooted):
        fine = [(line + 0.5) * ratio - 0.5 for line in shafts.centrelines_px]
        profiles = diameters.cross_sections(working, shafts.skin, shafts.hue, fine, rough_px)
        sigma_px = _sigma_at_working_scale(blur_sigma_px, working.halvings)
        if sigma_px is None:
            estimated = True
            sigma_px = diameters.estimate_sigma_px(profiles) or diameters.USUAL_SIGMA_UM / working.um_per_px
        widths_px, limited = diameters.diameters_px(diameters.fit(profiles, sigma_px), sigma_px)
        diameters_um = widths_px * working.um_per_px
    keep = np.flatnonzero(rooted)
    kept = [shafts.centrelines_px[i] for i in keep]
    roots_um = np.array([line[0] for line in kept]).reshape(-1, 2) * coarse.um_per_px
    return CountedHairs(
        centrelines_px=[coarse.to_original_px(line) for line in kept],
        lengths_mm=np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in kept]) * coarse.um_per_px / 1000,
        diameters_um=diameters_um[keep],
        limited=limited[keep],
        rough_um=rough_px[keep] * working.um_per_px,
        probabilities=np.array([shafts.found[i].probability for i in keep]),
        unit=units.group(roots_um),
        blur_estimated=estimated,
    )


def _sigma_at_working_scale(blur_sigma_px: float | None, halvings: int) -> float | None:
    """Blur in working pixels: the optics' own, and the averaging over the pixels that were joined."""
    if blur_sigma_px is None:
        return None
    joined = 4.0**halvings
    return float(np.sqrt(blur_sigma_px**2 / joined + (1 - 1 / joined) / 12))


def _field(frame: exclusions.Frame, coarse: Picture, picture_px: tuple[int, int], um_per_px: float) -> Field:
    x0, y0, x1, y1 = frame.box_px
    corners = coarse.to_original_px(np.array([[x0 - 0.5, y0 - 0.5], [x1 + 0.5, y1 + 0.5]]))
    return Field(
        um_per_px=um_per_px,
        picture_px=picture_px,
        frame_px=(float(corners[0, 0]), float(corners[0, 1]), float(corners[1, 0]), float(corners[1, 1])),
        area_cm2=_area_cm2(frame, coarse),
    )


def _flags(counted: CountedHairs, shafts: _Shafts, frame: exclusions.Frame, area_cm2: float) -> tuple[Flag, ...]:
    rows, columns = frame.counts.shape
    near = lines.MARGIN_PX + 2
    far = np.array([columns - 1 - near, rows - 1 - near])
    crossing = any((line < near).any() or (line > far).any() for line in shafts.centrelines_px)
    at_rim = replace(frame, counts=exclusions.grown(frame.outside, near))
    crossing = crossing or any(at_rim.holds(line).any() for line in shafts.centrelines_px)
    count = len(counted.lengths_mm)
    raised = {
        Flag.NO_HAIR: count == 0,
        Flag.BLUR_ESTIMATED: counted.blur_estimated,
        Flag.BLUR_LIMITS_DIAMETERS: bool(counted.limited.any()),
        Flag.GLARE: frame.glare_share > GLARE_SHARE,
        Flag.OPTIC_BORDER: frame.outside_share > 0,
        Flag.HAIR_CROSSES_BORDER: crossing,
        Flag.LONG_HAIR: count > 0 and float(np.percentile(counted.lengths_mm, 90)) > LONG_HAIR_MM,
        Flag.FEW_DIAMETERS: count > 0 and float(np.isfinite(counted.diameters_um).mean()) < FEW_DIAMETERS_SHARE,
        Flag.PALE_HAIR: shafts.hue is Hue.PALE and count > 0,
        Flag.LIGHT_HAIR: shafts.hue is Hue.LIGHT and count > 0,
        Flag.SMALL_FRAME: area_cm2 < SMALLEST_FRAME_CM2,
    }
    return tuple(sorted(flag for flag, up in raised.items() if up))
