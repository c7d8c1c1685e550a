"""The floor of matched hairs: from pairs that share no picture, and only from pairs of one place."""

import pytest

import analysis
import contract
from analysis.noise.floor import Difference, Source
from contract import Change, Interval
from device.study.matched import matched_floors, study_matched
from phantom import Optics, Pose, Scalp, ScalpSettings, grow, photograph, wash

DENSITY = "hair_density_per_cm2"


def placed(scalp: Scalp, placement: int) -> contract.Measurement:
    """Photograph a scalp, placed anew, and measure it."""
    picture = photograph(
        wash(scalp, seed=placement),
        Optics(um_per_px=5.3, size_px=(680, 520)),
        pose=Pose(shift_mm=(0.05 * placement, -0.03 * placement), turn_deg=1.5 * placement),
        seed=placement,
    ).picture
    return contract.Measurement.model_validate(analysis.measure(picture, analysis.Optics(5.3)).as_dict())


@pytest.fixture(scope="module")
def placements() -> list[list[contract.Measurement]]:
    """Measure two drawn scalps, the first placed four times, the second twice."""
    scalps = [
        grow(ScalpSettings(size_mm=(4.4, 3.6), hair_density_per_cm2=220.0), seed=70 + subject) for subject in range(2)
    ]
    return [[placed(scalps[0], number) for number in range(4)], [placed(scalps[1], number) for number in range(2)]]


def test_repeats_are_compared_in_pairs_that_share_no_picture(placements: list[list[contract.Measurement]]) -> None:
    """Breaks when a picture in two pairs counts as two degrees of freedom, or another head's as a repeat."""
    floors = {one.figure: one for one in study_matched(placements, Source.PLACEMENT)}
    assert floors[DENSITY].degrees == 3
    assert {one.difference for one in floors.values()} == {Difference.MATCHED}
    mixed = study_matched([[placements[0][0], placements[1][0]]], Source.PLACEMENT)
    assert mixed == []


def test_every_matched_figure_has_its_floor() -> None:
    """Breaks when the change of one figure becomes the floor of another."""
    changes = [
        Change(
            same_place=0.99,
            density_change_per_cm2=Interval(value=value, low=value - 1, high=value + 1),
            mean_diameter_change_um=Interval(value=0.1 * value, low=-9, high=9),
            counted_density_change_per_cm2=Interval(value=90.0, low=0.0, high=100.0),
        )
        for value in (3.0, -4.0)
    ]
    floors = matched_floors([*changes, Change(same_place=0.1)], Source.DONOR)
    assert [(one.figure, one.source, one.degrees) for one in floors] == [
        (DENSITY, Source.DONOR, 2),
        ("mean_diameter_um", Source.DONOR, 2),
    ]
    assert [one.difference_sd for one in floors] == pytest.approx([12.5**0.5, 0.125**0.5])
