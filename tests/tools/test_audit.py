"""What pip-audit says is not taken for more than it says."""

import json
from typing import Any

import pytest

from tools.audit import CLEAN, NOT_LOOKED_UP, VULNERABLE, findings, verdict

FINE: dict[str, Any] = {"name": "click", "version": "8.5.1", "vulns": []}
FAULTY: dict[str, Any] = {
    "name": "pillow",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["1.1"], "aliases": [], "description": "made up"}],
}
UNKNOWN: dict[str, Any] = {"name": "iotcore", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([FINE], CLEAN, "1 packages were looked up, 0 faults are known"),
        ([FINE, FAULTY], VULNERABLE, "pillow 1.0: PYSEC-0000-1, mended in 1.1"),
        ([FINE, UNKNOWN], NOT_LOOKED_UP, "does not know them: iotcore"),
        ([FINE, FAULTY, UNKNOWN], VULNERABLE, "does not know them: iotcore"),
        ([UNKNOWN], NOT_LOOKED_UP, "nothing was looked up"),
    ],
)
def test_only_what_was_looked_up_counts_as_clean(packages: list[dict[str, Any]], code: int, words: str) -> None:
    """Breaks when packages that nobody looked up, or that are vulnerable, end as a clean audit."""
    answer = findings(json.dumps({"dependencies": packages, "fixes": []}))
    reached, said = verdict(answer)
    assert reached == code
    assert words in said


def test_a_service_that_cannot_be_reached_is_said() -> None:
    """Breaks when no network looks like no vulnerabilities."""
    assert verdict(None)[0] == NOT_LOOKED_UP
