"""A service of this process on a socket of loopback, over real TLS."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette

from collector.server import listen, tls_server, url


@contextmanager
def serving(
    application: Starlette, certificates: Path, *, most_connections: int = 100, asks_for_certificate: bool = True
) -> Iterator[httpx.URL]:
    """Serve for the length of the block; give the address."""
    server = tls_server(
        application,
        "test",
        most_connections,
        certificate=certificates / "server.crt",
        key=certificates / "server.key",
        peers=certificates / "authority.crt" if asks_for_certificate else None,
    )
    with listen("test", "127.0.0.1", 0) as listening:
        thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
        thread.start()
        try:
            yield httpx.URL(url("https", listening))
        finally:
            server.should_exit = True
            thread.join()


def client_tls(certificates: Path, name: str | None) -> ssl.SSLContext:
    """Return how a client speaks TLS, with the certificate of a name or without one."""
    context = ssl.create_default_context(cafile=certificates / "authority.crt")
    if name is not None:
        context.load_cert_chain(certificates / f"{name}.crt", certificates / f"{name}.key")
    return context
