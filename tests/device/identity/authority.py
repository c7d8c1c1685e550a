"""An authority that issues what a test wants, right or wrong."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PublicKey = ec.EllipticCurvePublicKey
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a private key as text."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@dataclass
class Authority:
    """A root with its key; ``is_one`` False makes it the certificate of no authority."""

    name: str = "test authority"
    is_one: bool = True
    holds_until: datetime = NOW + 3650 * DAY
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.certificate = (
            self._builder(self.name, self.key.public_key(), NOW - 2 * DAY, self.holds_until)
            .add_extension(x509.BasicConstraints(ca=self.is_one, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def issue(
        self,
        public_key: PublicKey,
        name: str,
        *,
        first: datetime = NOW - DAY,
        last: datetime = NOW + 90 * DAY,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    ) -> x509.Certificate:
        """Sign a certificate; a server's holds for 127.0.0.1."""
        builder = self._builder(name, public_key, first, last).add_extension(
            x509.ExtendedKeyUsage([purpose]), critical=False
        )
        if purpose == ExtendedKeyUsageOID.SERVER_AUTH:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def _builder(self, name: str, public_key: PublicKey, first: datetime, last: datetime) -> x509.CertificateBuilder:
        own = self.key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(first)
            .not_valid_after(last)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
        )


def write_pair(folder: Path, name: str, key: str, certificate: x509.Certificate) -> None:
    """Write a key for its owner alone, and its certificate."""
    path = folder / f"{name}.key"
    path.touch(mode=0o600)
    path.write_text(key)
    (folder / f"{name}.crt").write_text(pem(certificate))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
