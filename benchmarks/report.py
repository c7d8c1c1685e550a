"""Writing docs/benchmarks.md: each command renews its own section, with the date and the machine it ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "benchmarks.md"
PICTURES = DOCS / "pictures"
MOST_BYTES = 300_000

_SECTIONS = {
    "accuracy": "bench-accuracy",
    "speed": "bench-speed",
    "scale": "bench-instrument",
    "radiometry": "bench-instrument",
    "wires": "bench-instrument",
    "gate": "bench-instrument",
    "cost": "bench-instrument",
    "soak": "bench-instrument",
    "change-places": "bench-change",
    "change-figures": "bench-change",
    "change-real": "bench-change",
    "change-trial": "bench-change",
    "change-mark": "bench-change",
    "change-guidance": "bench-change",
    "change-noise": "bench-change",
    "change-cost": "bench-change",
    "delivery-faults": "bench-delivery",
    "delivery-crashes": "bench-delivery",
    "delivery-speed": "bench-delivery",
    "delivery-pictures": "bench-delivery",
    "delivery-link": "bench-delivery",
    "delivery-memory": "bench-delivery",
    "delivery-fuzz": "bench-delivery",
    "delivery-rights": "bench-delivery",
    "collector-ingestion": "bench-collector",
    "collector-ingestion-shared": "bench-collector",
    "collector-ingestion-memory": "bench-collector",
    "collector-pages": "bench-collector",
    "collector-faults": "bench-collector",
    "collector-load": "bench-collector",
    "collector-trial": "bench-collector",
    "chair-fluency": "bench-chair",
    "chair-link": "bench-chair",
    "chair-not-reading": "bench-chair",
}
"""The page's sections, in its order, and what makes each."""
_HEAD = """# Benchmarks

Made by `make bench-accuracy`, `make bench-speed`, `make bench-instrument`, `make bench-change`, `make bench-delivery`,
`make bench-chair` and `make bench-collector`; do not edit by hand. What is asked stands beside what was reached; what
falls short says by how much. The peers are simple, named methods on the same pictures in the same run
(`benchmarks/peers.py`); phantoms are drawn scalps whose every hair is known, from seeds that nothing was trained on
(`benchmarks/phantoms.py`); what a match is stands in `benchmarks/scoring.py`.
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Make a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def machine() -> str:
    """Name the machine and the versions that figures depend on, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, OpenCV {cv2.__version__}"
    return f"{_processor()}, {cores} cores, {platform.system()}; {versions}"


def write(section: str, body: str, page: Path = PAGE) -> None:
    """Renew one section of the page and leave the others as they are.

    Parameters
    ----------
    section : str
        One of the page's.
    body : str
        Markdown.
    page : Path
        Made where it is not there.
    """
    bodies = {name: _section_of(page, name) for name in _SECTIONS}
    bodies[section] = f"{datetime.now(UTC):%Y-%m-%d}, on {machine()}.\n\n{body.strip()}\n"
    parts = [_HEAD]
    for name, command in _SECTIONS.items():
        written = bodies[name] or f"Not measured yet: `make {command}`.\n"
        parts.append(f"{_opening(name)}\n{_title(name)}{written}{_closing(name)}\n")
    page.write_text("\n".join(parts))


def _section_of(page: Path, name: str) -> str:
    if not page.exists():
        return ""
    _, _, after = page.read_text().partition(_opening(name) + "\n")
    written, closing, _ = after.partition(_closing(name))
    return written.removeprefix(_title(name)) if closing else ""


def _title(name: str) -> str:
    words = name.replace("-", ": ").capitalize()
    return f"## {words}\n\n"


def _opening(name: str) -> str:
    return f"<!-- {name} -->"


def _closing(name: str) -> str:
    return f"<!-- end of {name} -->"


def _processor() -> str:
    """Name the processor's model; without /proc, its architecture."""
    listing = Path("/proc/cpuinfo")
    for line in listing.read_text().splitlines() if listing.exists() else []:
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()
