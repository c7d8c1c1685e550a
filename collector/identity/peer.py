"""Whose certificate a connection came with, as the ASGI TLS extension tells it to an application.

uvicorn tells applications nothing of TLS (its issue 745), so a protocol of its own puts the extension into the scope:
https://asgi.readthedocs.io/en/latest/specs/tls.html.
"""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from starlette.requests import HTTPConnection

from groundwork.bounded_requests import BoundedRequests

_TLS_VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


@dataclass(frozen=True)
class Peer:
    """The holder of a client certificate of this clinic's authority; the TLS handshake has proved that it is."""

    common_name: str
    serial: int
    not_valid_after: datetime


def peer_of(connection: HTTPConnection) -> Peer | None:
    """Return who is asking, or ``None`` where nobody has to show a certificate.

    Parameters
    ----------
    connection
        A request.
    """
    chain = list(connection.scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ()))
    if not chain:
        return None
    certificate = x509.load_pem_x509_certificate(chain[0].encode())
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Peer(
        common_name=str(names[0].value) if names else "",
        serial=certificate.serial_number,
        not_valid_after=certificate.not_valid_after_utc,
    )


class PeerProtocol(BoundedRequests):
    """uvicorn's HTTP/1.1 with the TLS extension, and with a bound on how long a request's head may take."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin a connection; TLS stands already."""
        super().connection_made(transport)
        told = transport.get_extra_info("ssl_object")
        if isinstance(told, ssl.SSLObject):
            extension, application = _tls_extension(told), self.app

            async def with_extension(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  uvicorn's own types
                scope.setdefault("extensions", {})["tls"] = extension
                await application(scope, receive, send)

            self.app = with_extension


def _tls_extension(tls: ssl.SSLObject) -> dict[str, Any]:
    shown = tls.getpeercert(binary_form=True)
    name = x509.load_der_x509_certificate(shown).subject.rfc4514_string() if shown else None
    return {
        "server_cert": None,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(shown)] if shown else [],
        "client_cert_name": name,
        "client_cert_error": None,
        "tls_version": _TLS_VERSIONS.get(tls.version() or ""),
        "cipher_suite": None,
    }
