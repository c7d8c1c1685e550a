"""The instrument against what is asked of it: scale, radiometry, wires, gate, and a long day with faults.

Two parts run at a time, each renews its own section of docs/benchmarks.md; ``--part`` picks some, ``--short`` prints a
tenth of the runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from benchmarks import (
    instrument_cost,
    instrument_gate,
    instrument_radiometry,
    instrument_scale,
    instrument_soak,
    instrument_wires,
    report,
)

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Part:
    """One part: its section of the page, what a full run is, and what gives its lines."""

    section: str
    about: str
    runs: int
    rows: Callable[[int], list[Row]]


PARTS = {
    "scale": Part(
        "scale",
        "Drawn targets with 2 % distortion, 3 degrees of tilt, noise, defocus and 10 % of the dots dirty; what is found"
        " against what was drawn.",
        100,
        instrument_scale.rows,
    ),
    "radiometry": Part(
        "radiometry",
        "Drawn cards and charts through cameras whose blur, tone curve, colours, light and focus are known.",
        20,
        instrument_radiometry.rows,
    ),
    "wires": Part(
        "wires",
        "Drawn wires through camera (the real Picamera2 class on the stand-in), calibration and `measure`.",
        6,
        instrument_wires.rows,
    ),
    "gate": Part(
        "gate",
        "Drawn scalps with graded faults. A density's error is what the fault causes, against the same"
        " scalp without it.",
        1000,
        instrument_gate.rows,
    ),
    "cost": Part(
        "cost",
        "A still of 4056 x 3040 px with distortion, tilt, flat field and colours to be set; wall times with all cores.",
        5,
        instrument_cost.rows,
    ),
    "soak": Part(
        "soak",
        "Captures on the stand-in with faults put in at random: hanging, vanishing, wrong settings.",
        500,
        instrument_soak.rows,
    ),
}


def main(arguments: list[str]) -> None:
    """Run the parts; print their tables, and write them where they ran whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=sorted(PARTS), action="append", help="only this one; may be repeated")
    parser.add_argument("--short", action="store_true", help="a tenth of the runs; prints, does not write")
    options = parser.parse_args(arguments)
    share = 10 if options.short else 1
    begun_s = time.monotonic()
    with ProcessPoolExecutor(2) as executor:
        jobs = {
            executor.submit(part.rows, max(1, part.runs // share)): part
            for name, part in PARTS.items()
            if options.part is None or name in options.part
        }
        for job in as_completed(jobs):
            part = jobs[job]
            text = f"{part.about}\n\n" + report.table(["what", "asked", "reached", ""], job.result())
            print(f"{part.section}, after {time.monotonic() - begun_s:.0f} s\n\n{text}", flush=True)  # noqa: T201
            if not options.short:
                report.write(part.section, text)


if __name__ == "__main__":
    main(sys.argv[1:])
