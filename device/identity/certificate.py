"""Keys, signing requests, and whether a certificate is the instrument's own: nothing here meets network or disk.

EC P-256 (FIPS 186-4) as the clinic's authority uses it; requests are PKCS #10 (RFC 2986).
"""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device.identity.errors import CertificateUnfit

_UNREADABLE = (
    *(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What cryptography raises where a certificate, part by part, turns out to be none."""


def new_key() -> str:
    """Return a new private key as PEM (PKCS #8)."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def signing_request(key: str, device_id: str) -> str:
    """Return the request, as PEM, that a certificate be made for this key and name.

    Raises
    ------
    CertificateUnfit
        If ``key`` is no private key of an elliptic curve in PEM.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device_id)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(_private(key), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def verified(certificate: str, authority: str, *, key: str, device_id: str, at: datetime | None) -> x509.Certificate:
    """Return a certificate after finding that it makes this instrument known to those who trust the authority.

    Parameters
    ----------
    certificate, authority, key
        One PEM each.
    device_id
        What its common name has to be.
    at
        The moment at which certificate and authority have to hold (UTC); None where no clock can be trusted, which
        leaves this out.

    Raises
    ------
    CertificateUnfit
        If the key is another one, the name another, the authority none or not the one that signed, or the time past.
    """
    own, root = loaded(certificate, "the certificate"), loaded(authority, "the authority")
    if not is_made_for(own, key):
        raise CertificateUnfit("the certificate was made for another key")
    if not _may_sign(root):
        raise CertificateUnfit("what came as the authority is the certificate of none")
    for one, called in ((root, "the authority's own certificate"), (own, "the certificate")):
        if not _is_signed_by(one, root):
            raise CertificateUnfit(f"{called} was not signed by the authority")
        if at is not None and not one.not_valid_before_utc <= at < one.not_valid_after_utc:
            first, last = one.not_valid_before_utc, one.not_valid_after_utc
            raise CertificateUnfit(
                f"{called} holds from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, and it is"
                f" {at:%Y-%m-%d %H:%M} UTC"
            )
    if (names := _names(own)) != [device_id]:
        raise CertificateUnfit(f"the certificate is for {', '.join(map(repr, names)) or 'nobody'}, not {device_id!r}")
    if not _is_for_clients(own):
        raise CertificateUnfit("the certificate is not for clients")
    return own


def renewed_authority(present: str, offered: str, at: datetime) -> x509.Certificate | None:
    """Return the authority's certificate as the clinic renewed it; None if it is no later one of the same key.

    Parameters
    ----------
    present, offered
        One PEM each: what is believed now, and what came.
    at
        The moment at which it has to hold (UTC).

    Raises
    ------
    CertificateUnfit
        If one of them is no certificate.
    """
    known, later = loaded(present, "the authority"), loaded(offered, "the authority that came")
    is_the_same = later.subject == known.subject and _public_bytes(later) == _public_bytes(known)
    holds = later.not_valid_before_utc <= at and later.not_valid_after_utc > known.not_valid_after_utc
    return later if is_the_same and holds and _may_sign(later) and _is_signed_by(later, later) else None


def _public_bytes(certificate: x509.Certificate) -> bytes:
    try:
        return certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except _UNREADABLE as error:
        raise CertificateUnfit("a certificate has a key of an unknown kind") from error


def pem(certificate: x509.Certificate) -> str:
    """Return one certificate as it is kept."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def loaded(text: str, called: str) -> x509.Certificate:
    """Return the one certificate that a PEM holds.

    Parameters
    ----------
    text
        The PEM.
    called
        What it is called, should it not be one.

    Raises
    ------
    CertificateUnfit
        If it holds none, or several.
    """
    try:
        (one,) = x509.load_pem_x509_certificates(text.encode())
    except _UNREADABLE as error:
        raise CertificateUnfit(f"{called} is not one certificate in PEM") from error
    return one


def _private(key: str) -> ec.EllipticCurvePrivateKey:
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except _UNREADABLE as error:
        raise CertificateUnfit("the key is not a private key in PEM without a password") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise CertificateUnfit("the key is not of an elliptic curve, as enrolment makes them")
    return private


def is_made_for(own: x509.Certificate, key: str) -> bool:
    """Whether a certificate is for a private key in PEM.

    Raises
    ------
    CertificateUnfit
        If ``key`` is none.
    """
    of_key = _private(key).public_key()
    try:
        return own.public_key() == of_key
    except _UNREADABLE:
        return False


def _names(own: x509.Certificate) -> list[str | bytes]:
    try:
        return [attribute.value for attribute in own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except _UNREADABLE:
        return []


def _is_signed_by(one: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(root)
    except _UNREADABLE:
        return False
    return True


def _may_sign(root: x509.Certificate) -> bool:
    try:
        return root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return False


def _is_for_clients(own: x509.Certificate) -> bool:
    try:
        purposes = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True  # RFC 5280, 4.2.1.12: without the extension, any purpose
    except _UNREADABLE:
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in purposes
