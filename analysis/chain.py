"""The chain from a picture to its measurement, one step a file, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis import classical, exclusions, learned, units
from analysis.exclusions import Frame
from analysis.flags import Flag
from analysis.found import MOST_HAIRS, Found
from analysis.mark import find_mark
from analysis.measurement import CELL_UM, HairMode, Measurement, PictureUnusable, UncountedLine
from analysis.optics import Optics
from analysis.picture import SMALLEST_SIDE_MM, Channels, Picture, read
from analysis.shafts import Shafts, measure_shafts
from analysis.summary import CountedHairs, Field, summarise
from analysis.thin_recall import THIN_UM, ThinHair, recall
from analysis.view import LINE_UM_PER_PX, View

Finder: TypeAlias = Callable[[Picture], Found]
InFrame: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.bool_]]

SMALLEST_FRAME_CM2 = 0.2
LEAST_AREA_CM2 = ((SMALLEST_SIDE_MM - 2 * exclusions.GUARD_UM / 1000) / 10) ** 2
"""What the guard band leaves of the smallest picture."""
FEW_DIAMETERS_SHARE = 0.7
GLARE_SHARE = 0.02
COVER_SHARE = 0.02
LIGHT_HAIR_SHARE = 0.5
NEAR_BORDER_PX = 5
"""A shaft that comes this near to a border goes on beyond it: lines stop a little before."""
ESTIMATED_BLUR_SD_UM = 0.5
"""What diameters share where the blur is read from the shafts' own edges: on drawn scalps it is within 5 %, and a
twentieth of a blur of 10 um moves an edge by this much."""


def measure(
    picture: NDArray[np.generic],
    optics: float | Optics,
    *,
    terminal_from_um: float = 40.0,
    hair_mode: HairMode | Literal["auto"] = "auto",
    thin_recall: bool = False,
    mark: bool = False,
    channels: Channels = "bgr",
) -> Measurement:
    """Count and measure the hairs of a scalp picture.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8 or uint16 over their full range, or floating point from 0 to 1; the type does not change the figures.
    optics : Optics or float
        What calibration knows of `picture`: scale, blur, tone. A bare number is a scale in um per px of unknown
        uncertainty. Without a calibrated blur it is read from the shafts' own edges, and the measurement carries the
        flag ``blur-estimated``; where the edges are clearly softer than the calibrated blur, the flag is ``defocused``.
    terminal_from_um : float
        Diameter from which a hair is terminal: 40 (TrichoScan) or 30 (drug trials).
    hair_mode : {"auto", "clipped", "long"}
        What the operator knows; "auto" finds it from the picture. Long hair counts by the roots that are seen.
    thin_recall : bool
        Draw thin hairs into the picture's own empty skin, see how many are found, and state how many of its own are
        missed; doubles the time.
    mark : bool
        Look for the tattooed mark too.
    channels : {"bgr", "rgb"}
        Order of a colour picture's channels.

    Returns
    -------
    Measurement
        Positions in pixels of `picture`.

    Raises
    ------
    PictureUnusable
        For a picture, scale, blur, cut-off or mode that cannot be measured; the message says why and what to do.
    """
    _refuse_settings(terminal_from_um, hair_mode)
    optics = Optics.of(optics)
    working = read(picture, optics.um_per_px, channels, linear_light=optics.linear_light)
    view = View.of(working)
    frame = exclusions.counting_frame(view.at_line_scale())
    _refuse_small(frame)
    inside = replace(working, bgr=exclusions.without_outside(working.bgr, frame))
    found, frame, finder = _find(inside, frame, hair_mode)
    _refuse_small(frame)
    picture_px = (picture.shape[1], picture.shape[0])
    sigma_px = _sigma_at_shafts(optics, found, working, picture_px)
    shafts = measure_shafts(working, found.centrelines_px, found.rough_um / working.um_per_px, sigma_px)

    def in_frame(points_px: NDArray[np.float64]) -> NDArray[np.bool_]:
        return frame.holds(view.to_line_px(points_px))

    counts = found.rooted & in_frame(found.roots_px)
    counted = replace(
        _counted(found.chosen(counts), shafts.chosen(counts), working),
        rootless_shafts=int((~counts).sum()),
        uncounted=_uncounted(found, counts, working, in_frame),
    )
    if thin_recall:
        counted = replace(counted, missed=_missed(counted, found, shafts, inside, frame=frame, finder=finder))
    field = _field(frame, view, picture_px, optics)
    flags = _flags(counted, shafts, frame, field, found.hair_mode)
    crosses = any(frame.cuts(view.to_line_px(line), NEAR_BORDER_PX) for line in found.centrelines_px)
    flags = tuple(sorted({*flags, Flag.HAIR_CROSSES_BORDER})) if crosses else flags
    measured = summarise(
        counted,
        field,
        terminal_from_um=terminal_from_um,
        flags=flags,
        hair_mode=found.hair_mode,
        colour_calibrated=optics.true_colours,
    )
    return replace(measured, mark_px=_mark_px(working)) if mark else measured


def _refuse_settings(terminal_from_um: float, hair_mode: str) -> None:
    if not (np.isfinite(terminal_from_um) and terminal_from_um > 0):
        raise PictureUnusable(f"the terminal cut-off must be a positive number of um, not {terminal_from_um}")
    if hair_mode not in ("auto", "clipped", "long"):
        raise PictureUnusable(f"hair is 'clipped' or 'long', not {hair_mode!r}: say 'auto' to have it found")


def _refuse_small(frame: Frame) -> None:
    if _area_cm2(frame) < LEAST_AREA_CM2:
        raise PictureUnusable("glare and borders leave no frame to count in: lower the light or take the picture again")


def _find(inside: Picture, frame: Frame, hair_mode: HairMode | Literal["auto"]) -> tuple[Found, Frame, Finder]:
    """Find the shafts, clipped dark hair that stands out by ridges, any other by the network; give the finder too."""
    if hair_mode != "long":
        ridges = classical.find(inside, hair_mode)
        if ridges.clear:
            return ridges.found, frame, lambda drawn: classical.find(drawn, "clipped").found
    seen = learned.find(inside, hair_mode)
    return seen.found, frame.less(seen.cover), lambda drawn: learned.find(drawn, hair_mode).found


def _sigma_at_shafts(
    optics: Optics, found: Found, working: Picture, picture_px: tuple[int, int]
) -> NDArray[np.float64] | None:
    """Calibrated blur in working pixels, the optics' own and that of the pixels joined: at the middle of each shaft.

    Without a shaft it is that of the picture's middle.
    """
    rows, columns = working.bgr.shape[:2]
    middles = np.array([line[len(line) // 2] for line in found.centrelines_px] or [(columns / 2, rows / 2)])
    sigma_px = optics.sigma_px_at(working.to_original_px(middles), picture_px)
    joined = 4.0**working.halvings
    return None if sigma_px is None else np.sqrt(sigma_px**2 / joined + (1 - 1 / joined) / 12)


def _counted(found: Found, shafts: Shafts, working: Picture) -> CountedHairs:
    return CountedHairs(
        centrelines_px=[working.to_original_px(line) for line in found.centrelines_px],
        lengths_mm=found.lengths_mm(working.um_per_px),
        # where two lines run on one visible shaft its width is of one of them, or of both
        diameters_um=np.where(shafts.shared, np.nan, shafts.diameter_um),
        limited=shafts.limited & ~shafts.shared,
        rough_um=np.where(shafts.shared, shafts.diameter_um, found.rough_um),
        probabilities=found.probabilities,
        unit=units.group(found.roots_px * working.um_per_px),
        blur_estimated=shafts.blur_estimated and len(found.centrelines_px) > 0,
        diameters_sd_um=shafts.diameter_sd_um,
        diameter_common_sd_um=ESTIMATED_BLUR_SD_UM if shafts.blur_estimated or shafts.defocused else 0.0,
        core_lab=shafts.pigmentation.lab,
        skin_lab=shafts.pigmentation.skin_lab,
    )


def _uncounted(
    found: Found, counts: NDArray[np.bool_], working: Picture, in_frame: InFrame
) -> tuple[UncountedLine, ...]:
    """Give the lines that reach into the frame and are no counted hairs: doubted ones, and those rooted elsewhere.

    Of more than may be listed, the likeliest.
    """
    lines = [(one.line_px, one.rough_um, one.probability) for one in found.doubted]
    lines += [
        (found.centrelines_px[i], float(found.rough_um[i]), float(found.probabilities[i]))
        for i in np.flatnonzero(~counts)
    ]
    lines = sorted((one for one in lines if in_frame(one[0]).any()), key=lambda one: -one[2])
    return tuple(
        UncountedLine(working.to_original_px(line), width_um, probability)
        for line, width_um, probability in lines[:MOST_HAIRS]
    )


def _mark_px(working: Picture) -> tuple[float, float] | None:
    mark = find_mark(working.bgr, working.um_per_px)
    if mark is None:
        return None
    ((x, y),) = working.to_original_px(np.array([mark.centre_px])).tolist()
    return x, y


def _missed(
    counted: CountedHairs, found: Found, shafts: Shafts, inside: Picture, *, frame: Frame, finder: Finder
) -> tuple[float, float] | None:
    """Thin hairs missed in the frame, by the recall of drawn ones."""
    widths_um = np.where(np.isfinite(shafts.diameter_um), shafts.diameter_um, found.rough_um)
    hair = ThinHair.of(inside, found.centrelines_px, widths_um, shafts.blur_sigma_px)
    # the same finder: drawn hairs must not change how the picture is looked at
    outcome = recall(inside, frame, found.centrelines_px, hair, lambda drawn: finder(drawn).centrelines_px)
    if outcome is None:
        return None
    taken_um = np.where(np.isfinite(counted.diameters_um), counted.diameters_um, counted.rough_um)
    return outcome.missed(int((taken_um < THIN_UM).sum()))


def _field(frame: Frame, view: View, picture_px: tuple[int, int], optics: Optics) -> Field:
    x0, y0, x1, y1 = frame.box_px
    corners = view.to_original_px(np.array([[x0 - 0.5, y0 - 0.5], [x1 + 0.5, y1 + 0.5]]))
    return Field(
        um_per_px=float(optics.um_per_px),
        picture_px=picture_px,
        frame_px=(float(corners[0, 0]), float(corners[0, 1]), float(corners[1, 0]), float(corners[1, 1])),
        area_cm2=_area_cm2(frame),
        um_per_px_sd=optics.um_per_px_sd,
        uncounted_cells=frame.uncounted_cells(CELL_UM / LINE_UM_PER_PX),
    )


def _area_cm2(frame: Frame) -> float:
    return float(frame.counts.sum()) * (LINE_UM_PER_PX * 1e-4) ** 2


def _flags(counted: CountedHairs, shafts: Shafts, frame: Frame, field: Field, mode: HairMode) -> tuple[Flag, ...]:
    count = len(counted.lengths_mm)
    raised = {
        Flag.NO_HAIR: count == 0,
        Flag.BLUR_ESTIMATED: counted.blur_estimated,
        Flag.DEFOCUSED: shafts.defocused,
        Flag.BLUR_LIMITS_DIAMETERS: bool(counted.limited.any()),
        Flag.GLARE: frame.glare_share > GLARE_SHARE,
        Flag.COVERED: frame.cover_share > COVER_SHARE,
        Flag.OPTIC_BORDER: frame.outside_share > 0,
        Flag.LONG_HAIR: mode == "long" and count > 0,
        Flag.FEW_DIAMETERS: count > 0 and float(np.isfinite(counted.diameters_um).mean()) < FEW_DIAMETERS_SHARE,
        Flag.LIGHT_HAIR: count > 0 and float(shafts.lighter.mean()) > LIGHT_HAIR_SHARE,
        Flag.SMALL_FRAME: field.area_cm2 < SMALLEST_FRAME_CM2,
    }
    return tuple(sorted(flag for flag, up in raised.items() if up))
