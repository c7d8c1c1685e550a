"""A figure's course at a glance, a word high: the numbers stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from collector.page.charts.lines import Band

_WIDTH, _HEIGHT, _EDGE = 132.0, 34.0, 5.0


def sparkline(values: Sequence[tuple[datetime, float]], band: Band | None = None) -> str:
    """Draw values over time; nothing where there are none.

    Parameters
    ----------
    values
        In the order of time.
    band
        The noise floor around the baseline's value.
    """
    if not values:
        return ""
    known = [value for _, value in values] + ([] if band is None else [band.low, band.high])
    low, high = min(known), max(known)
    span = high - low or 1.0
    times = [at.timestamp() for at, _ in values]
    length = times[-1] - times[0]

    def place(time: float, value: float) -> tuple[float, float]:
        across = (time - times[0]) / length if length > 0 else 0.5
        return _EDGE + (_WIDTH - 2 * _EDGE) * across, _EDGE + (_HEIGHT - 2 * _EDGE) * (high - value) / span

    parts = [f'<svg class="chart spark" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" aria-hidden="true">']
    if band is not None:
        top, bottom = place(times[0], band.high)[1], place(times[0], band.low)[1]
        parts.append(f'<path class="band" d="M0 {top:.1f}H{_WIDTH:.0f}V{bottom:.1f}H0Z"/>')
    at = [place(time, value) for time, (_, value) in zip(times, values, strict=True)]
    parts.append(f'<path class="line site" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in at)}"/>')
    x, y = at[-1]
    parts.append(f'<circle class="mark site" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/></svg>')
    return "".join(parts)
