"""Every certificate that was issued, a file each by its serial number: what is to be revoked must be known."""

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from collector.identity.certificates import read_certificate, write_certificate

FOLDER = "issued"
"""Where a folder of certificates keeps them, unless the settings say otherwise."""


def record(folder: Path, certificate: x509.Certificate) -> None:
    """Keep a certificate; harmless if it is kept already.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{certificate.serial_number:x}.crt"
    if not path.exists():
        write_certificate(path, certificate)


def recorded(folder: Path) -> Iterator[x509.Certificate]:
    """Give all that were kept; none if there is no such folder.

    Raises
    ------
    CertificateError
        If one is damaged: it could not be revoked.
    OSError
        If one cannot be read.
    """
    for path in sorted(folder.glob("*.crt")):
        yield read_certificate(path)
