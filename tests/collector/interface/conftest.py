"""A clinic behind its interface."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.interface.served import Served, fill


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Return an empty clinic behind its interface."""
    made = Served(tmp_path)
    with closing(made.store):
        yield made


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a clinic with something of everything; tests of a module share it and add nothing to it."""
    made = Served(tmp_path_factory.mktemp("filled"))
    with closing(made.store):
        fill(made)
        yield made
