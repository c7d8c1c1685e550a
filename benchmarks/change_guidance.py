"""Guidance to a baseline's place: how exactly, how often, how seldom wrongly, and how fast; beside ORB with RANSAC.

Every run draws a place, measures its baseline, and looks at frames of a later visit from 0 to 60 % of the field away
and up to 30 degrees turned, each without knowledge of any frame before; and at frames of the place drawn before it,
which is another one. Half of all frames are spoilt on top: defocused, moved during the exposure, pale, partly covered.
Where the real scalps lie beside the checkout, so do frames of those that nothing was tuned on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np

from analysis.guidance import Guide
from benchmarks import real_scalps
from benchmarks.peer_orb import OrbPeer
from benchmarks.preview_frames import FIELD_MM, Place, Preview, place, preview
from benchmarks.preview_of_scalps import baseline_of, preview_of
from benchmarks.targets import Bound

Row: TypeAlias = tuple[str, str, str, str]

FIRST_SEED = 4_100_000
NEAR_SHARE = 0.05
"""Of the field: so near is what is called near the goal."""
_SHARES = ((0.0, NEAR_SHARE), (NEAR_SHARE, 0.3), (0.3, 0.45), (0.45, 0.6))
_FRAMES = 2
"""Of each band of distance, and as many of another place."""
_MOST_TURN_DEG, _NEAR_TURN_DEG = 30.0, 5.0
_WRONG_MM, _WRONG_DEG = 0.5, 3.0
"""Beyond these an arrow points elsewhere."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of one frame.

    Parameters
    ----------
    shift_share : float
        Distance from the goal, as a share of the field; NaN on another place.
    off_mm, off_deg : float
        Error of the arrow; NaN where the place was not found.
    found : bool
    """

    shift_share: float
    found: bool
    off_mm: float
    off_deg: float

    @property
    def wrong(self) -> bool:
        """Whether an arrow was shown that leads elsewhere."""
        return self.found and not (self.off_mm <= _WRONG_MM and self.off_deg <= _WRONG_DEG)


@dataclass(slots=True)
class Tally:
    """Looks and times of one method.

    Parameters
    ----------
    looks : list of Look
    seconds : list of float
        Of the processor, for each frame.
    """

    looks: list[Look] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def rows(runs: int, field_mm: tuple[float, float] = FIELD_MM) -> list[Row]:
    """Draw, look, and word what is asked and reached.

    Parameters
    ----------
    runs : int
        Places; one at least.
    field_mm : (float, float)
        Of the baselines.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        ours, peers = _tallies(max(1, runs), field_mm)
        real = _real_looks(2 * runs) if real_scalps.present() else []
    finally:
        cv2.setNumThreads(threads)
    return [*_accuracy(ours), *_trust(ours, peers), *_on_real(real), *_speed(ours, peers)]


def _tallies(runs: int, field_mm: tuple[float, float]) -> tuple[Tally, Tally]:
    ours, peers = Tally(), Tally()
    before = place(FIRST_SEED - 1, field_mm)
    for seed in range(FIRST_SEED, FIRST_SEED + runs):
        rng = np.random.default_rng([seed, 5])
        here = place(seed, field_mm)
        peer = OrbPeer(here.picture, here.baseline.um_per_px)
        for shift_share, taken in _frames(here, before, rng):
            _look(here, peer, shift_share, taken, ours=ours, peers=peers)
        before = here
    return ours, peers


def _frames(here: Place, elsewhere: Place, rng: np.random.Generator) -> list[tuple[float, Preview]]:
    """Frames of the place with their distance, and of another one."""
    taken = []
    for nearest, farthest in _SHARES:
        for k in range(_FRAMES):
            share = float(rng.uniform(nearest, farthest))
            most_deg = _NEAR_TURN_DEG if farthest == NEAR_SHARE else _MOST_TURN_DEG
            seen = preview(here, share, float(rng.uniform(-most_deg, most_deg)), rng, spoilt=k % 2 == 1)
            taken.append((share, seen))
    for k in range(_FRAMES * len(_SHARES)):
        turn = float(rng.uniform(-_MOST_TURN_DEG, _MOST_TURN_DEG))
        taken.append((float("nan"), preview(elsewhere, float(rng.uniform(0, 0.6)), turn, rng, spoilt=k % 2 == 1)))
    return taken


def _look(here: Place, peer: OrbPeer, shift_share: float, taken: Preview, *, ours: Tally, peers: Tally) -> None:
    guide = Guide(here.baseline, preview_um_per_px=taken.um_per_px)
    guide.look(np.zeros_like(taken.frame))  # what is made once for a site is made now
    begun = time.process_time()
    guidance = guide.look(taken.frame)
    ours.seconds.append(time.process_time() - begun)
    begun = time.process_time()
    peer_move = peer.look(taken.frame, taken.um_per_px)
    peers.seconds.append(time.process_time() - begun)
    our_move = None if guidance.move_mm is None else (*guidance.move_mm, guidance.turn_deg or 0.0)
    ours.looks.append(_judged(our_move, taken, shift_share))
    peers.looks.append(_judged(peer_move, taken, shift_share))


def _real_looks(scalps: int) -> list[Look]:
    """Look at two frames of each real scalp that nothing was tuned on, and at those of three others."""
    frames = real_scalps.load(max(4, scalps), "odd")
    rng = np.random.default_rng(FIRST_SEED)
    scale = [truth["um_per_px"] for _, truth in frames]
    seen = [[preview_of(picture, um, rng) for _ in range(2)] for (picture, _), um in zip(frames, scale, strict=True)]
    looks: list[Look] = []
    for k, (picture, _) in enumerate(frames):
        baseline = baseline_of(picture, scale[k])
        for step in range(4):
            for taken in seen[(k + step) % len(frames)]:
                guidance = Guide(baseline, preview_um_per_px=taken.um_per_px).look(taken.frame)
                move = None if guidance.move_mm is None else (*guidance.move_mm, guidance.turn_deg or 0.0)
                looks.append(_judged(move, taken, float("nan") if step else 0.0))
    return looks


def _judged(move: tuple[float, float, float] | None, taken: Preview, shift_share: float) -> Look:
    """Hold an arrow against where the frame lies; on another place every arrow is wrong."""
    if move is None:
        return Look(shift_share, False, float("nan"), float("nan"))
    if np.isnan(shift_share):
        return Look(shift_share, True, float("inf"), float("inf"))
    off_mm = float(np.hypot(*np.subtract(move[:2], taken.shift_mm)))
    return Look(shift_share, True, off_mm, abs(move[2] - taken.turn_deg))


def _accuracy(ours: Tally) -> list[Row]:
    lines: list[Row] = []
    for nearest, farthest in _SHARES:
        here = [look for look in ours.looks if nearest <= look.shift_share < farthest]
        good = [look for look in here if look.found]
        words = f"{100 * nearest:.0f} to {100 * farthest:.0f} % of the field away"
        near = farthest == NEAR_SHARE
        mm = np.array([look.off_mm for look in good] or [np.nan])
        deg = np.array([look.off_deg for look in good] or [np.nan])
        lines += [
            _row(Bound("found", f"{words}: frames found", low=0.95, digits=1, unit="%"), _share(here, good)),
            _row(
                Bound("mm", f"{words}: error of the way, 95 %", high=0.1 if near else 0.3, digits=3, unit="mm"),
                float(np.percentile(mm, 95)),
                f" (median {np.median(mm):.3f})",
            ),
            _row(
                Bound("deg", f"{words}: error of the turn, 95 %", high=0.5 if near else 1.0, digits=2, unit="degrees"),
                float(np.percentile(deg, 95)),
                f" (median {np.median(deg):.2f})",
            ),
        ]
    return lines


def _trust(ours: Tally, peers: Tally) -> list[Row]:
    lines: list[Row] = []
    for words, of_place in (("another place", False), ("the place itself", True)):
        looks = [look for look in ours.looks if np.isfinite(look.shift_share) == of_place]
        wrong = [look for look in looks if look.wrong]
        bound = Bound("wrong", f"frames of {words} with an arrow that leads elsewhere", high=0.02, digits=1, unit="%")
        lines.append(_row(bound, _share(looks, wrong), f" of {len(looks)}"))
    own = [look for look in peers.looks if np.isfinite(look.shift_share)]
    right = [look for look in own if look.found and not look.wrong]
    lines.append(("ORB with RANSAC: frames of the place found rightly", "-", f"{100 * _share(own, right):.1f} %", "-"))
    led_astray = sum(look.wrong for look in peers.looks)
    lines.append(
        ("ORB with RANSAC: frames with an arrow that leads elsewhere", "-", f"{led_astray} of {len(peers.looks)}", "-")
    )
    return lines


def _on_real(looks: list[Look]) -> list[Row]:
    own = [look for look in looks if np.isfinite(look.shift_share)]
    others = [look for look in looks if np.isnan(look.shift_share)]
    good = [look for look in own if look.found]
    mm = np.array([look.off_mm for look in good] or [np.nan])
    wrong = [look for look in looks if look.wrong]
    return [
        _row(Bound("found", "real scalps: frames found", low=0.95, digits=1, unit="%"), _share(own, good)),
        _row(
            Bound("mm", "real scalps: error of the way, 95 %", high=0.1, digits=3, unit="mm"),
            float(np.percentile(mm, 95)),
        ),
        _row(
            Bound("wrong", "real scalps: frames with an arrow that leads elsewhere", high=0.02, digits=1, unit="%"),
            _share(looks, wrong),
            f" of {len(looks)}, {len(others)} of them of another scalp",
        ),
    ]


def _speed(ours: Tally, peers: Tally) -> list[Row]:
    milliseconds = 1000.0 * np.array(ours.seconds)
    median = float(np.median(milliseconds))
    peer = 1000.0 * float(np.median(peers.seconds))
    slowest = float(np.percentile(milliseconds, 95))
    return [
        _row(Bound("ms", "one frame on one core, 95 %", high=150.0, digits=0, unit="ms"), slowest),
        _row(Bound("ms", "the same, median", high=40.0, digits=0, unit="ms"), median),
        ("ORB with RANSAC on one core, median", "-", f"{peer:.0f} ms", "-"),
        ("our time over ORB's", "-", f"{median / peer:.2f}" if peer else "-", "-"),
    ]


def _row(bound: Bound, value: float, note: str = "") -> Row:
    return bound.words, bound.asked(), bound.shown(value) + note, bound.verdict(value)


def _share(of: list[Look], which: list[Look]) -> float:
    return len(which) / len(of) if of else float("nan")
