"""Frames as somebody sees them: when each was shown, and how old what is on the screen is meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Shown:
    """One frame on a screen.

    Parameters
    ----------
    taken_s
        When the sensor began it, on the clock that counts from boot.
    at_s
        When it was drawn, on the same clock.
    width_px
        Of its JPEG, which a slow watcher gets smaller.
    """

    taken_s: float
    at_s: float
    width_px: int


def since_boot_s(epoch_s: float) -> float:
    """Turn a browser's time, which counts from 1970, into the clock that counts from boot: both on this machine."""
    return epoch_s - (time.time() - time.clock_gettime(time.CLOCK_BOOTTIME))


def rate_per_s(frames: Sequence[Shown], least_px: int = 0) -> float:
    """Frames a second, first to last, of those that were at least so wide."""
    if len(frames) < 2:
        return 0.0
    whole = sum(one.width_px >= least_px for one in frames[1:])
    return whole / (frames[-1].at_s - frames[0].at_s)


def age_s(frames: Sequence[Shown], percentile: float, step_s: float = 0.005) -> float:
    """Age of what is on the screen, looked at at every moment: a frame grows older until the next one replaces it."""
    ages = [
        moment - frame.taken_s
        for frame, follower in pairwise(frames)
        for moment in np.arange(frame.at_s, follower.at_s, step_s)
    ]
    return float(np.percentile(ages, percentile)) if ages else float("nan")
