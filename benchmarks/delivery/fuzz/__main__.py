"""Runs the fuzz, or shows one message of it by its number."""

from __future__ import annotations

import argparse
import time

from benchmarks import report
from benchmarks.delivery.fuzz import part, to_clinic


def main() -> None:
    """Print the table, or one message to the collector."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="messages to each side")
    parser.add_argument("--seed", type=int, default=part.SEED)
    parser.add_argument("--number", type=int, help="show this message to the collector, and send nothing")
    options = parser.parse_args()
    if options.number is not None:
        print(to_clinic.message(options.seed, options.number))  # noqa: T201
        return
    begun_s = time.monotonic()
    print(report.table(["what", "asked", "reached", ""], part.rows(options.runs)))  # noqa: T201
    print(f"{time.monotonic() - begun_s:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
