"""A report written to a file, from what the collector keeps; the service may run meanwhile."""

from contextlib import closing
from datetime import datetime
from getpass import getuser
from pathlib import Path

from collector.opening import CannotOpen, open_pictures, open_store
from collector.people import audit
from collector.report.document import NothingToReport, as_html, read_report
from collector.report.pdf import PdfUnavailable, as_pdf
from collector.settings import CollectorSettings
from collector.store.stored import StoreFailed
from contract import SiteKey
from groundwork.durable_file import write_durably


class CannotReport(Exception):
    """No report can be written; the message says why and what to do."""


def write(settings: CollectorSettings, patient_code: str, site: SiteKey, out: Path, made_at: datetime) -> None:
    """Write the report of a patient's site to a file, as what its name ends in: ``.pdf``, or else HTML.

    That it leaves is in the audit trail before it does, and the file is for who asked alone.

    Raises
    ------
    CannotReport
        If there is nothing to report, the store cannot be read, or the file cannot be written.
    """
    try:
        pictures = open_pictures(settings)
        with closing(open_store(settings)) as store:
            report = read_report(
                store,
                pictures.open,
                clinic_id=settings.clinic_id,
                patient_code=patient_code,
                site=site,
                made_at=made_at,
            )
            audit.note(
                store,
                f"command line ({getuser()})",
                audit.Action.EXPORTED,
                patient_code=patient_code,
                detail=f"report of {site}",
            )
        html = as_html(report)
        content = as_pdf(html) if out.suffix.lower() == ".pdf" else html.encode()
    except (NothingToReport, PdfUnavailable, CannotOpen) as error:
        raise CannotReport(str(error)) from error
    except StoreFailed as error:
        raise CannotReport(f"{error}. Try again; if it stays, check the disk.") from error
    except OSError as error:
        raise CannotReport(
            f"{error.filename or settings.state_folder} cannot be used ({error.strerror}). Run this as the collector's"
            " own user."
        ) from error
    try:
        write_durably(out, content, mode=0o600)
    except OSError as error:
        raise CannotReport(f"{out} cannot be written ({error.strerror}). Name a file in a folder of yours.") from error
