"""A place at two visits, small, and frames of it."""

from __future__ import annotations

import pytest

from benchmarks.preview_frames import Place, place

SMALL_MM = (6.6, 5.0)


@pytest.fixture(scope="session")
def here() -> Place:
    """Draw the place that is sought."""
    return place(11, SMALL_MM)


@pytest.fixture(scope="session")
def elsewhere() -> Place:
    """Draw another place, its hairs about as many and in about the same direction."""
    return place(12, SMALL_MM)
