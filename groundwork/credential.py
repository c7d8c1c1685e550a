"""Keys and secrets as settings name them: a file's path, or a credential that systemd handed to the service.

systemd's ``LoadCredential=`` shows a unit a file in a folder of its own (``$CREDENTIALS_DIRECTORY``) that only this
unit can read, and no other process of the same user (systemd.exec(5), "CREDENTIALS").
"""

import os
import stat
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

_PREFIX = "credential:"
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SecretOpenToOthers(PermissionError):
    """A key that others than its owner can use proves nothing and hides nothing; the message says what to do."""


class CredentialAbsent(FileNotFoundError):
    """The settings name a credential, and systemd handed none to this program; the message says what to do."""


def _located(setting: object) -> object:
    if not (isinstance(setting, str) and setting.startswith(_PREFIX)):
        return setting
    name, folder = setting.removeprefix(_PREFIX), os.environ.get("CREDENTIALS_DIRECTORY")
    if not name or "/" in name or name.startswith("."):
        raise ValueError("a credential's name is that of a file, without its folder")
    # What is not there is said when it is used: commands beside the unit read the same settings without it.
    return Path(setting) if folder is None else Path(folder) / name


SecretPath = Annotated[Path, BeforeValidator(_located)]
"""A key's file: a path, or ``credential:NAME`` for one of the unit's ``LoadCredential=``."""


def is_credential(path: Path) -> bool:
    """Say whether settings name a credential of systemd's: whatever its mode, only the unit sees it."""
    if str(path).startswith(_PREFIX):
        return True
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.resolve().is_relative_to(Path(folder).resolve())


def check_secret(path: Path) -> None:
    """Refuse a key that is not there for this program alone; to be called before it is read.

    Raises
    ------
    CredentialAbsent
        If it is a credential, and this program was not started as the unit that gets it.
    SecretOpenToOthers
        If its permissions give anything to its group or to others, and it is no credential: those may be 0440, in a
        folder that nobody else sees.
    OSError
        If there is no such file.
    """
    if str(path).startswith(_PREFIX):
        raise CredentialAbsent(
            f"systemd handed no {path} to this program: start it as its unit with LoadCredential=, or name a file"
        )
    found = path.stat().st_mode
    mode = stat.S_IMODE(found)
    if stat.S_ISREG(found) and mode & _OF_OTHERS and not is_credential(path):
        raise SecretOpenToOthers(
            f"{path} is open to others than its owner (mode {mode:04o}): run 'chmod 600 {path}', and replace the key if"
            " anybody may have copied it"
        )


def read_secret(path: Path) -> str:
    """Return what a secret's file holds, without the line's end.

    Raises
    ------
    CredentialAbsent, SecretOpenToOthers, OSError
        As :func:`check_secret` raises them.
    """
    check_secret(path)
    return path.read_text(encoding="utf-8").strip()
