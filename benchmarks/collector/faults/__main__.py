"""``python -m benchmarks.collector.faults``: play a scenario by its number, or many."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from types import FrameType

from benchmarks import report
from benchmarks.collector.faults.outcome import Outcome
from benchmarks.collector.faults.plan import draw
from benchmarks.collector.faults.planted import PLANTED
from benchmarks.collector.faults.scenario import play_all, run_scenario, table


def main() -> None:
    """Play what is asked for, print what came of it, and end with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, action="append", help="this scenario; may be repeated")
    parser.add_argument("--runs", type=int, default=100, help="scenarios from --first on, where no --seed is given")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--planted", choices=sorted(PLANTED), default="", help="a fault that the collectors have")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background job would ignore even Ctrl-C
        signal.signal(number, _interrupt)
    plans = [draw(seed) for seed in options.seed or range(options.first, options.first + options.runs)]
    begun_s = time.monotonic()
    if options.planted:
        outcomes = [run_scenario(plan, planted=options.planted) for plan in plans]
        _say(outcomes)
    else:
        for plan in plans if options.seed else ():
            print(plan, flush=True)  # noqa: T201
        outcomes = play_all(plans, lambda outcome: _say([outcome]))
    print(report.table(["what", "asked", "reached", ""], table(outcomes, time.monotonic() - begun_s)))  # noqa: T201
    sys.exit(not all(outcome.good for outcome in outcomes))


def _say(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        print(outcome.words(), flush=True)  # noqa: T201


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
