"""The exposure time, set on raw values: the brightest colour of a white card at a level that leaves room to saturation.

Codes of a picture say too late that the sensor is full, and a gain on red or blue fills them before the sensor is: only
raw values tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from device.calibration.mosaic import Colour, samples_by_colour, share_of_full
from device.calibration.targets.refusals import Saturated, TargetRefused, TooDark
from device.camera.protocol import RawStill

Array = NDArray[np.float64]

BRIGHTEST_LEVEL = 0.9
"""Of what the sensor holds: shot noise and glints above a higher level would be cut off."""
_QUANTILE = 0.999
_FULL = 0.98
_MOST_FULL = 0.0005
_FAINTEST = 0.03
_MOST_CURVED = 0.02
_LEAST_RATIO = 1.3


class LevelRefused(TargetRefused):
    """The level that was asked for accepts saturation, or is too dark to measure by."""

    reason = "level-refused"


class ExposureOutOfReach(TargetRefused):
    """The exposure that the level needs is one that the sensor does not have."""

    reason = "exposure-out-of-reach"


class NotLinear(TargetRefused):
    """Raw values do not follow the exposure time."""

    reason = "not-linear"


class ExposureReading(BaseModel):
    """What one raw still showed.

    Parameters
    ----------
    exposure_us
        By its metadata.
    level
        The brightest colour's 99.9th percentile, as a share of what the sensor holds.
    median
        Of the same colour in the picture's middle: free of noise, so that linearity shows in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exposure_us: float
    level: float
    median: float


class Exposure(BaseModel):
    """The exposure to use.

    Parameters
    ----------
    exposure_us
        Time at which the brightest colour's 99.9th percentile lies at `level`.
    level
        As a share of what the sensor holds.
    colour
        The brightest one.
    nonlinearity
        Largest departure of the medians from proportion to the time, as a share; None with one exposure time.
    readings
        What it was found from, shortest first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exposure_us: int
    level: float
    colour: Colour
    nonlinearity: float | None
    readings: tuple[ExposureReading, ...]


@dataclass(frozen=True, slots=True)
class ExposureLimits:
    """Shortest and longest exposure time that the sensor, and a hand that holds it, allow."""

    shortest_us: int
    longest_us: int


def find_exposure(stills: Sequence[RawStill], limits: ExposureLimits, level: float = 0.75) -> Exposure:
    """Find the exposure time for a level.

    Parameters
    ----------
    stills : sequence of RawStill
        The white card at one exposure time or more, with the same gain and light; saturated ones are left out.
        With two times 1.3 apart or more, linearity is verified.
    limits : ExposureLimits
    level : float
        Asked for: the brightest colour's 99.9th percentile, as a share of what the sensor holds.

    Raises
    ------
    TargetRefused
        A child that says why: `LevelRefused`, `Saturated`, `TooDark`, `NotLinear`, `ExposureOutOfReach`.
    """
    if not 0.1 <= level <= BRIGHTEST_LEVEL:
        raise LevelRefused(
            f"A level of {level:.0%} "
            + ("would accept saturation" if level > BRIGHTEST_LEVEL else "drowns thin hair in noise")
            + f": ask for 10 % to {BRIGHTEST_LEVEL:.0%}."
        )
    readings, colours = _usable(stills)
    times = np.array([reading.exposure_us for reading in readings])
    levels, medians = (np.array([getattr(reading, key) for reading in readings]) for key in ("level", "median"))
    several = bool(times[-1] >= _LEAST_RATIO * times[0])
    rate = float((medians * times).sum() / (times**2).sum())
    nonlinearity = float(np.abs(medians / (rate * times) - 1).max()) if several else None
    if nonlinearity is not None and nonlinearity > _MOST_CURVED:
        raise NotLinear(
            f"Raw values depart by {nonlinearity:.1%} from the exposure time: let the lights warm up, keep daylight "
            "away and the card still, and take the stills again; if it stays, the black level is wrong."
        )
    exposure_us = _time_for(level, times, levels, several)
    if not limits.shortest_us <= exposure_us <= limits.longest_us:
        cure = "lower the light" if exposure_us < limits.shortest_us else "raise the light or ask for a lower level"
        raise ExposureOutOfReach(
            f"A level of {level:.0%} needs {exposure_us:.0f} us, from {limits.shortest_us} to {limits.longest_us} us "
            f"are possible: {cure}."
        )
    return Exposure(
        exposure_us=int(exposure_us),
        level=level,
        colour=colours[-1],
        nonlinearity=nonlinearity,
        readings=tuple(readings),
    )


def _time_for(level: float, times: Array, levels: Array, several: bool) -> float:
    """Give the time at which the percentile lies at the level: it grows with the time, its noise with the root."""
    if not several:
        return level * float(times.sum() / levels.sum())
    rate, noise = np.linalg.lstsq(np.stack([times, np.sqrt(times)], axis=1), levels, rcond=None)[0]
    if rate <= 0 or noise < 0:
        rate, noise = float((levels * times).sum() / (times**2).sum()), 0.0
    return float((np.sqrt(noise**2 + 4 * rate * level) - noise) / (2 * rate)) ** 2


def _usable(stills: Sequence[RawStill]) -> tuple[list[ExposureReading], list[Colour]]:
    """Read what is neither saturated nor dark, shortest exposure first, and the brightest colour of each."""
    readings, colours = [], []
    saturated, brightest = 0, 0.0
    for still in sorted(stills, key=_exposure_us):
        samples, middle = samples_by_colour(still), samples_by_colour(still, 0.3)
        full = still.black_level + _FULL * (still.white_level - still.black_level)
        levels = {c: share_of_full(still, float(np.quantile(v, _QUANTILE))) for c, v in samples.items()}
        colour = max(levels, key=lambda c: levels[c])
        if any(float(np.mean(v >= full)) > _MOST_FULL for v in samples.values()):
            saturated += 1
            continue
        brightest = max(brightest, levels[colour])
        if levels[colour] >= _FAINTEST:
            median = share_of_full(still, float(np.median(middle[colour])))
            readings.append(ExposureReading(exposure_us=_exposure_us(still), level=levels[colour], median=median))
            colours.append(colour)
    if not readings and saturated:
        raise Saturated(
            f"{saturated} of {len(stills)} raw stills are saturated and none serves: shorten the exposure or lower "
            "the light, and take them again."
        )
    if not readings:
        raise TooDark(
            f"The white card reaches {brightest:.1%} of what the sensor holds: switch the lights on or lengthen the "
            "exposure, and take the stills again."
        )
    return readings, colours


def _exposure_us(still: RawStill) -> float:
    if still.metadata.exposure_us is None:
        raise ValueError("a raw still without an exposure time in its metadata")
    return float(still.metadata.exposure_us)
