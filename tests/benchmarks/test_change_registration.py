"""The benchmark of registration runs, and its bounds hold on the few small pictures that a test has time for."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.registration.register import Registration
from analysis.registration.transform import Transform
from benchmarks import real_scalps
from benchmarks.change_registration import Pair, drawn_constellations, rows


def test_every_line_is_measured_and_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that breaks is found out when its page is due; one that cannot fall short shows nothing."""
    monkeypatch.setattr(real_scalps, "present", lambda: False)
    lines = rows(2, size_px=(760, 570), um_per_px=10.6)
    assert len(lines) == 9
    assert all(all(line) for line in lines)
    # how long it takes on a machine that is busy with other tests shows nothing
    assert not [line for line in lines if line[3] not in ("met", "for comparison") and "time" not in line[0]]


def test_an_error_is_told_from_the_truth() -> None:
    """Errors of nothing would be reported, whatever registration does."""
    baseline, followup, from_mm, to_mm = drawn_constellations(3)
    picture = np.zeros((1, 1, 3), np.uint8)
    pair = Pair((picture, picture), (baseline, followup), from_mm, from_mm + np.array([0.03, 0.04]))
    nothing = np.empty((0, 2), np.intp)
    assert np.isclose(pair.error_mm(Registration(1.0, Transform(0.0, (0.0, 0.0)), nothing, 0.0)), 0.05)
    assert np.isinf(pair.error_mm(Registration(0.1, None, nothing, None)))
    assert len(to_mm) >= 0.5 * 15 * 15


@pytest.mark.skipif(not real_scalps.present(), reason="the real scalps do not lie beside this checkout")
def test_crops_of_a_real_scalp_share_what_they_are_said_to() -> None:
    """The truth of the real crops would be another's, and a right registration count as wrong."""
    from benchmarks.change_registration import _crops  # noqa: PLC0415

    (pair,) = _crops(real_scalps.names(1, "all"))
    assert pair.pictures[0].shape == pair.pictures[1].shape
    mm_per_px = real_scalps.read(real_scalps.names(1, "all")[0])[1]["um_per_px"] / 1000.0
    first, second = (picture.mean(axis=2) for picture in pair.pictures)
    seen = [
        plane[tuple(np.round(places[:, ::-1] / mm_per_px).astype(int).T)]
        for plane, places in ((first, pair.from_mm), (second, pair.to_mm))
    ]
    assert np.corrcoef(*seen)[0, 1] > 0.7
