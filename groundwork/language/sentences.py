"""The instrument's own sentences in another language.

They are made in English, with values in them, far from any page. Here a sentence is told by its message: the text with
``{placeholders}`` that the catalogue holds. What stands in the placeholders is carried over: a number in the reader's
way of writing it, a sentence within a sentence translated in its turn. What has no message stays English as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

MOST_CHARACTERS = 1500
"""A longer text is no sentence of the instrument; it stays as it is."""
_DEEPEST = 4
_MOST_SENTENCES = 30
_MOST_OF_A_MESSAGE = 4
"""No message has more sentences."""
_SAYS_LITTLE = 7
"""A message with no more letters than this around its placeholders is told by them only where each is one word."""
_KEPT = 2048
_LONGEST_NUMBER = 12
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
_NUMBER = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?( ?%)?")
_LEADING = " :;,("
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?)])\s+(?=[A-Z0-9(])")
_AS_IT_IS = {"technician", "patient", "patient_code", "code", "folder", "path", "file", "setting", "reason", "by"}
"""Placeholders of what people typed, or of names: never words of the instrument."""
_LISTS = ("; ", ", ", " and ")


class Sentences:
    """The messages of one catalogue, compiled once.

    Parameters
    ----------
    messages
        Translation by message, both with the same placeholders.
    number
        Writes a number with so many decimals in the reader's way.
    """

    def __init__(self, messages: Mapping[str, str], number: Callable[[float, int], str]) -> None:
        self._plain = {text: said for text, said in messages.items() if not _PLACEHOLDER.search(text)}
        with_values = [text for text in messages if _PLACEHOLDER.search(text)]
        # The message that says most by itself is the one that is meant, and first how the sentence begins: "{a}: {b}."
        # would take them all.
        with_values.sort(key=lambda text: (text.startswith("{"), -len(_PLACEHOLDER.sub("", text))))
        self._patterns = [(_literal(text), _pattern(text), messages[text]) for text in with_values]
        self._number = number
        self._said = lru_cache(_KEPT)(self._translated)

    def translated(self, text: str) -> str:
        """Translate a sentence, or several one after another; what no message tells of stays as it is."""
        return text if len(text) > MOST_CHARACTERS else self._said(text, _DEEPEST)

    def _translated(self, text: str, depth: int) -> str:
        if not text.strip() or not depth:
            return text
        return self._one(text, depth) or self._several(text, depth) or text

    def _several(self, text: str, depth: int) -> str | None:
        """Translate the sentences of a text, the longest runs that have a message first."""
        parts = _BETWEEN_SENTENCES.split(text)
        if not 1 < len(parts) <= _MOST_SENTENCES:
            return None
        said: list[str] = []
        at = 0
        while at < len(parts):
            one, end = None, at + 1
            for end in range(min(len(parts), at + _MOST_OF_A_MESSAGE), at, -1):
                one = self._one(" ".join(parts[at:end]), depth)
                if one is not None:
                    break
            said.append(parts[at] if one is None else one)
            at = end
        return " ".join(said)

    def _one(self, text: str, depth: int) -> str | None:
        """Translate by one message, also where that lacks the full stop at the end, or the capital at the beginning."""
        bare = text.removesuffix(".")
        for given, ending in ((text, ""), (bare, ".")):
            for first in (given, given[:1].lower() + given[1:]):
                said = self._by_message(first, depth)
                if said is not None:
                    said += ending
                    return said if first == given else said[:1].upper() + said[1:]
        return None

    def _by_message(self, text: str, depth: int) -> str | None:
        if text in self._plain:
            return self._plain[text]
        for literal, pattern, translation in self._patterns:
            if literal in text and (match := pattern.fullmatch(text)) is not None:
                values = {
                    name: value if name in _AS_IT_IS else self._value(value, depth - 1)
                    for name, value in match.groupdict().items()
                }
                values |= {f"[{name}": value for name, value in match.groupdict().items()}
                return _filled(translation, values)
        return None

    def _value(self, value: str, depth: int) -> str:
        """Write what stands in a placeholder: a number, a sentence, a word, a list of words, or what it is."""
        if (number := _NUMBER.fullmatch(value)) is not None:
            return self._written(number)
        core = value.lstrip(_LEADING)
        said = self._said(core, depth)
        if said != core:
            return value.removesuffix(core) + said
        for between in _LISTS:
            if between in value:
                parts = value.split(between)
                words = [self._value(part, depth) if depth > 0 else part for part in parts]
                if words != parts:
                    return self._joined(between, words)
        return value

    def _joined(self, between: str, words: list[str]) -> str:
        word = self._plain.get("and", "and")
        return f" {word} ".join(words) if between == " and " else between.join(words)

    def _written(self, number: re.Match[str]) -> str:
        sign, whole, decimals, per_cent = number.groups(default="")
        if (len(whole) > 1 and whole.startswith("0")) or len(whole) > _LONGEST_NUMBER:
            return number[0]  # a code, no number
        return sign + self._number(float(f"{whole}.{decimals or 0}"), len(decimals)) + (" %" if per_cent else "")


def _filled(translation: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = _group(found[1])
        # a part of a setting's name, [lights.{value}]
        within = translation[: found.start()].rfind("[") > translation[: found.start()].rfind("]")
        return values[f"[{name}" if within else name]

    return _PLACEHOLDER.sub(value, translation)


def _group(name: str) -> str:
    return name.replace(".", "_dot_")


def _literal(message: str) -> str:
    """Return the longest piece of a message that stands as it is: what lacks it is not looked at any closer."""
    return max(_PLACEHOLDER.split(message)[::2], key=len)


def _pattern(message: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(message)
    says_little = len(re.sub(r"\s", "", "".join(parts[::2]))) <= _SAYS_LITTLE
    value = r"\S+?" if says_little else ".+?"
    made: list[str] = []
    for i, part in enumerate(parts):
        if i % 2 == 0:
            made.append(re.escape(part))
        elif part in parts[1:i:2]:
            made.append(f"(?P={_group(part)})")
        else:
            # "There is no calibration{other}.": what is put right behind a word may be nothing
            may_lack = parts[i - 1][-1:].isalnum() or (i > 1 and not parts[i - 1]) or parts[i - 1].endswith("%")
            made.append(f"(?P<{_group(part)}>{value.replace('+', '*') if may_lack else value})")
    return re.compile("".join(made), re.DOTALL)
