"""What is said of figures and changes on the pages, in the reader's language: values, intervals, floors, calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.noise.floor import Call
from collector.page import figures
from collector.page.figures import localised, number
from collector.page.language import Language
from collector.report.change_figures import HEADLINE, ChangeFigure, change_figures
from collector.report.document import typeset
from contract import Comparison, Interval

_CHANGE_DECIMALS = {"um": 2, "mm/cm2": 2}
"""As `analysis.figure_words.shown` has them: page and report say one number."""

CALLED = frozenset({Call.INCREASE, Call.DECREASE})


@dataclass(frozen=True)
class ShownFigure:
    """A figure ready to be shown; its texts are empty where the picture does not support it."""

    field: str
    name: str
    unit: str
    value: str
    interval: str

    @property
    def words(self) -> str:
        """All of it in a row."""
        return f"{self.value} {self.unit} ({self.interval})" if self.value else ""


@dataclass(frozen=True)
class ShownChange:
    """A change ready to be shown; its texts are empty where the pictures do not give it, or no floor is known."""

    field: str
    name: str
    unit: str
    value: str
    interval: str
    floor: str
    floor_from: str
    call: Call
    word: str
    sentence: str

    @property
    def called(self) -> bool:
        """Whether it is called a change."""
        return self.call in CALLED


def shown_figure(field: str, figure: Interval | None, language: Language) -> ShownFigure:
    """Return a figure of a measurement as it is shown."""
    written = figures.notation(field)
    name = language.words(written.name)
    if figure is None:
        return ShownFigure(field, name, language.words(written.unit), "", "")
    value, low, high = (
        number(one * written.factor, written.decimals, language) for one in (figure.value, figure.low, figure.high)
    )
    return ShownFigure(field, name, language.words(written.unit), value, f"{low}\N{EN DASH}{high}")


def shown_changes(comparison: Comparison, language: Language) -> list[ShownChange]:
    """Return the changes of a comparison, in the order they are shown."""
    return [_shown(one, language) for one in change_figures(comparison)]


def headline(comparison: Comparison, language: Language) -> ShownChange:
    """Return the change in density by matched hairs."""
    return next(one for one in shown_changes(comparison, language) if one.field == HEADLINE)


def signed(value: float, unit: str, language: Language) -> str:
    """Write a change with its sign."""
    written = number(value, _decimals(unit), language)
    if set(written) <= set("-0.,"):
        return written.removeprefix("-")
    return f"+{written}" if value > 0 else written.replace("-", "\N{MINUS SIGN}")


def between(change: Interval, unit: str, language: Language) -> str:
    """Write a change's interval; with signs a dash would be read as one."""
    return language.words("{low} to {high}").format(
        low=signed(change.low, unit, language), high=signed(change.high, unit, language)
    )


def listed(words: Sequence[str], language: Language) -> str:
    """Join words to a list."""
    return language.words(", ").join(words)


def _shown(one: ChangeFigure, language: Language) -> ShownChange:
    given = one.interval_given
    change = None if given is None else Interval(value=given.value, low=given.low, high=given.high)
    return ShownChange(
        field=one.field,
        name=language.words(one.name),
        unit=language.words(typeset(one.unit)),
        value="" if change is None else signed(change.value, one.unit, language),
        interval="" if change is None else between(change, one.unit, language),
        floor=localised(one.floor, language),
        floor_from=one.floor_from,
        call=one.call,
        word=language.words(one.word),
        sentence=language.sentence(typeset(one.judgement.sentence)),
    )


def _decimals(unit: str) -> int:
    return _CHANGE_DECIMALS.get(unit, 1)
