"""Every test of the store runs on both databases."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collector.store.store import Store
from tests.postgresql import PostgreSQL


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Return where an empty store may be made."""
    if request.param == "sqlite":
        return tmp_path / "collector.sqlite3"
    cluster: PostgreSQL = request.getfixturevalue("postgresql_cluster")
    return cluster.fresh()


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    """Return an empty store."""
    with closing(Store(place)) as opened:
        yield opened
