"""The languages of the clinic's pages."""

from pathlib import Path

from groundwork.language import Language, Languages

_LANGUAGES = Languages(Path(__file__).parent)

language_of = _LANGUAGES.of
CODES = _LANGUAGES.codes

__all__ = ["CODES", "Language", "language_of"]
