"""The collector's ingestion in a short form: shared by four, any of them killed, and flat in memory."""

from pathlib import Path

import pytest

from benchmarks.collector import ingestion_memory, ingestion_shared
from tests.postgresql import PostgreSQL


def test_four_collectors_share_and_a_kill_of_each_loses_and_doubles_nothing(
    tmp_path: Path, postgresql_cluster: PostgreSQL
) -> None:
    """Breaks when a capture is acknowledged that no collector stored, or stored by two."""
    shared = ingestion_shared.measure(tmp_path, 2_000, postgresql_cluster.fresh())
    assert (shared.stored, shared.distinct, shared.kills) == (2_000, 2_000, 4)
    assert min(shared.shares) >= ingestion_shared.LEAST_SHARE.low


def test_memory_does_not_grow_with_what_passes(tmp_path: Path) -> None:
    """Breaks when something of each capture stays in the collector: of 10 kB, a tenth would show here."""
    held = ingestion_memory.measure(tmp_path, 12_000)
    assert held.most(0.8, 1.0) - held.most(0.3, 0.5) < 6.0, "MB, over 6,000 captures of 60 MB"
    assert held.counts[-1] == pytest.approx(12_000)
