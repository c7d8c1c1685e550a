"""The benchmark of calibrating a still, small."""

from benchmarks.instrument_cost import rows


def test_the_benchmark_runs_and_both_ways_are_timed() -> None:
    """Breaks when `make bench-instrument` ends after an hour in an error."""
    lines = rows(1, (1014, 760))
    assert [line[0].split(":")[0] for line in lines][:3] == ["calibrating a still"] * 3
    assert all("s" in reached or float(reached.split()[0]) > 0 for _, _, reached, _ in lines)
