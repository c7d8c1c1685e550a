"""What a comparison costs beyond the two measurements, on a pair of 12 MP."""

from __future__ import annotations

import time
import tracemalloc

import cv2
import numpy as np

from analysis import Optics, measure
from analysis.comparison import compare
from benchmarks.targets import Bound
from phantom import Optics as DrawnOptics
from phantom import Pose, ScalpSettings, clip, gain, grow, lose, photograph

Row = tuple[str, str, str, str]

SIZE_PX, UM_PER_PX = (4056, 3040), 5.3
"""The sensor of the instrument, at the coarsest scale: the most hairs that a picture holds."""
SEED = 1_600_000


def rows(runs: int) -> list[Row]:
    """Compare one pair `runs` times: (what, asked, reached, verdict) lines."""
    size_mm = (SIZE_PX[0] * UM_PER_PX / 1000 + 4.0, SIZE_PX[1] * UM_PER_PX / 1000 + 4.0)
    before = clip(grow(ScalpSettings(size_mm=size_mm, hair_density_per_cm2=150.0), seed=SEED), 0.8, SEED)
    after = clip(gain(lose(before, 0.1, SEED), 0.1, SEED), 0.7, SEED + 1)
    optics = DrawnOptics(um_per_px=UM_PER_PX, size_px=SIZE_PX)
    pictures = [
        photograph(before, optics, seed=SEED).picture,
        photograph(after, optics, pose=Pose(shift_mm=(0.8, -0.5), turn_deg=4.0), seed=SEED + 1).picture,
    ]
    was, now = (measure(picture, Optics(UM_PER_PX, 0.0)) for picture in pictures)
    took_s = []
    for _ in range(runs):
        begun_s = time.perf_counter()
        compare(was, now)
        took_s.append(time.perf_counter() - begun_s)
    tracemalloc.start()
    compare(was, now)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    peer_s = _peer_s(pictures)
    bound = Bound(
        "time", f"12 MP pair of {len(was.hairs)} and {len(now.hairs)} hairs, beyond measuring", high=1.5, unit="s"
    )
    best_s = float(np.min(took_s))
    return [
        (bound.words, bound.asked(), bound.shown(best_s), bound.verdict(best_s)),
        ("the same, peak memory", "-", f"{peak_mb:.0f} MB", "stated"),
        ("ORB and RANSAC on the same pictures, over it", "-", f"{peer_s / best_s:.1f}", "for comparison"),
    ]


def _peer_s(pictures: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]) -> float:
    """Time what others would register such a pair with: no hair is matched by it."""
    begun_s = time.perf_counter()
    orb = cv2.ORB.create(5000)
    (keys, marks), (others, their) = (orb.detectAndCompute(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY), None) for p in pictures)
    near = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(marks, their)
    was = np.array([keys[one.queryIdx].pt for one in near], np.float32)
    now = np.array([others[one.trainIdx].pt for one in near], np.float32)
    cv2.estimateAffinePartial2D(was, now)
    return time.perf_counter() - begun_s
