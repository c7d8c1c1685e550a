"""The gate on annotated real scalps: good pictures are not sent back."""

from __future__ import annotations

import pytest

from analysis import measure
from benchmarks import real_scalps
from contract import Verdict
from device.quality import judge

PICTURES = 24


@pytest.mark.skipif(not real_scalps.present(), reason="the annotated real scalps are not beside this checkout")
def test_real_scalps_that_count_well_are_rarely_refused() -> None:
    """Breaks when limits that suit drawn scalps send back real pictures on which hairs are counted well."""
    verdicts = []
    for name in real_scalps.names(PICTURES, "odd"):
        picture, truth = real_scalps.read(name)
        um_per_px = truth["um_per_px"]
        verdicts.append(judge(picture, um_per_px, measurement=measure(picture, um_per_px)).verdict)
    # of all 92 of this half nine are refused, which are also those counted worst
    assert verdicts.count(Verdict.REFUSE) <= 4
