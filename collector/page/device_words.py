"""How instruments stand, in words, icons and colours; sentences are keys of the catalogues."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_timedelta

from collector.devices.states import Finding, State, Value
from collector.page.language import Language
from collector.page.words import VerdictWords

STATES = {
    State.OK: VerdictWords("In order", "good"),
    State.LOOK: VerdictWords("Needs a look", "care"),
    State.BAD: VerdictWords("Urgent", "bad"),
}
REVOKED = VerdictWords("Revoked", "locked")


def sentence(finding: Finding, language: Language) -> str:
    """Return what is the matter: in the instrument's own words where it has said them."""
    if finding.own_words is not None:
        return language.sentence(finding.own_words)
    values = {name: value(one, language) for name, one in finding.values.items()}
    return language.words(finding.sentence).format(**values)


def value(one: Value, language: Language) -> str:
    """Write what a sentence names."""
    match one:
        case datetime():
            return language.day(one)
        case timedelta():
            return span(one, language)
        case int() | float():
            return language.number(one)
    return one


def span(length: timedelta, language: Language) -> str:
    """Write a length of time by its largest unit: ``3 minutes``."""
    return format_timedelta(max(length, timedelta(seconds=1)), threshold=1.2, locale=language.locale)


def ago(moment: datetime, now: datetime, language: Language) -> str:
    """Write how long ago something was: ``3 minutes ago``."""
    # Never "in 2 seconds": two clocks differ by as much.
    return format_timedelta(
        min(moment - now, timedelta(seconds=-1)), threshold=1.2, add_direction=True, locale=language.locale
    )
