"""What is kept of studies is tested on both databases."""

from tests.collector.store.conftest import place, store

__all__ = ["place", "store"]
