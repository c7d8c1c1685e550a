"""``python -m benchmarks.delivery.chaos``: play a scenario by its number, or many."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from types import FrameType

from benchmarks import report
from benchmarks.delivery.chaos.figures import play_all, table
from benchmarks.delivery.chaos.plan import draw


def main() -> None:
    """Play what is asked for, print what came of it, and end with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, action="append", help="this scenario; may be repeated")
    parser.add_argument("--runs", type=int, default=200, help="scenarios from --first on, where no --seed is given")
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background job would ignore even Ctrl-C
        signal.signal(number, _interrupt)
    seeds = options.seed or range(options.first, options.first + options.runs)
    for seed in options.seed or ():
        print(draw(seed), flush=True)  # noqa: T201
    begun_s = time.monotonic()
    outcomes = play_all(seeds, lambda outcome: print(outcome.words(), flush=True))  # noqa: T201
    print(report.table(["what", "asked", "reached", ""], table(outcomes, time.monotonic() - begun_s)))  # noqa: T201
    sys.exit(not all(outcome.good for outcome in outcomes))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
