"""Count how often a line of the other picture covers a hair without a partner, for `analysis.comparison.fates`.

Run as ``python -m benchmarks.fit_fates``; prints the two tables, the share of hairs that are there without a partner,
and that of hairs that came or went unseen.  Its seeds are training's, never the benchmark's.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from analysis import Optics, measure
from analysis.comparison.compare import OF_RESIDUAL
from analysis.comparison.fates import COVERED
from analysis.comparison.matching import match
from analysis.comparison.shared_frame import SharedFrame
from analysis.registration import register
from benchmarks.change_figures import hair_ids
from benchmarks.change_pairs import draw, true_counts
from benchmarks.phantoms import UM_PER_PX

FIRST_SEED, PAIRS = 500_000, 120
_CLASSES = len(COVERED) + 1


@dataclass(frozen=True, slots=True)
class Counted:
    """What one drawn pair shows.

    ``there`` and ``gone`` hold the classes of coverage of the hairs without a partner; ``paired`` counts hairs with
    one, in either picture; ``seen`` is how many came or went by what was found, of ``true``.
    """

    there: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    paired: int = 0
    seen: float = 0.0
    true: int = 0


def counted(seed: int) -> Counted:
    """Draw, measure and match a pair, and hold it against its truth."""
    cv2.setNumThreads(1)
    pair = draw(seed)
    photos = (pair.baseline, pair.followup)
    sides = tuple(measure(photo.picture, Optics(UM_PER_PX)) for photo in photos)
    registration = register(sides[0], sides[1])
    if registration.transform is None or registration.residual_um is None:
        return Counted()
    frame = SharedFrame(sides[0], sides[1], registration.transform)
    matching = match(frame, OF_RESIDUAL * registration.residual_um / 1000.0)
    drawn = [{hair.hair_id for hair in photo.truth.hairs} for photo in photos]
    classes: dict[str, list[int]] = {"there": [], "gone": []}
    for k, (alone, partnerless) in enumerate(zip(matching.alone, matching.partnerless, strict=True)):
        ids = hair_ids(pair, photos[k], sides[k])
        for i, covered in zip(alone, partnerless.covered, strict=True):
            if int(i) in ids:
                fate = "there" if ids[int(i)] in drawn[1 - k] else "gone"
                classes[fate].append(int(np.digitize(covered, COVERED)))
    _, came, went = true_counts(pair, frame)
    return Counted(
        there=tuple(classes["there"]),
        gone=tuple(classes["gone"]),
        paired=2 * len(matching.pairs),
        seen=float(sum(one.gone.sum() for one in matching.posteriors)),
        true=came + went,
    )


def main() -> None:
    """Count on `PAIRS` drawn pairs, and print."""
    with ProcessPoolExecutor(2) as executor:
        pairs = list(executor.map(counted, range(FIRST_SEED, FIRST_SEED + PAIRS)))
    there = [place for one in pairs for place in one.there]
    gone = [place for one in pairs for place in one.gone]
    for words, places in (("there", there), ("gone", gone)):
        counts = np.bincount(places, minlength=_CLASSES) + 0.5
        shares = ", ".join(f"{share:.3f}" for share in counts / counts.sum())
        sys.stdout.write(f"{words}: {shares} ({len(places)} hairs)\n")
    usual = len(there) / max(sum(one.paired for one in pairs) + len(there), 1)
    unseen = 1 - sum(one.seen for one in pairs) / max(sum(one.true for one in pairs), 1)
    sys.stdout.write(f"there without a partner: {usual:.3f}; came or went unseen: {unseen:.3f}\n")


if __name__ == "__main__":
    main()
