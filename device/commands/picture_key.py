"""``trichoscope picture-key``: makes the key that seals pictures on the instrument's disk."""

import os
import secrets
from pathlib import Path

import click

from device.store.sealing import KEY_BYTES
from groundwork.durable_file import sync_folder


class KeyNotMade(RuntimeError):
    """The key's file cannot be made; the message says what to do."""


@click.command("picture-key")
@click.argument("file", type=click.Path(path_type=Path))
def picture_key(file: Path) -> None:
    """Make the key that seals pictures on this disk, in FILE."""
    _write_once(file, secrets.token_bytes(KEY_BYTES))
    click.echo(
        f"{file} is the key of this instrument's pictures. Name it under picture_key in [storage], or hand it over with"
        " LoadCredential=. Put a copy away outside of the instrument: without the key, pictures that have not reached"
        " the clinic are lost."
    )


def _write_once(file: Path, key: bytes) -> None:
    """Write the key and nothing over another: pictures sealed with that could not be opened any more."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyNotMade(f"{file} is there already, and is not replaced. Name another file.") from error
    except OSError as error:
        raise KeyNotMade(f"{file} cannot be made ({error.strerror}). Name a file in a folder that is there.") from error
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.write(key)
            written.flush()
            os.fsync(written.fileno())
        sync_folder(file.resolve().parent)
    except OSError as error:
        file.unlink(missing_ok=True)  # half a key is none
        raise KeyNotMade(f"{file} cannot be written ({error.strerror}). Free space on its disk.") from error
