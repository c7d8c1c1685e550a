"""Certificates: who holds one of the clinic's is let in, and nobody else."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collector import authority
from collector.authority import CertificateError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an authority."""
    made = tmp_path / "certificates"
    assert authority.ensure_authority(made)
    return made


def handshake(server: tuple[Path, str], client: tuple[Path, str], host: str) -> None:
    """Let a client and a server with these certificates meet, each trusting its own folder's authority."""
    accepting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=server[0] / "authority.crt")
    accepting.verify_mode = ssl.CERT_REQUIRED
    accepting.load_cert_chain(server[0] / f"{server[1]}.crt", server[0] / f"{server[1]}.key")
    calling = ssl.create_default_context(cafile=client[0] / "authority.crt")
    # What Python 3.13 asks for by default.
    for context in (accepting, calling):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    calling.load_cert_chain(client[0] / f"{client[1]}.crt", client[0] / f"{client[1]}.key")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        calling.wrap_bio(to_client, to_server, server_hostname=host),
        accepting.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert not ends


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "clinic.example", "192.168.7.2"])
def test_server_and_client_know_each_other(folder: Path, host: str) -> None:
    """Breaks when a device cannot connect under a name of the server, even by strict rules."""
    authority.ensure_server(folder, ["clinic.example", "192.168.7.2"])
    authority.ensure_client(folder, "chair-1")
    handshake((folder, "server"), (folder, "chair-1"), host)


def test_foreign_names_authorities_and_purposes_are_refused(folder: Path, tmp_path: Path) -> None:
    """Breaks when another authority's certificate, or a device's used as a server, is believed."""
    foreign = tmp_path / "foreign"
    for place in (folder, foreign):
        authority.ensure_authority(place)
        authority.ensure_server(place, [])
        authority.ensure_client(place, "chair-1")
    for server, client, host in (
        ((folder, "server"), (folder, "chair-1"), "elsewhere"),
        ((folder, "server"), (foreign, "chair-1"), "localhost"),
        ((folder, "chair-1"), (folder, "chair-1"), "chair-1"),
        ((folder, "server"), (folder, "server"), "localhost"),
    ):
        with pytest.raises(ssl.SSLError):
            handshake(server, client, host)


def test_keys_are_for_their_owner_only(folder: Path) -> None:
    """Breaks when another user of the machine can read a private key."""
    authority.ensure_client(folder, "chair-1")
    for key in folder.glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {path.name for path in folder.iterdir()} == {"authority.crt", "authority.key", "chair-1.crt", "chair-1.key"}


def test_common_name_is_the_device(folder: Path) -> None:
    """Breaks when the broker would give a device another device's topics."""
    authority.ensure_client(folder, "chair-1")
    certificate = x509.load_pem_x509_certificate((folder / "chair-1.crt").read_bytes())
    assert [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["chair-1"]
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_second_run_keeps_everything(folder: Path) -> None:
    """Breaks when running the command again replaces certificates that devices already hold."""
    authority.ensure_server(folder, ["clinic.example"])
    authority.ensure_client(folder, "chair-1")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert not authority.ensure_authority(folder)
    assert not authority.ensure_server(folder, [])
    assert not authority.ensure_client(folder, "chair-1")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_server_that_lacks_a_name_is_said(folder: Path) -> None:
    """Breaks when a new host name is asked for, and silently not given."""
    authority.ensure_server(folder, [])
    with pytest.raises(CertificateError, match=r"clinic\.example"):
        authority.ensure_server(folder, ["clinic.example"])


@pytest.mark.parametrize("name", ["server", "authority", "Chair 1", "../chair", "", "a" * 33, "chair/+"])
def test_names_that_cannot_be_are_refused(folder: Path, name: str) -> None:
    """Breaks when a name overwrites another certificate, leaves the folder, or reaches more than one topic."""
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(CertificateError):
        authority.ensure_client(folder, name)
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("damage", ["half", "text", "exchanged", "expired", "foreign"])
def test_unusable_certificates_are_said_and_not_overwritten(
    folder: Path, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a damaged, expired or foreign certificate is taken as valid, or replaced without being asked."""
    if damage == "expired":
        monkeypatch.setattr(authority, "_LIFETIME", timedelta(hours=-1))
    authority.ensure_client(folder, "chair-1")
    if damage == "half":
        (folder / "chair-1.crt").unlink()
    elif damage == "text":
        (folder / "chair-1.crt").write_text("no certificate")
    elif damage == "exchanged":
        (folder / "chair-1.key").write_bytes((folder / "authority.key").read_bytes())
    elif damage == "foreign":
        authority.ensure_authority(tmp_path / "other")
        authority.ensure_client(tmp_path / "other", "chair-1")
        for suffix in ("crt", "key"):
            (folder / f"chair-1.{suffix}").write_bytes((tmp_path / "other" / f"chair-1.{suffix}").read_bytes())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(CertificateError, match=r"chair-1\.(crt|key)"):
        authority.ensure_client(folder, "chair-1")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_certificates_hold_for_clocks_that_are_behind(folder: Path) -> None:
    """Breaks when a Pi whose clock is some hours behind refuses a certificate that was just made."""
    certificate = x509.load_pem_x509_certificate((folder / "authority.crt").read_bytes())
    assert certificate.not_valid_before_utc < datetime.now(UTC) - timedelta(hours=12)
