"""One capture: the picture with its hairs, every figure, what of the instrument changed, what people said of it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from collector.page import reviewed
from collector.page.visits import changes_within
from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.store import series
from collector.store.order import order_taken
from contract import Capture


def routes(page: Page) -> list[BaseRoute]:
    """Return the screen's addresses."""

    def capture(request: Request) -> Response:
        stored = page.store.capture(request.path_params["message_id"])
        if stored is None:
            raise HTTPException(404, "There is no capture of this number here. Go back to the patient and choose one.")
        page.looked(request, stored.capture.patient_code, str(stored.capture.message_id))
        taken = _series(page, stored.capture)
        upto = next(at for at, one in enumerate(taken) if one.message_id == stored.capture.message_id) + 1
        history = page.store.history_of(stored.capture)
        corrected = history.standing.corrected if history.standing else None
        shows_corrected = corrected is not None and request.query_params.get("hairs") == "corrected"
        return page.render(
            request,
            "capture.html",
            stored=stored,
            capture=stored.capture,
            measurement=stored.capture.measurement,
            changes=changes_within(taken[:upto]),
            review=history.standing,
            decided=reviewed.decided(history),
            audit=reviewed.audit(history, page.language(request)),
            corrected=corrected,
            overlaid=corrected if shows_corrected else stored.capture.measurement,
        )

    return [screen("/captures/{message_id:uuid}", capture, Right.SEE_PATIENTS)]


def _series(page: Page, capture: Capture) -> list[Capture]:
    """Return what was taken of a capture's site, in order."""
    with page.store.reading() as connection:
        listed = series.listed_captures(connection, capture.patient_code, [capture.site])
        taken = list(series.captures_without_hairs(connection, [one.message_id for one in listed]).values())
    return [taken[place] for place in order_taken(taken)]
