"""A language's catalogue, read from the text that people edit: nothing is compiled beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

_SENTENCE = "sentence"


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What a language says.

    Parameters
    ----------
    translations
        Of the page's words.
    sentences
        Of the program's own sentences, by their messages: those marked so in the catalogue.
    """

    translations: Translations
    sentences: Mapping[str, str]


def catalogue_of(folder: Path, code: str) -> Catalogue | None:
    """Return a language's catalogue; None for English, whose words are the keys."""
    file = folder / f"{code}.po"
    if not file.is_file():
        return None
    with file.open("rb") as content:
        catalog = read_po(content, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    sentences = {
        one.id: one.string
        for one in catalog
        if isinstance(one.id, str) and isinstance(one.string, str) and one.string and _SENTENCE in one.auto_comments
    }
    return Catalogue(Translations(compiled, domain="page"), sentences)
