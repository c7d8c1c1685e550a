"""Settings from one TOML file, with errors a person can act on.

pydantic says which key is wrong and why, but not where: the standard TOML reader keeps no positions. The line is found
by reading the file a second time for table headers and keys, which is exact for the flat tables that settings are.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

_TABLE = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+?)\s*=")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_NAMED_LINE = re.compile(r", line (\d+): ")

SettingsT = TypeVar("SettingsT", bound=BaseSettings)
Made = TypeVar("Made")


class SettingsFileError(ValueError):
    """The settings file cannot be used; the message names file, line, key and reason, one fault to a line."""


def read(model: type[SettingsT], path: Path) -> SettingsT:
    """Read settings from a TOML file; a key that the file leaves out may come from the model's environment variables.

    Parameters
    ----------
    model
        The settings class, which forbids unknown keys.
    path
        The TOML file.

    Raises
    ------
    SettingsFileError
        If the file is missing, is not TOML, or does not fit the model.
    """
    return read_toml(path, lambda values: model(**values), SettingsFileError, called="settings file", part="setting")


def text_of(path: Path) -> str:
    """Return the text of a settings file as it is now; :func:`check` reads it, whatever becomes of the file meanwhile.

    Raises
    ------
    SettingsFileError
        If the file is missing, or is not UTF-8.
    """
    return _text(path, SettingsFileError, "settings file")


def check(model: type[SettingsT], path: Path, text: str) -> SettingsT:
    """Return what :func:`read` would, were this text in the file: before it is written.

    Raises
    ------
    SettingsFileError
        As :func:`read`.
    """
    return _made(path, text, lambda values: model(**values), refusal=SettingsFileError, part="setting")


def lines_at_fault(error: SettingsFileError) -> tuple[int, ...]:
    """Return the lines (from 1) that the error's sentences name, in their order."""
    return tuple(int(line) for line in _NAMED_LINE.findall(str(error)))


def read_toml(
    path: Path,
    make: Callable[[dict[str, Any]], Made],
    refusal: type[ValueError],
    *,
    called: str,
    part: str,
    tag: str | None = None,
) -> Made:
    """Read what a pydantic model makes of a TOML file.

    Parameters
    ----------
    path
        The file.
    make
        Validates its values.
    refusal
        Raised for a file that cannot be used, one fault to a line.
    called, part
        What the file and one of its keys are called, for people.
    tag
        The key that says which model of a union is meant: pydantic then puts its value before every key at fault.
    """
    return _made(path, _text(path, refusal, called), make, refusal=refusal, part=part, tag=tag)


def _text(path: Path, refusal: type[ValueError], called: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refusal(f"{path}: cannot be read ({error.strerror}). Name an existing {called}.") from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(f"{path}, line {line}: not a TOML file: a character is not UTF-8. Type it anew.") from error


def _made(
    path: Path,
    text: str,
    make: Callable[[dict[str, Any]], Made],
    *,
    refusal: type[ValueError],
    part: str,
    tag: str | None = None,
) -> Made:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refusal(_not_toml(path, text, str(error))) from error
    try:
        return make(values)
    except ValidationError as error:
        raise refusal("\n".join(_sentence(path, text, fault, part, tag) for fault in error.errors())) from error


def _not_toml(path: Path, text: str, said: str) -> str:
    """Say where a text is no TOML; the reader says it at the end of its own sentence."""
    found = _TOML_PLACE.search(said)
    if found is None:
        # "at end of document": something was opened there and not closed
        return f"{path}, line {max(1, len(text.splitlines()))}: not a TOML file: {said}."
    return f"{path}, line {found[1]}: not a TOML file: {said[: found.start()].rstrip()}, column {found[2]}."


def _sentence(path: Path, text: str, fault: ErrorDetails, part: str, tag: str | None) -> str:
    location = [str(one) for one in fault["loc"]]
    line = line_of(text, location)
    place = f"{path}, line {line}" if line else str(path)
    key = ".".join(location if tag is None else location[1:] or location) or tag
    if fault["type"] == "extra_forbidden":
        return f"{place}: unknown {part} '{key}'. Remove it or correct its name."
    if fault["type"] == "missing":
        return f"{place}: {part} '{key}' is missing. Add it."
    return f"{place}: {part} '{key}': {fault['msg'].removeprefix('Value error, ')}."


def line_of(text: str, location: Sequence[str]) -> int | None:
    """Return the line (from 1) of the deepest part of a key path that the text spells out, or None.

    Parameters
    ----------
    text
        A TOML document of tables and keys.
    location
        The path of a key, tables first; a part that is not written in the text (the tag of a union) is passed over.
    """
    table: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = header[1].replace(" ", "").split(".")
            written = table
        elif key := _KEY.match(line):
            written = [*table, *(part.strip("\"'") for part in key[1].split("."))]
        else:
            continue
        if _in_order(written, location) and (best is None or len(written) > best[0]):
            best = (len(written), number)
    return best[1] if best else None


def _in_order(written: Sequence[str], location: Sequence[str]) -> bool:
    parts = iter(location)
    return all(name in parts for name in written)
