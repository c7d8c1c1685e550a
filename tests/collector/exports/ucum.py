"""Is a text a UCUM code? A grammar of the parts that the project's units are made of, strict outside of them.

After https://ucum.org/ucum, sections 2 to 4: units with prefixes and whole exponents, ``.`` and ``/``, annotations in
braces, case-sensitive. A unit that is not listed here is refused, UCUM or not: it is then added here by a person.
"""

import re

_METRIC = ("m", "g", "s", "L")
_PREFIXED = {f"{prefix}{unit}" for unit in _METRIC for prefix in ("", "k", "c", "m", "u", "n")}
_PLAIN = {"d", "h", "min", "deg", "%", "By", "a", "wk", "Cel", "K"}
_ATOM = "|".join(sorted(map(re.escape, _PREFIXED | _PLAIN), key=len, reverse=True))
_ANNOTATION = r"\{[!-z|~]+\}"
_EXPONENT = r"-?[1-9][0-9]?"
_TERM = rf"(?:(?:{_ATOM})(?:{_EXPONENT})?(?:{_ANNOTATION})?|{_ANNOTATION}|[1-9][0-9]*)"
_CODE = re.compile(rf"/?{_TERM}(?:[./]{_TERM})*")


def is_ucum(code: str) -> bool:
    """Say whether a text is a UCUM code of the units that the project uses."""
    return code.isascii() and _CODE.fullmatch(code) is not None
