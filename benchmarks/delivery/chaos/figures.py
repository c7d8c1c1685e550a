"""Many scenarios, and what came of them together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from benchmarks.delivery.chaos.judge import Judgement
from benchmarks.delivery.chaos.outcome import Outcome, total
from benchmarks.delivery.chaos.rights import missing
from benchmarks.delivery.chaos.scenario import run_scenario
from benchmarks.targets import Bound

Row = tuple[str, str, str, str]

AT_A_TIME = 2
_WORDS = {
    "lost": "captures, comparisons, visits and pictures lost",
    "doubled": "stored twice",
    "altered": "altered",
    "strange": "stored at the clinic, never kept at the chair",
    "unconfirmed": "left without a receipt that says stored",
    "out_of_order": "out of the order of their patient",
}


def play_all(seeds: Iterable[int], note: Callable[[Outcome], None] = lambda _: None) -> list[Outcome]:
    """Play scenarios, two at a time, and return what came of them by their numbers.

    Parameters
    ----------
    seeds : iterable of int
    note : callable
        Told of each as it ends.
    """
    outcomes = []
    stopping = threading.Event()
    with ThreadPoolExecutor(AT_A_TIME) as executor:
        jobs = [executor.submit(run_scenario, seed, stopping) for seed in seeds]
        try:
            for job in as_completed(jobs):
                outcomes.append(job.result())
                note(outcomes[-1])
        except BaseException:
            stopping.set()
            executor.shutdown(cancel_futures=True)
            raise
    return sorted(outcomes, key=lambda outcome: outcome.seed)


def rows(runs: int = 200) -> list[Row]:
    """Play the scenarios 0 to ``runs - 1``, and word what is asked and reached.

    Parameters
    ----------
    runs : int

    Returns
    -------
    list of (str, str, str, str)
        What, asked, reached, verdict.
    """
    begun_s = time.monotonic()
    outcomes = play_all(range(runs))
    return table(outcomes, time.monotonic() - begun_s)


def table(outcomes: list[Outcome], seconds: float) -> list[Row]:
    """Word what came of scenarios that took so long together."""
    accepted = sum(outcome.accepted for outcome in outcomes)
    pictures = sum(outcome.pictures for outcome in outcomes)
    lines = [
        ("random scenarios", "-", f"{len(outcomes)} in {seconds / 60:.1f} min", ""),
        ("accepted at the chair", "-", f"{accepted}, {pictures} of them with a picture", ""),
    ]
    for name in Judgement.__dataclass_fields__:
        wrong = {outcome.seed: len(getattr(outcome.judgement, name)) for outcome in outcomes}
        lines.append(_none(_WORDS[name], wrong))
    lines.append(_none("outbox not empty 60 s after healing", {o.seed: int(bool(o.not_empty)) for o in outcomes}))
    lines.append(_none("broken off", {o.seed: int(bool(o.broken_off)) for o in outcomes}))
    lines.append(_none("nothing accepted", {o.seed: int(o.accepted == 0) for o in outcomes}))
    lines.append(("until the outbox was empty", "-", _spread([o.emptied_s for o in outcomes]), ""))
    made = total([outcome.made for outcome in outcomes])
    lines.append(("faults made", "-", f"{made.total()}: {_listed(made)}", ""))
    if void := total([outcome.void for outcome in outcomes]):
        lines.append(("faults tried while what they meet was away", "-", f"{void.total()}: {_listed(void)}", ""))
    ended = total([outcome.ended_by_themselves for outcome in outcomes])
    lines.append(("programs that ended by themselves and were started again", "-", _listed(ended) or "none", ""))
    if left_out := total([outcome.left_out for outcome in outcomes]):
        why = "; ".join(missing().values())
        lines.append(("faults left out", "0", f"{left_out.total()}: {_listed(left_out)}", f"**not made here: {why}**"))
    return lines


def _none(words: str, wrong: dict[int, int]) -> Row:
    bound = Bound("wrong", words, high=0, digits=0)
    count = sum(wrong.values())
    seeds = [str(seed) for seed, found in wrong.items() if found]
    reached = f"{count} (scenarios {', '.join(seeds)})" if count else "0"
    return words, "0", reached, bound.verdict(count) if wrong else "not measured"


def _spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"median {ordered[len(ordered) // 2]:.1f} s, at most {ordered[-1]:.1f} s" if ordered else "-"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
