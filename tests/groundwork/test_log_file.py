"""A program's log in a file: bounded, nobody else's, without patient codes, and never in the way."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork import log_file
from groundwork.log_file import lines, log_to_file, stop_logging_to_file
from groundwork.log_privacy import HIDDEN

CODE = r"^[A-Z]{1,4}-[0-9]{2,10}$"


@pytest.fixture(autouse=True)
def left_alone() -> Iterator[None]:
    """Leave the root logger as it was."""
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.INFO)
    yield
    stop_logging_to_file()
    root.setLevel(level)


def test_a_line_has_its_time_and_no_patient(tmp_path: Path) -> None:
    """Breaks when a log that is sent to a maker names a patient, or says not when."""
    file = tmp_path / "logs" / "chair.log"
    log_to_file(file, CODE)
    logging.getLogger("device").info("kept P-0042")
    (line,) = lines(file, 10_000)
    assert line.endswith(f"Z INFO kept {HIDDEN}")
    assert line[:2] == "20"


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    """Breaks when the log is open to every user of the machine, before or after it was rotated."""
    file = tmp_path / "logs" / "chair.log"
    log_to_file(file, CODE)
    logging.getLogger().info("one")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_its_size_is_bounded_and_its_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a fault that repeats fills the disk, or the newest lines are those that are lost."""
    monkeypatch.setattr(log_file, "MOST_BYTES", 2000)
    file = tmp_path / "chair.log"
    log_to_file(file, CODE)
    for number in range(400):
        logging.getLogger().info("line %04d", number)
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == log_file.KEPT + 1
    assert all(one.stat().st_size <= 2000 for one in kept)
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in kept)
    read = [line.rpartition(" ")[2] for line in lines(file, 5000)]
    assert read[-1] == "0399"
    assert read == sorted(read)
    assert len(read) > 2000 / 40


def test_a_full_disk_stops_nothing_and_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Breaks when a log that cannot be written raises, floods the standard error, or stays silent for good."""
    file = tmp_path / "chair.log"
    file.symlink_to("/dev/full")
    log_to_file(file, CODE)
    for number in range(50):
        logging.getLogger().info("lost %d", number)
    file.unlink()
    logging.getLogger().info("there is room again")
    assert capsys.readouterr().err == ""
    assert [line.rpartition("INFO ")[2] for line in lines(file, 1000)] == ["there is room again"]


def test_a_folder_that_cannot_be_made_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Breaks when the service does not start because of its log."""
    (tmp_path / "logs").write_text("a file, where the folder should be")
    log_to_file(tmp_path / "logs" / "chair.log", CODE)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_another_file_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """Breaks when settings that move the state folder leave each line in two logs."""
    log_to_file(tmp_path / "a.log", CODE)
    log_to_file(tmp_path / "b.log", CODE)
    logging.getLogger().info("once")
    assert lines(tmp_path / "a.log", 1000) == []
    assert len(lines(tmp_path / "b.log", 1000)) == 1
