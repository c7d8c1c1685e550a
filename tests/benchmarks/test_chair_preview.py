"""The live picture's benchmark in a short form: a real page and browser, and bounds that no slow machine breaks."""

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.chair import browsing, fluency, not_reading, slow_link
from benchmarks.chair.shown import Shown, age_s, rate_per_s


def test_a_frame_grows_older_until_the_next_one_is_shown() -> None:
    """Breaks when the age is that of the moment of drawing: a picture that stands still would count as fresh."""
    frames = [Shown(float(second), second + 0.1, 1014) for second in range(5)]
    assert age_s(frames, 0) == pytest.approx(0.1, abs=0.01)
    assert age_s(frames, 100) == pytest.approx(1.1, abs=0.01)
    assert rate_per_s(frames) == pytest.approx(1.0)
    assert rate_per_s(frames, least_px=1280) == 0.0


@pytest.mark.skipif(browsing.why_not() is not None, reason=str(browsing.why_not()))
def test_frames_are_counted_while_something_is_measured(tmp_path: Path) -> None:
    """Breaks when frames a second are made of nothing, or of an instrument that has nothing else to do."""
    seen = fluency.measure(tmp_path, 3.0, tabs=1)
    assert seen.per_s[0] >= seen.whole_per_s >= 0
    assert seen.per_s[0] > 1
    assert 0 < seen.age_p95_s < 5
    assert min(seen.answers_s) > 0


@pytest.mark.skipif(slow_link.why_not() is not None, reason=str(slow_link.why_not()))
def test_a_slow_link_is_slow_and_its_frames_are_newer_and_newer(tmp_path: Path) -> None:
    """Breaks when the link is not narrowed, or frames are shown in another order than they were taken."""
    frames = slow_link.measure(tmp_path, 3.0)
    assert len(frames) > 3
    assert all(later.taken_s > earlier.taken_s for earlier, later in pairwise(frames))
    assert 0.02 < age_s(frames, 50) < 2.0


def test_watchers_that_do_not_read_are_counted_with_their_cost(tmp_path: Path) -> None:
    """Breaks when the camera waits for a watcher that reads nothing."""
    cost = not_reading.measure(tmp_path, 2.0)
    assert cost.before_per_s > 1
    assert cost.beside_per_s >= 0.5 * cost.before_per_s
