"""One language of the page: its words, and how numbers, dates and the instrument's own sentences are said in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from babel.support import NullTranslations


class Figure(Protocol):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Language:
    """One language.

    Parameters
    ----------
    code
        As `[chair] language` has it.
    translations
        Of the page's words.
    """

    code: str
    translations: NullTranslations

    @property
    def locale(self) -> Locale:
        """Babel's."""
        return Locale.parse(self.code)

    def words(self, text: str) -> str:
        """Translate words of the page."""
        return self.translations.gettext(text)

    def sentence(self, text: str) -> str:
        """Translate a sentence that the instrument made: a reason of the gate, a guidance, an error."""
        return self.translations.gettext(text)

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a number with so many decimals."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(value, format=pattern, locale=self.locale)

    def interval(self, figure: Figure, decimals: int = 0) -> str:
        """Write a figure with its interval: ``144 (125-166)``."""
        value, low, high = (self.number(one, decimals) for one in (figure.value, figure.low, figure.high))
        return f"{value} ({low}\N{EN DASH}{high})"

    def day(self, moment: datetime) -> str:
        """Write a date, in this machine's time zone."""
        return format_date(moment.astimezone(), locale=self.locale)

    def time(self, moment: datetime) -> str:
        """Write a time of day, in this machine's time zone."""
        return format_time(moment.astimezone(), format="short", locale=self.locale)


@cache
def language_of(code: str) -> Language:
    """Return a language of the page."""
    return Language(code, NullTranslations())
