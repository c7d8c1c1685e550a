"""The delivery's speed and memory in a short form: real programs, few captures, bounds that no slow machine breaks."""

import statistics
from pathlib import Path

import pytest

from benchmarks.delivery import link, picture_memory, picture_way, throughput

LARGE_BYTES = 4_000_000


def test_what_waited_is_delivered_and_a_lone_capture_does_not_wait_for_the_next_look(tmp_path: Path) -> None:
    """Breaks when a rate is made of nothing, or a kept capture is seen so late that its receipt takes too long."""
    speed = throughput.measure(tmp_path, 60, 20, rounds=1)
    assert len(speed.peer_per_s) == len(speed.delivered_per_s) == 1
    assert 0 < speed.share < 1, "the bare publisher commits nothing and validates nothing"
    assert len(speed.latencies_ms) == 20
    assert statistics.median(speed.latencies_ms) <= throughput.LATENCY.high


def test_pictures_pass_through_both_programs_without_staying_in_their_memory(tmp_path: Path) -> None:
    """Breaks when either side holds a picture after it is delivered: the eight after the first two are 32 MB."""
    sizes = picture_memory.measure_mb(tmp_path, 10, LARGE_BYTES, settling=2)
    for first, *later in sizes.values():
        assert max(later) - first <= picture_memory.GROWTH.high


def test_a_picture_is_timed_until_its_201_beside_a_bare_put(tmp_path: Path) -> None:
    """Breaks when the peer is not the one named, or a way of the picture is not measured."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: make bench-delivery brings it")
    times = picture_way.measure(tmp_path, 1, LARGE_BYTES)
    assert [len(way) for way in (times.bare, times.bare_kept, times.delivered, times.kept)] == [1, 1, 1, 1]
    assert all(kept_s > put_s > 0 for put_s, kept_s in zip(times.bare, times.bare_kept, strict=True))
    assert min(times.delivered + times.kept) > 0


@pytest.mark.skipif(link.why_not() is not None, reason=str(link.why_not()))
def test_a_result_does_not_wait_for_the_picture_that_travels(tmp_path: Path) -> None:
    """Breaks when figures stand behind a picture: at 50 Mbit/s the rest of this one takes 0.6 s or more."""
    latencies = link.measure(tmp_path, 1, 2 * LARGE_BYTES)
    assert len(latencies.alone) == len(latencies.beside) == 1
    assert max(latencies.beside) < 500
