"""The TLS of either program as a client: what it insists on before it shows a certificate."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from groundwork.client_tls import client_context
from groundwork.credential import SecretOpenToOthers


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Write a certificate that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "a.crt", tmp_path / "a.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_its_owner_alone_is_used(pair: tuple[Path, Path], mode: int) -> None:
    """Breaks when a program cannot connect, or would connect by an old TLS or to anybody."""
    certificate, key = pair
    key.chmod(mode)
    context = client_context(certificate, certificate, key)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620, 0o666, 0o440])
def test_a_key_that_others_can_use_is_refused(pair: tuple[Path, Path], mode: int) -> None:
    """Breaks when a key that was copied with the usual permissions is trusted as if nobody could have it."""
    certificate, key = pair
    key.chmod(mode)
    with pytest.raises(SecretOpenToOthers, match=f"mode {mode:04o}.*chmod 600 {key}") as refused:
        client_context(certificate, certificate, key)
    assert isinstance(refused.value, OSError)


def test_a_credential_of_systemd_s_may_be_0440(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a unit's credentials, which belong to root and are read by an ACL, are refused."""
    certificate, key = pair
    key.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert client_context(certificate, certificate, key).verify_mode == ssl.CERT_REQUIRED


def test_a_missing_file_is_an_os_error(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Breaks when callers that answer to an OSError no longer hear of a missing file."""
    certificate, key = pair
    key.chmod(0o600)
    for paths in (
        (tmp_path / "none", certificate, key),
        (certificate, tmp_path / "none", key),
        (certificate, certificate, tmp_path / "none"),
        (certificate, key, key),
    ):
        with pytest.raises(OSError):  # noqa: PT011  any of them: the callers say its words
            client_context(*paths)
