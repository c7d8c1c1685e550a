"""Certificates taken back: the authority's revocation list (RFC 5280), which broker and picture service look at.

A list is in force from a day before it was made, for clocks that are behind, until the authority itself ends: one that
had run out would shut everybody out.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from collector.identity import issued
from collector.identity.certificates import (
    AUTHORITY,
    BACKDATED,
    Authority,
    CertificateError,
    client_name,
    common_name,
    read_authority,
    read_certificate,
)
from collector.identity.folder_lock import locked
from groundwork.durable_file import write_durably

LIST = "revoked.pem"


def ensure_list(folder: Path, authority: Authority) -> None:
    """Make an empty list if there is none, and sign it anew if the authority holds for longer than the list.

    Raises
    ------
    CertificateError
        If the one that is there is damaged.
    OSError
        If it cannot be written.
    """
    with locked(folder):
        path = folder / LIST
        present = read_list(path, authority.certificate) if path.exists() else None
        if present is None or _until(present) < authority.certificate.not_valid_after_utc:
            _write(path, authority, present, [])


def revoke(folder: Path, name: str) -> int:
    """Take back every certificate that was issued to a name and has not expired; return how many were not on the list.

    Parameters
    ----------
    folder
        Where authority and list are, and what it issued (``issued/``).
    name
        The common name of the certificates.

    Raises
    ------
    CertificateError
        If the name cannot be one, none was issued to it, or the authority, the list or a record cannot be used.
    OSError
        If a file cannot be read or written.
    """
    client_name(name)
    authority = read_authority(folder / f"{AUTHORITY}.crt", folder / f"{AUTHORITY}.key")
    path = folder / LIST
    taken_back = 0
    with locked(folder):
        # Until nothing more is found: one that is being renewed meanwhile is either found here, or its renewal finds
        # the list.
        while True:
            present = read_list(path, authority.certificate) if path.exists() else None
            holds = _valid_serials(folder, name)
            if not holds:
                raise CertificateError(
                    f"No certificate for {name} that still holds is recorded in {folder}. Check name and folder."
                )
            if not (new := holds - _serials(present)):
                return taken_back
            _write(path, authority, present, sorted(new))
            taken_back += len(new)


def revoked_serials(path: Path, authority: x509.Certificate) -> frozenset[int]:
    """Return the serial numbers on a list.

    Raises
    ------
    CertificateError
        If it is no list, or not this authority's.
    OSError
        If it cannot be read.
    """
    return _serials(read_list(path, authority))


def read_list(path: Path, authority: x509.Certificate) -> x509.CertificateRevocationList:
    """Read a list; the errors are those of :func:`revoked_serials`."""
    try:
        found = x509.load_pem_x509_crl(path.read_bytes())
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError(
            f"{path} is no revocation list in PEM. Bring it back from a copy: a new one would let all those in again."
        ) from error
    key = authority.public_key()
    # An authority of another kind of key cannot have been made here.
    if found.issuer != authority.subject or not found.is_signature_valid(key):  # type: ignore[arg-type]
        raise CertificateError(f"{path} is not the list of this clinic's authority. Bring that one.")
    return found


def _valid_serials(folder: Path, name: str) -> set[int]:
    certificates = list(issued.recorded(folder / issued.FOLDER))
    if (own := folder / f"{name}.crt").exists():  # older than the records
        certificates.append(read_certificate(own))
    now = datetime.now(UTC)
    return {
        found.serial_number for found in certificates if common_name(found) == name and found.not_valid_after_utc > now
    }


def _serials(revoked: x509.CertificateRevocationList | None) -> frozenset[int]:
    return frozenset(entry.serial_number for entry in revoked or ())


def _until(revoked: x509.CertificateRevocationList) -> datetime:
    return revoked.next_update_utc or datetime.min.replace(tzinfo=UTC)


def _number(revoked: x509.CertificateRevocationList | None) -> int:
    if revoked is None:
        return 0
    return revoked.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _write(
    path: Path, authority: Authority, present: x509.CertificateRevocationList | None, new_serials: Iterable[int]
) -> None:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - BACKDATED)
        .next_update(authority.certificate.not_valid_after_utc)
        .add_extension(x509.CRLNumber(_number(present) + 1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    for entry in present or ():
        builder = builder.add_revoked_certificate(entry)
    for serial in new_serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        builder = builder.add_revoked_certificate(revoked)
    signed = builder.sign(authority.key, hashes.SHA256())
    write_durably(path, signed.public_bytes(serialization.Encoding.PEM))
