"""A report as PDF, by WeasyPrint: the one library of Python's that lays out a page's HTML and SVG without a browser.

It needs Pango, a library of the system. Where either is missing all else works, and who asks for a PDF is told.
"""

import importlib
import logging
from typing import Any


class PdfUnavailable(RuntimeError):
    """No PDF can be made on this machine; the message says why and what to do."""


def as_pdf(html: str) -> bytes:
    """Lay a report's HTML out on A4.

    Nothing but what stands in it is loaded.

    Parameters
    ----------
    html
        A document of `collector.report.document.as_html`.

    Raises
    ------
    PdfUnavailable
        If WeasyPrint or Pango is not installed.
    """
    weasyprint = _weasyprint()
    within = weasyprint.urls.URLFetcher(allowed_protocols=("data",))
    pdf = weasyprint.HTML(string=html, url_fetcher=within).write_pdf()
    assert isinstance(pdf, bytes)  # noqa: S101  for mypy: WeasyPrint has no types, and writes to no file here
    return pdf


def _weasyprint() -> Any:  # noqa: ANN401  it has no types
    # What it says of pages are remarks on style sheets; what goes wrong is raised.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    try:
        return importlib.import_module("weasyprint")
    except ImportError:
        raise PdfUnavailable(
            "A PDF needs WeasyPrint, which is not installed: run 'pip install weasyprint', or ask for HTML and print it"
            " from a browser."
        ) from None
    except OSError:
        raise PdfUnavailable(
            "A PDF needs Pango, which is not installed: run 'apt-get install libpango-1.0-0 libpangoft2-1.0-0"
            " libharfbuzz-subset0', or ask for HTML and print it from a browser."
        ) from None
