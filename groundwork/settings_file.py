"""Settings from one TOML file, with errors a person can act on.

pydantic says which key is wrong and why, but not where: the standard TOML reader keeps no positions. The line is found
by reading the file a second time for table headers and keys, which is exact for the flat tables that settings are.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

_TABLE = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+?)\s*=")

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


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
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise SettingsFileError(
            f"{path}: cannot be read ({error.strerror}). Name an existing settings file."
        ) from error
    except ValueError as error:
        raise SettingsFileError(f"{path}: not a TOML file: {error}.") from error
    try:
        return model(**values)
    except ValidationError as error:
        raise SettingsFileError("\n".join(_sentence(path, text, fault) for fault in error.errors())) from error


def _sentence(path: Path, text: str, fault: ErrorDetails) -> str:
    location = [str(part) for part in fault["loc"]]
    line = line_of(text, location)
    place = f"{path}, line {line}" if line else str(path)
    key = ".".join(location)
    if fault["type"] == "extra_forbidden":
        return f"{place}: unknown setting '{key}'. Remove it or correct its name."
    if fault["type"] == "missing":
        return f"{place}: setting '{key}' is missing. Add it."
    return f"{place}: setting '{key}': {fault['msg'].removeprefix('Value error, ')}."


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
