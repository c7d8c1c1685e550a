"""The catalogues of both pages: whether they are whole, and how they are made."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from babel.messages import Catalog

from tools import page_messages
from tools.page_messages import LANGUAGES, Said, collected, main, read, untranslated, updated
from tools.page_sources import CLINIC, HERE, PAGES, PageSources
from tools.said_in_sources import placeholders, sentences_of, words_of

_EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.folder)


@_EACH_PAGE
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_is_said_has_a_translation(page: PageSources, language: str) -> None:
    """A word that was added to the page would stay English: run `python -m tools.page_messages`, and fill it in."""
    assert [f"{one.where}: {one.text}" for one in untranslated(page, language)] == []


@_EACH_PAGE
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_nobody_says(page: PageSources, language: str) -> None:
    """Translators would keep what is dead, and miss what changed: run `python -m tools.page_messages`."""
    assert sorted({str(one.id) for one in read(page, language) if one.id} - set(collected(page))) == []


@_EACH_PAGE
def test_no_pattern_has_lost_its_modules(page: PageSources) -> None:
    """A module that was moved would take its sentences out of the catalogue, and nobody would miss them."""
    assert [pattern for pattern in page.sentences if not list(HERE.glob(pattern))] == []


def test_words_of_tables_and_records_are_told_apart() -> None:
    """A role would stay English, or a translator would work on what only a record holds."""
    said = collected(CLINIC)
    assert {"Study monitor", "Hair density", "units/cm²", "kept, thicker", "Edge width"} <= set(said)
    assert said["Hair density"].whole
    assert "{role} to {value}" not in said
    assert not any("letmein" in one for one in said)


SOURCE = '''
    """A module's docstring is not said."""

    def f(value, right, pin, error):
        """Nor is a function's."""
        _log.warning("Nobody reads this %s", value)
        rows.execute("SELECT a FROM b WHERE c = ?")
        if value:
            raise ValueError("this is for the programmer")
        where = f"{abs(right):.1f} mm {'right' if right > 0 else 'left'}"
        svg = f"<path class={'zero' if right else 'grid'} d=M0 0>"
        listed = (
            "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec"
            " romeo sierra tango uniform victor whiskey yankee zulu and then alpha bravo charlie delta echo foxtrot"
        )
        check(good="Not dark.", warned="Dark by {value:.0f} % of it.", refused=f"Only {{value:.2f}} of {value:.2f}.")
        raise PinUnusable(f"Pin {pin.number} cannot be used ({error})", "Stop what uses it")

    def g(level, low):
        raise Refused(f"A level of {level} " + ("is low" if low else "is high") + ": ask for another.")
'''


def test_sentences_are_collected_with_what_is_put_into_them() -> None:
    """What is not collected is never translated, and what a program says to itself would be."""
    assert sorted(set(sentences_of(ast.parse(dedent(SOURCE))))) == sorted(
        {
            "{right} mm {right_2}",
            "right",
            "left",
            "Not dark.",
            "Dark by {value} % of it.",
            "Only {value} of {value_2}.",
            "Pin {number} cannot be used ({error})",
            "Stop what uses it",
            "A level of {level} {low}: ask for another.",
            "is low",
            "is high",
        }
    )


def test_words_are_collected_wherever_they_stand() -> None:
    """A word within an f-string would stay English on a German page."""
    source = """
    limits = f"({words('from')} {low})", language.words("Outbox"), words(title)
    said = _("Visit {number}").format(number=1)
    """
    assert set(words_of(ast.parse(dedent(source)))) == {"from", "Outbox", "Visit {number}"}


def test_translations_outlast_a_new_collection() -> None:
    """A day of a translator's work would be gone with one command."""
    before = Catalog(locale="de")
    before.add("Stays {value}", "Bleibt {value}")
    before.add("Gone", "Weg")
    said = {text: Said(text, "x.py", whole=text != "New") for text in ("Stays {value}", "New")}
    other = Catalog(locale="de")
    other.add("Shared", "Gemeinsam")
    other.add("Stays {value}", "Steht {value}")
    said["Shared"] = Said("Shared", "x.py", whole=False)
    after = updated(before, said, [other])
    assert [(one.id, one.string, one.auto_comments, one.fuzzy) for one in after if one.id] == [
        ("New", "", [], False),
        ("Shared", "Gemeinsam", [], False),
        ("Stays {value}", "Bleibt {value}", ["sentence"], False),
    ]


def test_a_translation_that_loses_a_value_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence without its figure, or with a placeholder in place of it, would be shown."""
    catalog = Catalog(locale="de")
    catalog.add("Tilted by {value} degrees.", "Verkippt.")
    catalog.add("Right.", "Richtig {value}.")
    catalog.add("Left.", "Links.")
    said = {one: Said(one, "x.py", whole=True) for one in ("Tilted by {value} degrees.", "Right.", "Left.", "Missing")}
    monkeypatch.setattr(page_messages, "read", lambda _page, _language: catalog)
    monkeypatch.setattr(page_messages, "collected", lambda _page: said)
    assert main(["--check"]) == 1
    assert [one.text for one in untranslated(CLINIC, "de")] == ["Tilted by {value} degrees.", "Right.", "Missing"]
    assert placeholders("{a} of {b:.1f} {a}") == {"a", "b"}
