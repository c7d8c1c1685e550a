"""A clinic's folder of certificates, by which broker, collector and instruments know each other.

A certificate in the last third of its life is renewed by the command that made it: the same key in a new certificate,
which everyone who trusts the authority believes at once.
"""

import ipaddress
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from collector.identity import issued, revocation
from collector.identity.certificates import (
    AUTHORITY,
    LIFETIME,
    SERVER,
    Authority,
    CertificateError,
    client_name,
    is_due,
    read_authority,
    read_certificate,
    read_key,
    self_signed,
    sign_client,
    sign_server,
    write_certificate,
    write_key,
)

__all__ = ["AUTHORITY", "SERVER", "CertificateError", "Done", "ensure_authority", "ensure_client", "ensure_server"]

Done = Literal["made", "renewed", "kept"]
"""What became of a certificate."""


def ensure_authority(folder: Path) -> Done:
    """Make the authority if it is not there, renew it if it is due, and see that there is a list of what is revoked.

    Raises
    ------
    CertificateError
        If its files are there but cannot be used.
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = _ensure(folder, AUTHORITY, lambda key, _present: self_signed(key))
    revocation.ensure_list(folder, read_authority(folder / f"{AUTHORITY}.crt", folder / f"{AUTHORITY}.key"))
    return done


def ensure_server(folder: Path, host_names: Sequence[str]) -> Done:
    """Issue the certificate of broker and services if it is not there; renew it if it is due.

    Parameters
    ----------
    folder
        Where the authority is.
    host_names
        Names and addresses under which instruments reach this machine; ``localhost`` and ``127.0.0.1`` are added. One
        that is renewed keeps those it has.

    Raises
    ------
    CertificateError
        If the one that is there lacks one of the names.
    """
    asked = _alternative_names(["localhost", "127.0.0.1", *host_names])

    def sign(key: ec.EllipticCurvePrivateKey, present: x509.Certificate | None) -> x509.Certificate:
        names = x509.SubjectAlternativeName(asked if present is None else _names_of(present))
        return sign_server(_authority(folder), key.public_key(), names, LIFETIME)

    done = _ensure(folder, SERVER, sign)
    held = _names_of(read_certificate(folder / f"{SERVER}.crt"))
    if missing := [str(name.value) for name in asked if name not in held]:
        raise CertificateError(
            f"{folder / SERVER}.crt does not hold for {', '.join(missing)}. Move {SERVER}.crt and {SERVER}.key"
            " away, and run again with all names."
        )
    return done


def ensure_client(folder: Path, name: str) -> Done:
    """Issue a client certificate with ``name`` as common name if it is not there; renew it if it is due.

    Parameters
    ----------
    folder
        Where the authority is.
    name
        The device's id, or the collector's user name at the broker.

    Raises
    ------
    CertificateError
        If the name cannot be one, or the one that is there was revoked.
    """
    client_name(name)

    def sign(key: ec.EllipticCurvePrivateKey, _present: x509.Certificate | None) -> x509.Certificate:
        return sign_client(_authority(folder), name, key.public_key(), LIFETIME)

    return _ensure(folder, name, sign)


def _ensure(
    folder: Path,
    name: str,
    sign: Callable[[ec.EllipticCurvePrivateKey, x509.Certificate | None], x509.Certificate],
) -> Done:
    """Make, renew or keep a pair of files; raise if a broken, foreign, revoked or half one is there."""
    certificate_path, key_path = folder / f"{name}.crt", folder / f"{name}.key"
    present = _present(folder, name)
    if present is None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = sign(key, None)
        # The key first: a certificate without its key would look issued.
        write_key(key_path, key)
        done: Done = "made"
    elif is_due(present, datetime.now(UTC)):
        certificate = sign(read_key(key_path), present)
        done = "renewed"
    else:
        certificate = present
        done = "kept"
    if name != AUTHORITY:
        issued.record(folder / issued.FOLDER, certificate)  # before it can be used: what is used can be revoked
    if certificate is not present:
        write_certificate(certificate_path, certificate)
    return done


def _present(folder: Path, name: str) -> x509.Certificate | None:
    certificate_path, key_path = folder / f"{name}.crt", folder / f"{name}.key"
    if not certificate_path.exists() and not key_path.exists():
        return None
    if not (certificate_path.exists() and key_path.exists()):
        raise CertificateError(
            f"{folder}: of {name}.crt and {name}.key only one is there. Move it away and run again, or bring the other."
        )
    certificate, key = read_certificate(certificate_path), read_key(key_path)
    if certificate.public_key() != key.public_key():
        raise CertificateError(f"{folder}: {name}.key does not belong to {name}.crt. Move both away and run again.")
    if name != AUTHORITY:
        _refuse_foreign_and_revoked(folder, name, certificate)
    return certificate


def _refuse_foreign_and_revoked(folder: Path, name: str, certificate: x509.Certificate) -> None:
    authority = read_certificate(folder / f"{AUTHORITY}.crt")
    cure = f"Move {name}.crt and {name}.key away and run again."
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception as error:  # cryptography raises InvalidSignature, ValueError and TypeError here
        raise CertificateError(
            f"{folder / name}.crt was issued by another authority than {AUTHORITY}.crt. {cure}"
        ) from error
    if certificate.serial_number in revocation.revoked_serials(folder / revocation.LIST, authority):
        raise CertificateError(f"{folder / name}.crt was revoked. {cure}")


def _authority(folder: Path) -> Authority:
    return read_authority(folder / f"{AUTHORITY}.crt", folder / f"{AUTHORITY}.key")


def _names_of(certificate: x509.Certificate) -> list[x509.GeneralName]:
    return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


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
