"""Sockets that listen and the uvicorn that serves on them: what page, pictures and enrolment have in common.

How long a connection lasts is bounded: a TLS handshake has 60 s (asyncio), a peer that is gone is noticed within a
minute (TCP keep-alive), a request's head has 20 s (:mod:`collector.identity.peer`), a body has what its service gives
it, and a connection ends 5 s after its last answer (uvicorn).
"""

import socket
import ssl
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from collector.identity.peer import PeerProtocol
from groundwork.credential import check_secret

_GRACE_S = 3  # what a running request has to end in when the service is told to stop
_KEEPALIVE = {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}
"""An instrument that lost its power says no goodbye: gone after 30 s of silence and three probes 10 s apart."""


class CannotStart(Exception):
    """The service cannot start; the message says why and what to do."""


def listen(what: str, host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Parameters
    ----------
    what
        The table of the settings that names it.
    host, port
        Where.

    Raises
    ------
    CannotStart
        If it cannot.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise CannotStart(
            f"The address {host}:{port} for {what} cannot be listened on ({error.strerror}). End the program that uses"
            f" it, or choose another under [{what}] in the settings."
        ) from error
    # Each accepted connection takes these over (tcp(7), socket(7)).
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        listening.setsockopt(socket.IPPROTO_TCP, option, value)
    # asyncio does so only for sockets that name their protocol: without it an answer to a PUT waited 46 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def plain_server(application: Starlette, most_connections: int) -> uvicorn.Server:
    """Return a server without TLS, for this machine's own loopback."""
    return uvicorn.Server(_config(application, most_connections))


def tls_server(
    application: Starlette,
    what: str,
    most_connections: int,
    *,
    certificate: Path,
    key: Path,
    peers: Path | None = None,
) -> uvicorn.Server:
    """Return a server for TLS 1.2 or later.

    Parameters
    ----------
    application
        What it serves.
    what
        The table of the settings that names certificate and key.
    most_connections
        How many are served at once.
    certificate, key
        Its own.
    peers
        The authority by which a peer must prove who it is; None asks nobody.

    Raises
    ------
    CannotStart
        If certificate, key or authority cannot be used.
    """
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        check_secret(key)
        context.load_cert_chain(certificate, key)
        if peers is not None:
            context.load_verify_locations(peers)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        raise CannotStart(
            f"The certificate {certificate} or its key cannot be read ({error}). Check the paths under [{what}] in the"
            " settings."
        ) from error
    config = _config(application, most_connections)
    config.load()
    config.ssl = context
    return uvicorn.Server(config)


def url(scheme: str, listening: socket.socket) -> str:
    """Return the address at which a listening socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


def _config(application: Starlette, most_connections: int) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=most_connections,
        timeout_graceful_shutdown=_GRACE_S,
    )
