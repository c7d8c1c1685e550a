"""How either program proves itself to the clinic's services, and they to it."""

import ssl
from pathlib import Path

from groundwork.credential import check_secret


def client_context(authority: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a TLS context for a client that trusts one authority alone and shows its own certificate.

    Raises
    ------
    groundwork.credential.SecretOpenToOthers, groundwork.credential.CredentialAbsent
        If the key is not there for this program alone.
    OSError
        If a file is missing or is no certificate or key (:class:`ssl.SSLError` is an OSError).
    """
    check_secret(key)
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
