"""Keys as settings name them: a file, or a credential that systemd handed over."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from groundwork.credential import CredentialAbsent, SecretPath, check_secret, is_credential

SECRET: TypeAdapter[Path] = TypeAdapter(SecretPath)


def test_a_path_stays_a_path() -> None:
    """Breaks when keys in files can no longer be named."""
    assert SECRET.validate_python("/etc/trichoscope/chair-1.key") == Path("/etc/trichoscope/chair-1.key")
    assert SECRET.validate_python(Path("a.key")) == Path("a.key")


def test_a_credential_is_looked_for_where_systemd_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a unit's LoadCredential= does not reach the program."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/trichoscope-device.service")
    expected = Path("/run/credentials/trichoscope-device.service/device.key")
    assert SECRET.validate_python("credential:device.key") == expected


@pytest.mark.parametrize("name", ["", "../other.service/key", "a/b", ".", "..", ".hidden", "/etc/shadow"])
def test_a_credential_s_name_cannot_lead_elsewhere(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Breaks when a setting reads another unit's secrets, or any file."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/a.service")
    with pytest.raises(ValidationError, match="without its folder"):
        SECRET.validate_python(f"credential:{name}")


def test_without_systemd_it_is_said_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a command beside the unit cannot read its settings, or looks for the key in its own folder."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    absent = SECRET.validate_python("credential:device.key")
    assert is_credential(absent)
    with pytest.raises(CredentialAbsent, match=r"no credential:device\.key .* LoadCredential="):
        check_secret(absent)


def test_only_what_lies_in_systemd_s_folder_is_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a key elsewhere is spared the check of its permissions."""
    folder = tmp_path / "handed"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert is_credential(folder / "key")
    assert not is_credential(folder / ".." / "key")
    assert not is_credential(tmp_path / "handed-over" / "key")
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "key")
    assert not is_credential(folder / "link")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert not is_credential(folder / "key")
