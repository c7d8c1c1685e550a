"""What pulsed light does under a rolling shutter, and the exposures at which it does nothing."""

from __future__ import annotations


def band_depth(level: float, frequency_hz: float, exposure_us: float) -> float:
    """Return how deep the bands in a picture under pulsed light are, from trough to crest, as a share of the mean.

    Each line of a rolling shutter is exposed equally long, but starts at another phase of the pulses. What lies in the
    whole periods is the same for all; of the remainder of a period, a line meets between all and as little as can be of
    the lit part. That is exact for square pulses on time; what software timing adds is not in it.

    Parameters
    ----------
    level
        Share of a period that is lit, above 0 and up to 1.
    frequency_hz, exposure_us
        Of the pulses, and of each line.

    Returns
    -------
    float
        0 for steady light and for whole periods; 1 and more where some lines get no light at all.
    """
    periods = exposure_us * frequency_hz / 1e6
    remainder = periods % 1.0
    return min(remainder, 1 - remainder, level, 1 - level) / (periods * level)


def whole_periods_us(exposure_us: float, frequency_hz: float) -> int:
    """Return the exposure nearest to one asked for that has no bands: a whole number of periods, at least one.

    Parameters
    ----------
    exposure_us
        As asked for.
    frequency_hz
        Of the pulses.
    """
    return round(max(1, round(exposure_us * frequency_hz / 1e6)) * 1e6 / frequency_hz)
