"""The collector, composed: the page, the picture service and the subscriber in one process that ends as one.

How long a connection lasts is bounded where it can be: a TLS handshake has 60 s (asyncio), a peer that is gone is
noticed within a minute (TCP keep-alive), a connection ends 5 s after its last answer (uvicorn), a picture has ten
minutes. Not bounded is a peer that is there, may connect (for pictures: has a certificate of the clinic) and never
sends a whole request: uvicorn has no setting for it, and a hundred of them keep all others out until they end.
"""

import logging
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from collector.answers import answering
from collector.broker_connection import CertificatesUnusable
from collector.pages import create_pages
from collector.picture_service import create_service
from collector.pictures import Pictures
from collector.settings import CollectorSettings, PictureSettings
from collector.store import Store, StoreUnusable
from collector.subscriber import Subscriber

_log = logging.getLogger(__name__)

_GRACE_S = 3  # what a running request has to end in when the service is told to stop
_MAX_CONNECTIONS = 100
_KEEPALIVE = {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}
"""An instrument that lost its power says no goodbye: gone after 30 s of silence and three probes 10 s apart."""


class CannotStart(Exception):
    """The service cannot start; the message says why and what to do."""


def run(settings: CollectorSettings) -> bool:
    """Serve until SIGTERM or SIGINT; return whether one of them ended it, and not a fault.

    One line on the standard output says when it is ready, and where.

    Raises
    ------
    CannotStart
        If a port is in use, or the state folder, the store or a certificate cannot be used.
    """
    with ExitStack() as opened:
        page_socket = opened.enter_context(_listen("page", settings.page.host, settings.page.port))
        picture_socket = opened.enter_context(_listen("pictures", settings.pictures.host, settings.pictures.port))
        try:
            settings.state_folder.mkdir(parents=True, exist_ok=True)
            pictures = Pictures(settings.state_folder / "pictures")
            if swept := pictures.sweep():
                _log.info("Removed %d half-received pictures of an interrupted run.", swept)
            store = opened.enter_context(closing(Store(settings.state_folder / "collector.sqlite3")))
            subscriber = Subscriber(settings.broker, settings.clinic_id, store, answering(store, pictures))
        except OSError as error:
            raise CannotStart(f"{settings.state_folder} cannot be used as the state folder: {error}.") from error
        except (StoreUnusable, CertificatesUnusable) as error:
            raise CannotStart(str(error)) from error
        pages = create_pages(settings.clinic_id, store, pictures, lambda: subscriber.trouble)
        page_server = _server(pages)
        picture_server = _server(create_service(pictures), settings.pictures)
        return _serve(settings, subscriber, (page_server, page_socket), (picture_server, picture_socket))


def _serve(
    settings: CollectorSettings,
    subscriber: Subscriber,
    page: tuple[uvicorn.Server, socket.socket],
    pictures: tuple[uvicorn.Server, socket.socket],
) -> bool:
    (page_server, page_socket), (picture_server, picture_socket) = page, pictures
    signalled = threading.Event()

    def end_all() -> None:
        subscriber.stop()
        picture_server.should_exit = True
        page_server.should_exit = True

    def end_by_signal(_number: int, _frame: FrameType | None) -> None:
        signalled.set()
        end_all()

    # uvicorn takes the signals over while it runs, and raises the one that ended it again afterwards.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_by_signal)

    threads = [
        _thread("pictures", lambda: picture_server.run(sockets=[picture_socket]), end_all),
        _thread("subscriber", subscriber.run, end_all),
    ]
    for thread in threads:
        thread.start()
    # Both sockets listen already: who connects now is served.
    print(  # noqa: T201  the line that scripts wait for
        f"collector ready: page {_url('http', page_socket)} pictures {_url('https', picture_socket)}"
        f" broker {settings.broker.host}:{settings.broker.port}",
        flush=True,
    )
    page_server.run(sockets=[page_socket])
    end_all()
    for thread in threads:
        thread.join()
    return signalled.is_set()


def _thread(name: str, work: Callable[[], None], end_all: Callable[[], None]) -> threading.Thread:
    def run_until_all_end() -> None:
        # A collector that shows its page and stores nothing would look healthy: when one part ends, all end.
        try:
            work()
        finally:
            end_all()

    return threading.Thread(target=run_until_all_end, name=name)


def _listen(what: str, host: str, port: int) -> socket.socket:
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
    return listening


def _server(application: Starlette, tls: PictureSettings | None = None) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ssl_ca_certs=str(tls.authority) if tls else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if tls else ssl.CERT_NONE,
    )
    try:
        config.load()
    except OSError as error:
        raise CannotStart(
            f"The certificates of the picture service cannot be read ({error}). Check the paths under [pictures] in the"
            " settings."
        ) from error
    return uvicorn.Server(config)


def _url(scheme: str, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"
