"""Kept pictures: the bytes that were kept come back, or a sentence that says why not; sealed ones to the key alone."""

import hashlib
import random
import secrets
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.commands import main
from device.store import PictureDamaged, PictureKeyUnusable, Store
from device.store.pictures import KeptPictures
from device.store.sealing import NotAsSealed, PictureKey, is_sealed
from tests import examples

CONTENT = b"\xff\xd8\xff\xe0" + secrets.token_bytes(5000)
NAME = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give a key that the command made."""
    path = tmp_path / "picture.key"
    result = CliRunner().invoke(main, ["picture-key", str(path)])
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give an empty folder of pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def sealed(folder: Path, key_file: Path) -> KeptPictures:
    """Give a folder that seals."""
    return KeptPictures(folder, key_file)


def test_a_sealed_picture_comes_back_and_its_file_shows_nothing_of_it(sealed: KeptPictures) -> None:
    """Breaks when a stolen card shows patients, or the instrument cannot read its own pictures."""
    sealed.keep(NAME, CONTENT)
    sealed.keep(NAME, b"II* what the sensor read", suffix=".dng")
    lying = sealed.path(NAME).read_bytes()
    assert is_sealed(lying)
    assert all(CONTENT[start : start + 16] not in lying for start in range(0, len(CONTENT) - 16, 16))
    assert b"sensor" not in sealed.path(NAME, ".dng").read_bytes()
    assert sealed.read(NAME) == CONTENT
    assert sealed.read_beside(NAME, ".dng") == b"II* what the sensor read"
    assert sealed.path(NAME).stat().st_mode & 0o077 == 0


def test_nothing_unsealed_is_ever_written(sealed: KeptPictures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when the plain picture lies beside the sealed one for a moment, and on the card for ever."""
    written: list[bytes] = []
    monkeypatch.setattr(
        "device.store.pictures.write_durably", lambda _path, content, mode: written.append(bytes(content) + bytes(mode))
    )
    sealed.keep(NAME, CONTENT)
    assert len(written) == 1
    assert CONTENT[:16] not in written[0]


def test_a_key_may_come_later(folder: Path, key_file: Path) -> None:
    """Breaks when pictures from before the key, or sealed ones, cannot be read in one folder."""
    other = b"\x89PNG" + CONTENT
    KeptPictures(folder).keep(NAME, CONTENT)
    pictures = KeptPictures(folder, key_file)
    pictures.keep(hashlib.sha256(other).hexdigest(), other)
    assert pictures.read(NAME) == CONTENT
    assert pictures.read(hashlib.sha256(other).hexdigest()) == other
    assert not is_sealed(pictures.path(NAME).read_bytes())


def test_the_same_picture_is_never_sealed_the_same_way_twice(key_file: Path, folder: Path) -> None:
    """Breaks when a nonce comes twice, which gives the contents away."""
    pictures = KeptPictures(folder, key_file)
    pictures.keep(NAME, CONTENT)
    first = pictures.path(NAME).read_bytes()
    pictures.path(NAME).unlink()
    pictures.keep(NAME, CONTENT)
    assert pictures.path(NAME).read_bytes()[-len(CONTENT) :] != first[-len(CONTENT) :]


@pytest.mark.parametrize("fault", ["none", "gone", "another", "short", "open", "folder"])
def test_a_key_that_cannot_be_used_is_named_with_its_cure(
    sealed: KeptPictures, folder: Path, key_file: Path, fault: str
) -> None:
    """Breaks when a lost or wrong key looks like a damaged picture, which a person would throw away."""
    sealed.keep(NAME, CONTENT)
    words = {
        "none": "picture_key",
        "gone": "Bring it back",
        "another": "another key",
        "short": "32 bytes",
        "open": "chmod 600",
        "folder": "cannot be read",
    }[fault]
    match fault:
        case "gone":
            key_file.unlink()
        case "another":
            key_file.write_bytes(secrets.token_bytes(32))
        case "short":
            key_file.write_bytes(secrets.token_bytes(31))
        case "open":
            key_file.chmod(0o640)
        case "folder":
            key_file.unlink()
            key_file.mkdir()
    pictures = KeptPictures(folder, None if fault == "none" else key_file)
    with pytest.raises(PictureKeyUnusable, match=words):
        pictures.read(NAME)
    if fault not in {"none", "another"}:
        with pytest.raises(PictureKeyUnusable, match=words):
            pictures.check_key()
        with pytest.raises(PictureKeyUnusable, match=words):
            pictures.keep("0" * 64, CONTENT)


def test_a_credential_of_systemd_may_show_its_group(
    sealed: KeptPictures, folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when the service refuses the key that systemd guards by its folder."""
    sealed.keep(NAME, CONTENT)
    key_file.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(key_file.parent))
    assert KeptPictures(folder, key_file).read(NAME) == CONTENT


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("with_key", [False, True])
def test_a_file_that_was_altered_anywhere_is_refused(
    folder: Path, key_file: Path, with_key: bool, data: st.DataObject
) -> None:
    """Breaks when one changed bit, a lost end or another picture's bytes reach the clinic as the kept picture."""
    pictures = KeptPictures(folder, key_file if with_key else None)
    pictures.path(NAME).unlink(missing_ok=True)
    pictures.keep(NAME, CONTENT)
    lying = bytearray(pictures.path(NAME).read_bytes())
    if data.draw(st.booleans(), label="cut"):
        del lying[data.draw(st.integers(0, len(lying) - 1), label="at") :]
        altered = None
    else:
        altered = data.draw(st.integers(0, len(lying) - 1), label="byte")
        lying[altered] ^= 1 << data.draw(st.integers(0, 7), label="bit")
    pictures.path(NAME).write_bytes(lying)
    # The head names form and key: one altered byte of it may look like another key, and never opens the picture.
    of_the_head = with_key and altered is not None and 8 <= altered < 17
    with pytest.raises(PictureKeyUnusable if of_the_head else PictureDamaged):
        pictures.read(NAME)


def test_a_sealed_file_under_another_name_does_not_open(sealed: KeptPictures) -> None:
    """Breaks when one patient's sealed picture can be laid in another's place."""
    sealed.keep(NAME, CONTENT)
    other = "0" * 64
    shutil.copy(sealed.path(NAME), sealed.path(other))
    with pytest.raises(PictureDamaged, match="altered"):
        sealed.read(other)
    with pytest.raises(NotAsSealed):
        PictureKey(bytes(32)).opened("a", BytesIO(PictureKey(bytes(32)).seal("b", CONTENT))).read()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 255, 262_143, 262_144, 262_145, 1_000_003])
def test_a_sealed_picture_is_read_piece_by_piece(size: int) -> None:
    """Breaks when a picture loses bytes at the edge of a piece."""
    key, content = PictureKey(bytes(32)), random.Random(size).randbytes(size)
    file = key.opened("a", BytesIO(key.seal("a", content)))
    assert b"".join(iter(lambda: file.read(1000), b"")) == content


def test_a_lost_picture_is_named(folder: Path) -> None:
    """Breaks when a file that is gone ends in a traceback."""
    with pytest.raises(PictureDamaged, match="No such file"):
        KeptPictures(folder).read(NAME)


def test_a_damaged_picture_that_is_taken_again_is_whole_again(folder: Path) -> None:
    """Breaks when a capture of the same picture leans on a file that holds it no more."""
    pictures = KeptPictures(folder)
    pictures.keep(NAME, CONTENT)
    pictures.path(NAME).write_bytes(CONTENT[:-1])
    pictures.keep(NAME, CONTENT)
    assert pictures.read(NAME) == CONTENT


def test_a_key_is_never_replaced(key_file: Path, tmp_path: Path) -> None:
    """Breaks when running the command again shuts away every picture that was sealed before."""
    assert (len(key_file.read_bytes()), key_file.stat().st_mode & 0o777) == (32, 0o600)
    before = key_file.read_bytes()
    again = CliRunner().invoke(main, ["picture-key", str(key_file)])
    assert (again.exit_code, "not replaced" in again.output) == (2, True)
    assert key_file.read_bytes() == before
    nowhere = CliRunner().invoke(main, ["picture-key", str(tmp_path / "nowhere" / "key")])
    assert (nowhere.exit_code, "cannot be made" in nowhere.output) == (2, True)


def test_without_its_key_a_capture_is_not_kept_at_all(tmp_path: Path) -> None:
    """Breaks when a lost key lets pictures onto the disk unsealed, or leaves a capture without its picture."""
    store = Store(tmp_path / "state", tmp_path / "lost.key")
    example = examples.capture()
    with pytest.raises(PictureKeyUnusable):
        store.keep(example.picture, examples.PICTURE_BYTES, lambda _: example)
    assert store.visit("P-0042", 1) == []
    assert list((store.folder / "pictures").iterdir()) == []
    store.close()
