"""Bring the page's catalogues up to date with what is said in the sources.

    python -m tools.page_messages          # collects, and writes both pages' catalogues anew
    python -m tools.page_messages --check  # ends with 1 if a word of a page or a sentence has no translation

What is collected of each page (:mod:`tools.page_sources`): its words (``_()`` in templates, by Jinja's extractor for
Babel, ``_()`` and ``words()`` in screens, and words that stand in tables), and the sentences that the programs
themselves make, from the modules named there. Those are strings and f-strings that read as prose; what an f-string puts
in becomes a ``{placeholder}``. Translations that stand are kept, those of what is no longer said are dropped; what
another page has translated is taken over, so that both say one thing in the same words. The rest is listed as
untranslated: fill in its ``msgstr``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import product
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from tools.page_sources import HERE, PAGES, PageSources
from tools.said_in_sources import placeholders, sentences_of, words_of

LANGUAGES = ("de",)
SENTENCE = "sentence"
"""The comment in a catalogue of what is matched as a whole sentence, with its placeholders."""

_HEADER = """\
# {title} in another language. Brought up to date by `python -m tools.page_messages`.
# "sentence" marks what the instrument itself says: its {{placeholders}} stand for values.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
"""Without dates: what nothing changed in stays the same file."""


@dataclass(frozen=True)
class Said:
    """One message of the sources.

    Parameters
    ----------
    text
        In English, with placeholders: the key of its translations.
    where
        A module, relative to the repository.
    whole
        Whether it is the instrument's own sentence, or one of the page's words.
    """

    text: str
    where: str
    whole: bool


@cache
def collected(page: PageSources) -> dict[str, Said]:
    """Return all that is said on a page, by its text."""
    beside = [Said(text, "tools/page_sources.py", whole=True) for text in page.beside]
    found: dict[str, Said] = {}
    for one in (*_page_words(page), *_sentences(page), *beside):
        before = found.get(one.text)
        if one.text not in page.recorded and (before is None or (one.whole and not before.whole)):
            found[one.text] = one
    return found


def updated(catalog: Catalog, said: Mapping[str, Said], elsewhere: Sequence[Catalog] = ()) -> Catalog:
    """Return a catalogue with just what is said, in order, and the translations that stand.

    Parameters
    ----------
    catalog
        As it was.
    said
        All that is said.
    elsewhere
        Other pages' catalogues of the language: what this one lacks and they have is taken over.
    """
    new = Catalog(locale=catalog.locale, domain="page")
    for text in sorted(said, key=lambda one: (one.casefold(), one)):
        standing = (one.string for known in (catalog, *elsewhere) if (one := known.get(text)) is not None)
        new.add(
            text,
            next((one for one in standing if isinstance(one, str) and one), ""),
            auto_comments=[SENTENCE] if said[text].whole else [],
        )
    return new


def untranslated(page: PageSources, language: str) -> list[Said]:
    """Return what is said and has no translation, or one that lacks a placeholder or has another."""
    catalog = read(page, language)
    return [one for one in collected(page).values() if not _stands(one.text, catalog)]


def read(page: PageSources, language: str) -> Catalog:
    """Return a language's catalogue as it lies in the repository; an empty one where there is none."""
    file = page.catalogue(language)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as content:
        return read_po(content, locale=language)


def write(page: PageSources, language: str, catalog: Catalog) -> None:
    """Write a language's catalogue."""
    content = BytesIO()
    write_po(content, catalog, width=120, omit_header=True, no_location=True, ignore_obsolete=True)
    head = _HEADER.format(title=page.title, language=language)
    page.catalogue(language).write_bytes(head.encode() + content.getvalue())


def main(arguments: list[str]) -> int:
    """Do what the module's words say."""
    lacking = 0
    for page, language in product(PAGES, LANGUAGES):
        said = collected(page)
        if "--check" not in arguments:
            elsewhere = [read(other, language) for other in PAGES if other is not page]
            write(page, language, updated(read(page, language), said, elsewhere))
        missing = untranslated(page, language)
        for one in missing:
            sys.stdout.write(f"{page.folder}, {language}: {one.where}: {one.text}\n")
        sys.stdout.write(f"{page.folder}, {language}: {len(missing)} of {len(said)} messages lack a translation\n")
        lacking += len(missing)
    return 1 if lacking else 0


def _stands(text: str, catalog: Catalog) -> bool:
    message = catalog.get(text)
    return (
        message is not None
        and isinstance(message.string, str)
        and bool(message.string.strip())
        and placeholders(message.string) == placeholders(text)
    )


def _page_words(page: PageSources) -> Iterator[Said]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.do"}
    for file in sorted((page.here / "templates").glob("*.html")):
        for _, text, _, _ in extract_from_file("jinja2", file, keywords={"_": None}, options=options):
            yield Said(_first(text), _where(file), whole=False)
    for file in sorted(page.here.rglob("*.py")):
        for text in words_of(ast.parse(file.read_text(encoding="utf-8"))):
            yield Said(text, _where(file), whole=False)
    for text in page.words():
        yield Said(text, "tools/page_sources.py", whole=False)


def _first(text: str | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _sentences(page: PageSources) -> Iterator[Said]:
    for pattern in page.sentences:
        for file in sorted(HERE.glob(pattern)):
            for text in sentences_of(ast.parse(file.read_text(encoding="utf-8"))):
                yield Said(text, _where(file), whole=True)


def _where(file: Path) -> str:
    return file.relative_to(HERE).as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
