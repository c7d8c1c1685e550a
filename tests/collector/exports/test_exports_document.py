"""docs/exports.md says what the exports are."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.exports.codes import DICOM_SCHEME, SYSTEM_URL
from tests.collector.exports.exports_document import codes, tables

DOCUMENT = Path(__file__).parents[3] / "docs" / "exports.md"


@pytest.mark.parametrize(("name", "made"), [("tables", tables), ("codes", codes)])
def test_the_document_is_what_the_code_says(name: str, made: Callable[[], str]) -> None:
    """Breaks when a code or table was changed and the document was not: what is expected goes between the marks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end of {name} -->", text, re.DOTALL)
    assert found is not None
    assert found[1] == made()


def test_the_document_names_the_code_system() -> None:
    """Breaks when a reader of an archive cannot find whose codes these are."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert SYSTEM_URL in text
    assert DICOM_SCHEME in text
