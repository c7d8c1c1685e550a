"""A visit's summary: what is missing, where each capture is on its way to the clinic, and the visit's end."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from contract import Capture, SkippedSite, site_name
from device.baseline import Asks
from device.camera import Aim
from device.chair import appointments
from device.chair.appointments import VisitStanding, keep_record, require_open, standing
from device.chair.refusals import ChairRefused, NotNow
from device.delivery.standing import Standing, read_standing
from device.outbox import CHANNELS, State
from device.page.language import Language
from device.page.typed import MOST_REASON, reason_to_leave_out
from device.page.visit_address import VisitAddress, require_known, visit_of
from device.page.web import Asked, Page, action, go, require_seat
from device.sites import Said, last_record, sentences, sites_taken_before
from device.store import Store


class _End(Asked):
    reason: str = ""
    incomplete: bool = False


@dataclass(frozen=True)
class _Look:
    """How a state is shown: the class that colours it, an icon, a word."""

    look: str
    icon: str
    word: str


@dataclass(frozen=True)
class _OnItsWay:
    """One capture of the visit, and where it is."""

    state: State
    reason: str | None
    picture_there: bool
    picture_trouble: str | None


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""
    settings = page.chair.settings

    def summary(request: Request) -> Response:
        visit, language = visit_of(request), page.language(request)
        with page.chair.store() as store:
            stands = standing(store, settings, visit.patient_code, visit.visit_number)
            is_open = require_known(store, visit, stands)
            said = _said_of(store, visit, stands)
            delivery = read_standing(settings.state_folder)
            on_their_way = _on_their_way(store, visit, delivery)
            others = _others(store, visit)
        return page.render(
            request,
            "summary.html",
            visit=visit,
            is_open=is_open,
            ended_at=stands.ended_at,
            said=said,
            missing=[site_name(site) for site in stands.missing],
            rows=[(one, _shown(on_their_way[one.message_id], language)) for one in _in_order(stands)],
            reviews=stands.reviews,
            counting={one.capture.message_id for one in stands.sites if one.capture is not None},
            connection=_connection(delivery, language),
            others=_others_shown(others, language),
            most_reason=MOST_REASON,
        )

    def on_its_way(request: Request) -> Response:
        visit, language = visit_of(request), page.language(request)
        delivery = read_standing(settings.state_folder)
        with page.chair.store() as store:
            rows, others = _on_their_way(store, visit, delivery), _others(store, visit)
        captures = {str(of): _shown(one, language) for of, one in rows.items()}
        return JSONResponse(
            {
                "connection": _connection(delivery, language),
                "captures": captures,
                "others": _others_shown(others, language),
            }
        )

    def end(request: Request, asked: _End) -> Response:
        visit = visit_of(request)
        require_seat(page, request)
        taking = page.chair.taking.state
        if taking.running and taking.aim is not None and _is_of(taking.aim, visit):
            raise NotNow("A picture is being measured. End the visit once it is there.")
        with page.chair.store() as store:
            require_open(store, visit.patient_code, visit.visit_number)
            missing = standing(store, settings, visit.patient_code, visit.visit_number).missing
            skipped: tuple[SkippedSite, ...] = ()
            if missing and asked.reason.strip():
                reason = reason_to_leave_out(asked.reason)
                skipped = tuple(SkippedSite(site=site, reason=reason) for site in missing)
            elif missing and not asked.incomplete:
                raise ChairRefused("Sites of the protocol are missing. Say why, or end the visit without them.")
            keep_record(store, settings, visit.patient_code, visit.visit_number, Said(skipped=skipped))
            Asks(store).forget_visit(visit.patient_code, visit.visit_number)
            appointments.end(store, visit.patient_code, visit.visit_number)
        aim = page.chair.stream.aim
        if isinstance(aim, Aim) and _is_of(aim, visit):
            page.chair.stream.aim_at(None)
        return go("/")

    return [
        Route("/visits/{patient}/{visit}/summary", summary),
        Route("/visits/{patient}/{visit}/standing", on_its_way),
        action("/visits/{patient}/{visit}/end", _End, end),
    ]


def _is_of(aim: Aim, visit: VisitAddress) -> bool:
    return (aim.patient_code, aim.visit_number) == (visit.patient_code, visit.visit_number)


def _said_of(store: Store, visit: VisitAddress, stands: VisitStanding) -> tuple[str, ...]:
    """Say what is missing, by the visit's record; before the first one all of the protocol is."""
    record = last_record(store, visit.patient_code, visit.visit_number)
    if record is None:
        return tuple(f"Missing: {site_name(site)}." for site in stands.missing)
    captures = [capture for one in stands.sites for capture in one.captures]
    return sentences(record, captures, sites_taken_before(store, visit.patient_code, visit.visit_number))


def _in_order(stands: VisitStanding) -> list[Capture]:
    return sorted((one for site in stands.sites for one in site.captures), key=lambda one: one.sequence)


def _on_their_way(store: Store, visit: VisitAddress, delivery: Standing | None) -> dict[UUID, _OnItsWay]:
    """Return where each capture is, by its id: from rows alone, because the page asks every other second."""
    rows = store.connection.execute(
        "SELECT message_id, state, reason, received_at IS NOT NULL, trouble FROM message"
        " JOIN picture ON picture_sha256 = sha256 WHERE patient_code = ? AND visit_number = ?",
        (visit.patient_code, visit.visit_number),
    )
    sent = delivery.sent if delivery else frozenset[UUID]()
    found = {}
    for message_id, kept_as, reason, picture_there, trouble in rows:
        of, state = UUID(message_id), State(kept_as)
        if state is State.WAITING and of in sent:
            state = State.SENT
        found[of] = _OnItsWay(state, reason, bool(picture_there), trouble)
    return found


def _shown(one: _OnItsWay, language: Language) -> dict[str, str | None]:
    state, picture = _look(one.state, language), _picture_look(one, language)
    reasons = [said for said in (one.reason, None if one.picture_there else one.picture_trouble) if said is not None]
    return {
        "look": state.look,
        "icon": state.icon,
        "word": state.word,
        "picture_look": picture.look,
        "picture_icon": picture.icon,
        "picture_word": picture.word,
        "reason": " ".join(map(language.sentence, reasons)) or None,
    }


def _look(state: State, language: Language) -> _Look:
    match state:
        case State.HELD:
            return _Look("care", "warn", language.words("Held: refused by the gate"))
        case State.WAITING:
            return _Look("due", "waiting", language.words("Waiting"))
        case State.SENT:
            return _Look("due", "sent", language.words("Sent"))
        case State.RECEIVED:
            return _Look("good", "received", language.words("Received by the clinic"))
        case State.REFUSED:
            return _Look("bad", "cross", language.words("Refused by the clinic"))
        case State.WITHDRAWN:
            return _Look("quiet", "lock", language.words("Kept here for good"))


def _picture_look(one: _OnItsWay, language: Language) -> _Look:
    if one.picture_there:
        return _Look("good", "received", language.words("Picture delivered"))
    if one.state in {State.HELD, State.WITHDRAWN}:
        return _Look("quiet", "lock", language.words("Picture stays here"))
    return _Look("due", "waiting", language.words("Picture waits"))


def _others(store: Store, visit: VisitAddress) -> tuple[int, int]:
    """Return how many of the visit's record, comparisons and reviews are at the clinic, and how many there are."""
    others = [channel for channel in CHANNELS if channel != "capture"]
    return store.connection.execute(  # type: ignore[no-any-return]
        "SELECT coalesce(sum(state = 'received'), 0), count(*) FROM message"  # noqa: S608
        f" WHERE patient_code = ? AND visit_number = ? AND channel IN ({','.join('?' * len(others))})",
        (visit.patient_code, visit.visit_number, *others),
    ).fetchone()


def _others_shown(others: tuple[int, int], language: Language) -> str:
    return language.words("Records, reviews and comparisons at the clinic: {there} of {all}").format(
        there=language.number(others[0]), all=language.number(others[1])
    )


def _connection(delivery: Standing | None, language: Language) -> dict[str, str]:
    if delivery is None:
        return {
            "look": "care",
            "icon": "warn",
            "word": language.words("Delivery does not run: captures wait here."),
        }
    if delivery.connected:
        return {"look": "good", "icon": "plug", "word": language.words("Connected to the clinic")}
    return {
        "look": "care",
        "icon": "warn",
        "word": language.words("No connection to the clinic: captures wait here."),
    }
