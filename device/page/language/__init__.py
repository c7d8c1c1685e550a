"""Words, numbers and units in the reader's language."""

from device.page.language.language import Language, language_of

__all__ = ["Language", "language_of"]
