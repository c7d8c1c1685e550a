"""``trichoscope picture``: a person gets a kept picture out, sealed or not, or a sentence."""

import hashlib
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contract import Picture
from device.commands import main
from device.store import Store
from tests import examples
from tests.device.test_commands import DEVICE_SETTINGS

CONTENT = examples.PICTURE_BYTES + b" that somebody wants to see"


@pytest.fixture
def settings_path(tmp_path: Path) -> Path:
    """Give the settings of an instrument that seals its pictures."""
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    path = tmp_path / "device.toml"
    path.write_text(f'{DEVICE_SETTINGS.format(folder=tmp_path)}\n[storage]\npicture_key = "{key}"\n')
    return path


def keep(folder: Path) -> uuid.UUID:
    """Keep a capture with picture and DNG, sealed; return its id."""
    store = Store(folder / "state", folder / "key")
    named = Picture(sha256=hashlib.sha256(CONTENT).hexdigest(), media_type="image/png", size_bytes=len(CONTENT))
    capture = store.keep(named, CONTENT, lambda sequence: examples.capture(picture=named, sequence=sequence))
    store.pictures.keep(named.sha256, b"II* the sensor's", suffix=".dng")
    store.close()
    return capture.message_id


def picture(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["picture", *map(str, arguments)])


def test_a_sealed_picture_and_its_dng_come_out_opened(tmp_path: Path, settings_path: Path) -> None:
    """Breaks when what was sealed can be had by nobody, not even with the key."""
    capture_id = keep(tmp_path)
    result = picture(capture_id, tmp_path / "a.png", "--settings", settings_path)
    assert (result.exit_code, "remove it after use" in result.output) == (0, True)
    assert (tmp_path / "a.png").read_bytes() == CONTENT
    assert (tmp_path / "a.png").stat().st_mode & 0o077 == 0
    assert picture(capture_id, tmp_path / "a.dng", "--dng", "--settings", settings_path).exit_code == 0
    assert (tmp_path / "a.dng").read_bytes() == b"II* the sensor's"


def test_what_cannot_be_had_is_one_sentence(tmp_path: Path, settings_path: Path) -> None:
    """Breaks when a wrong id, a lost key or a file that is there ends in a traceback, or is written over."""
    capture_id = keep(tmp_path)
    there = tmp_path / "there"
    there.write_bytes(b"somebody's")
    for arguments, words in (
        ((uuid.uuid4(), tmp_path / "x"), "no capture"),
        ((capture_id, there), "there already"),
        ((capture_id, tmp_path / "nowhere" / "x"), "cannot be written"),
    ):
        result = picture(*arguments, "--settings", settings_path)
        assert (result.exit_code, words in result.output) == (2, True), result.output
    (tmp_path / "key").unlink()
    result = picture(capture_id, tmp_path / "x", "--settings", settings_path)
    assert (result.exit_code, "Bring it back" in result.output) == (2, True)
    assert there.read_bytes() == b"somebody's"
    assert not (tmp_path / "x").exists()
