"""Settings changed at the page: the file keeps its comments and its meaning, or is not touched."""

import errno
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from device.chair.refusals import ChairRefused
from device.settings import DeviceSettings
from device.settings_edit import (
    BEFORE,
    BROKEN,
    GOOD,
    SettingsUnwritable,
    Value,
    beside,
    change,
    file,
    keep_good,
    offered,
    put_back_good,
)
from groundwork.settings_file import SettingsFileError, read
from tests.device.page.chair_fixture import write_settings

COMMENTED = """
# what the technician sees
[chair]
language = "en"  # or "de"
# the hand that is free
hand = "right"
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Write a settings file with comments."""
    path = write_settings(tmp_path)
    path.write_text(path.read_text() + COMMENTED)
    return path


def test_a_change_keeps_every_other_line(written: Path) -> None:
    """Breaks when a saved setting costs the administrator their comments, or another setting."""
    before = written.read_text()
    settings = change(written, {("chair", "language"): "de", ("chair", "lock_after_minutes"): 5})
    assert (settings.chair.language, settings.chair.lock_after_minutes) == ("de", 5)
    assert read(DeviceSettings, written) == settings
    after = written.read_text().splitlines()
    assert 'language = "de"  # or "de"' in after
    assert [line for line in before.splitlines() if line not in after] == ['language = "en"  # or "de"']
    assert beside(written, BEFORE).read_text() == before


def test_what_is_left_out_leaves_the_file(written: Path) -> None:
    """Breaks when 'found from the picture' cannot be chosen again."""
    assert change(written, {("capture", "hair"): "long"}).capture.hair == "long"
    assert change(written, {("capture", "hair"): None}).capture.hair is None
    assert change(written, {("baseline", "answer_within_s"): None}).baseline.answer_within_s == 5.0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({("chair", "lock_after_minutes"): 241}, "chair.lock_after_minutes"),
        ({("chair", "lock_after_minutes"): True}, "chair.lock_after_minutes"),
        ({("chair", "language"): "xx"}, "chair.language"),
        ({("storage", "keep_free_mb"): 1.5}, "storage.keep_free_mb"),
        ({("capture", "stills"): 2}, "capture.stills"),
        ({("chair", "foot_switch_key"): "b" * 33}, "chair.foot_switch_key"),
    ],
)
def test_what_does_not_fit_is_not_written(written: Path, values: dict[tuple[str, str], Value], said: str) -> None:
    """Breaks when the page can break the file that the page starts from."""
    before = written.read_bytes()
    with pytest.raises(SettingsFileError, match=said):
        change(written, values)
    assert written.read_bytes() == before
    assert not beside(written, BEFORE).exists()


def test_settings_that_contradict_each_other_are_not_written(tmp_path: Path) -> None:
    """Breaks when only the changed key is checked: a burst and a focus bracket cannot be had together."""
    path = write_settings(tmp_path, capture={"focus_bracket_dioptres": [-0.1, 0.1]})
    before = path.read_bytes()
    with pytest.raises(SettingsFileError, match="not both"):
        change(path, {("capture", "stills"): 3})
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", [("chair", "host"), ("chair", "pin"), ("broker", "key"), ("", "state_folder")])
def test_what_is_not_offered_is_not_changed(written: Path, place: tuple[str, str]) -> None:
    """Breaks when the page opens itself to the network, or moves what is kept."""
    with pytest.raises(ChairRefused, match="not changed at the page"):
        change(written, {place: "x"})


def test_a_file_that_cannot_be_written_is_said_and_stays(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a read-only disk becomes a traceback, or a half-written file."""

    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    before = written.read_bytes()
    monkeypatch.setattr(file, "write_durably", refuse)
    with pytest.raises(SettingsUnwritable, match="cannot be written"):
        change(written, {("chair", "language"): "de"})
    assert written.read_bytes() == before


def test_permissions_and_links_stay(written: Path, tmp_path: Path) -> None:
    """Breaks when a saved setting opens the file to others, or puts a file in a link's place."""
    written.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(written)
    change(link, {("chair", "language"): "de"})
    assert link.is_symlink()
    for one in (written, beside(written, BEFORE)):
        assert stat.S_IMODE(one.stat().st_mode) == 0o640


def test_the_last_settings_that_worked_come_back(written: Path) -> None:
    """Breaks when the way back is lost, or with it the file that somebody worked on."""
    keep_good(written, written.read_bytes())
    good = written.read_text()
    written.write_text("[chair\n")
    put_back_good(written)
    assert written.read_text() == good
    assert beside(written, BROKEN).read_text() == "[chair\n"


def test_what_was_read_is_kept_and_not_what_the_file_holds_later(written: Path) -> None:
    """Breaks when a file that is saved half edited while the camera opens becomes the settings that worked."""
    good = written.read_bytes()
    written.write_text("[chair\n")
    keep_good(written, good)
    assert beside(written, GOOD).read_bytes() == good
    assert written.read_text() == "[chair\n"


def unreadable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file be read by nobody, whoever runs the tests."""
    read_bytes = Path.read_bytes

    def refused(self: Path) -> bytes:
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_bytes", refused)


def test_a_copy_that_cannot_be_read_is_written_anew(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the permissions of a copy end the service at every start."""
    good = written.read_bytes()
    keep_good(written, b"clinic_id = 'older'")
    with monkeypatch.context() as patched:
        unreadable(beside(written, GOOD), patched)
        keep_good(written, good)
    assert beside(written, GOOD).read_bytes() == good
    beside(written, GOOD).unlink()
    beside(written, GOOD).mkdir()
    with pytest.raises(SettingsUnwritable, match="cannot be written"):
        keep_good(written, good)
    written.unlink()
    with pytest.raises(SettingsUnwritable, match="cannot be written"):
        keep_good(written, good)


def test_the_way_back_leads_past_a_file_that_cannot_be_read(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the one way out of safe mode fails with what led there."""
    good = written.read_bytes()
    keep_good(written, good)
    written.write_text("[chair\n")
    with monkeypatch.context() as patched:
        unreadable(written, patched)
        put_back_good(written)
    assert written.read_bytes() == good
    assert beside(written, BROKEN).read_text() == "[chair\n"
    written.unlink()
    put_back_good(written)
    assert written.read_bytes() == good


def test_a_disk_that_refuses_the_way_back_leaves_the_file(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when safe mode loses the file that somebody worked on, or has no sentence for a full disk."""
    keep_good(written, written.read_bytes())
    written.write_text("[chair\n")

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for refusing, name in ((Path, "replace"), (file, "write_durably")):
        with monkeypatch.context() as patched:
            patched.setattr(refusing, name, full)
            with pytest.raises(SettingsUnwritable, match="No space left"):
                put_back_good(written)
        assert written.read_text() == "[chair\n"


def test_a_copy_that_works_no_longer_is_not_put_back(written: Path) -> None:
    """Breaks when one broken file is replaced by another."""
    beside(written, GOOD).write_text("[chair\n")
    written.write_text("broken =\n")
    with pytest.raises(SettingsFileError):
        put_back_good(written)
    assert written.read_text() == "broken =\n"
    beside(written, GOOD).unlink()
    with pytest.raises(SettingsFileError, match="cannot be read"):
        put_back_good(written)


def test_each_limit_is_that_of_the_model(written: Path) -> None:
    """Breaks when the screen shows another limit than the one that is held."""
    for one in offered(read(DeviceSettings, written)):
        if one.low is None or one.high is None or one.kind == "text":
            continue
        at_low: Value = one.low + 0.25 if one.above_low else int(one.low)
        change(written, {one.place: at_low})
        change(written, {one.place: int(one.high)})
        for beyond in (one.low if one.above_low else one.low - 1, one.high + 1):
            with pytest.raises(SettingsFileError):
                change(written, {one.place: int(beyond)})


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(min_size=1, max_size=32), minutes=st.integers(1, 240), wait_s=st.floats(0.01, 60))
def test_what_is_written_is_what_is_read(written: Path, key: str, minutes: int, wait_s: float) -> None:
    """Breaks when a value comes back from the file as another: quotes, line ends, control characters."""
    values: dict[tuple[str, str], Value] = {
        ("chair", "foot_switch_key"): key,
        ("chair", "lock_after_minutes"): minutes,
        ("baseline", "answer_within_s"): wait_s,
    }
    settings = change(written, values)
    again = tomllib.loads(written.read_text(encoding="utf-8"))
    assert (settings.chair.foot_switch_key, again["chair"]["foot_switch_key"]) == (key, key)
    assert (settings.chair.lock_after_minutes, settings.baseline.answer_within_s) == (minutes, wait_s)
