"""The languages of the clinic's pages."""

from pathlib import Path

from babel import negotiate_locale

from groundwork.language import Language, Languages

_LANGUAGES = Languages(Path(__file__).parent)
_LONGEST_WISH = 200

language_of = _LANGUAGES.of
CODES = _LANGUAGES.codes


def wanted(accept_language: str, otherwise: str) -> str:
    """Return the code of the first language that a browser wants and the pages speak.

    Parameters
    ----------
    accept_language
        The request's header; browsers name what they want in order (RFC 9110, 12.5.4).
    otherwise
        Where the pages speak none of them.
    """
    asked = [part.partition(";")[0].strip() for part in accept_language[:_LONGEST_WISH].split(",")]
    found = negotiate_locale([one for one in asked if one], CODES, sep="-")
    return found or otherwise


__all__ = ["CODES", "Language", "language_of", "wanted"]
