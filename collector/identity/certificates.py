"""What a certificate of this clinic is: made, signed and read.

EC P-256 throughout: every TLS library an instrument may carry speaks it, and a signature costs a Pi a millisecond.
Validity is backdated, as a Pi has no battery-backed clock, and never ends after the authority's own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import TypeAdapter, ValidationError

from contract import DeviceId
from groundwork.credential import SecretOpenToOthers, check_secret
from groundwork.durable_file import write_durably

AUTHORITY = "authority"
SERVER = "server"

AUTHORITY_LIFETIME = timedelta(days=3650)
LIFETIME = timedelta(days=825)
BACKDATED = timedelta(days=1)
"""A certificate of today must hold on a machine that is some hours behind."""

_NAME: TypeAdapter[str] = TypeAdapter(DeviceId)


class CertificateError(Exception):
    """A certificate cannot be issued, used or revoked; the message says which and what to do."""


@dataclass(frozen=True)
class Authority:
    """The clinic's authority, able to sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def client_name(name: str) -> str:
    """Return ``name`` if it can be that of a client.

    Raises
    ------
    CertificateError
        If it cannot.
    """
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        raise CertificateError(
            f"{name!r} cannot name a client: use lower-case letters, digits and hyphens, 32 at most."
        ) from error
    if name in {AUTHORITY, SERVER}:
        raise CertificateError(f"{name!r} names another certificate of this folder: choose another client name.")
    return name


def read_authority(certificate_path: Path, key_path: Path) -> Authority:
    """Read an authority from its two files.

    Raises
    ------
    CertificateError
        If they are none, do not belong together, it has expired, or others could sign with the key.
    OSError
        If a file cannot be read.
    """
    try:
        check_secret(key_path)
    except SecretOpenToOthers as error:
        raise CertificateError(f"{error}: whoever has it is anybody.") from error
    authority = Authority(read_certificate(certificate_path), read_key(key_path))
    if authority.certificate.public_key() != authority.key.public_key():
        raise CertificateError(f"{key_path} does not belong to {certificate_path}. Name the authority's own two files.")
    if authority.certificate.not_valid_after_utc <= datetime.now(UTC):
        raise CertificateError(
            f"{certificate_path} expired on {authority.certificate.not_valid_after_utc:%Y-%m-%d}. Renew it with"
            " 'trichoscope-collector certificates'."
        )
    return authority


def self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Return an authority's certificate."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trichoscope clinic authority")])
    now = datetime.now(UTC)
    return (
        _builder(name, name, key.public_key(), key.public_key(), begin=now - BACKDATED, end=now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def sign_client(
    authority: Authority, name: str, public_key: ec.EllipticCurvePublicKey, lifetime: timedelta = LIFETIME
) -> x509.Certificate:
    """Sign a certificate with which its holder proves to be ``name``, and nothing more."""
    return _sign(authority, name, public_key, lifetime, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)


def sign_server(
    authority: Authority, public_key: ec.EllipticCurvePublicKey, names: x509.SubjectAlternativeName, lifetime: timedelta
) -> x509.Certificate:
    """Sign the certificate of broker and services, which holds for the names given."""
    return _sign(
        authority,
        SERVER,
        public_key,
        lifetime,
        purpose=ExtendedKeyUsageOID.SERVER_AUTH,
        alternative_names=names,
    )


def common_name(certificate: x509.Certificate) -> str | None:
    """Return for whom a certificate was issued, or ``None`` if it does not say so exactly once."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else None


def is_due(certificate: x509.Certificate, now: datetime) -> bool:
    """Return whether a certificate is in the last third of its life, or beyond."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return now >= end - (end - begin) / 3


def read_certificate(path: Path) -> x509.Certificate:
    """Read a certificate.

    Raises
    ------
    CertificateError
        If the file holds none.
    OSError
        If it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError(f"{path} is not a certificate in PEM. Bring the right file.") from error


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a private key.

    Raises
    ------
    CertificateError
        If the file holds none of this authority's kind.
    OSError
        If it cannot be read.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{path} is not a private key in PEM without a password.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError(f"{path} is not an elliptic-curve key, as this authority makes them.")
    return key


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a private key for its owner's eyes only."""
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_durably(path, encoded, mode=0o600)


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Write a certificate."""
    write_durably(path, certificate.public_bytes(serialization.Encoding.PEM))


def _sign(
    authority: Authority,
    name: str,
    public_key: ec.EllipticCurvePublicKey,
    lifetime: timedelta,
    *,
    purpose: x509.ObjectIdentifier,
    alternative_names: x509.SubjectAlternativeName | None = None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    begin, end = now - BACKDATED, min(now + lifetime, authority.certificate.not_valid_after_utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, authority.certificate.subject, public_key, authority.key.public_key(), begin=begin, end=end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if alternative_names is not None:
        builder = builder.add_extension(alternative_names, critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    *,
    begin: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    # Python 3.13 verifies strictly (RFC 5280): without both key identifiers it refuses the chain.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
