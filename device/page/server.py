"""The chair page's server: a socket on loopback, or with TLS on the network."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from device.chair.refusals import ChairRefused
from device.chair.settings import ChairSettings
from device.page.access.connections import MOST_CONNECTIONS, BoundedConnection
from groundwork.credential import check_secret

_GRACE_S = 2
_MOST_HEAD_BYTES = 16 * 1024
_MOST_MESSAGE_BYTES = 4096  # what a page says over a WebSocket is a number or two
_KEEPALIVE = {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}


def listen(settings: ChairSettings) -> socket.socket:
    """Return a socket that listens where the settings say.

    Raises
    ------
    ChairRefused
        If it cannot.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    every = settings.on_every_address and family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    try:
        listening = socket.create_server((settings.host, settings.port), family=family, dualstack_ipv6=every)
    except OSError as error:
        raise ChairRefused(
            f"The address {settings.host}:{settings.port} of the chair page cannot be listened on ({error.strerror})."
            " End the program that uses it, or choose another under [chair]."
        ) from error
    # Each accepted connection takes these over (tcp(7), socket(7)). A tablet that left the network says no goodbye; and
    # asyncio sends small answers at once only on sockets that name their protocol.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        listening.setsockopt(socket.IPPROTO_TCP, option, value)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def server(app: ASGIApp, settings: ChairSettings) -> uvicorn.Server:
    """Return the server, with TLS where the settings name a certificate.

    Raises
    ------
    ChairRefused
        If certificate or key cannot be used.
    """
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="websockets-sansio",
        ws_max_size=_MOST_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # JPEG grows by it, and it costs the time of a frame
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
    )
    if settings.certificate is not None and settings.key is not None:
        context = _tls(settings.certificate, settings.key)
        config.load()
        config.ssl = context
    return uvicorn.Server(config)


def url(settings: ChairSettings, listening: socket.socket) -> str:
    """Return the address at which the page is reached."""
    host, port = listening.getsockname()[:2]
    if settings.on_every_address:
        host = settings.names[0]
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        check_secret(key)
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError and groundwork.credential's two with it
        raise ChairRefused(
            f"The chair page's certificate and key cannot be used ({error}). Check 'certificate' and 'key' under"
            " [chair] in the settings."
        ) from error
    return context
