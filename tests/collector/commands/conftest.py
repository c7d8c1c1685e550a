"""A collector's settings, on either database, and its commands."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from collector.pictures.folder import PicturesInFolder
from collector.store.store import Store
from tests.collector.examples import CLINIC
from tests.collector.store.conftest import place

__all__ = ["place"]


def write_settings(folder: Path, state: Path, place: Path | str) -> Path:
    """Write settings, and return their file."""
    folder.mkdir(exist_ok=True)
    certificates = folder / "certificates"
    certificates.mkdir(exist_ok=True)
    (certificates / "server.key").write_text("the secret")
    store = "" if isinstance(place, Path) else f'[store]\nurl = "{place}"\n'
    path = folder / "collector.toml"
    path.write_text(
        f"""
clinic_id = "{CLINIC}"
state_folder = "{state}"
{store}
[broker]
host = "127.0.0.1"
port = 8883
authority = "{certificates}/authority.crt"
certificate = "{certificates}/collector.crt"
key = "{certificates}/collector.key"

[pictures]
host = "127.0.0.1"
authority = "{certificates}/authority.crt"
certificate = "{certificates}/server.crt"
key = "{certificates}/server.key"
"""
    )
    return path


@dataclass(frozen=True)
class Clinic:
    """A collector as its settings name it: its folder, store and pictures."""

    folder: Path
    place: Path | str
    settings: Path
    store: Store
    pictures: PicturesInFolder

    @property
    def in_postgresql(self) -> bool:
        """Whether its store is."""
        return isinstance(self.place, str)

    def run(self, command: click.Command, *arguments: object) -> Result:
        """Give a command with its settings."""
        return run(command, "--settings", self.settings, *arguments)


@pytest.fixture
def clinic(place: Path | str, tmp_path: Path) -> Iterator[Clinic]:
    """Return a collector on either database, empty."""
    settings = write_settings(tmp_path, tmp_path, place)
    with closing(Store(place)) as store:
        yield Clinic(tmp_path, place, settings, store, PicturesInFolder(tmp_path / "pictures"))


def run(command: click.Command, *arguments: object) -> Result:
    """Give a command."""
    result = CliRunner().invoke(command, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
