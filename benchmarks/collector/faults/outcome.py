"""What is played, and what came of it: written down between the process that asks and the one that plays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.collector.faults.judge import Judgement
from benchmarks.collector.faults.plan import Fault, Kind, Plan

OUTCOME = "outcome.json"
_ORDER = "order.json"
_SHOWN = 3


def write_order(folder: Path, plan: Plan, planted: str) -> None:
    """Write down what is to be played, with which fault planted in the collectors."""
    (folder / _ORDER).write_text(json.dumps([asdict(plan), planted]), encoding="utf-8")


def read_order(folder: Path) -> tuple[Plan, str]:
    """Read what :func:`write_order` wrote."""
    plan, planted = json.loads((folder / _ORDER).read_text(encoding="utf-8"))
    faults = tuple(Fault(**(fault | {"kind": Kind(fault["kind"])})) for fault in plan.pop("faults"))
    return Plan(**plan, faults=faults), planted


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario.

    Parameters
    ----------
    seed : int
    store : str
        What the messages were kept in, in words.
    kept, of_real : int
        Messages that the instruments kept; of them, the real instrument's.
    stored, quarantined : int
        What the database held at the end.
    judgement : Judgement
    not_empty : str
        What waited for a receipt after the time for it; nothing if nothing did.
    broken_off : str
        Why the scenario itself failed; nothing if it ran to its end.
    made, void, left_out : dict of str to int
        Faults by kind: made; tried, but what they were to meet was just away; and not possible on this machine.
    troubles : dict of str to int
        What kept collectors from taking messages in, by their own words, and how often it began.
    ended_by_themselves : dict of str to int
        How often a program ended without having been told to, and was started again.
    seconds, emptied_s : float
        The whole, and from the last healing until nothing waited.
    folder : str
        Where logs and stores lie, if something was wrong.
    """

    seed: int
    store: str = ""
    kept: int = 0
    of_real: int = 0
    stored: int = 0
    quarantined: int = 0
    judgement: Judgement = field(default_factory=Judgement)
    not_empty: str = ""
    broken_off: str = ""
    made: dict[str, int] = field(default_factory=dict)
    void: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)
    ended_by_themselves: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    emptied_s: float = 0.0
    folder: str = ""

    @property
    def good(self) -> bool:
        """Whether all promises were kept, on something that was kept and stored."""
        return self.stored > 0 and not (self.not_empty or self.broken_off) and not self.wrong

    @property
    def wrong(self) -> dict[str, tuple[str, ...]]:
        """What the judge found, by its kind."""
        return {name: found for name, found in vars(self.judgement).items() if found}

    def words(self) -> str:
        """Return what came of it, in lines."""
        lines = [
            f"scenario {self.seed} ({self.store}): {'kept' if self.good else 'BROKEN'}; {self.kept} messages,"
            f" {self.of_real} of them of a real instrument, {self.stored} stored, {self.quarantined} in quarantine;"
            f" all receipted {self.emptied_s:.1f} s after healing; {self.seconds:.1f} s in all"
        ]
        for what, names in (
            ("void", self.void),
            ("left out", self.left_out),
            ("said", self.troubles),
            ("ended", self.ended_by_themselves),
        ):
            lines += [f"  {what}: {name}, {count}" for name, count in names.items()]
        lines += [f"  broken off: {self.broken_off}"] * bool(self.broken_off)
        lines += [f"  without a receipt: {self.not_empty}"] * bool(self.not_empty)
        for name, found in self.wrong.items():
            lines += [f"  {name.replace('_', ' ')}: {sentence}" for sentence in found[:_SHOWN]]
            lines += [f"  {name.replace('_', ' ')}: and {len(found) - _SHOWN} more"] * (len(found) > _SHOWN)
        lines += [f"  see {self.folder}"] * bool(self.folder)
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write it down for the process that waits for it."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read(path: Path) -> Outcome:
    """Read what `Outcome.write` wrote."""
    values = json.loads(path.read_text(encoding="utf-8"))
    judgement = Judgement(**{name: tuple(found) for name, found in values.pop("judgement").items()})
    return Outcome(**values, judgement=judgement)


def total(counts: Sequence[dict[str, int]]) -> Counter[str]:
    """Add counts of names."""
    together: Counter[str] = Counter()
    for each in counts:
        together.update(each)
    return together
