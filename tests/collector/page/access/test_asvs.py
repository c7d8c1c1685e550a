"""The list of OWASP ASVS points: each names a test that exists, and what no other test shows is shown here."""

import ast
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from collector.settings import PageSettings
from collector.store.audit import Wanted, entries
from tests.collector.page_clinic import Clinic
from tests.examples import capture

_ROOT = Path(__file__).parents[4]
_POINT = re.compile(r"\| (?P<point>\d+\.\d+\.\d+) \| [^|]+ \| (?P<how>[^|]+) \| (?P<test>`[^`]+`|-) \|")
_CHAPTERS = {"2", "3", "4", "5", "7", "8", "9", "13", "14"}


def _points() -> list[tuple[str, str, str]]:
    lines = (_ROOT / "docs/asvs.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and line[2].isdigit()]
    found = [_POINT.fullmatch(row) for row in rows]
    assert None not in found, rows[found.index(None)]
    return [(one["point"], one["how"], one["test"].strip("`")) for one in found if one]


def test_each_point_names_a_test_that_exists() -> None:
    """Breaks when a test that covered a point is renamed or taken out, and the list goes on claiming it."""
    for point, how, named in _points():
        if named == "-":
            assert "**Not met.**" in how, point
            continue
        file, _, name = named.partition("::")
        tree = ast.parse((_ROOT / file).read_text(encoding="utf-8"))
        tests = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
        assert name in tests, f"{point}: there is no {named}"


def test_the_list_is_in_order_and_of_all_chapters() -> None:
    """Breaks when a chapter falls out of the list, or a point stands twice."""
    points = [tuple(map(int, point.split("."))) for point, _, _ in _points()]
    assert points == sorted(set(points))
    assert {str(point[0]) for point in points} == _CHAPTERS


def test_no_script_keeps_anything_in_the_browser() -> None:
    """Breaks when something of a patient stays in a browser after signing out (ASVS 8.2.2)."""
    scripts = list((_ROOT / "collector/page/static").rglob("*.js"))
    assert len(scripts) > 3
    for script in scripts:
        assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.", script.read_text()), (
            script
        )


def test_looking_at_a_patient_is_in_the_trail(clinic: Clinic) -> None:
    """Breaks when a patient's figures can be seen and nobody knows by whom (ASVS 8.3.5)."""
    shown = capture()
    clinic.holds(shown)
    for path in ("/patients/P-0042", f"/captures/{shown.message_id}", "/patients/P-0042/sites/frontal/report"):
        before = _looks(clinic)
        assert clinic.client.get(path).status_code == 200
        assert _looks(clinic) == before + 1, path


def _looks(clinic: Clinic) -> int:
    with clinic.store.reading() as connection:
        return len(entries(connection, Wanted(by="clinician", patient_code="P-0042", action="looked"), 100))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "clinic.example", "::"])  # noqa: S104  refused
def test_beyond_this_machine_the_pages_need_tls(host: str) -> None:
    """Breaks when the pages can be opened to a network without TLS (ASVS 9.1.1)."""
    with pytest.raises(ValidationError, match="TLS"):
        PageSettings(host=host)
