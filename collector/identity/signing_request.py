"""What an instrument may ask to be signed: its own key under its own name, and nothing else."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_CURVES = ("secp256r1", "secp384r1")


class SigningRequestRefused(Exception):
    """The request cannot be signed; the message says why, for a technician."""


def requested_key(signing_request: str, name: str) -> ec.EllipticCurvePublicKey:
    """Return the key that a PKCS #10 request asks a certificate for; whatever else it asks for is not looked at.

    Parameters
    ----------
    signing_request
        In PEM.
    name
        What its subject's common name must be.

    Raises
    ------
    SigningRequestRefused
        If it is no request, is not signed with the key it is for, is for another kind of key, or under another name.
    """
    try:
        request = x509.load_pem_x509_csr(signing_request.encode())
        key = request.public_key()
        names = [attribute.value for attribute in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise SigningRequestRefused("This is no signing request (PKCS #10) in PEM.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise SigningRequestRefused("The key is of another kind than EC P-256 or P-384: make such a one.")
    if names != [name]:
        raise SigningRequestRefused(f"The signing request's common name must be {name}.")
    if not _is_signed(request):
        raise SigningRequestRefused("The signing request is not signed with the key that it is for.")
    return key


def _is_signed(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
