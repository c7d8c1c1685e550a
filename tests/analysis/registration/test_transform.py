"""The transform: millimetres of the baseline to millimetres of the follow-up, and back."""

from __future__ import annotations

import json

import numpy as np

from analysis.registration.transform import POWERS, Transform


def test_a_point_right_of_the_middle_goes_down_when_turned_by_90() -> None:
    """With the turn's sign wrong, an arrow on the page would tell the operator to turn the wrong way."""
    turned = Transform(90.0, (0.5, -0.25), 1.02, middle_mm=(3.0, 2.0))
    assert np.allclose(turned.to_followup_mm(np.array([(3.0, 2.0), (4.0, 2.0)])), [(3.5, 1.75), (3.5, 2.77)])


def test_there_and_back_is_exact_to_a_micrometre() -> None:
    """A hair of the follow-up would be looked for beside its place in the baseline."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        transform = Transform(
            float(rng.uniform(-180, 180)),
            (float(rng.uniform(-3, 3)), float(rng.uniform(-3, 3))),
            float(rng.uniform(0.94, 1.06)),
            middle_mm=(5.0, 4.0),
            half_mm=(4.0, 3.0),
            stretch=rng.normal(0.0, 0.03, (2, len(POWERS))),
        )
        places = rng.uniform((0, 0), (10.7, 8.1), (200, 2))
        assert np.abs(transform.to_baseline_mm(transform.to_followup_mm(places)) - places).max() < 1e-3
        assert np.abs(transform.to_followup_mm(transform.to_baseline_mm(places)) - places).max() < 1e-3


def test_the_largest_stretch_is_that_of_the_overlap() -> None:
    """A stretch that is told in other units, or taken where nothing is shared, would warn wrongly."""
    stretch = np.zeros((2, len(POWERS)))
    assert Transform(0.0, (0.0, 0.0)).largest_stretch_um == 0.0
    stretch[0, 0] = 0.05  # 1 % over a half diagonal of 5 mm
    edge = Transform(7.0, (1.0, 0.0), half_mm=(4.0, 3.0), stretch=stretch)
    assert np.isclose(edge.largest_stretch_um, 40.0)


def test_it_goes_into_json() -> None:
    """The change could not be kept or sent."""
    values = json.loads(json.dumps(Transform(1.0, (0.1, 0.2), 1.01).as_dict()))
    assert values["turn_deg"] == 1.0
    assert values["shift_mm"] == [0.1, 0.2]
    assert values["scale"] == 1.01
