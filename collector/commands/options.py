"""What several commands share: options, kinds of arguments, and how bad input is told."""

from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from contract import ClinicId, DeviceId

FOLDER = click.Path(file_okay=False, path_type=Path)

settings_option = click.option(
    "--settings",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The collector's settings, a TOML file.",
)


class Fault(click.ClickException):
    """Bad input: one sentence on the standard error, exit code 2."""

    exit_code = 2


class Identifier(click.ParamType[str]):
    """An identifier of the contract.

    Parameters
    ----------
    name
        What usage lines call it.
    words
        What it is, for people.
    kind
        What it is held to.
    cure
        How it is written.
    """

    def __init__(self, name: str, words: str, kind: TypeAdapter[str], cure: str) -> None:
        self.name, self._words, self._kind, self._cure = name, words, kind, cure

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value if it is one."""
        try:
            return self._kind.validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is no {self._words}: {self._cure}", param, ctx)


_NAME = "use lower-case letters, digits and hyphens, 32 at most"
CLINIC = Identifier("clinic", "clinic id", TypeAdapter(ClinicId), _NAME)
DEVICE = Identifier("device", "device id", TypeAdapter(DeviceId), _NAME)
