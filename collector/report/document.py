"""A report as a document of its own: one HTML file without script, that loads nothing from anywhere."""

import base64
import hashlib
import re
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from collector.page import figures, words
from collector.report import chart
from collector.report.contents import Report, contents
from collector.report.series import SiteSeries
from collector.report.side_by_side import OpenPicture
from collector.store.store import Store
from contract import DONOR_CONTROL, SiteKey

_PAGE = Path(words.__file__).parent
_UNITS = re.compile(r"\b(?:um|cm2)\b")
_TYPESET = {"um": "\u00b5m", "cm2": "cm\u00b2"}


class NothingToReport(LookupError):
    """The clinic holds nothing of the patient's site; the message says so and what to do."""


def read_report(
    store: Store,
    open_picture: OpenPicture,
    *,
    clinic_id: str,
    patient_code: str,
    site: SiteKey,
    made_at: datetime,
) -> Report:
    """Read what a report of a site says from the store.

    Raises
    ------
    NothingToReport
        If there is neither capture nor comparison of the site.
    StoreFailed
        If the store cannot be read.
    """
    series = SiteSeries.read(store, patient_code, site)
    if not series.visit_numbers and series.rejected:
        raise NothingToReport(
            f"All captures of {patient_code}, {words.site(site).lower()}, were rejected: there is nothing to report."
            " Accept one at the instrument, or take the site again."
        )
    if not series.visit_numbers:
        raise NothingToReport(
            f"The clinic holds nothing of {patient_code}, {words.site(site).lower()}. Check the patient's code and the"
            " site, or whether the device has sent yet."
        )
    return contents(
        clinic_id=clinic_id,
        patient_code=patient_code,
        site=series,
        donor=series if site == DONOR_CONTROL else SiteSeries.read(store, patient_code, DONOR_CONTROL),
        visits=[stored.visit for stored in store.visits_of(patient_code)],
        open_picture=open_picture,
        made_at=made_at,
    )


def as_html(report: Report, *, pdf_address: str | None = None) -> str:
    """Write a report as HTML.

    Parameters
    ----------
    report
        What it says.
    pdf_address
        Where the same is as PDF; with it the page has links to there and back to the patient, for a collector's own
        page. None for a file that stands by itself.
    """
    template = _environment().get_template("report.html")
    return template.render(report=report, style=_style(), policy=content_policy(), pdf_address=pdf_address)


def content_policy() -> str:
    """Return the content security policy under which a report can be shown: its own style, pictures within it."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def typeset(text: str) -> str:
    """Write the units in plain letters of analysis as print has them: um as µm, cm2 as cm²."""
    return _UNITS.sub(lambda unit: _TYPESET[unit[0]], text)


def _style() -> str:
    return (_PAGE / "static" / "report.css").read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_PAGE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        software_version=version("trichoscope"),
        site_line=chart.in_legend(is_donor=False),
        donor_line=chart.in_legend(is_donor=True),
        band_sign=chart.band_in_legend(),
    )
    environment.filters.update(day=figures.day, moment=figures.moment, site=words.site, typeset=typeset)
    return environment
