"""What came of a scenario."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.delivery.chaos.judge import Judgement

_SHOWN = 3


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario.

    Parameters
    ----------
    seed : int
    accepted : int
        Captures, comparisons and visits that the chair wrote down as kept.
    pictures : int
        Of them, those with a picture.
    judgement : Judgement
    not_empty : str
        What the outbox held after the time to empty it; nothing if it was empty.
    broken_off : str
        Why the scenario itself failed; nothing if it ran to its end.
    made, void, left_out : dict of str to int
        Faults by name: made; tried, but what they were to meet was just away; and not possible on this machine.
    ended_by_themselves : dict of str to int
        How often a program ended without having been told to, on a full disk, say, and was started again.
    seconds, emptied_s : float
        The whole, and from the last healing until the outbox was empty.
    folder : str
        Where logs and stores lie, if something was wrong.
    """

    seed: int
    accepted: int = 0
    pictures: int = 0
    judgement: Judgement = field(default_factory=Judgement)
    not_empty: str = ""
    broken_off: str = ""
    made: dict[str, int] = field(default_factory=dict)
    void: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    ended_by_themselves: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    emptied_s: float = 0.0
    folder: str = ""

    @property
    def good(self) -> bool:
        """Whether all promises were kept, on something that was accepted."""
        return (
            self.accepted > 0
            and not (self.not_empty or self.broken_off)
            and not any(getattr(self.judgement, name) for name in vars(self.judgement))
        )

    def words(self) -> str:
        """Return what came of it, in lines."""
        lines = [
            f"scenario {self.seed}: {'kept' if self.good else 'BROKEN'}; {self.accepted} accepted, {self.pictures} of"
            f" them with pictures; outbox empty {self.emptied_s:.1f} s after healing; {self.seconds:.1f} s in all"
        ]
        for what, names in (("void", self.void), ("left out", self.left_out), ("ended", self.ended_by_themselves)):
            lines += [f"  {what}: {name}, {count}" for name, count in names.items()]
        lines += [f"  broken off: {self.broken_off}"] * bool(self.broken_off)
        lines += [f"  outbox not empty: {self.not_empty}"] * bool(self.not_empty)
        for name, faults in vars(self.judgement).items():
            lines += [f"  {name.replace('_', ' ')}: {fault}" for fault in faults[:_SHOWN]]
            lines += [f"  {name.replace('_', ' ')}: and {len(faults) - _SHOWN} more"] * (len(faults) > _SHOWN)
        lines += [f"  see {self.folder}"] * bool(self.folder)
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write it down for the process that waits for it."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read(path: Path) -> Outcome:
    """Read what `Outcome.write` wrote."""
    values = json.loads(path.read_text(encoding="utf-8"))
    judgement = Judgement(**{name: tuple(faults) for name, faults in values.pop("judgement").items()})
    return Outcome(**values, judgement=judgement)


def total(counts: Sequence[dict[str, int]]) -> Counter[str]:
    """Add counts of names."""
    together: Counter[str] = Counter()
    for each in counts:
        together.update(each)
    return together
