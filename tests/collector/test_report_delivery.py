"""How a report reaches its reader: as a page, as PDF, and as a file."""

import importlib
import shutil
import stat
import subprocess
from getpass import getuser
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from collector.commands import main
from collector.people import audit
from collector.report import PdfUnavailable, as_pdf
from collector.report.document import typeset
from collector.store.stored import StoreFailed
from collector.store.tables import audit_trail
from tests.collector.page_clinic import Clinic
from tests.collector.report_series import PATIENT, whole_series

_PAGE = f"/patients/{PATIENT}/sites/vertex/report"


def trail(clinic: Clinic) -> list[tuple[str, str, str | None, str | None]]:
    """Return the audit trail: who, what, of whom, and of what or how."""
    with clinic.store.reading() as connection:
        entries = connection.execute(audit_trail.select().order_by(audit_trail.c.entry_id)).all()
    return [(one.by, one.action, one.patient_code, one.subject or one.detail) for one in entries]


def pdf_text(content: bytes, folder: Path) -> str:
    """Return the text of a PDF as another program reads it."""
    reader = shutil.which("pdftotext")
    assert reader is not None, "pdftotext is missing: run 'make test', which installs it, or install poppler-utils."
    (folder / "report.pdf").write_bytes(content)
    read = subprocess.run([reader, "-layout", folder / "report.pdf", "-"], capture_output=True, check=True)
    return read.stdout.decode()


def test_the_page_is_shown_under_a_policy_that_lets_it_be_seen(clinic: Clinic) -> None:
    """Breaks when the strict policy of the clinic's page takes a report's style and pictures away, or is given up."""
    whole_series(clinic)
    answer = clinic.client.get(_PAGE)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert f'href="{_PAGE}.pdf"' in answer.text
    assert "script-src 'self'" in clinic.client.get("/").headers["content-security-policy"]


def test_reports_are_found_from_patient_and_capture(clinic: Clinic) -> None:
    """Breaks when a report can be had only by typing its address."""
    (found, _) = whole_series(clinic)
    assert f'href="{_PAGE}"' in clinic.page(f"/patients/{PATIENT}")
    assert f'href="{_PAGE}"' in clinic.page(f"/captures/{found.followup.message_id}")


@pytest.mark.parametrize("site", ["vertex", "nose", "g120-l35"])
@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_what_is_not_there_is_said(clinic: Clinic, site: str, ending: str) -> None:
    """Breaks when a report of nothing is an error of the program."""
    answer = clinic.client.get(f"/patients/{PATIENT}/sites/{site}/report{ending}")
    assert answer.status_code == 404
    assert "There is no such site" in answer.text or "The clinic holds nothing of P-0042" in answer.text


def test_the_pdf_says_what_the_page_says(clinic: Clinic, tmp_path: Path) -> None:
    """Breaks when the PDF lacks the change, its pages their numbers, or the pictures."""
    whole_series(clinic)
    answer = clinic.client.get(f"{_PAGE}.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="P-0042-vertex.pdf"'
    assert answer.content.startswith(b"%PDF-")
    assert b"/Subtype /Image" in answer.content
    text = " ".join(pdf_text(answer.content, tmp_path).split())
    assert "Hair density: increase by 12.3 hairs/cm² (+8.2 to +16.4)" in text
    assert "Page 1 of " in text
    assert "134 (115 to 157)" in text


def test_making_a_pdf_reads_nothing_else(tmp_path: Path) -> None:
    """Breaks when text that came with a message could have a file of the clinic's machine put into a PDF."""
    picture = tmp_path / "secret.png"
    shutil.copy(Path(__file__).parents[2] / "docs" / "pictures" / "overlay.jpg", picture)
    assert b"/Subtype /Image" not in as_pdf(f'<img src="{picture.as_uri()}">')
    attached = as_pdf(f'<link rel="attachment" href="{picture.as_uri()}"><p>text</p>')
    assert b"/EmbeddedFile" not in attached


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (ModuleNotFoundError("No module named 'weasyprint'"), "pip install weasyprint"),
        (OSError("cannot load library 'libpango-1.0-0'"), "apt-get install libpango-1.0-0"),
    ],
)
def test_without_its_library_all_else_works(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, error: Exception, cure: str
) -> None:
    """Breaks when a machine without Pango cannot start the collector, or learns nothing of what is missing."""
    whole_series(clinic)

    def not_there(_name: str) -> ModuleType:
        raise error

    monkeypatch.setattr(importlib, "import_module", not_there)
    with pytest.raises(PdfUnavailable, match=cure):
        as_pdf("<p>text</p>")
    assert clinic.client.get(_PAGE).status_code == 200
    answer = clinic.client.get(f"{_PAGE}.pdf")
    assert answer.status_code == 503
    assert cure in answer.text


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Return a settings file of the clinic in ``tmp_path``."""
    path = tmp_path / "collector.toml"
    key = f'certificate = "{tmp_path}/c"\nkey = "{tmp_path}/k"\nauthority = "{tmp_path}/a"\n'
    path.write_text(
        f'clinic_id = "riverside"\nstate_folder = "{tmp_path}"\n'
        f'[broker]\nhost = "localhost"\n{key}[pictures]\nhost = "localhost"\n{key}'
    )
    return path


def test_the_command_writes_what_the_name_says(clinic: Clinic, settings: Path, tmp_path: Path) -> None:
    """Breaks when the command line cannot write a report while the service has the store open."""
    whole_series(clinic)
    for name, start in (("report.html", b"<!doctype html>"), ("report.PDF", b"%PDF-")):
        out = tmp_path / name
        ran = CliRunner().invoke(main, ["report", PATIENT, "vertex", "--settings", str(settings), "--out", str(out)])
        assert ran.exit_code == 0, ran.output
        assert ran.output == f"wrote {out}\n"
        assert out.read_bytes().startswith(start)
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert trail(clinic) == [(f"command line ({getuser()})", "exported", PATIENT, "report of vertex")] * 2


def test_nothing_is_written_that_could_not_be_noted(
    clinic: Clinic, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a report leaves though the audit trail could not be written."""
    whole_series(clinic)

    def failing(*_: object, **__: object) -> None:
        raise StoreFailed("the store could not commit: disk full")

    monkeypatch.setattr(audit, "note", failing)
    out = tmp_path / "report.html"
    ran = CliRunner().invoke(main, ["report", PATIENT, "vertex", "--settings", str(settings), "--out", str(out)])
    assert (ran.exit_code, "disk full" in ran.output, out.exists()) == (2, True, False)


@pytest.mark.parametrize("of", [("Jane Doe", "vertex"), ("P-0042", "nose"), ("P-0043", "vertex")])
def test_the_trail_holds_nothing_that_was_only_typed(clinic: Clinic, of: tuple[str, str]) -> None:
    """Breaks when a name in an address stays in the audit trail for ever."""
    whole_series(clinic)
    assert clinic.client.get(f"/patients/{of[0]}/sites/{of[1]}/report").status_code == 404
    assert trail(clinic) == []
    assert clinic.client.get(_PAGE).status_code == 200
    assert trail(clinic) == [("clinician", "looked", PATIENT, "report of vertex")]


@pytest.mark.parametrize(
    ("of", "out", "words"),
    [
        (("P-0042", "vertex"), "report.docx", "neither HTML nor PDF"),
        (("John", "vertex"), "report.html", "is no patient code: give capital letters, a hyphen and digits"),
        (("P-0042", "nose"), "report.html", "is no site: give one of frontal"),
        (("P-0043", "vertex"), "report.html", "holds nothing of P-0043, vertex"),
        (("P-0042", "vertex"), "no/folder/report.html", "cannot be written"),
    ],
)
def test_bad_input_gives_a_sentence(clinic: Clinic, settings: Path, of: tuple[str, str], out: str, words: str) -> None:
    """Breaks when a slip at the command line gives a traceback, or another code than 2."""
    whole_series(clinic)
    file = settings.parent / out
    arguments = ["report", *of, "--settings", str(settings), "--out", str(file)]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 2
    assert words in " ".join(ran.output.split())
    assert not file.exists()


def test_a_state_folder_without_store_is_not_made_one(settings: Path, tmp_path: Path) -> None:
    """Breaks when a report asked for with the wrong settings leaves an empty store behind."""
    arguments = ["report", PATIENT, "vertex", "--settings", str(settings), "--out", str(tmp_path / "r.html")]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 2
    assert "is not there. Give the settings with which the collector runs here." in ran.output
    assert not (tmp_path / "collector.sqlite3").exists()


def test_units_are_typeset_and_nothing_else() -> None:
    """Breaks when a micrometre reads um, or a word that ends so is changed."""
    assert typeset("5 um, 3 hairs/cm2, um/day; maximum of 2 um") == "5 µm, 3 hairs/cm², µm/day; maximum of 2 µm"
