"""How either program proves itself to the clinic's services, and they to it."""

import ssl
from pathlib import Path


def client_context(authority: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a TLS context for a client that trusts one authority alone and shows its own certificate.

    Raises
    ------
    OSError
        If a file is missing or is no certificate or key (:class:`ssl.SSLError` is an OSError).
    """
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
