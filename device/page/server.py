"""The chair page's server: a socket on loopback, or with TLS on the network."""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette

from device.chair.refusals import ChairRefused
from device.chair.settings import ChairSettings

_GRACE_S = 2
_MOST_CONNECTIONS = 64


def listen(settings: ChairSettings) -> socket.socket:
    """Return a socket that listens where the settings say.

    Raises
    ------
    ChairRefused
        If it cannot.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise ChairRefused(
            f"The address {settings.host}:{settings.port} of the chair page cannot be listened on ({error.strerror})."
            " End the program that uses it, or choose another under [chair]."
        ) from error


def server(app: Starlette, settings: ChairSettings) -> uvicorn.Server:
    """Return the server, with TLS where the settings name a certificate."""
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=None if settings.certificate is None else str(settings.certificate),
        ssl_keyfile=None if settings.key is None else str(settings.key),
    )
    return uvicorn.Server(config)


def url(settings: ChairSettings, listening: socket.socket) -> str:
    """Return the address at which the page is reached."""
    host, port = listening.getsockname()[:2]
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"
