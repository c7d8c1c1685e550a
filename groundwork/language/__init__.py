"""Words, numbers and units in the reader's language: what the pages of both programs say, and how."""

from groundwork.language.language import Language, Languages

__all__ = ["Language", "Languages"]
