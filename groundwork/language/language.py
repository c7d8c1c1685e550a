"""One language of a page: its words, and how numbers, dates and the program's own sentences are said in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from babel.support import NullTranslations
from babel.units import format_unit

from groundwork.language.catalogue import catalogue_of
from groundwork.language.sentences import Sentences


class Figure(Protocol):
    """A figure with its 95 % interval."""

    @property
    def value(self) -> float:
        """What is most likely."""

    @property
    def low(self) -> float:
        """Of the interval."""

    @property
    def high(self) -> float:
        """Of the interval."""


@dataclass(frozen=True, eq=False)
class Language:
    """One language.

    Parameters
    ----------
    code
        By ISO 639: ``en``.
    translations
        Of the page's words.
    sentences
        The program's own; None where they stay as they are made.
    """

    code: str
    translations: NullTranslations
    sentences: Sentences | None = None

    @property
    def locale(self) -> Locale:
        """Babel's."""
        return Locale.parse(self.code)

    def words(self, text: str) -> str:
        """Translate words of the page."""
        return self.translations.gettext(text)

    def sentence(self, text: str) -> str:
        """Translate a sentence that the program made: a reason of the gate, a guidance, an error.

        What the catalogue does not know stays as it is.
        """
        return text if self.sentences is None else self.sentences.translated(text)

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
        return self.calendar_day(moment.astimezone())

    def calendar_day(self, day: date) -> str:
        """Write a day of the calendar."""
        return format_date(day, locale=self.locale)

    def days(self, count: int) -> str:
        """Write so many days: ``12 days``."""
        return format_unit(count, "duration-day", locale=self.locale)

    def time(self, moment: datetime) -> str:
        """Write a time of day, in this machine's time zone."""
        return format_time(moment.astimezone(), format="short", locale=self.locale)


class Languages:
    """The languages of one page, each read once.

    Parameters
    ----------
    folder
        Of the catalogues: ``de.po`` and so on; English needs none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.of = cache(self._read)

    @property
    def codes(self) -> tuple[str, ...]:
        """All there are, English first."""
        return ("en", *sorted(file.stem for file in self._folder.glob("*.po")))

    def _read(self, code: str) -> Language:
        catalogue = catalogue_of(self._folder, code)
        if catalogue is None:
            return Language(code, NullTranslations())
        plain = Language(code, NullTranslations())
        return Language(code, catalogue.translations, Sentences(catalogue.sentences, plain.number))
