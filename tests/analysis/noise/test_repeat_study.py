"""A study of one figure: what is asked of it is there, and what it cannot give is not made up."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.noise.floor import Source
from analysis.noise.repeat_study import study_figure

NAN = float("nan")


def test_a_study_holds_what_was_simulated() -> None:
    """Spread and correlation taken from the wrong grouping would come out far off."""
    rng = np.random.default_rng(8)
    groups = rng.normal(150, 30, (60, 1)) + rng.normal(0, 6, (60, 3))
    found = study_figure("hair_density_per_cm2", groups.tolist(), Source.PLACEMENT)
    assert found is not None
    assert found.sd.value == pytest.approx(6, rel=0.2)  # three standard errors of 120 degrees of freedom
    assert found.icc is not None
    assert found.icc.value == pytest.approx(30**2 / (30**2 + 6**2), abs=0.03)
    assert found.icc_operators is None
    assert found.limits is not None
    assert abs(found.limits.bias.value) < 3 * np.sqrt(2 / 60) * 6
    assert found.limits.high.value == pytest.approx(1.96 * np.sqrt(2) * 6, rel=0.3)
    assert found.share_of_mean == pytest.approx(found.floor.smallest_detectable_change / 150, rel=0.1)
    assert (found.subjects, found.measurements, found.floor.degrees) == (60, 180, 120)
    assert json.loads(json.dumps(found.as_dict()))["limits_of_agreement"]["pairs"] == 60


def test_what_a_picture_did_not_give_is_left_out() -> None:
    """A bald frame has no mean diameter: the others are studied all the same."""
    found = study_figure("mean_diameter_um", [[60.0, NAN, 62.0], [NAN, 50.0], [55.0]], Source.DONOR)
    assert found is not None
    assert (found.subjects, found.measurements) == (1, 2)
    assert (found.icc, found.limits) == (None, None)
    as_dict = json.loads(json.dumps(found.as_dict()))
    assert (as_dict["icc"], as_dict["limits_of_agreement"]) == (None, None)
    assert study_figure("mean_diameter_um", [[60.0, NAN], [55.0]], Source.DONOR) is None


def test_operators_who_differ_show_in_bias_and_agreement() -> None:
    """A study that crosses operators asks just this; one that takes their pictures as anybody's cannot answer."""
    rng = np.random.default_rng(9)
    by_operator = rng.normal(150, 30, (20, 1)) + rng.normal(0, 4, (20, 3)) + np.array([0.0, 20.0, -20.0])
    found = study_figure("hair_density_per_cm2", by_operator.tolist(), Source.PLACEMENT, by_operator.tolist())
    assert found is not None
    assert found.icc_operators is not None
    assert found.icc_operators.value < 0.85
    assert found.limits is not None
    assert 20 in found.limits.bias
    assert found.sd.value > 15  # what operators add is noise to a patient who meets both
