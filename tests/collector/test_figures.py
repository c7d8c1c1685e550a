"""Figures in writing: one notation each, never more than is known."""

import pytest

from collector import figures
from contract import Interval, Measurement
from tests.examples import measurement


@pytest.mark.parametrize(
    ("field", "interval", "written"),
    [
        ("hair_density_per_cm2", (151.6, 140.2, 163.5), ("152", "140 to 164", "hairs/cm²", "{hairs}/cm2")),
        ("mean_diameter_um", (61.23, 58.0, 64.44), ("61.2", "58.0 to 64.4", "µm", "um")),
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
    assert len(of_contract) == 9
    assert len(figures.figures(measurement())) == len(of_contract)
    for name in of_contract:
        assert figures.figure(measurement(), name).name


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
