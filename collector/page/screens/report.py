"""Where the clinic's pages show reports of a site: as a page, and as PDF."""

import threading
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from collector.page.web import Page, screen
from collector.people.roles import Right
from collector.report.contents import Report
from collector.report.document import NothingToReport, as_html, content_policy, read_report
from collector.report.pdf import PdfUnavailable, as_pdf
from contract import PatientCode, SiteKey

_SITE = TypeAdapter(SiteKey)
_PATIENT = TypeAdapter(PatientCode)


def routes(page: Page) -> list[BaseRoute]:
    """Return the reports' addresses."""
    one_at_a_time = threading.Lock()

    def report_of(request: Request) -> Report:
        try:
            code = _PATIENT.validate_python(request.path_params["code"])
        except ValidationError:
            raise HTTPException(404, "That is no patient code. Go back to the patients and choose one.") from None
        try:
            site = _SITE.validate_python(request.path_params["site"])
            report = read_report(
                page.store,
                page.pictures.open,
                clinic_id=page.clinic_id,
                patient_code=code,
                site=site,
                made_at=datetime.now(UTC),
            )
        except ValidationError:
            raise HTTPException(404, "There is no such site. Go back to the patient and choose one.") from None
        except NothingToReport as nothing:
            raise HTTPException(404, str(nothing)) from None
        # Once it is known that there is such a patient: else the trail would hold whatever anybody typed.
        page.looked(request, code, f"report of {site}")
        return report

    def shown(request: Request) -> Response:
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
        screen("/patients/{code}/sites/{site}/report.pdf", pdf, Right.SEE_PATIENTS),
        screen("/patients/{code}/sites/{site}/report", shown, Right.SEE_PATIENTS),
    ]
