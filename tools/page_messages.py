"""Bring the page's catalogues up to date with what is said in the sources.

    python -m tools.page_messages          # collects, and writes device/page/language/de.po anew
    python -m tools.page_messages --check  # ends with 1 if a word of the page or a sentence has no translation

What is collected: the words of the page (``_()`` in templates, by Jinja's extractor for Babel, ``_()`` and ``words()``
in screens), and the sentences that the instrument itself makes, from the modules named in ``SENTENCES``. Those are
strings and f-strings that read as prose; what an f-string puts in becomes a ``{placeholder}``. Translations that stand
are kept, those of what is no longer said are dropped, the rest is listed as untranslated: fill in its ``msgstr``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from tools.said_in_sources import placeholders, sentences_of, words_of

HERE = Path(__file__).resolve().parent.parent
PAGE = HERE / "device" / "page"
LANGUAGES = ("de",)
SENTENCE = "sentence"
"""The comment in a catalogue of what is matched as a whole sentence, with its placeholders."""

SENTENCES = (
    "analysis/chain.py",
    "analysis/comparison/words.py",
    "analysis/correction/*.py",
    "analysis/figure_words.py",
    "analysis/flag_words.py",
    "analysis/found.py",
    "analysis/guidance/*.py",
    "analysis/noise/floor.py",
    "analysis/picture.py",
    "contract/sites.py",
    "device/baseline/*.py",
    "device/calibration/**/*.py",
    "device/camera/[!f]*.py",
    "device/capture.py",
    "device/chair/*.py",
    "device/comparing.py",
    "device/guidance/*.py",
    "device/health/*.py",
    "device/instrument.py",
    "device/lights/*.py",
    "device/outbox/*.py",
    "device/page/**/*.py",
    "device/pins.py",
    "device/quality/*.py",
    "device/settings_edit/*.py",
    "device/sites/*.py",
    "device/store/*.py",
    "device/triggers/*.py",
    "groundwork/settings_file.py",
)
"""Where the instrument's own sentences are made; not what only the command line says."""
BESIDE = (
    "{whole} degree {turn}",
    "{whole} degrees {turn}",
    "and",
    "frontal",
    "mid-scalp",
    "midline",
    "occipital",
    "temporal",
    "vertex",
    "Focus",
    "Exposure",
    "Dark",
    "Colour",
    "Scale",
    "Blur",
    "focus",
    "exposure",
    "dark",
    "response",
    "flat-field",
    "colour",
    "scale",
    "blur",
    "button",
    "foot-switch",
    "cross",
    "parallel",
    "cross {share}",
    "parallel {share}",
    "Not Found",
    "Method Not Allowed",
    "um",
    "hairs/cm2",
    "units/cm2",
    "hairs/unit",
    "mm/cm2",
    "No space left on device",
    "Permission denied",
    "No such file or directory",
    "Connection refused",
    "Input/output error",
    "Read-only file system",
)
"""Pieces of sentences that no single string of the sources holds: plurals, sites, what the system says of a fault."""

_HEADER = """\
# The chair page in another language. Brought up to date by `python -m tools.page_messages`.
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
def collected() -> dict[str, Said]:
    """Return all that is said, by its text."""
    said = [*_page_words(), *_sentences(), *(Said(text, "tools/page_messages.py", whole=True) for text in BESIDE)]
    found: dict[str, Said] = {}
    for one in said:
        before = found.get(one.text)
        if before is None or (one.whole and not before.whole):
            found[one.text] = one
    return found


def updated(catalog: Catalog, said: Mapping[str, Said]) -> Catalog:
    """Return a catalogue with just what is said, in order, and the translations that stand."""
    new = Catalog(locale=catalog.locale, domain="page")
    for text in sorted(said, key=lambda one: (one.casefold(), one)):
        before = catalog.get(text)
        new.add(
            text,
            before.string if before is not None else "",
            auto_comments=[SENTENCE] if said[text].whole else [],
        )
    return new


def untranslated(language: str) -> list[Said]:
    """Return what is said and has no translation, or one that lacks a placeholder or has another."""
    catalog = read(language)
    return [one for one in collected().values() if not _stands(one.text, catalog)]


def read(language: str) -> Catalog:
    """Return a language's catalogue as it lies in the repository; an empty one where there is none."""
    file = _file(language)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as content:
        return read_po(content, locale=language)


def write(language: str, catalog: Catalog) -> None:
    """Write a language's catalogue."""
    content = BytesIO()
    write_po(content, catalog, width=120, omit_header=True, no_location=True, ignore_obsolete=True)
    _file(language).write_bytes(_HEADER.format(language=language).encode() + content.getvalue())


def main(arguments: list[str]) -> int:
    """Do what the module's words say."""
    for language in LANGUAGES:
        if "--check" not in arguments:
            write(language, updated(read(language), collected()))
        lacking = untranslated(language)
        for one in lacking:
            sys.stdout.write(f"{language}: {one.where}: {one.text}\n")
        sys.stdout.write(f"{language}: {len(lacking)} of {len(collected())} messages lack a translation\n")
        if lacking:
            return 1
    return 0


def _file(language: str) -> Path:
    return PAGE / "language" / f"{language}.po"


def _stands(text: str, catalog: Catalog) -> bool:
    message = catalog.get(text)
    return (
        message is not None
        and isinstance(message.string, str)
        and bool(message.string.strip())
        and placeholders(message.string) == placeholders(text)
    )


def _page_words() -> Iterator[Said]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.do"}
    for file in sorted((PAGE / "templates").glob("*.html")):
        for _, text, _, _ in extract_from_file("jinja2", file, keywords={"_": None}, options=options):
            yield Said(_first(text), _where(file), whole=False)
    for file in sorted(PAGE.rglob("*.py")):
        for text in words_of(ast.parse(file.read_text(encoding="utf-8"))):
            yield Said(text, _where(file), whole=False)


def _first(text: str | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _sentences() -> Iterator[Said]:
    for pattern in SENTENCES:
        for file in sorted(HERE.glob(pattern)):
            for text in sentences_of(ast.parse(file.read_text(encoding="utf-8"))):
                yield Said(text, _where(file), whole=True)


def _where(file: Path) -> str:
    return file.relative_to(HERE).as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
