"""Noise floors on the disk: read again as they were, or refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.noise.floor import Difference, NoiseFloor, Source
from device.study.floor_file import FloorUnreadable, read_floors, write_floors

FLOORS = (
    NoiseFloor("hair_density_per_cm2", Difference.COUNTED, Source.PLACEMENT, 9.123456789, 40.0, 10),
    NoiseFloor("mean_diameter_um", Difference.MATCHED, Source.DONOR, 0.5, 7.0, 7),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Breaks when a floor changes between the study and the report."""
    path = tmp_path / "floor.json"
    write_floors(path, FLOORS, device_id="chair-1", made_at=datetime(2026, 3, 4, tzinfo=UTC))
    assert read_floors(path) == FLOORS


@pytest.mark.parametrize(
    "change",
    [
        ('"format": 1', '"format": 2'),
        ("mean_diameter_um", "mean_diameter"),
        ('"degrees": 7', '"degrees": -7'),
        ("{", ""),
    ],
)
def test_another_file_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    """Breaks when a floor of something else is held against changes."""
    path = tmp_path / "floor.json"
    write_floors(path, FLOORS, device_id=None, made_at=datetime(2026, 3, 4, tzinfo=UTC))
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(FloorUnreadable, match=r"trichoscope repeatability --out"):
        read_floors(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Breaks when a slip in the settings ends in a traceback."""
    with pytest.raises(FloorUnreadable, match="cannot be read"):
        read_floors(tmp_path / "floor.json")
