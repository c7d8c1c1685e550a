"""Figures in writing: one notation each, never more than is known."""

import pytest

from collector.page import figures
from contract import Interval, Measurement
from tests.examples import full_measurement, measurement


@pytest.mark.parametrize(
    ("field", "interval", "written"),
    [
        ("hair_density_per_cm2", (151.6, 140.2, 163.5), ("152", "140 to 164", "hairs/cm²", "{hairs}/cm2")),
        ("mean_diameter_um", (61.23, 58.0, 64.44), ("61.2", "58.0 to 64.4", "µm", "um")),
        ("diameter_diversity", (0.313, 0.25, 0.384), ("31", "25 to 38", "%", "%")),
        ("mean_length_mm", (0.713, 0.68, 0.742), ("0.71", "0.68 to 0.74", "mm", "mm")),
        ("shaft_lightness", (23.4, 21.2, 25.8), ("23", "21 to 26", "L*", "1")),
        ("thin_hair_share", (0.094, 0.051, 0.163), ("9", "5 to 16", "%", "%")),
        ("hairs_per_unit", (2.053, 1.8, 2.31), ("2.05", "1.80 to 2.31", "hairs/unit", "{hairs}/{FU}")),
        ("cumulative_thickness_mm_per_cm2", (9.28, 8.1, 10.5), ("9.3", "8.1 to 10.5", "mm/cm²", "mm/cm2")),
    ],
)
def test_figure_is_written_with_interval_and_unit(
    field: str, interval: tuple[float, float, float], written: tuple[str, str, str, str]
) -> None:
    """Breaks when a share is shown as a fraction, a unit is wrong, or digits are invented."""
    given = Interval(value=interval[0], low=interval[1], high=interval[2])
    figure = figures.figure(measurement(**{field: given}), field)
    assert (figure.value, figure.interval, figure.unit, figure.ucum) == written


def test_every_figure_of_the_contract_is_shown() -> None:
    """Breaks when the contract gains a figure that the page does not show."""
    of_contract = [name for name, field in Measurement.model_fields.items() if "Interval" in str(field.annotation)]
    assert len(of_contract) == 15
    shown = figures.figures(full_measurement())
    assert len(shown) == len(of_contract) - 1 + 4, "the sizes of units are four rows of one field"
    assert len({row.name for row in shown}) == len(shown)
    assert all(row.value is not None for row in shown)
    for name in set(of_contract) - {"unit_size_shares"}:
        assert figures.figure(full_measurement(), name).name


def test_figures_that_an_older_message_lacks_are_not_called_unmeasurable() -> None:
    """Breaks when the page blames the picture for what its device's release did not measure."""
    names = [row.name for row in figures.figures(measurement())]
    assert len(names) == 9
    assert "Diameter diversity (> 20 % off the mean)" not in names


def test_counts_are_said_in_sentences() -> None:
    """Breaks when the cut-off, uncounted shafts or missed hairs behind the figures are left out."""
    assert figures.counts(measurement()) == ["1 hair in 0.83 cm²."]
    assert figures.counts(full_measurement()) == [
        "1 hair in 0.83 cm².",
        "Terminal from 40 µm.",
        "12 hairs from 30 to 60 µm.",
        "3 hairs rooted outside of the frame or unseen: not counted.",
        "About 4 ± 2 more were probably missed: in the intervals.",
    ]


def test_a_hair_is_written_with_what_is_known_of_it() -> None:
    """Breaks when a diameter's uncertainty or the core's colour is left out, or a limit looks like a figure."""
    hair = full_measurement().hairs[0]
    assert figures.hair(hair) == "Terminal hair, 61 ± 2 µm, 0.27 mm, core L* 22, probability 0.97, unit 0"
    limited = hair.model_copy(update={"diameter_limited": True, "core_lab": None})
    assert figures.hair(limited) == "Terminal hair, ≤ 61 µm, 0.27 mm, probability 0.97, unit 0"


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (25_400_000, "25.4 MB"),
        (12_400_000_000, "12.4 GB"),
    ],
)
def test_size_is_written_for_people(size_bytes: int, shown: str) -> None:
    """Breaks when a full disk reads like an empty one."""
    assert figures.size(size_bytes) == shown
