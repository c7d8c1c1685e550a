"""A clinic's own certificate authority: the certificates by which broker, collector and instruments know each other.

EC P-256 throughout: every TLS library an instrument may carry speaks it, and a signature costs a Pi a millisecond.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import TypeAdapter, ValidationError

from contract import DeviceId
from groundwork.durable_file import write_durably

AUTHORITY = "authority"
SERVER = "server"

_AUTHORITY_LIFETIME = timedelta(days=3650)
_LIFETIME = timedelta(days=825)
# A Pi has no battery-backed clock: a certificate of today must hold on a machine that is some hours behind.
_BACKDATED = timedelta(days=1)
_NAME: TypeAdapter[str] = TypeAdapter(DeviceId)


class CertificateError(Exception):
    """A certificate cannot be issued or used; the message says which and what to do."""


def ensure_authority(folder: Path) -> bool:
    """Make the authority if it is not there; return whether it was made.

    Raises
    ------
    CertificateError
        If its files are there but cannot be used.
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if _is_issued(folder, AUTHORITY):
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trichoscope clinic authority")])
    builder = (
        _builder(name, name, key.public_key(), key.public_key(), _AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    _write(folder, AUTHORITY, key, builder.sign(key, hashes.SHA256()))
    return True


def ensure_server(folder: Path, host_names: Sequence[str]) -> bool:
    """Issue the certificate of broker and picture service if it is not there; return whether it was issued.

    Parameters
    ----------
    folder
        Where the authority is.
    host_names
        Names and addresses under which instruments reach this machine; ``localhost`` and ``127.0.0.1`` are added.

    Raises
    ------
    CertificateError
        If the one that is there has expired or lacks one of the names.
    """
    names = _alternative_names(["localhost", "127.0.0.1", *host_names])
    if _is_issued(folder, SERVER):
        present = _certificate(folder, SERVER).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if missing := [str(name.value) for name in names if name not in present]:
            raise CertificateError(
                f"{folder / SERVER}.crt does not hold for {', '.join(missing)}. Move {SERVER}.crt and {SERVER}.key"
                " away, and run again with all names."
            )
        return False
    _issue(folder, SERVER, ExtendedKeyUsageOID.SERVER_AUTH, x509.SubjectAlternativeName(names))
    return True


def ensure_client(folder: Path, name: str) -> bool:
    """Issue a client certificate with ``name`` as common name if it is not there; return whether it was issued.

    Parameters
    ----------
    folder
        Where the authority is.
    name
        The device's id, or the collector's user name at the broker.

    Raises
    ------
    CertificateError
        If the name cannot be one, or the one that is there has expired.
    """
    try:
        _NAME.validate_python(name)
    except ValidationError as error:
        raise CertificateError(
            f"{name!r} cannot name a client: use lower-case letters, digits and hyphens, 32 at most."
        ) from error
    if name in {AUTHORITY, SERVER}:
        raise CertificateError(f"{name!r} names another certificate of this folder: choose another client name.")
    if _is_issued(folder, name):
        return False
    _issue(folder, name, ExtendedKeyUsageOID.CLIENT_AUTH, None)
    return True


def _is_issued(folder: Path, name: str) -> bool:
    """Return whether a valid pair of files is there; raise if a broken, expired or half one is."""
    certificate_path, key_path = folder / f"{name}.crt", folder / f"{name}.key"
    if not certificate_path.exists() and not key_path.exists():
        return False
    if not (certificate_path.exists() and key_path.exists()):
        raise CertificateError(
            f"{folder}: of {name}.crt and {name}.key only one is there. Move it away and run again, or bring the other."
        )
    certificate, key = _certificate(folder, name), _key(folder, name)
    if certificate.public_key() != key.public_key():
        raise CertificateError(f"{folder}: {name}.key does not belong to {name}.crt. Move both away and run again.")
    if certificate.not_valid_after_utc <= datetime.now(UTC):
        raise CertificateError(
            f"{certificate_path} expired on {certificate.not_valid_after_utc:%Y-%m-%d}. Move {name}.crt and {name}.key"
            " away and run again."
        )
    if name != AUTHORITY:
        try:
            certificate.verify_directly_issued_by(_certificate(folder, AUTHORITY))
        except Exception as error:  # cryptography raises InvalidSignature, ValueError and TypeError here
            raise CertificateError(
                f"{certificate_path} was issued by another authority than {AUTHORITY}.crt. Move {name}.crt and"
                f" {name}.key away and run again."
            ) from error
    return True


def _issue(
    folder: Path, name: str, purpose: x509.ObjectIdentifier, alternative_names: x509.SubjectAlternativeName | None
) -> None:
    authority, authority_key = _certificate(folder, AUTHORITY), _key(folder, AUTHORITY)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, authority.subject, key.public_key(), authority_key.public_key(), _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if alternative_names is not None:
        builder = builder.add_extension(alternative_names, critical=False)
    _write(folder, name, key, builder.sign(authority_key, hashes.SHA256()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    # Python 3.13 verifies strictly (RFC 5280): without both key identifiers it refuses the chain.
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
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


def _alternative_names(names: Sequence[str]) -> list[x509.GeneralName]:
    return list(dict.fromkeys(_alternative_name(name) for name in names))


def _alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError as error:
        raise CertificateError(f"{name!r} is neither a host name in ASCII nor an IP address.") from error


def _certificate(folder: Path, name: str) -> x509.Certificate:
    path = folder / f"{name}.crt"
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise CertificateError(f"{path} is not a certificate in PEM. Bring the right file.") from error


def _key(folder: Path, name: str) -> ec.EllipticCurvePrivateKey:
    path = folder / f"{name}.key"
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{path} is not a private key in PEM without a password.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateError(f"{path} is not an elliptic-curve key, as this authority makes them.")
    return key


def _write(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    # The key first: a certificate without its key would look issued.
    write_durably(
        folder / f"{name}.key",
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        mode=0o600,
    )
    write_durably(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))
