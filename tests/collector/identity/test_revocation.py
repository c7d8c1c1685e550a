"""Certificates taken back: all of a name's, for ever, and nobody else's."""

import logging
import os
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from collector import authority
from collector.identity import issued, revocation
from collector.identity.certificates import Authority, CertificateError, read_certificate, sign_client
from collector.identity.revocation import read_list, revoke
from collector.identity.revocation_list import RevocationList
from tests.collector.conftest import OTHER_DEVICE
from tests.collector.examples import DEVICE
from tests.collector.identity.running import client_tls


def serial(folder: Path, name: str) -> int:
    """Return the serial number of the certificate in a folder."""
    return read_certificate(folder / f"{name}.crt").serial_number


def on_list(folder: Path, signer: Authority) -> set[int]:
    """Return the serial numbers on a folder's list."""
    return {entry.serial_number for entry in read_list(folder / "revoked.pem", signer.certificate)}


def another(signer: Authority, name: str, lifetime: timedelta = timedelta(days=100)) -> x509.Certificate:
    """Return a further certificate in a name."""
    return sign_client(signer, name, ec.generate_private_key(ec.SECP256R1()).public_key(), lifetime)


def test_a_list_is_there_from_the_beginning(own_certificates: Path, own_authority: Authority) -> None:
    """Breaks when broker and service have no list to start with, or one that soon shuts everybody out."""
    found = read_list(own_certificates / "revoked.pem", own_authority.certificate)
    assert list(found) == []
    assert found.last_update_utc < datetime.now(UTC) - timedelta(hours=12)
    assert found.next_update_utc == own_authority.certificate.not_valid_after_utc
    assert (own_certificates / "revoked.pem").stat().st_mode & 0o777 == 0o644


def test_every_certificate_of_a_name_is_taken_back(own_certificates: Path, own_authority: Authority) -> None:
    """Breaks when a stolen instrument keeps a renewed certificate, or another instrument loses its own."""
    renewed, enrolled = another(own_authority, DEVICE), another(own_authority, DEVICE)
    issued.record(own_certificates / "issued", renewed)
    issued.record(own_certificates / "issued", enrolled)
    issued.record(own_certificates / "issued", another(own_authority, OTHER_DEVICE))
    issued.record(own_certificates / "issued", another(own_authority, DEVICE, timedelta(hours=-1)))
    assert revoke(own_certificates, DEVICE) == 3
    expected = {serial(own_certificates, DEVICE), renewed.serial_number, enrolled.serial_number}
    assert on_list(own_certificates, own_authority) == expected


def test_what_was_taken_back_stays_so(own_certificates: Path, own_authority: Authority) -> None:
    """Breaks when a later list forgets an earlier one, or a second run starts the broker anew for nothing."""
    revoke(own_certificates, DEVICE)
    first = read_list(own_certificates / "revoked.pem", own_authority.certificate)
    before = (own_certificates / "revoked.pem").stat()
    assert revoke(own_certificates, DEVICE) == 0
    assert (own_certificates / "revoked.pem").stat().st_mtime_ns == before.st_mtime_ns
    assert revoke(own_certificates, OTHER_DEVICE) == 1
    second = read_list(own_certificates / "revoked.pem", own_authority.certificate)
    assert {entry.serial_number for entry in second} == {
        serial(own_certificates, name) for name in (DEVICE, OTHER_DEVICE)
    }
    numbers = [one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in (first, second)]
    assert numbers == [2, 3]


def test_two_commands_at_once_lose_nothing(own_certificates: Path, own_authority: Authority) -> None:
    """Breaks when one of two revocations at the same time overwrites the other."""
    names = [f"chair-{number}" for number in range(10, 18)]
    for name in names:
        authority.ensure_client(own_certificates, name)
    threads = [threading.Thread(target=revoke, args=(own_certificates, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(on_list(own_certificates, own_authority)) == len(names)


def test_a_certificate_that_is_recorded_meanwhile_is_found(
    own_certificates: Path, own_authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when an instrument that renews while it is taken back escapes."""
    renewed = another(own_authority, DEVICE)
    write = revocation._write

    def write_late(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        issued.record(own_certificates / "issued", renewed)

    monkeypatch.setattr(revocation, "_write", write_late)
    assert revoke(own_certificates, DEVICE) == 2
    assert renewed.serial_number in on_list(own_certificates, own_authority)


@pytest.mark.parametrize("name", ["chair-9", "authority", "server", "../x", "Chair 1"])
def test_names_without_a_certificate_are_said(own_certificates: Path, name: str) -> None:
    """Breaks when a slip in a name looks like a revocation, or the clinic's own server can be shut out."""
    before = (own_certificates / "revoked.pem").read_bytes()
    with pytest.raises(CertificateError, match=name):
        revoke(own_certificates, name)
    assert (own_certificates / "revoked.pem").read_bytes() == before


@pytest.mark.parametrize("damaged", ["list", "record"])
def test_damaged_files_are_never_overwritten(own_certificates: Path, damaged: str) -> None:
    """Breaks when a damaged list is replaced by one that lets all in again, or a damaged record is passed over."""
    path = own_certificates / "revoked.pem" if damaged == "list" else next((own_certificates / "issued").iterdir())
    path.write_text("damaged")
    with pytest.raises(CertificateError, match=path.name):
        revoke(own_certificates, DEVICE)
    assert path.read_text() == "damaged"


def test_another_authoritys_list_is_not_believed(own_certificates: Path, own_authority: Authority) -> None:
    """Breaks when whoever can put a file in place decides who is revoked."""
    other = own_certificates.parent / "other"
    authority.ensure_authority(other)
    (own_certificates / "revoked.pem").write_bytes((other / "revoked.pem").read_bytes())
    with pytest.raises(CertificateError, match="authority"):
        read_list(own_certificates / "revoked.pem", own_authority.certificate)


def test_the_running_service_sees_a_new_list_at_once(own_certificates: Path) -> None:
    """Breaks when a revoked instrument is let in until the collector is started anew."""
    running = RevocationList(own_certificates / "revoked.pem", own_certificates / "authority.crt")
    mine, others = serial(own_certificates, DEVICE), serial(own_certificates, OTHER_DEVICE)
    assert not running.revokes(mine)
    revoke(own_certificates, DEVICE)
    assert running.revokes(mine)
    assert not running.revokes(others)


@pytest.mark.parametrize("damage", ["text", "gone", "foreign"])
def test_a_list_that_cannot_be_read_leaves_the_last_in_force(
    own_certificates: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    """Breaks when damage to the list lets revoked instruments in, shuts all out, or goes untold."""
    revoke(own_certificates, DEVICE)
    path = own_certificates / "revoked.pem"
    running = RevocationList(path, own_certificates / "authority.crt")
    good = path.read_bytes()
    if damage == "text":
        path.write_text("damaged")
    elif damage == "gone":
        path.unlink()
    else:
        authority.ensure_authority(own_certificates.parent / "other")
        path.write_bytes((own_certificates.parent / "other" / "revoked.pem").read_bytes())
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert running.revokes(serial(own_certificates, DEVICE))
            assert not running.revokes(serial(own_certificates, OTHER_DEVICE))
    assert running.trouble is not None
    assert caplog.text.count("revocation list") >= 1
    assert len(caplog.records) == 1, "once, not at every request"
    path.write_bytes(good)
    os.utime(path, (1, 1))
    assert running.revokes(serial(own_certificates, DEVICE))
    assert running.trouble is None


def test_a_service_does_not_start_without_its_list(own_certificates: Path) -> None:
    """Breaks when a wrong path means that nobody was ever revoked."""
    with pytest.raises(OSError, match="absent"):
        RevocationList(own_certificates / "absent.pem", own_certificates / "authority.crt")


@pytest.mark.parametrize("name", [DEVICE, OTHER_DEVICE])
def test_openssl_goes_by_the_list(own_certificates: Path, name: str) -> None:
    """Breaks when the list is one that our own code understands and the TLS library of a broker does not."""
    revoke(own_certificates, DEVICE)
    accepting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=own_certificates / "authority.crt")
    accepting.load_verify_locations(own_certificates / "revoked.pem")
    accepting.verify_mode = ssl.CERT_REQUIRED
    accepting.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_CRL_CHECK_LEAF
    accepting.load_cert_chain(own_certificates / "server.crt", own_certificates / "server.key")
    calling = client_tls(own_certificates, name)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = calling.wrap_bio(to_client, to_server, server_hostname="localhost")
    server = accepting.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    client.do_handshake()
    if name == DEVICE:
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate revoked"):
            server.do_handshake()
    else:
        server.do_handshake()
