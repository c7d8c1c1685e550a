"""Keys and secrets as settings name them: a file's path, or a credential that systemd handed to the service.

systemd's ``LoadCredential=`` shows a unit a file in a folder of its own (``$CREDENTIALS_DIRECTORY``) that only this
unit can read, and no other process of the same user (systemd.exec(5), "CREDENTIALS").
"""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

_PREFIX = "credential:"


def _located(setting: object) -> object:
    if not (isinstance(setting, str) and setting.startswith(_PREFIX)):
        return setting
    name, folder = setting.removeprefix(_PREFIX), os.environ.get("CREDENTIALS_DIRECTORY")
    if not name or "/" in name or name.startswith("."):
        raise ValueError("a credential's name is that of a file, without its folder")
    if folder is None:
        raise ValueError(
            "systemd handed no credentials to this program: start it as its unit with LoadCredential=, or name a file"
        )
    return Path(folder) / name


SecretPath = Annotated[Path, BeforeValidator(_located)]
"""A key's file: a path, or ``credential:NAME`` for one of the unit's ``LoadCredential=``."""


def is_credential(path: Path) -> bool:
    """Say whether a file is one that systemd handed to this program: whatever its mode, only the unit sees it."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.resolve().is_relative_to(Path(folder).resolve())
