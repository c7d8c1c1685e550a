"""What an instrument sends to get a certificate, right in every part, for tests to change one part of."""

import secrets
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract import EnrolmentRequest, RenewalRequest
from contract.enrolment import code_letters, request_proof


class Instrument:
    """An instrument with a key of its own and no certificate yet."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.signing_request = signing_request(self.key, name)

    def enrolment(self, code: str, nonce: str | None = None) -> EnrolmentRequest:
        """Return its enrolment request by a code."""
        nonce = nonce or secrets.token_hex(32)
        return EnrolmentRequest(
            device_id=self.name,
            nonce=nonce,
            signing_request=self.signing_request,
            proof=request_proof(code_letters(code), self.name, nonce, self.signing_request),
        )

    def renewal(self) -> bytes:
        """Return its renewal request."""
        return RenewalRequest(signing_request=self.signing_request).encode()

    def install(self, folder: Path, certificate: str) -> None:
        """Put certificate and key into a folder, named as those of the clinic's are."""
        (folder / f"{self.name}.crt").write_text(certificate)
        encoded = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{self.name}.key").touch(mode=0o600)
        (folder / f"{self.name}.key").write_bytes(encoded)


def signing_request(key: ec.EllipticCurvePrivateKey, *names: str) -> str:
    """Return a signing request in PEM for a key under common names."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()
