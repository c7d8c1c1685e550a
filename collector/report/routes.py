"""Where the clinic's page shows reports: as a page, and as PDF."""

import threading
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from collector.pictures.files import Pictures
from collector.report.contents import Report
from collector.report.document import NothingToReport, as_html, content_policy, read_report
from collector.report.pdf import PdfUnavailable, as_pdf
from collector.store.store import Store
from contract import SiteKey

_SITE = TypeAdapter(SiteKey)


def report_routes(clinic_id: str, store: Store, pictures: Pictures) -> list[Route]:
    """Return the routes of reports.

    Parameters
    ----------
    clinic_id
        Named on each.
    store, pictures
        What they are made of.
    """
    one_at_a_time = threading.Lock()

    def report_of(request: Request) -> Report:
        try:
            return read_report(
                store,
                pictures.path,
                clinic_id=clinic_id,
                patient_code=request.path_params["code"],
                site=_SITE.validate_python(request.path_params["site"]),
                made_at=datetime.now(UTC),
            )
        except ValidationError:
            raise HTTPException(404, "There is no such site. Go back to the patient and choose one.") from None
        except NothingToReport as nothing:
            raise HTTPException(404, str(nothing)) from None

    def page(request: Request) -> Response:
        pdf_address = f"{request.url.path}.pdf"
        policy = f"{content_policy()}; frame-ancestors 'none'"
        return HTMLResponse(
            as_html(report_of(request), pdf_address=pdf_address), headers={"content-security-policy": policy}
        )

    def pdf(request: Request) -> Response:
        html = as_html(report_of(request))
        try:
            # Laying pages out takes seconds and much memory: a second reader waits.
            with one_at_a_time:
                content = as_pdf(html)
        except PdfUnavailable as unavailable:
            raise HTTPException(503, str(unavailable)) from None
        name = f"{request.path_params['code']}-{request.path_params['site']}.pdf"
        return Response(
            content, media_type="application/pdf", headers={"content-disposition": f'inline; filename="{name}"'}
        )

    return [
        Route("/patients/{code}/sites/{site}/report.pdf", pdf),
        Route("/patients/{code}/sites/{site}/report", page),
    ]
