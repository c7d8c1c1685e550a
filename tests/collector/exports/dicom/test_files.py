"""A folder of DICOM files."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydicom import dcmread

from collector.exports.dicom import files
from collector.exports.dicom.files import FolderNotWritten, write_folder
from collector.exports.dicom.settings import DicomSettings
from contract import Capture, Review
from tests import examples
from tests.collector.exports.dicom import drawn, validators

SAID = DicomSettings()
JPEG = drawn.content("image/jpeg")
BEGAN = datetime(2026, 3, 4, 9, 12, tzinfo=UTC)


def _captures() -> list[tuple[Capture, Review | None]]:
    later = BEGAN + timedelta(minutes=4)
    first = drawn.capture("image/jpeg", JPEG, taken_at=later)
    second = drawn.capture("image/jpeg", JPEG, site="vertex", taken_at=BEGAN)
    third = drawn.capture("image/jpeg", JPEG, visit_number=2, taken_at=later + timedelta(days=180))
    return [(first, examples.review_of(first)), (second, None), (third, None)]


def _there(_: str) -> bytes:
    return JPEG


def _found(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_each_capture_is_a_picture_and_a_report_with_a_name_that_stays(tmp_path: Path) -> None:
    """Breaks when a file is missing, invalid, readable by others, or named otherwise the next time."""
    captures = _captures()
    first, again = tmp_path / "first", tmp_path / "again"
    exported = write_folder(first, captures, _there, SAID)
    assert write_folder(again, captures, _there, SAID) == exported
    expected = {
        Path(f"visit-{one.visit_number:04d}", one.site, f"{one.message_id}-{kind}.dcm")
        for one, _ in captures
        for kind in ("picture", "report")
    }
    assert set(exported.files) == _found(first) == expected
    assert exported.left_out == {}
    for name in exported.files:
        assert validators.complaints(first / name)[0] == []
        assert validators.is_dicom_file(first / name)
        assert (first / name).read_bytes() == (again / name).read_bytes()
        assert (first / name).stat().st_mode & 0o077 == 0
    assert first.stat().st_mode & 0o077 == 0
    assert {path.name for path in tmp_path.iterdir()} == {"first", "again"}


def test_a_visits_instances_share_the_studys_time(tmp_path: Path) -> None:
    """Breaks when instances of one study name different times, and a PACS takes one for damaged."""
    exported = write_folder(tmp_path / "out", _captures(), _there, SAID)
    studies: dict[str, set[tuple[str, str]]] = {}
    for name in exported.files:
        read = dcmread(tmp_path / "out" / name)
        studies.setdefault(read.StudyInstanceUID, set()).add((read.StudyDate, read.StudyTime))
    assert sorted(studies.values(), key=str) == [{("20260304", "091200.000000")}, {("20260831", "091600.000000")}]


def test_a_file_set_lists_every_file(tmp_path: Path) -> None:
    """Breaks when a DICOMDIR does not find what lies beside it, or names are none that removable media take."""
    folder = tmp_path / "disc"
    exported = write_folder(folder, _captures(), _there, SAID, dicomdir=True)
    assert set(exported.files) == _found(folder)
    assert len(exported.files) == 7
    records = dcmread(folder / "DICOMDIR").DirectoryRecordSequence
    listed = [Path(*record.ReferencedFileID) for record in records if "ReferencedFileID" in record]
    assert sorted(listed) == sorted(set(exported.files) - {Path("DICOMDIR")})
    kinds = Counter(record.DirectoryRecordType for record in records)
    assert kinds == {"PATIENT": 1, "STUDY": 2, "SERIES": 5, "IMAGE": 3, "SR DOCUMENT": 3}
    assert all(part.isupper() and len(part) <= 8 for name in exported.files for part in name.parts)
    assert validators.complaints(folder / "DICOMDIR")[0] == []
    assert validators.is_dicom_file(folder / "DICOMDIR")
    again = write_folder(tmp_path / "again", _captures(), _there, SAID, dicomdir=True)
    assert again.files == exported.files


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    """Breaks when a missing picture keeps the figures back, or an export passes for whole."""
    missing = drawn.capture("image/jpeg", JPEG)
    swapped = drawn.capture("image/jpeg", JPEG, site="vertex", picture=drawn.named("image/png", b"other"))
    undated = drawn.capture("image/jpeg", JPEG, taken_at=datetime(1, 1, 1, tzinfo=UTC))
    exported = write_folder(
        tmp_path / "out",
        [(missing, None), (swapped, None), (undated, None)],
        lambda digest: JPEG if digest == swapped.picture.sha256 else None,
        SAID,
    )
    assert {name.name for name in exported.files} == {
        f"{missing.message_id}-report.dcm",
        f"{swapped.message_id}-report.dcm",
    }
    reasons = {missing: "has not arrived yet", swapped: "not the one that was measured", undated: "clock was wrong"}
    assert exported.left_out.keys() == {str(one.message_id) for one in reasons}
    assert all(words in exported.left_out[str(one.message_id)] for one, words in reasons.items())


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """Breaks when an export replaces what is there."""
    (tmp_path / "out").mkdir()
    with pytest.raises(FolderNotWritten, match="exists already"):
        write_folder(tmp_path / "out", _captures(), _there, SAID)
    with pytest.raises(FolderNotWritten, match="no captures"):
        write_folder(tmp_path / "new", [], _there, SAID)


@pytest.mark.parametrize("dicomdir", [False, True])
def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dicomdir: bool) -> None:
    """Breaks when a full disk leaves a folder that looks like an export and lacks some of it."""
    written = []

    def full(path: Path, content: bytes, mode: int) -> None:
        written.append(path)
        if len(written) > 3:
            raise OSError(28, "No space left on device")
        path.write_bytes(content)
        assert mode == 0o600

    monkeypatch.setattr(files, "write_durably", full)
    with pytest.raises(FolderNotWritten, match="No space left on device"):
        write_folder(tmp_path / "out", _captures(), _there, SAID, dicomdir=dicomdir)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_said_so(tmp_path: Path) -> None:
    """Breaks when a mistyped path ends in a stack trace."""
    with pytest.raises(FolderNotWritten, match="No such file"):
        write_folder(tmp_path / "missing" / "out", _captures(), _there, SAID)
