"""Benchmarks in parts: some run at a time, and each renews its own section of docs/benchmarks.md."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from benchmarks import report

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Part:
    """One part: its section of the page, what a full run is, and what gives its lines."""

    section: str
    about: str
    runs: int
    rows: Callable[[int], list[Row]]


def run(parts: dict[str, Part], about: str, arguments: list[str], at_a_time: int = 2) -> None:
    """Run parts, so many at a time; print their tables, and write them where they ran whole."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=sorted(parts), action="append", help="only this one; may be repeated")
    parser.add_argument("--short", action="store_true", help="a tenth of the runs; prints, does not write")
    options = parser.parse_args(arguments)
    share = 10 if options.short else 1
    begun_s = time.monotonic()
    with ProcessPoolExecutor(at_a_time) as executor:
        jobs = {
            executor.submit(part.rows, max(1, part.runs // share)): part
            for name, part in parts.items()
            if options.part is None or name in options.part
        }
        for job in as_completed(jobs):
            part = jobs[job]
            text = f"{part.about}\n\n" + report.table(["what", "asked", "reached", ""], job.result())
            print(f"{part.section}, after {time.monotonic() - begun_s:.0f} s\n\n{text}", flush=True)  # noqa: T201
            if not options.short:
                report.write(part.section, text)
