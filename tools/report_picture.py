"""The picture of a report: the first two pages of the PDF, of a drawn patient's series.

Its noise floors are made up, as no clinic has found its own yet. `python -m tools.report_picture` draws it.
"""

import shutil
import subprocess
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from collector.report import as_html, as_pdf, read_report
from contract import Site
from tests.system.phantom_series import CLINIC, PATIENT, STEADY, THICKENING, hold_series

FILE = Path(__file__).parent.parent / "docs" / "pictures" / "report.jpg"

_SIZE_PX = (2028, 1520)
_MADE_AT = datetime(2026, 9, 5, 8, 0, tzinfo=UTC)
_DOTS_PER_INCH = 92
_GAP_PX = 14
_GROUND = (222, 227, 230)
_QUALITY = 78


def draw(file: Path) -> None:
    """Draw the patient's series, have it measured and compared, and write its report's first pages as a picture."""
    reader = shutil.which("pdftoppm")
    if reader is None:
        raise SystemExit("pdftoppm is missing: install poppler-utils.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, pictures = hold_series(folder, (THICKENING, STEADY), _SIZE_PX)
        with closing(store):
            report = read_report(
                store,
                pictures.open,
                clinic_id=CLINIC,
                patient_code=PATIENT,
                site=Site.VERTEX,
                made_at=_MADE_AT,
            )
        (folder / "report.pdf").write_bytes(as_pdf(as_html(report)))
        pages = ["-f", "1", "-l", "2", "-r", str(_DOTS_PER_INCH), "-png"]
        subprocess.run([reader, *pages, folder / "report.pdf", folder / "page"], check=True)
        shown = [Image.open(page).convert("RGB") for page in sorted(folder.glob("page-*.png"))]
    width = sum(page.width + _GAP_PX for page in shown) + _GAP_PX
    both = Image.new("RGB", (width, shown[0].height + 2 * _GAP_PX), _GROUND)
    for at, page in enumerate(shown):
        both.paste(page, (_GAP_PX + at * (page.width + _GAP_PX), _GAP_PX))
    both.save(file, "JPEG", quality=_QUALITY, optimize=True)


if __name__ == "__main__":
    draw(FILE)
