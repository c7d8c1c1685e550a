"""The collector, composed: page, pictures, enrolment and the subscriber in one process that ends as one."""

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from collector.devices.certificates import Certificates
from collector.identity import issued
from collector.identity.certificates import Authority, CertificateError, read_authority
from collector.identity.codes import EnrolmentCodes
from collector.identity.enrolment import Enrolments
from collector.identity.enrolment_service import create_enrolment_service
from collector.identity.expiry import ExpiryWatch
from collector.identity.renewal import Renewals
from collector.identity.revocation_list import RevocationList
from collector.ingestion.answers import answering
from collector.ingestion.broker_connection import CertificatesUnusable, Membership
from collector.ingestion.subscriber import Subscriber
from collector.opening import CannotOpen, open_pictures, open_store
from collector.operation.erasing import erased_pictures_of
from collector.operation.metrics import Metrics, create_metrics_service
from collector.operation.requests import Observed
from collector.page.access.addresses import base_url
from collector.page.app import create_pages
from collector.page.templating import templates
from collector.page.web import Page
from collector.people.one_time_links import first_link
from collector.pictures.pictures import Pictures
from collector.pictures.service import create_service
from collector.server import CannotStart, listen, plain_server, tls_server, url
from collector.settings import CollectorSettings, EnrolmentSettings, PageSettings
from collector.store.store import Store

__all__ = ["CODES", "CannotStart", "run"]

_log = logging.getLogger(__name__)

CODES = "enrolment"
"""Where the state folder keeps the codes by which instruments are enrolled."""

_MAX_CONNECTIONS = 100
_MAX_BROWSERS = 300  # two hundred of them may be watching what is new (collector.page.live)
_MAX_STRANGERS = 20  # connections for enrolment, at which nobody has to show a certificate


@dataclass(frozen=True)
class _Served:
    name: str
    scheme: str
    server: uvicorn.Server
    socket: socket.socket

    def run(self) -> None:
        self.server.run(sockets=[self.socket])


def run(settings: CollectorSettings) -> bool:
    """Serve until SIGTERM or SIGINT; return whether one of them ended it, and not a fault.

    One line on the standard output says when it is ready, and where.

    Raises
    ------
    CannotStart
        If a port is in use, or the state folder, the store, a certificate or the revocation list cannot be used.
    """
    with ExitStack() as opened:
        page_socket = opened.enter_context(listen("page", settings.page.host, settings.page.port))
        picture_socket = opened.enter_context(listen("pictures", settings.pictures.host, settings.pictures.port))
        enrolment_socket = (
            opened.enter_context(listen("enrolment", settings.enrolment.host, settings.enrolment.port))
            if settings.enrolment
            else None
        )
        metrics_socket = (
            opened.enter_context(listen("metrics", settings.metrics.host, settings.metrics.port))
            if settings.metrics
            else None
        )
        revocations = _revocations(settings)
        renewals, enrolment_server = _enrolment(settings, revocations)
        try:
            store = opened.enter_context(closing(open_store(settings, new=True)))
            pictures = open_pictures(settings)
            if swept := pictures.sweep():
                _log.info("Removed %d half-received pictures of an interrupted run.", swept)
            pictures.probe()  # so that pages say from the start what is the matter
            metrics = Metrics(store, settings.state_folder)
            subscriber = Subscriber(
                settings.broker,
                settings.clinic_id,
                store,
                answering(store, pictures),
                membership=_membership(settings),
                observer=metrics,
            )
        except OSError as error:
            raise CannotStart(f"{settings.state_folder} cannot be used as the state folder: {error}.") from error
        except (CannotOpen, CertificatesUnusable) as error:
            raise CannotStart(str(error)) from error
        _tell_first_link(store, settings.page, page_socket)
        certificates = Certificates(
            _issued_folder(settings), revocations.revokes if revocations else None, _own_certificates(settings)
        )
        pages = create_pages(_page(settings, store, pictures, certificates, lambda: subscriber.trouble), settings.page)
        pages.add_middleware(Observed, observed=pages, metrics=metrics)
        service = create_service(
            pictures, revocations, renewals, store.raise_alarm, metrics, is_erased=erased_pictures_of(store)
        )
        picture_server = tls_server(
            service,
            "pictures",
            _MAX_CONNECTIONS,
            certificate=settings.pictures.certificate,
            key=settings.pictures.key,
            peers=settings.pictures.authority,
        )
        page = _page_served(settings.page, pages, page_socket)
        others = [_Served("pictures", "https", picture_server, picture_socket)]
        if enrolment_server and enrolment_socket:
            others.append(_Served("enrolment", "https", enrolment_server, enrolment_socket))
        if metrics_socket:
            server = plain_server(create_metrics_service(metrics), _MAX_STRANGERS)
            others.append(_Served("metrics", "http", server, metrics_socket))
        return _serve(settings, subscriber, page, others)


def _tell_first_link(store: Store, settings: PageSettings, listening: socket.socket) -> None:
    """Say where the first administrator signs in, while there is none: no password is known beforehand."""
    address = base_url(settings, listening.getsockname()[1])
    if (link := first_link(store, address)) is not None:
        print(f"first administrator: {link} (once, within a day)", flush=True)  # noqa: T201  nobody else may read it


def _membership(settings: CollectorSettings) -> Membership | None:
    return None if settings.sharing is None else Membership(settings.sharing.group, settings.sharing.member)


def _page(
    settings: CollectorSettings,
    store: Store,
    pictures: Pictures,
    certificates: Certificates,
    trouble: Callable[[], str | None],
) -> Page:
    """Return what the pages show."""
    return Page(
        clinic_id=settings.clinic_id,
        store=store,
        pictures=pictures,
        templates=templates(settings.clinic_id, pictures, trouble),
        state_folder=settings.state_folder,
        trouble=trouble,
        usual_language=settings.page.language,
        certificates=certificates,
    )


def _issued_folder(settings: CollectorSettings) -> Path:
    """Return where certificates are recorded that were issued."""
    if settings.enrolment is not None:
        return settings.enrolment.issued_folder
    return settings.pictures.authority.parent / issued.FOLDER


def _page_served(settings: PageSettings, pages: Starlette, listening: socket.socket) -> _Served:
    if settings.certificate is None or settings.key is None:
        return _Served("page", "http", plain_server(pages, _MAX_BROWSERS), listening)
    server = tls_server(pages, "page", _MAX_BROWSERS, certificate=settings.certificate, key=settings.key)
    return _Served("page", "https", server, listening)


def _enrolment(
    settings: CollectorSettings, revocations: RevocationList | None
) -> tuple[Renewals | None, uvicorn.Server | None]:
    """Return what renews certificates and what serves enrolment; neither where the settings have no ``[enrolment]``."""
    table = settings.enrolment
    if table is None:
        return None, None
    authority = _authority(table)
    codes = EnrolmentCodes(settings.state_folder / CODES)
    service = create_enrolment_service(Enrolments(settings.clinic_id, codes, authority, table.issued_folder))
    return (
        Renewals(authority, table.issued_folder, revocations),
        tls_server(
            service, "pictures", _MAX_STRANGERS, certificate=settings.pictures.certificate, key=settings.pictures.key
        ),
    )


def _revocations(settings: CollectorSettings) -> RevocationList | None:
    path = settings.pictures.revocation_list
    if path is None:
        return None
    try:
        return RevocationList(path, settings.pictures.authority)
    except (CertificateError, OSError) as error:
        raise CannotStart(
            f"The revocation list cannot be used ({error}). Run 'trichoscope-collector certificates', which makes one,"
            " and check 'revocation_list' under [pictures] in the settings."
        ) from error


def _authority(settings: EnrolmentSettings) -> Authority:
    try:
        return read_authority(settings.authority, settings.authority_key)
    except (CertificateError, OSError) as error:
        raise CannotStart(
            f"The authority cannot sign ({error}). Check the paths under [enrolment] in the settings, or leave that"
            " table out."
        ) from error


def _serve(settings: CollectorSettings, subscriber: Subscriber, page: _Served, others: list[_Served]) -> bool:
    """Serve the page in this thread, which uvicorn's signals need, and all else beside it."""
    signalled = threading.Event()
    expiry = ExpiryWatch(_own_certificates(settings))

    def end_all() -> None:
        subscriber.stop()
        expiry.stop()
        for one in (page, *others):
            one.server.should_exit = True

    def end_by_signal(_number: int, _frame: FrameType | None) -> None:
        signalled.set()
        end_all()

    # uvicorn takes the signals over while it runs, and raises the one that ended it again afterwards.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_by_signal)

    threads = [_thread(name, work, end_all) for name, work in [(one.name, one.run) for one in others]]
    threads += [_thread("subscriber", subscriber.run, end_all), _thread("certificates", expiry.run, end_all)]
    for thread in threads:
        thread.start()
    # All sockets listen already: who connects now is served.
    where = {one.name: f" {one.name} {url(one.scheme, one.socket)}" for one in (page, *others)}
    broker = f" broker {settings.broker.host}:{settings.broker.port}"
    # the line that scripts wait for
    print(  # noqa: T201
        f"collector ready:{where.pop('page')}{where.pop('pictures')}{broker}{''.join(where.values())}", flush=True
    )
    # What is loaded by now stays: looking through it again and again for garbage would hold pages up.
    gc.collect()
    gc.freeze()
    page.run()
    end_all()
    for thread in threads:
        thread.join()
    return signalled.is_set()


def _own_certificates(settings: CollectorSettings) -> list[Path]:
    return [
        settings.broker.authority,
        settings.broker.certificate,
        settings.pictures.authority,
        settings.pictures.certificate,
    ]


def _thread(name: str, work: Callable[[], None], end_all: Callable[[], None]) -> threading.Thread:
    def run_until_all_end() -> None:
        # A collector that shows its page and stores nothing would look healthy: when one part ends, all end.
        try:
            work()
        finally:
            end_all()

    return threading.Thread(target=run_until_all_end, name=name)
