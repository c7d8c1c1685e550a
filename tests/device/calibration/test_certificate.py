"""Certificates are read strictly: what is wrong with one is said with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from device.calibration.certificate import (
    CertificateExpired,
    CertificateUnreadable,
    Charuco,
    DotGrid,
    StageMicrometer,
    read_certificate,
)
from phantom.targets.dot_grid import FIDUCIALS

GRID = f"""\
kind = "dot-grid"
certificate_id = "DG-2041"
issued_on = 2026-01-05
expires_on = 2028-01-05
pitch_um = 500.0
pitch_sd_um = 0.05
dot_diameter_um = 250.0
columns = 31
rows = 25
fiducials = {[list(place) for place in FIDUCIALS]}
fiducial_diameter_um = 360.0
"""
BOARD = """\
kind = "charuco"
certificate_id = "CB-7"
issued_on = 2026-01-05
squares_x = 24
squares_y = 18
square_um = 600.0
square_sd_um = 0.1
marker_um = 420.0
"""
RULER = """\
kind = "stage-micrometer"
certificate_id = "SM-1"
issued_on = 2026-01-05
division_um = 10.0
division_sd_um = 0.002
divisions = 100
mark_um = 3.0
"""


def written(folder: Path, text: str) -> Path:
    """Write a certificate."""
    path = folder / "certificate.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "model"), [(GRID, DotGrid), (BOARD, Charuco), (RULER, StageMicrometer)])
def test_the_kind_says_which_target(tmp_path: Path, text: str, model: type) -> None:
    """A board read as a grid would be searched for in vain."""
    assert type(read_certificate(written(tmp_path, text))) is model


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("pitch_um = 500.0", 'pitch_um = "wide"', "line 5: entry 'pitch_um'"),
        ("pitch_um = 500.0", "pitch_um = nan", "pitch_um"),
        ("columns = 31", "colums = 31", "unknown entry 'colums'"),
        ("columns = 31\n", "", "'columns' is missing"),
        ('kind = "dot-grid"', 'kind = "dots"', "dots"),
        ("issued_on = 2026-01-05", "issued_on = 2029-01-05", "expires_on lies before"),
        ("dot_diameter_um = 250.0", "dot_diameter_um = 450.0", "0.2 to 0.7 of pitch_um"),
        ("fiducial_diameter_um = 360.0", "", "together or not at all"),
        ("fiducial_diameter_um = 360.0", "fiducial_diameter_um = 270.0", "1.25 dot_diameter_um"),
        (f"{list(FIDUCIALS[0])}", "[31, 12]", "outside of columns"),
        ("certificate_id", "= ", "not a TOML file"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    """A figure that is believed by mistake is in every scale of that instrument."""
    assert before in GRID
    with pytest.raises(CertificateUnreadable, match=said):
        read_certificate(written(tmp_path, GRID.replace(before, after)))


@pytest.mark.parametrize("pattern", ["[[5, 5], [7, 5], [5, 7]]", "[[5, 5], [7, 5], [9, 5], [5, 7]]"])
def test_larger_dots_have_to_tell_face_from_back(tmp_path: Path, pattern: str) -> None:
    """An L of equal arms looks the same from behind; one of unequal arms does, once a dot is lost."""
    text = GRID.replace(f"{[list(place) for place in FIDUCIALS]}", pattern)
    with pytest.raises(CertificateUnreadable, match="turned or mirrored"):
        read_certificate(written(tmp_path, text))


def test_a_board_needs_markers_enough_and_small_enough(tmp_path: Path) -> None:
    """A board that cannot be printed was not certified."""
    with pytest.raises(CertificateUnreadable, match="fewer markers"):
        read_certificate(written(tmp_path, BOARD + 'dictionary = "DICT_4X4_50"\n'))
    with pytest.raises(CertificateUnreadable, match="marker_um has to be"):
        read_certificate(written(tmp_path, BOARD.replace("420.0", "590.0")))


def test_a_rulers_marks_have_to_fit(tmp_path: Path) -> None:
    """Marks wider than their distance are no marks."""
    with pytest.raises(CertificateUnreadable, match="mark_um"):
        read_certificate(written(tmp_path, RULER.replace("mark_um = 3.0", "mark_um = 9.0")))
    with pytest.raises(CertificateUnreadable, match="multiple"):
        read_certificate(written(tmp_path, RULER + "medium_every = 4\n"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The name that was mistyped is what the technician needs."""
    with pytest.raises(CertificateUnreadable, match=r"nowhere\.toml"):
        read_certificate(tmp_path / "nowhere.toml")


def test_the_last_day_still_counts(tmp_path: Path) -> None:
    """A certificate that is over is refused, and not a day sooner."""
    certificate = read_certificate(written(tmp_path, GRID))
    certificate.require_in_date(date(2028, 1, 5))
    with pytest.raises(CertificateExpired, match=r"DG-2041.*2028-01-05"):
        certificate.require_in_date(date(2028, 1, 6))
