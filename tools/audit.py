"""Are there known vulnerabilities in the versions that the project is tested with? By pip-audit, over constraints.txt.

    .venv-audit/bin/python -m tools.audit

It ends with 0 if every package was looked up and none is known to be vulnerable, with 1 if one is, and with 3 if any
could not be looked up: pip-audit itself calls that "no known vulnerabilities found".
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
CLEAN, VULNERABLE, NOT_LOOKED_UP = 0, 1, 3
_FIRST = "cryptography"
"""Looked up before all others: a service that does not know it is not asked for the rest."""


@dataclass(frozen=True)
class Findings:
    """What the service said: how many packages it knows, a line for each vulnerability, and whom it does not know."""

    known: int
    vulnerable: tuple[str, ...]
    unknown: tuple[str, ...]


def findings(answer: str) -> Findings:
    """Read what ``pip-audit --format json`` prints."""
    packages = json.loads(answer)["dependencies"]
    vulnerable = [
        f"{one['name']} {one['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for one in packages
        for fault in one.get("vulns", [])
    ]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    return Findings(len(packages) - len(unknown), tuple(vulnerable), tuple(unknown))


def verdict(found: Findings | None) -> tuple[int, str]:
    """Return the exit code and what to say; None: the service could not be reached."""
    if found is None or not found.known:
        return (
            NOT_LOOKED_UP,
            "audit: the service that knows vulnerabilities cannot be reached here: nothing was looked up.",
        )
    lines = [
        *found.vulnerable,
        f"audit: {found.known} packages were looked up, {len(found.vulnerable)} faults are known.",
    ]
    if found.unknown:
        lines.append(f"audit: not looked up, as the service does not know them: {', '.join(found.unknown)}.")
    code = VULNERABLE if found.vulnerable else NOT_LOOKED_UP if found.unknown else CLEAN
    return code, "\n".join(lines)


def looked_up(requirements: str) -> Findings | None:
    """Let pip-audit look pinned requirements up; None if its service cannot be reached."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [str(Path(sys.executable).with_name("pip-audit")), "--requirement", file.name, "--no-deps"]
        command += ["--disable-pip", "--progress-spinner", "off", "--format", "json"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        except subprocess.TimeoutExpired:
            return None
    return findings(done.stdout) if done.stdout.startswith("{") else None


def main() -> int:
    """Look up every pin."""
    pins = (HERE / "constraints.txt").read_text()
    first = next(line for line in pins.splitlines() if line.startswith(f"{_FIRST}=="))
    found = looked_up(first)
    if found is not None and found.known:
        found = looked_up(pins)
    code, words = verdict(found)
    print(words)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
