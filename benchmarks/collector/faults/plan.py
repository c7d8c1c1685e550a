"""What goes wrong in a scenario, and when: drawn from its number alone, so that any can be run again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.delivery.chaos.plan import Right

FAULTS = (4, 9)
"""Fewest and most faults of a scenario."""
BEGIN_WITHIN_S = 6.0
"""Faults begin within this time after all programs stand; messages are kept throughout."""
_MOST_COLLECTORS = 4
_SQLITE_SHARE = 0.35
_KILLS_OF_ONE = 3
_REAL_EVERY, _KILLS_OF_DEVICE = 10, 2


class Kind(StrEnum):
    """The kinds of fault."""

    COLLECTOR_KILLED = "collector killed with SIGKILL"
    COLLECTOR_HALTED = "collector halted with SIGSTOP"
    COLLECTOR_ENDED = "collector ended in good order"
    ALL_KILLED = "all collectors killed at once"
    BROKER_KILLED = "broker killed with SIGKILL"
    BROKER_ENDED = "broker ended in good order"
    BROKER_FORGOT = "broker killed, and its persistence lost"
    BROKER_RESET = "connections to the broker reset"
    BROKER_AWAY = "connections to the broker refused and reset"
    BROKER_SILENT = "connections to the broker stand and carry nothing"
    BROKER_CUT = "connections to the broker reset in mid-transfer (after kB)"
    BROKER_SLOW = "connections to the broker delayed (ms)"
    DISK_FULL = "the database's disk full"
    LOCKED = "the database locked by another session"
    POSTGRESQL_CRASHED = "PostgreSQL stopped at once (immediate)"
    POSTGRESQL_KILLED = "PostgreSQL's first process killed with SIGKILL"
    POSTGRESQL_ENDED = "PostgreSQL stopped in good order (fast)"
    TERMINATED = "the collectors' sessions terminated, over and over"
    TIMED_OUT = "statements ended after 3 ms (statement_timeout)"
    DATABASE_RESET = "connections to PostgreSQL reset"
    DATABASE_AWAY = "connections to PostgreSQL refused and reset"
    DATABASE_SILENT = "connections to PostgreSQL stand and carry nothing"
    DATABASE_CUT = "connections to PostgreSQL reset in mid-transfer (after kB)"
    DATABASE_SLOW = "connections to PostgreSQL delayed (ms)"
    ERASURE = "a patient erased, the command killed and given again"
    POISON = "poison among the messages"
    REPEATED = "receipted messages sent again, at once"
    DEVICE_KILLED = "the real instrument killed with SIGKILL"


_POSTGRESQL_ONLY = {
    kind for kind in Kind if kind.name.startswith(("POSTGRESQL", "DATABASE", "TERMINATED", "TIMED_OUT"))
}
RIGHTS = {Kind.DISK_FULL: Right.SANDBOX}
"""What a machine must allow for some faults to be made."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Parameters
    ----------
    kind : Kind
    begins_s, lasts_s : float
        After the start; what comes back does so after `lasts_s`.
    member : int
        Which collector it meets, where it meets one.
    amount : float
        In the unit that the kind names; 0 where it has none.
    """

    kind: Kind
    begins_s: float
    lasts_s: float
    member: int = 0
    amount: float = 0.0

    @property
    def ends_s(self) -> float:
        """When what it spoilt is healed."""
        return self.begins_s + self.lasts_s

    def __str__(self) -> str:
        of = f" {self.member + 1}" if self.kind.name.startswith("COLLECTOR") else ""
        amount = f" [{self.amount:g}]" if self.amount else ""
        return f"{self.begins_s:5.2f} to {self.ends_s:5.2f} s  {self.kind}{of}{amount}"


@dataclass(frozen=True)
class Plan:
    """A whole scenario.

    Parameters
    ----------
    seed : int
        Its number.
    collectors : int
        How many share the messages; one takes them all.
    sqlite : bool
        Whether the one keeps them in SQLite; PostgreSQL else.
    real_instrument : bool
        Whether the product's own ``trichoscope run`` is among the instruments, and killed too.
    faults : tuple of Fault
        By their beginning.
    """

    seed: int
    collectors: int
    sqlite: bool
    real_instrument: bool
    faults: tuple[Fault, ...]

    @property
    def ends_s(self) -> float:
        """When the last fault is over."""
        return max(BEGIN_WITHIN_S, *(fault.ends_s for fault in self.faults))

    @property
    def store(self) -> str:
        """Word what the messages are kept in."""
        return "SQLite" if self.sqlite else f"PostgreSQL, {self.collectors} collectors"

    def __str__(self) -> str:
        real = ", a real instrument among them" * self.real_instrument
        return "\n".join([f"scenario {self.seed}: {self.store}{real}", *(f"  {fault}" for fault in self.faults)])


@dataclass(frozen=True)
class _Choice:
    kind: Kind
    lasts_s: tuple[float, float] = (0.3, 2.5)
    amount: Callable[[random.Random], float] = lambda _: 0.0
    weight: float = 1.0


def _delay(chance: random.Random) -> float:
    return float(round(chance.uniform(20, 300)))


def _cut(chance: random.Random) -> float:
    return float(chance.choice((2, 20, 100, 400)))


_CHOICES = (
    _Choice(Kind.COLLECTOR_KILLED, (0.1, 1.5), weight=7),
    _Choice(Kind.COLLECTOR_HALTED, weight=2),
    _Choice(Kind.COLLECTOR_ENDED, (0.1, 1.5)),
    _Choice(Kind.ALL_KILLED, (0.1, 1.0)),
    _Choice(Kind.BROKER_KILLED, (0.1, 1.5), weight=2),
    _Choice(Kind.BROKER_ENDED, (0.1, 1.0)),
    _Choice(Kind.BROKER_FORGOT, (0.1, 1.5), weight=2),
    _Choice(Kind.BROKER_RESET, (0.0, 0.0)),
    _Choice(Kind.BROKER_AWAY),
    _Choice(Kind.BROKER_SILENT),
    _Choice(Kind.BROKER_CUT, amount=_cut),
    _Choice(Kind.BROKER_SLOW, amount=_delay),
    _Choice(Kind.DISK_FULL, (1.5, 4.0), weight=2.5),
    _Choice(Kind.LOCKED, (0.5, 7.0), weight=1.5),
    _Choice(Kind.POSTGRESQL_CRASHED, (0.1, 1.5), weight=3),
    _Choice(Kind.POSTGRESQL_KILLED, (0.1, 1.5), weight=1.5),
    _Choice(Kind.POSTGRESQL_ENDED, (0.1, 1.5)),
    _Choice(Kind.TERMINATED, weight=2),
    _Choice(Kind.TIMED_OUT, weight=1.5),
    _Choice(Kind.DATABASE_RESET, (0.0, 0.0), weight=1.5),
    _Choice(Kind.DATABASE_AWAY),
    _Choice(Kind.DATABASE_SILENT),
    _Choice(Kind.DATABASE_CUT, amount=_cut, weight=1.5),
    _Choice(Kind.DATABASE_SLOW, amount=_delay),
    _Choice(Kind.ERASURE, (0.3, 2.5), weight=1.5),
    _Choice(Kind.POISON, (0.0, 0.0), weight=2),
    _Choice(Kind.REPEATED, (0.0, 0.0), weight=2),
)


def draw(seed: int) -> Plan:
    """Draw the scenario of a number; the same one on every machine, whatever it allows.

    Faults overlap as they come, but none with one of the same kind: to end the first would end both. Each kind comes
    once, kills of a collector up to three times.
    """
    chance = random.Random(seed)  # noqa: S311  drawn anew by its number
    sqlite = chance.random() < _SQLITE_SHARE
    collectors = 1 if sqlite else chance.randint(1, _MOST_COLLECTORS)
    choices = [choice for choice in _CHOICES if not (sqlite and choice.kind in _POSTGRESQL_ONLY)]
    wanted = chance.randint(*FAULTS)
    faults: list[Fault] = []
    while len(faults) < wanted:
        (choice,) = chance.choices(choices, [choice.weight for choice in choices])
        fault = Fault(
            choice.kind,
            begins_s=round(chance.uniform(0.1, BEGIN_WITHIN_S), 2),
            lasts_s=round(chance.uniform(*choice.lasts_s), 2),
            member=chance.randrange(collectors),
            amount=choice.amount(chance),
        )
        alike = sum(other.kind is fault.kind for other in faults)
        if alike < (_KILLS_OF_ONE if fault.kind is Kind.COLLECTOR_KILLED else 1):
            faults.append(fault)
    real = seed % _REAL_EVERY == _REAL_EVERY - 1
    for _ in range(_KILLS_OF_DEVICE if real else 0):
        begins_s, lasts_s = chance.uniform(0.1, BEGIN_WITHIN_S), chance.uniform(0.1, 1.0)
        faults.append(Fault(Kind.DEVICE_KILLED, round(begins_s, 2), round(lasts_s, 2)))
    by_time = tuple(sorted(faults, key=lambda fault: fault.begins_s))
    return Plan(seed, collectors, sqlite, real, by_time)
