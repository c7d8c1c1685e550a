"""Certificates that must not open anything, made as an attacker or a mistake would make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate and its key: an authority's, or one that plays it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def signer(folder: Path, name: str) -> Signer:
    """Read a certificate with its key from a folder of ``collector.authority``."""
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{name}.key is no elliptic-curve key")
    return Signer(x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes()), key)


def issue(
    folder: Path,
    file_name: str,
    common_name: str,
    by: Signer | None,
    *,
    valid_days: tuple[int, int] = (-1, 30),
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    host: str | None = None,
    chained: bool = False,
) -> Path:
    """Write a certificate, with its key in the same file, and return its path.

    Parameters
    ----------
    folder, file_name
        Where it goes.
    common_name
        Whom it names; empty: nobody.
    by
        Who signs it; None: it signs itself.
    valid_days
        First and last day of its life, counted from today.
    purpose
        Its extended key usage.
    host
        A host that it holds for; None for a client's.
    chained
        Whether the signer's own certificate is sent along, as for one between the authority and this.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    signed_by = by.key if by else key
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + valid_days[0] * _DAY)
        .not_valid_after(now + valid_days[1] * _DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), critical=False)
    )
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    pem = builder.sign(signed_by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    if chained and by:
        pem += by.certificate.public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{file_name}.pem"
    path.touch(mode=0o600)
    path.write_bytes(pem)
    return path
