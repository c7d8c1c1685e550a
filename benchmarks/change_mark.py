"""The tattooed mark: how often it is found, how well its middle, and what passes for one where there is none.

On drawn scalps of skin I to VI (`benchmarks.mark_scenes`) from seeds that nothing was fitted on, and on the real scalps
where they lie beside the checkout: none of those is known to be tattooed.  A mark counts as visible from a red contrast
of 0.3; what becomes of fainter ones is told by contrast.  The peer is OpenCV's SimpleBlobDetector on the red plane with
the hairs closed over.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.mark import find_mark
from benchmarks import real_scalps
from benchmarks.mark_scenes import MARKED, UM_PER_PX, Kind, scene
from benchmarks.targets import Bound
from phantom.colour import SKIN_BGR

Row = tuple[str, str, str, str]
FIRST_SEED = 4_000_000
VISIBLE = 0.3
OFF = Bound("off_um", "centre off, 95th percentile", high=50.0, digits=0, unit="um")
FOUND = Bound("found", "found where visible", low=0.95, digits=1, unit="%")
FALSE = Bound("false", "false marks", high=0.01, digits=1, unit="%")
REDUCED_MS = Bound("reduced_ms", "12 MP already reduced once", high=15.0, digits=0, unit="ms")
WHOLE_MS = Bound("whole_ms", "12 MP, all in", high=60.0, digits=0, unit="ms")
_THIS_ONE_UM = 250.0
"""A disc farther than this from the mark's middle is another thing."""
_CONTRASTS = (0.0, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one scene.

    Parameters
    ----------
    kind, skin_type : str
    contrast : float
        Red contrast of its mark, 0 for none.
    off_um : float
        Of the found middle from the true one; infinite where none was found.
    claimed_um : float
        Standard uncertainty given with it.
    found : bool
        Whether a mark was said to be there.
    peer_off_um : float
        The peer's.
    """

    kind: Kind
    skin_type: str
    contrast: float
    off_um: float
    claimed_um: float
    found: bool
    peer_off_um: float


def outcome_of(seed: int, kind: Kind) -> Outcome:
    """Draw a scene and look for its mark."""
    drawn = scene(seed, kind)
    mark = find_mark(drawn.picture, UM_PER_PX)
    return Outcome(
        kind,
        drawn.scalp.settings.skin_type,
        drawn.red_contrast,
        _off_um(None if mark is None else mark.centre_px, drawn.mark_px),
        math.nan if mark is None else mark.sd_um,
        mark is not None,
        _off_um(_peer(drawn.picture), drawn.mark_px),
    )


def rows(runs: int) -> list[Row]:
    """Look for marks on `runs` scenes of each kind: (what, asked, reached, verdict) lines."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        kinds: tuple[Kind, ...] = (*MARKED, "none", "marker")
        outcomes = [outcome_of(FIRST_SEED + number, kind) for kind in kinds for number in range(runs)]
        return [*lines(outcomes), *_on_real_scalps(), *_times()]
    finally:
        cv2.setNumThreads(threads)


def lines(outcomes: Sequence[Outcome]) -> list[Row]:
    """Word the outcomes: by kind of mark, by skin, by faintness; then what was taken for a mark."""
    marked = [one for one in outcomes if one.kind in MARKED]
    told: list[Row] = []
    for kind in MARKED:
        of_kind = [one for one in marked if one.kind == kind]
        told += [_found_line(kind, [o for o in of_kind if o.contrast >= VISIBLE]), _off_line(kind, of_kind)]
    for skin in SKIN_BGR:
        of_skin = [o for o in marked if o.skin_type == skin and o.contrast >= VISIBLE and o.kind != "hidden"]
        told.append(_found_line(f"skin {skin}, not under hair", of_skin))
        told.append(_off_line(f"skin {skin}", [o for o in marked if o.skin_type == skin]))
    for low, high in itertools.pairwise(_CONTRASTS):
        like = [o for o in marked if low <= o.contrast < high and o.kind != "hidden"]
        told.append(_known(f"red contrast {low:g} to {high:g}, found", like, _right))
    for kind, words in (("none", "no marker's ink"), ("marker", "skin marker's strokes, dots, specks")):
        without = [o for o in outcomes if o.kind == kind]
        false = _share(without, lambda o: o.found)
        told.append(
            (
                f"mark: {FALSE.words}, {words}",
                FALSE.asked(),
                f"{FALSE.shown(false)} of {len(without)}",
                FALSE.verdict(false),
            )
        )
    sure = [o for o in marked if _right(o)]
    told.append(
        _known(
            "true middle within 2.45 of the standard uncertainties given",
            sure,
            lambda o: o.off_um < 2.45 * o.claimed_um,
        )
    )
    told.append(_known("something else taken for the mark", marked, lambda o: o.found and not _right(o)))
    told.append(
        _known(
            "peer (SimpleBlobDetector): found within 0.05 mm where visible",
            [o for o in marked if o.contrast >= VISIBLE],
            lambda o: o.peer_off_um < 50.0,
        )
    )
    told.append(
        _known(
            "ours: found within 0.05 mm where visible",
            [o for o in marked if o.contrast >= VISIBLE],
            lambda o: o.off_um < 50.0,
        )
    )
    return told


def _right(one: Outcome) -> bool:
    return one.off_um < _THIS_ONE_UM


def _found_line(words: str, outcomes: Sequence[Outcome]) -> Row:
    share = _share(outcomes, _right)
    return (
        f"mark, {words}: {FOUND.words}",
        FOUND.asked(),
        f"{FOUND.shown(share)} of {len(outcomes)}",
        FOUND.verdict(share),
    )


def _off_line(words: str, outcomes: Sequence[Outcome]) -> Row:
    off = [one.off_um for one in outcomes if _right(one)]
    at_95 = float(np.percentile(off, 95)) if off else math.nan
    return f"mark, {words}: {OFF.words}", OFF.asked(), f"{OFF.shown(at_95)} of {len(off)}", OFF.verdict(at_95)


def _known(words: str, outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> Row:
    share = _share(outcomes, holds)
    return f"mark: {words}", "-", f"{FOUND.shown(share)} of {len(outcomes)}", "for information"


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float:
    return sum(map(holds, outcomes)) / len(outcomes) if outcomes else math.nan


def _on_real_scalps() -> list[Row]:
    if not real_scalps.present():
        return []
    names = real_scalps.names(None, "all")
    found = 0
    for name in names:
        picture, truth = real_scalps.read(name)
        found += find_mark(picture, float(truth["um_per_px"])) is not None
    share = found / len(names)
    return [
        (
            f"mark: {FALSE.words}, real scalps",
            FALSE.asked(),
            f"{FALSE.shown(share)} of {len(names)}",
            FALSE.verdict(share),
        )
    ]


def _times() -> list[Row]:
    """Time one scene, enlarged to 12 MP: the thread's own time, the median of 9."""
    small = scene(FIRST_SEED, "fresh").picture
    whole = np.asarray(cv2.resize(small, (4056, 3040), interpolation=cv2.INTER_CUBIC), np.uint8)
    reduced = np.asarray(cv2.resize(whole, (1014, 760), interpolation=cv2.INTER_AREA), np.uint8)
    told = []
    for bound, picture, um_per_px in ((REDUCED_MS, reduced, 10.6), (WHOLE_MS, whole, 2.65)):
        took_ms = []
        for _ in range(9):
            began = time.thread_time()
            find_mark(picture, um_per_px)
            took_ms.append(1000 * (time.thread_time() - began))
        median_ms = float(np.median(took_ms))
        told.append((f"mark: {bound.words}", bound.asked(), bound.shown(median_ms), bound.verdict(median_ms)))
    return told


def _off_um(found_px: tuple[float, float] | None, true_px: tuple[float, float] | None) -> float:
    if found_px is None or true_px is None:
        return math.inf
    return math.dist(found_px, true_px) * UM_PER_PX


def _peer(picture: NDArray[np.uint8]) -> tuple[float, float] | None:
    """Find the darkest round blob of a mark's size."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    red = np.asarray(cv2.morphologyEx(np.ascontiguousarray(picture[..., 2]), cv2.MORPH_CLOSE, disc), np.uint8)
    asked = cv2.SimpleBlobDetector.Params()
    asked.minArea, asked.maxArea = (float(np.pi * (0.5 * mm * 1000 / UM_PER_PX) ** 2) for mm in (0.2, 0.8))
    asked.minThreshold, asked.maxThreshold, asked.thresholdStep = 10.0, 220.0, 6.0
    asked.filterByConvexity = asked.filterByInertia = False
    asked.filterByCircularity, asked.minCircularity = True, 0.7
    blobs = cv2.SimpleBlobDetector.create(asked).detect(red)
    if not blobs:
        return None
    darkest = min(blobs, key=lambda blob: int(red[round(blob.pt[1]), round(blob.pt[0])]))
    return float(darkest.pt[0]), float(darkest.pt[1])


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100, help="scenes of each kind")
    for line in rows(parser.parse_args(arguments).runs):
        print(" | ".join(line))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
