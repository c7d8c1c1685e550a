"""A change as it travels: what the analysis gives fits, and nothing out of bounds gets through."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from analysis.comparison.change import ChangeFlag
from analysis.comparison.change import Fate as AnalysisFate
from contract import MAX_MESSAGE_BYTES, Change, Comparison, Fate
from contract.measurement import MAX_HAIRS
from tests import examples

INTERVAL = {"value": 1.5, "low": -2.0, "high": 5.0}
HAIR: dict[str, Any] = {
    "fate": "lost",
    "probability": 0.93,
    "baseline": 4,
    "followup": None,
    "baseline_px": [100.5, 200.0],
    "followup_px": [140.1, 180.2],
}
TRANSFORM: dict[str, Any] = {
    "turn_deg": 9.03,
    "shift_mm": [1.08, -0.76],
    "scale": 1.0004,
    "middle_mm": [3.6, 4.2],
    "half_mm": [3.5, 3.7],
    "stretch_um": [[0.0] * 9, [1.5] * 9],
    "largest_stretch_um": 12.0,
    "baseline_to_followup_px": [[0.988, -0.157, 177.7], [0.157, 0.988, -127.9]],
}
CHANGE: dict[str, Any] = {"same_place": 0.99, "transform": TRANSFORM, "hairs": [HAIR], "flags": ["small-shared-area"]}


def test_a_place_that_is_not_the_same_travels_without_figures() -> None:
    """The clinic would not learn that a site was taken somewhere else."""
    read = Change.model_validate({"same_place": 0.01, "flags": ["not-the-same-place"]})
    assert read.transform is None
    assert read.density_change_per_cm2 is None
    assert (read.matched, read.new, read.lost, read.hairs) == (0, 0, 0, ())


def test_fields_of_later_releases_and_their_flags_are_passed_over() -> None:
    """An old reader could no longer live with a new sender."""
    later = {**CHANGE, "something_new": 1, "flags": ["raised-by-a-later-release"], "hairs": [{**HAIR, "new": 2}]}
    read = Change.model_validate(later)
    assert read.flags == ("raised-by-a-later-release",)
    assert read.hairs == Change.model_validate(CHANGE).hairs


def test_the_words_are_the_analysis_own() -> None:
    """A fate or a flag of the analysis could not be sent."""
    assert [str(fate) for fate in Fate] == [str(fate) for fate in AnalysisFate]
    assert all(len(flag) <= 64 for flag in ChangeFlag)
    assert len(ChangeFlag) <= 32


@pytest.mark.parametrize(
    "change",
    [
        {"same_place": 1.01},
        {"same_place": None},
        {"matched": -1},
        {"lost": 0.5},
        {"shared_area_cm2": -0.1},
        {"density_change_per_cm2": {"value": 9.0, "low": 10.0, "high": 11.0}},
        {"density_change_per_cm2": {**INTERVAL, "high": float("inf")}},
        {"anagen_share": {"value": 0.9, "low": 0.8, "high": 1.1}},
        {"density_per_cm2": [150.0]},
        {"hairs": [{**HAIR, "fate": "hidden"}]},
        {"hairs": [{**HAIR, "probability": 1.2}]},
        {"hairs": [{**HAIR, "baseline": -1}]},
        {"hairs": [{**HAIR, "thickness": "fat"}]},
        {"hairs": [{**HAIR, "baseline_px": None}]},
        {"transform": {**TRANSFORM, "scale": 0.0}},
        {"transform": {**TRANSFORM, "turn_deg": 200.0}},
        {"transform": {**TRANSFORM, "stretch_um": [[0.0] * 8, [0.0] * 9]}},
        {"transform": {**TRANSFORM, "baseline_to_followup_px": [[1.0, 0.0], [0.0, 1.0]]}},
        {"flags": ["x" * 65]},
        {"flags": ["x"] * 33},
    ],
)
def test_what_is_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    """A change that is none would be shown to a patient."""
    Change.model_validate(CHANGE)
    with pytest.raises(ValidationError):
        Change.model_validate({**CHANGE, **change})


def test_the_longest_comparison_fits_its_bound() -> None:
    """A comparison of the densest scalp would be kept, and then refused for its length."""
    long = 12345.678901234567
    hair = {
        **HAIR,
        "followup": MAX_HAIRS - 1,
        "baseline": MAX_HAIRS - 1,
        "probability": 0.12345678901234568,
        "baseline_px": [-long, -long],
        "followup_px": [-long, -long],
        "thickness": "thicker",
        "diameter_change_um": -long / 100,
        "length_change_mm": -long / 100,
    }
    longest = Change.model_validate({**CHANGE, "hairs": [hair] * (2 * MAX_HAIRS)})
    assert len(examples.comparison(change=longest).encode()) < MAX_MESSAGE_BYTES
    with pytest.raises(ValidationError):
        Change.model_validate({**CHANGE, "hairs": [hair] * (2 * MAX_HAIRS + 1)})


def test_a_capture_is_not_compared_with_itself() -> None:
    """A change of nothing would be shown as a stable patient."""
    comparison = json.loads(examples.comparison().encode())
    with pytest.raises(ValidationError, match="another one"):
        Comparison.model_validate({**comparison, "followup": comparison["baseline"]})
