"""What holds for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgresql import PostgreSQL, postgresql, why_not

# How long an example takes says something of the machine, not of the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[PostgreSQL]:
    """Run one PostgreSQL for all tests that need it; each makes a database of its own."""
    if (reason := why_not()) is not None:
        pytest.fail(reason)
    with postgresql() as running:
        yield running
