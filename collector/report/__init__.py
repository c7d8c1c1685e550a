"""Reports: the series of one site, as the clinic hands it out; HTML and PDF from the figures of stored messages."""

from collector.report.document import NothingToReport, as_html, content_policy, read_report
from collector.report.pdf import PdfUnavailable, as_pdf

__all__ = [
    "NothingToReport",
    "PdfUnavailable",
    "as_html",
    "as_pdf",
    "content_policy",
    "read_report",
]
