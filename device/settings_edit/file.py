"""The settings file, changed key by key: its comments stay, the whole is checked before anything is written.

Beside it lie ``.before`` (the file before the last change made here), ``.good`` (a copy of the last one that the
instrument started with) and ``.broken`` (the one that the copy took the place of).
"""

from __future__ import annotations

import contextlib
import stat
import threading
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable, Table

from device.chair.refusals import ChairRefused
from device.settings import DeviceSettings
from device.settings_edit.offered import OFFERED, Value
from groundwork import settings_file
from groundwork.durable_file import write_durably
from groundwork.settings_file import SettingsFileError

BEFORE, GOOD, BROKEN = ".before", ".good", ".broken"

_turn = threading.Lock()


class SettingsUnwritable(ChairRefused):
    """The settings file cannot be written; it is as it was."""


def beside(file: Path, suffix: str) -> Path:
    """Return the name of a copy of the settings file."""
    return file.with_name(file.name + suffix)


def change(file: Path, values: Mapping[tuple[str, str], Value]) -> DeviceSettings:
    """Change settings in the file, and return the whole as it will be read.

    Parameters
    ----------
    file
        The settings file.
    values
        By table and key, of :data:`OFFERED`; None takes the key out.

    Raises
    ------
    groundwork.settings_file.SettingsFileError
        If the file cannot be read, or the whole would not fit together; nothing is written then.
    SettingsUnwritable
        If the disk refuses; the file is as it was.
    ChairRefused
        If one of them is not offered.
    """
    for table, key in values:
        if (table, key) not in OFFERED:
            raise ChairRefused(f"The setting {table[:40]}.{key[:40]} is not changed at the page. Edit the file itself.")
    with _turn:
        file = file.resolve()  # a link stays one: its target is written
        before = _content(file)
        text = _edited(file, before, values)
        settings = settings_file.check(DeviceSettings, file, text)
        for place, value in values.items():
            _require_same(settings, place, value)
        _write(beside(file, BEFORE), before, file)
        _write(file, text.encode(), file)
        return settings


def keep_good(file: Path, content: bytes) -> None:
    """Keep a copy of the settings that the instrument has started with, where it can be written.

    Parameters
    ----------
    file
        The settings file, which may hold something else by now.
    content
        As it was read.

    Raises
    ------
    SettingsUnwritable
        If it cannot: then there is no copy, or an older one.
    """
    with _turn:
        file = file.resolve()
        copy = beside(file, GOOD)
        if not _holds(copy, content):
            _write(copy, content, file)


def put_back_good(file: Path) -> None:
    """Put the last settings that worked in the place of the file, which is kept as ``.broken``.

    Raises
    ------
    SettingsUnwritable
        If the disk refuses; the file is as it was.
    groundwork.settings_file.SettingsFileError
        If the copy is no longer what this release reads, or is not there.
    """
    with _turn:
        file = file.resolve()
        copy, broken = beside(file, GOOD), beside(file, BROKEN)
        content = _content(copy)
        settings_file.read(DeviceSettings, copy)
        # Renamed, not copied: it may be one that cannot be read.
        try:
            file.replace(broken)
        except FileNotFoundError:
            _write(file, content, copy)
            return
        except OSError as error:
            raise _unwritable(file, error) from error
        try:
            _write(file, content, copy)
        except SettingsUnwritable:
            with contextlib.suppress(OSError):
                broken.replace(file)
            raise


def _holds(copy: Path, content: bytes) -> bool:
    """Whether a copy has that content; one that cannot be read has another."""
    try:
        return copy.read_bytes() == content
    except OSError:
        return False


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsFileError(f"{file}: cannot be read ({error.strerror}). Look at the disk.") from error


def _edited(file: Path, content: bytes, values: Mapping[tuple[str, str], Value]) -> str:
    try:
        document = tomlkit.parse(content)
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsFileError(f"{file}: not a TOML file: {error}. Mend it before it is changed here.") from error
    for (table, key), value in values.items():
        if table not in document:
            if value is None:
                continue
            document.add(tomlkit.nl())
            document[table] = tomlkit.table()
        within = document[table]
        if not isinstance(within, Table | InlineTable):
            raise SettingsFileError(f"{file}: [{table}] is in two parts. Put it together before it is changed here.")
        if value is not None:
            within[key] = value
        elif key in within:
            del within[key]
    return tomlkit.dumps(document)


def _require_same(settings: DeviceSettings, place: tuple[str, str], value: Value) -> None:
    """Refuse a value that would be read as another: ``true`` for a number, ``"yes"`` for a flag."""
    table, key = place
    read: Value = getattr(getattr(settings, table), key)
    if value is not None and (read != value or isinstance(read, bool) != isinstance(value, bool)):
        raise SettingsFileError(f"setting '{table}.{key}': it is of another kind. Choose one of those shown.")


def _write(file: Path, content: bytes, like: Path) -> None:
    """Write a file whose permissions are another's."""
    try:
        write_durably(file, content, stat.S_IMODE(like.stat().st_mode))
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> SettingsUnwritable:
    return SettingsUnwritable(
        f"{file} cannot be written ({error.strerror}). Have the administrator change the settings, or let the"
        " instrument's service write in their folder."
    )
