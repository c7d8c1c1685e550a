"""A clinic whose pages a stranger, and people of each role, come to."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collector.store.store import Store
from tests.collector.page_clinic import Clinic


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty store's file: brought to today's format once, and copied."""
    file = tmp_path_factory.mktemp("access") / "collector.sqlite3"
    Store(file).close()
    return file


@pytest.fixture
def clinic(empty_store: Path, tmp_path: Path) -> Iterator[Clinic]:
    """Return an empty clinic."""
    shutil.copy(empty_store, tmp_path / "collector.sqlite3")
    made = Clinic(tmp_path)
    with closing(made.store):
        yield made
