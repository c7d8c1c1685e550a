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
from collector.identity import certificates, revocation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an authority."""
    made = tmp_path / "certificates"
    assert authority.ensure_authority(made) == "made"
    return made


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, by its path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(path: Path) -> x509.Certificate:
    """Return the certificate in a file."""
    return x509.load_pem_x509_certificate(path.read_bytes())


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
    assert {path.name for path in folder.glob("*.*")} == {
        "authority.crt",
        "authority.key",
        "chair-1.crt",
        "chair-1.key",
        "revoked.pem",
    }


def test_a_key_that_others_may_read_signs_nothing(folder: Path) -> None:
    """Breaks when an authority whose key anybody of the machine may have copied goes on unnoticed."""
    (folder / "authority.key").chmod(0o640)
    with pytest.raises(CertificateError, match="chmod 600"):
        authority.ensure_client(folder, "chair-1")


def test_every_issued_certificate_is_recorded(folder: Path) -> None:
    """Breaks when a certificate is in the world that could not be revoked."""
    authority.ensure_server(folder, [])
    authority.ensure_client(folder, "chair-1")
    issued = {f"{read(folder / f'{name}.crt').serial_number:x}.crt" for name in ("server", "chair-1")}
    assert {path.name for path in (folder / "issued").iterdir()} == issued
    for record in (folder / "issued").iterdir():
        record.unlink()  # as a folder that is older than the records
    authority.ensure_client(folder, "chair-1")
    assert f"{read(folder / 'chair-1.crt').serial_number:x}.crt" in {one.name for one in (folder / "issued").iterdir()}


def test_common_name_is_the_device(folder: Path) -> None:
    """Breaks when the broker would give a device another device's topics."""
    authority.ensure_client(folder, "chair-1")
    certificate = read(folder / "chair-1.crt")
    assert [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["chair-1"]
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_second_run_keeps_everything(folder: Path) -> None:
    """Breaks when running the command again replaces certificates that devices already hold."""
    authority.ensure_server(folder, ["clinic.example"])
    authority.ensure_client(folder, "chair-1")
    before = files(folder)
    assert authority.ensure_authority(folder) == "kept"
    assert authority.ensure_server(folder, []) == "kept"
    assert authority.ensure_client(folder, "chair-1") == "kept"
    assert files(folder) == before


@pytest.mark.parametrize("remaining", [0.3, 0.0, -0.1])
def test_what_nears_its_end_is_renewed_with_its_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch, remaining: float
) -> None:
    """Breaks when a certificate runs out though the command was run, or its holder would need another key or name."""
    lifetime = certificates.LIFETIME
    monkeypatch.setattr(certificates, "BACKDATED", lifetime * (1 - remaining))
    monkeypatch.setattr(authority, "LIFETIME", lifetime * remaining)
    authority.ensure_server(folder, ["clinic.example"])
    authority.ensure_client(folder, "chair-1")
    monkeypatch.undo()
    before = files(folder)
    assert authority.ensure_server(folder, []) == "renewed"
    assert authority.ensure_client(folder, "chair-1") == "renewed"
    after = files(folder)
    assert {name for name in before if after[name] != before[name]} == {"server.crt", "chair-1.crt"}
    assert len(after) == len(before) + 2, "the new ones are recorded, and the old ones still are"
    assert read(folder / "chair-1.crt").not_valid_after_utc > datetime.now(UTC) + lifetime * 0.9
    handshake((folder, "server"), (folder, "chair-1"), "clinic.example")


def test_the_authority_is_renewed_too_and_its_list_with_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a revocation list runs out, and shuts everybody out, while the authority goes on."""
    authority.ensure_client(folder, "chair-1")
    revocation.revoke(folder, "chair-1")
    before = read(folder / "authority.crt")
    monkeypatch.setattr(authority, "is_due", lambda certificate, _now: certificate == before)
    monkeypatch.setattr(certificates, "AUTHORITY_LIFETIME", timedelta(days=4000))
    assert authority.ensure_authority(folder) == "renewed"
    after = read(folder / "authority.crt")
    assert after.public_key() == before.public_key()
    renewed = revocation.read_list(folder / "revoked.pem", after)
    assert renewed.next_update_utc == after.not_valid_after_utc
    assert len(renewed) == 1


def test_no_certificate_outlives_its_authority(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a certificate says that it holds at a time at which nobody believes its authority."""
    monkeypatch.setattr(authority, "LIFETIME", timedelta(days=9999))
    authority.ensure_client(folder, "chair-1")
    assert read(folder / "chair-1.crt").not_valid_after_utc == read(folder / "authority.crt").not_valid_after_utc


def test_a_revoked_certificate_is_neither_kept_nor_renewed(folder: Path) -> None:
    """Breaks when the command calls a certificate good that opens no door any more."""
    authority.ensure_client(folder, "chair-1")
    revocation.revoke(folder, "chair-1")
    with pytest.raises(CertificateError, match="revoked"):
        authority.ensure_client(folder, "chair-1")
    for suffix in ("crt", "key"):
        (folder / f"chair-1.{suffix}").unlink()
    assert authority.ensure_client(folder, "chair-1") == "made"


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


@pytest.mark.parametrize("damage", ["half", "text", "exchanged", "foreign"])
def test_unusable_certificates_are_said_and_not_overwritten(folder: Path, tmp_path: Path, damage: str) -> None:
    """Breaks when a damaged or foreign certificate is taken as valid, or replaced without being asked."""
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
    before = files(folder)
    with pytest.raises(CertificateError, match=r"chair-1\.(crt|key)"):
        authority.ensure_client(folder, "chair-1")
    assert files(folder) == before


def test_certificates_hold_for_clocks_that_are_behind(folder: Path) -> None:
    """Breaks when a Pi whose clock is some hours behind refuses a certificate that was just made."""
    certificate = read(folder / "authority.crt")
    assert certificate.not_valid_before_utc < datetime.now(UTC) - timedelta(hours=12)
