"""The languages of the chair page."""

from pathlib import Path

from groundwork.language import Language, Languages

language_of = Languages(Path(__file__).parent).of

__all__ = ["Language", "language_of"]
