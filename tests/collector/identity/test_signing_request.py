"""What is signed: an instrument's own key under its own name, and nothing else."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from collector.identity.signing_request import SigningRequestRefused, requested_key
from tests.collector.identity.instrument import signing_request

KEY = ec.generate_private_key(ec.SECP256R1())
REQUEST = signing_request(KEY, "chair-1")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_the_key_that_is_asked_for_is_found(curve: ec.EllipticCurve) -> None:
    """Breaks when a key of one of the two curves that every instrument speaks is refused."""
    key = ec.generate_private_key(curve)
    assert requested_key(signing_request(key, "chair-1"), "chair-1") == key.public_key()


@pytest.mark.parametrize("names", [(), ("chair-2",), ("chair-1", "chair-2"), ("chair-2", "chair-1"), ("Chair-1",)])
def test_another_name_is_refused(names: tuple[str, ...]) -> None:
    """Breaks when an instrument gets a certificate in another's name."""
    with pytest.raises(SigningRequestRefused, match="chair-1"):
        requested_key(signing_request(KEY, *names), "chair-1")


@pytest.mark.parametrize("kind", ["rsa", "ed25519", "p224", "p521"])
def test_another_kind_of_key_is_refused(kind: str) -> None:
    """Breaks when a key is signed that some part of the clinic does not speak, or that is too weak."""
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    match kind:
        case "rsa":
            key = rsa.generate_private_key(65537, 2048)
        case "ed25519":
            key = ed25519.Ed25519PrivateKey.generate()
        case _:
            key = ec.generate_private_key(ec.SECP224R1() if kind == "p224" else ec.SECP521R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chair-1")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.sign(key, None if kind == "ed25519" else hashes.SHA256())
    with pytest.raises(SigningRequestRefused, match="P-256"):
        requested_key(signed.public_bytes(serialization.Encoding.PEM).decode(), "chair-1")


def test_a_key_that_its_sender_does_not_have_is_refused() -> None:
    """Breaks when somebody gets a certificate for another's public key."""
    request = x509.load_pem_x509_csr(REQUEST.encode())
    content = request.public_bytes(serialization.Encoding.DER)
    forged = content[:-4] + bytes(byte ^ 1 for byte in content[-4:])
    text = base64.encodebytes(forged).decode()
    with pytest.raises(SigningRequestRefused, match=r"not signed|no signing request"):
        requested_key(f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n", "chair-1")


@given(st.one_of(st.text(max_size=300), st.integers(0, 300).map(lambda cut: REQUEST[:cut])))
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    """Breaks when what is no signing request ends in a traceback."""
    with pytest.raises(SigningRequestRefused):
        requested_key(text, "chair-1")


@given(st.data())
def test_no_damaged_request_does_anything_but_be_refused(data: st.DataObject) -> None:
    """Breaks when bytes that are nearly a signing request end in a traceback, or in another key than was asked for."""
    request = x509.load_pem_x509_csr(REQUEST.encode())
    content = bytearray(request.public_bytes(serialization.Encoding.DER))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    text = base64.encodebytes(content).decode()
    try:
        key = requested_key(
            f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n", "chair-1"
        )
    except SigningRequestRefused:
        return
    assert key == KEY.public_key()
