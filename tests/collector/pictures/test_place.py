"""Where pictures are kept, as the settings say it: read whole, or refused with a sentence that repeats no key."""

from pathlib import Path

import pytest

from collector.pictures.bucket import PicturesInBucket
from collector.pictures.bucket_access import Bucket, BucketKeys
from collector.pictures.folder import PicturesInFolder
from collector.pictures.place import PlaceRefused, pictures_at, place
from groundwork.credential import SecretOpenToOthers

SECRET = "wJalrXUtnFEMI"
URL = "s3://clinic-pictures/a?endpoint=https://s3.example.org"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/srv/pictures", Path("/srv/pictures")),
        ("file:///srv/the%20pictures", Path("/srv/the pictures")),
        (
            "s3://clinic?region=eu-central-1",
            Bucket("clinic", "", "https://s3.eu-central-1.amazonaws.com", "eu-central-1"),
        ),
        (
            "s3://clinic-1.pictures/riverside/2026/?endpoint=https://s3.example.org:9000/&region=eu-west-1&authority=/etc/ca.pem",
            Bucket(
                "clinic-1.pictures", "riverside/2026", "https://s3.example.org:9000", "eu-west-1", Path("/etc/ca.pem")
            ),
        ),
        ("s3://clinic/a?endpoint=http://127.0.0.1:9000", Bucket("clinic", "a", "http://127.0.0.1:9000", "us-east-1")),
        ("s3://clinic/a?endpoint=http://[::1]:9000", Bucket("clinic", "a", "http://[::1]:9000", "us-east-1")),
    ],
)
def test_a_place_is_read_as_it_is_written(text: str, found: Path | Bucket) -> None:
    """Breaks when pictures go to another folder or bucket than the settings say."""
    assert place(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "whole path"),
        ("pictures", "whole path"),
        ("file://host/srv", "a folder"),
        ("https://s3.example.org/clinic", "a folder"),
        ("s3://", "bucket's name"),
        ("s3://Clinic?region=eu-central-1", "bucket's name"),
        ("s3://clinic/../other?region=eu-central-1", "bucket's name"),
        ("s3://clinic/a//b?region=eu-central-1", "bucket's name"),
        ("s3://clinic:9000/a?region=eu-central-1", "a folder"),
        ("s3://clinic", "region"),
        ("s3://clinic?region=EU Central", "a region has"),
        ("s3://clinic?region=eu-central-1&acl=public-read", "only"),
        ("s3://clinic?region=eu-central-1#a", "a folder"),
        ("s3://clinic?endpoint=s3.example.org", "an endpoint is"),
        ("s3://clinic?endpoint=https://s3.example.org/clinic", "an endpoint is"),
        ("s3://clinic?endpoint=http://s3.example.org", "https:// only"),
        ("s3://clinic?endpoint=http://192.0.2.7:9000", "https:// only"),
        ("s3://clinic?endpoint=http://127.0.0.1.example.org", "https:// only"),
        ("s3://clinic?endpoint=https://s3.example.org&authority=ca.pem", "whole path"),
        ("s3://[clinic?region=a", "no address"),
        (f"s3://AKIA:{SECRET}@clinic?region=eu-central-1", "store_credentials"),
        (f"s3://clinic?endpoint=https://AKIA:{SECRET}@s3.example.org", "without keys"),
        (f"s3://clinic?region=eu-central-1&secret_access_key={SECRET}", "store_credentials"),
        (f"s3://clinic?region=eu-central-1&X-Amz-Security-Token={SECRET}", "store_credentials"),
    ],
)
def test_what_is_no_place_is_refused_and_not_repeated(text: str, words: str) -> None:
    """Breaks when a typing mistake sends pictures somewhere else, or a key in an address reaches log or screen."""
    with pytest.raises(PlaceRefused) as refused:
        place(text)
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_without_a_place_pictures_are_in_the_state_folder(tmp_path: Path) -> None:
    """Breaks when a clinic that sets nothing up does not find its pictures."""
    assert isinstance(pictures_at(None, tmp_path / "pictures"), PicturesInFolder)
    assert isinstance(pictures_at(str(tmp_path / "other"), tmp_path / "pictures"), PicturesInFolder)
    assert (tmp_path / "other" / "incoming").is_dir()


def keys_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    """Return a file of keys."""
    path = folder / "keys"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET,
        f"[default]\naws_access_key_id = AKIA\naws_secret = {SECRET}\n",
        f"[clinic]\naws_access_key_id = AKIA\naws_secret_access_key = {SECRET}\n",
        f"[default]\naws_access_key_id AKIA\n{SECRET}\n",
        f"[default]\na = {SECRET}\na = {SECRET}\n",
    ],
)
def test_a_file_without_keys_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    """Breaks when a mistake in the keys' file shows at the first picture, or the log shows the key."""
    with pytest.raises(PlaceRefused, match="holds no keys") as refused:
        pictures_at(URL, tmp_path, credentials=keys_file(tmp_path, text))
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__


def test_keys_open_to_others_are_refused(tmp_path: Path) -> None:
    """Breaks when any user of the machine can read or erase every picture."""
    path = keys_file(tmp_path, f"[default]\naws_access_key_id = AKIA\naws_secret_access_key = {SECRET}\n", 0o640)
    with pytest.raises(SecretOpenToOthers):
        pictures_at(URL, tmp_path, credentials=path)


def test_a_bucket_without_keys_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when requests go out unsigned, or ask the network for keys."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with pytest.raises(PlaceRefused, match="needs keys"):
        pictures_at(URL, tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    assert isinstance(pictures_at(URL, tmp_path), PicturesInBucket)


def test_an_authority_that_is_none_is_refused(tmp_path: Path) -> None:
    """Breaks when a wrong certificate file shows at the first picture, or is passed over."""
    keys = keys_file(tmp_path, f"[default]\naws_access_key_id = AKIA\naws_secret_access_key = {SECRET}\n")
    authority = tmp_path / "ca.pem"
    with pytest.raises(FileNotFoundError):
        pictures_at(f"{URL}&authority={authority}", tmp_path, credentials=keys)
    authority.write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    with pytest.raises(PlaceRefused, match=r"ca\.pem is a certificate"):
        pictures_at(f"{URL}&authority={authority}", tmp_path, credentials=keys)


def test_keys_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a traceback or a log of objects shows the key."""
    assert SECRET not in repr(BucketKeys("AKIA", SECRET, SECRET))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    pictures = pictures_at(URL, tmp_path)
    assert SECRET not in repr(vars(pictures))
