"""The figures of a measurement as the screens show them: in words, with their intervals, in the reader's notation."""

from __future__ import annotations

from dataclasses import dataclass

from contract import Interval, Measurement
from device.page.language import Language


@dataclass(frozen=True)
class FigureShown:
    """One figure; ``value`` and ``interval`` are None where the picture does not support it."""

    key: str
    words: str
    value: str | None
    interval: str | None
    unit: str


def figures_shown(measurement: Measurement, language: Language) -> tuple[FigureShown, ...]:
    """Return the figures that a technician is shown, the density first.

    Parameters
    ----------
    measurement
        Automatic or corrected.
    language
        Of the reader.
    """
    _ = language.words

    def shown(key: str, words: str, unit: str, *, decimals: int = 0, times: float = 1.0) -> FigureShown:
        figure: Interval | None = getattr(measurement, key)
        if figure is None:
            return FigureShown(key, words, None, None, unit)
        value, low, high = (language.number(one * times, decimals) for one in (figure.value, figure.low, figure.high))
        return FigureShown(key, words, value, f"{low}\N{EN DASH}{high}", unit)

    return (
        shown("hair_density_per_cm2", _("Hair density"), _("hairs/cm²")),
        shown("mean_diameter_um", _("Mean diameter"), _("µm"), decimals=1),
        shown("terminal_share", _("Terminal hair"), _("%"), times=100.0),
        shown("thin_hair_share", _("Thin (< 30 µm)"), _("%"), times=100.0),
        shown("unit_density_per_cm2", _("Follicular units"), _("per cm²")),
        shown("hairs_per_unit", _("Hairs per unit"), "", decimals=2),
    )
