"""How a study's figures are written: units for people, decimals, signs and intervals, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.measurement import Interval
from collector.exports.codes import FIGURES
from collector.page.language import Language

_UNITS = {
    "{hairs}/cm2": ("hairs/cm²", 1),
    "{FU}/cm2": ("units/cm²", 1),
    "{hairs}/{FU}": ("hairs/unit", 2),
    "um": ("µm", 1),
    "mm": ("mm", 2),
    "mm/cm2": ("mm/cm²", 2),
    "%": ("%", 1),
    "1": ("L*", 1),
}
"""For people, and decimals, by the UCUM code; lightness and contrast are pure numbers of CIELAB."""

_SMALLEST_P = 0.001


def units() -> Iterator[str]:
    """Give the units' words: keys of the catalogues."""
    yield from (unit for unit, _ in _UNITS.values())


@dataclass(frozen=True, eq=False)
class StudyWords:
    """The words of one study's figure.

    Parameters
    ----------
    language
        Of who reads.
    figure
        The study's: a field of :class:`contract.Measurement`.
    """

    language: Language
    figure: str

    @property
    def name(self) -> str:
        """Of the figure."""
        return self.language.words(FIGURES[self.figure].display)

    @property
    def unit(self) -> str:
        """For people."""
        ucum = FIGURES[self.figure].ucum
        return self.language.words(_UNITS.get(ucum, (ucum, 1))[0])

    @property
    def decimals(self) -> int:
        """Of a mean or a change: one more than of a single picture's figure, where many stand behind it."""
        return _UNITS.get(FIGURES[self.figure].ucum, ("", 1))[1]

    def value(self, value: float) -> str:
        """Write a figure."""
        return self.number(value, self.decimals)

    def number(self, value: float, decimals: int) -> str:
        """Write a number with a minus sign that is one, and none before a zero."""
        return self.language.number(round(value, decimals) + 0.0, decimals).replace("-", "\N{MINUS SIGN}")

    def signed(self, value: float) -> str:
        """Write a change."""
        return ("+" if round(value, self.decimals) > 0 else "") + self.value(value)

    def reach(self, interval: Interval) -> str:
        """Write the interval of a change."""
        return self.language.words("{low} to {high}").format(
            low=self.signed(interval.low), high=self.signed(interval.high)
        )

    def change(self, mean: float, interval: Interval | None) -> str:
        """Write a change with its interval."""
        return self.signed(mean) if interval is None else f"{self.signed(mean)} ({self.reach(interval)})"

    def p(self, value: float) -> str:
        """Write a p."""
        return f"< {self.number(_SMALLEST_P, 3)}" if value < _SMALLEST_P else self.number(value, 3)
