"""A store on both databases, with pictures beside it."""

from pathlib import Path

import pytest

from collector.pictures.folder import PicturesInFolder
from tests.collector.store.conftest import place, store

__all__ = ["pictures", "place", "store"]


@pytest.fixture
def pictures(tmp_path: Path) -> PicturesInFolder:
    """Return an empty folder of pictures."""
    return PicturesInFolder(tmp_path / "pictures")
