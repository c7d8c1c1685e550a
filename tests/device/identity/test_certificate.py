"""Whether a certificate is the instrument's own: everything else is told from it."""

import base64
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import assume, given
from hypothesis import strategies as st

from device.identity.certificate import new_key, signing_request, verified
from device.identity.errors import CertificateUnfit
from tests.device.identity.authority import DAY, NOW, Authority, PublicKey, key_pem, pem

NAME = "chair-1"
AUTHORITY = Authority()
KEY = ec.generate_private_key(ec.SECP256R1())
OWN = AUTHORITY.issue(KEY.public_key(), NAME)


def check(certificate: x509.Certificate | str, authority: Authority | str, at: datetime | None = NOW) -> None:
    """Verify with the test's key and name."""
    verified(
        certificate if isinstance(certificate, str) else pem(certificate),
        authority if isinstance(authority, str) else pem(authority.certificate),
        key=key_pem(KEY),
        device_id=NAME,
        at=at,
    )


def test_what_is_right_passes() -> None:
    """Breaks when a good certificate is refused: no instrument could be enrolled."""
    check(OWN, AUTHORITY)
    check(OWN, AUTHORITY, at=None)


def test_the_request_is_for_this_key_and_name_and_signed_by_the_key() -> None:
    """Breaks when the clinic would certify another key or name, or could not tell who asks."""
    key = new_key()
    request = x509.load_pem_x509_csr(signing_request(key, NAME).encode())
    private = serialization.load_pem_private_key(key.encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert private.curve.name == "secp256r1"
    assert request.public_key() == private.public_key()
    assert request.is_signature_valid
    assert [one.value for one in request.subject] == [NAME]
    assert request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert new_key() != key


def public_key() -> PublicKey:
    """Return somebody else's."""
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def impostor() -> Authority:
    """Return another authority of the same name."""
    return Authority()


@pytest.mark.parametrize(
    ("certificate", "authority", "said"),
    [
        (AUTHORITY.issue(public_key(), NAME), AUTHORITY, "another key"),
        (AUTHORITY.issue(KEY.public_key(), "chair-2"), AUTHORITY, "is for 'chair-2', not 'chair-1'"),
        (OWN, impostor(), "was not signed by the authority"),
        (OWN, Authority(is_one=False, key=AUTHORITY.key), "of none"),
        (impostor().issue(KEY.public_key(), NAME), AUTHORITY, "was not signed by the authority"),
        (
            AUTHORITY.issue(KEY.public_key(), NAME, purpose=ExtendedKeyUsageOID.SERVER_AUTH),
            AUTHORITY,
            "not for clients",
        ),
        (pem(OWN) + pem(OWN), AUTHORITY, "the certificate is not one certificate"),
        ("", AUTHORITY, "the certificate is not one certificate"),
        (OWN, key_pem(KEY), "the authority is not one certificate"),
    ],
    ids=["key", "name", "impostor", "no authority", "foreign", "server", "two", "none", "a key"],
)
def test_what_is_not_the_instrument_s_own_is_refused(
    certificate: x509.Certificate | str, authority: Authority | str, said: str
) -> None:
    """Breaks when an instrument takes a certificate that connects it to nobody, or to somebody else."""
    with pytest.raises(CertificateUnfit, match=said):
        check(certificate, authority)


@pytest.mark.parametrize("late", [timedelta(0), DAY])
def test_a_certificate_out_of_its_time_is_refused_where_the_clock_is_trusted(late: timedelta) -> None:
    """Breaks when an expired certificate is put in place, or a clock that may be wrong shuts out a good one."""
    ended = AUTHORITY.issue(KEY.public_key(), NAME, last=NOW - late)
    with pytest.raises(CertificateUnfit, match="the certificate holds from"):
        check(ended, AUTHORITY)
    with pytest.raises(CertificateUnfit, match="the certificate holds from"):
        check(OWN, AUTHORITY, at=NOW - 2 * DAY)
    check(ended, AUTHORITY, at=None)


def test_an_authority_out_of_its_time_is_refused() -> None:
    """Breaks when the clinic's services could not be believed with what was put in place."""
    old = Authority(holds_until=NOW)
    with pytest.raises(CertificateUnfit, match="the authority's own certificate holds"):
        check(old.issue(KEY.public_key(), NAME), old)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        rsa.generate_private_key(65537, 2048)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
        )
        .decode(),
        rsa.generate_private_key(65537, 2048)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode(),
    ],
    ids=["empty", "broken", "password", "rsa"],
)
def test_a_key_that_cannot_be_used_is_a_sentence(key: str) -> None:
    """Breaks when a damaged or foreign key ends the service with a traceback."""
    with pytest.raises(CertificateUnfit, match="the key is not"):
        signing_request(key, NAME)
    with pytest.raises(CertificateUnfit, match="the key is not"):
        verified(pem(OWN), pem(AUTHORITY.certificate), key=key, device_id=NAME, at=NOW)


def _says_the_same(der: bytes, original: x509.Certificate) -> bool:
    try:
        read = x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        return False
    return read.tbs_certificate_bytes == original.tbs_certificate_bytes and read.signature == original.signature


@pytest.mark.filterwarnings("ignore::UserWarning")  # cryptography's, of a serial number below 1 and the like
@given(st.booleans(), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_no_byte_of_either_certificate_can_be_changed(of_authority: bool, where: float, turned: int) -> None:
    """Breaks when a changed certificate is taken, or one that cannot be read raises what nobody catches.

    One byte says how many bits of the signature's last byte are padding: where that bit is 0 anyway, what is signed and
    its signature are the same as before, and nothing has been changed.
    """
    original = AUTHORITY.certificate if of_authority else OWN
    der = bytearray(original.public_bytes(serialization.Encoding.DER))
    der[int(where * len(der))] ^= turned
    assume(not _says_the_same(bytes(der), original))
    changed = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"
    with pytest.raises(CertificateUnfit):
        check(OWN if of_authority else changed, changed if of_authority else AUTHORITY)
