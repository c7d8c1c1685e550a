"""The clinic's page: patients, visits, captures, devices and quarantine, read from the store and shown.

It reads and never writes. Everything comes from this host; scripts there are none, so the policy allows none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.page import figures, reviewed, words
from collector.pictures.files import Pictures, media_type
from collector.report.routes import report_routes
from collector.settings import LOOPBACK
from collector.store.reviews import Reviews
from collector.store.store import Store
from collector.store.stored import StoredCapture, StoreFailed
from contract import PROTOCOL, Decision, HairKind, InstrumentChange, SiteKey, instrument_changes

_HERE = Path(__file__).parent
_QUARANTINE_SHOWN = 50
_HOST_NAMES = [f"[{name}]" if ":" in name else name for name in LOOPBACK]
_POLICY = "content-security-policy"
_HEADERS = {
    _POLICY: (
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Patients' figures and pictures belong into no browser's cache.
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class SiteOfVisit:
    """One site of a visit: of the captures that were not rejected the one taken last counts; all may be missing.

    Earlier takes and rejected ones stay reachable. ``changes`` says what of the instrument is another than when the
    site was last taken, at this visit or before; ``corrected``, whether hairs of the capture that counts were.
    """

    site: SiteKey
    latest: StoredCapture | None
    earlier: tuple[StoredCapture, ...]
    rejected: tuple[StoredCapture, ...]
    changes: tuple[InstrumentChange, ...]
    corrected: bool


@dataclass(frozen=True)
class Visit:
    """One visit: the protocol's sites in its order, then what else was taken."""

    number: int
    sites: tuple[SiteOfVisit, ...]
    captures: tuple[StoredCapture, ...]

    @property
    def sites_taken(self) -> int:
        """How many of the sites have a capture that counts."""
        return sum(site.latest is not None for site in self.sites)


def visits_of(captures: list[StoredCapture], reviews: Reviews) -> list[Visit]:
    """Return a patient's visits, newest first, from captures ordered by visit and time, and what was said of them."""
    visits = []
    last: dict[SiteKey, StoredCapture] = {}
    for number, group in groupby(captures, key=lambda stored: stored.capture.visit_number):
        taken = tuple(group)
        sites = []
        for site in (*PROTOCOL, *_beside_the_protocol(taken)):
            of_site = [stored for stored in taken if stored.capture.site == site]
            rejected = tuple(stored for stored in of_site if reviews.rejects(stored.capture))
            takes = tuple(stored for stored in of_site if stored not in rejected)
            series = ((last[site],) if site in last else ()) + takes
            latest = takes[-1] if takes else None
            corrected = latest is not None and reviews.corrected(latest.capture)
            sites.append(SiteOfVisit(site, latest, takes[:-1], rejected, _changes(series), corrected))
            if takes:
                last[site] = takes[-1]
        visits.append(Visit(number, tuple(sites), taken))
    return visits[::-1]


def _beside_the_protocol(taken: Sequence[StoredCapture]) -> list[SiteKey]:
    """Return the sites that were taken though the protocol does not hold them, in the order of their keys."""
    return sorted({stored.capture.site for stored in taken} - set(PROTOCOL))


def _changes(series: Sequence[StoredCapture]) -> tuple[InstrumentChange, ...]:
    """Name what of the instrument changed from the last but one to the last of a site's captures."""
    return instrument_changes(series[-2].capture, series[-1].capture) if len(series) > 1 else ()


def create_pages(clinic_id: str, store: Store, pictures: Pictures, trouble: Callable[[], str | None]) -> Starlette:
    """Return the ASGI application.

    Parameters
    ----------
    clinic_id
        Named on every page.
    store, pictures
        What is shown.
    trouble
        What keeps messages from being stored now, as a sentence's end; ``None`` if nothing does.
    """
    environment = _environment(clinic_id, pictures, trouble)

    def page(template: str, status_code: int = 200, **values: object) -> Response:
        return HTMLResponse(environment.get_template(template).render(values), status_code)

    def overview(_request: Request) -> Response:
        count, messages = store.quarantine(_QUARANTINE_SHOWN)
        return page(
            "overview.html",
            patients=store.patients(),
            devices=store.devices(),
            quarantine_count=count,
            quarantine=messages,
            alarms=store.alarms(),
            alarm_words=words.ALARMS,
        )

    def patient(request: Request) -> Response:
        code = request.path_params["code"]
        captures = store.captures_of(code)
        if not captures:
            raise HTTPException(
                404, f"No capture of patient {code} has arrived. Check the code, or whether the device has sent yet."
            )
        return page("patient.html", code=code, visits=visits_of(captures, store.reviews_of(code)))

    def capture(request: Request) -> Response:
        stored = store.capture(request.path_params["message_id"])
        if stored is None:
            raise HTTPException(404, "There is no capture of this number here. Go back to the patient and choose one.")
        of_patient = store.captures_of(stored.capture.patient_code)
        series = [one for one in of_patient if one.capture.site == stored.capture.site]
        upto = next(at for at, one in enumerate(series) if one.capture.message_id == stored.capture.message_id) + 1
        history = store.history_of(stored.capture)
        corrected = history.standing.corrected if history.standing else None
        shows_corrected = corrected is not None and request.query_params.get("hairs") == "corrected"
        return page(
            "capture.html",
            stored=stored,
            capture=stored.capture,
            measurement=stored.capture.measurement,
            changes=_changes(series[:upto]),
            review=history.standing,
            decided=reviewed.decided(history),
            audit=reviewed.audit(history),
            corrected=corrected,
            overlaid=corrected if shows_corrected else stored.capture.measurement,
        )

    def picture(request: Request) -> Response:
        path = pictures.path(request.path_params["sha256"])
        if path is None:
            raise HTTPException(404, "This picture has not arrived.")
        return FileResponse(path, media_type=media_type(path))

    def healthz(_request: Request) -> Response:
        reason = trouble()
        return PlainTextResponse("ok\n") if reason is None else PlainTextResponse(f"{reason}\n", 503)

    def not_shown(_request: Request, error: Exception) -> Response:
        status, sentence = (
            (error.status_code, error.detail)
            if isinstance(error, HTTPException)
            else (503, f"The page cannot be shown now: {error}.")
        )
        return page("not_shown.html", status, status=status, sentence=sentence)

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/patients/{code}", patient),
            *report_routes(clinic_id, store, pictures),
            Route("/captures/{message_id:uuid}", capture),
            Route("/pictures/{sha256}", picture),
            Route("/healthz", healthz),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        exception_handlers={HTTPException: not_shown, StoreFailed: not_shown},
        middleware=[
            Middleware(_StrictHeaders),
            # Another site's script must not read the page under a name that it points at this machine.
            Middleware(TrustedHostMiddleware, allowed_hosts=_HOST_NAMES, www_redirect=False),
        ],
    )


def _environment(clinic_id: str, pictures: Pictures, trouble: Callable[[], str | None]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        clinic_id=clinic_id,
        software_version=version("trichoscope"),
        trouble=trouble,
        no_room=lambda: _no_room(pictures),
        has_picture=lambda sha256: pictures.path(sha256) is not None,
        figure=figures.figure,
        figures=figures.figures,
        figures_beside=figures.beside,
        counts=figures.counts,
        verdicts=words.VERDICTS,
        reviewed=words.REVIEWED,
        rejected=Decision.REJECTED,
        sources=words.SOURCES,
        hair_modes=words.HAIR_MODES,
        terminal=HairKind.TERMINAL,
    )
    environment.filters.update(
        moment=figures.moment,
        day=figures.day,
        size=figures.size,
        scale=figures.scale,
        hair=figures.hair,
        flag=words.flag,
        site=words.site,
        check=words.check,
        changes=words.changes,
        lights=words.lights,
        triggers=words.triggers,
        value=figures.value,
        repeatability=figures.repeatability,
        alone=lambda figure: (figure, None),
    )
    return environment


def _no_room(pictures: Pictures) -> str | None:
    try:
        return pictures.no_room_for(0)
    except OSError as error:
        return f"The folder of pictures cannot be used: {error}"


class _StrictHeaders:
    """Sets the strict headers on every response; a document with a policy of its own keeps that."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS | {_POLICY: headers.get(_POLICY, _HEADERS[_POLICY])})
            await send(message)

        await self._app(scope, receive, send_strictly)
