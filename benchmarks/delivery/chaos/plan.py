"""What goes wrong in a scenario, and when: drawn from its number alone, so that any can be run again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FAULTS = (4, 10)
"""Fewest and most faults of a scenario."""
BEGIN_WITHIN_S = 4.0
"""Faults begin within this time after all programs stand; the chair keeps captures throughout."""
_KILLS_OF_ONE = 3
_YEAR_DAYS = 365


class Side(StrEnum):
    """The programs of a scenario."""

    DEVICE = "device"
    COLLECTOR = "collector"
    BROKER = "broker"
    CHAIR = "chair"


class Right(StrEnum):
    """What a machine must allow for some faults to be made."""

    NONE = "nothing"
    SANDBOX = "namespaces and mounts"
    FAKETIME = "libfaketime"


class DiskKind(StrEnum):
    """What a state folder lies on."""

    EXT4 = "ext4"
    TMPFS = "tmpfs"


class Kind(StrEnum):
    """The kinds of fault."""

    KILLED = "killed with SIGKILL"
    ENDED = "ended in good order and started again"
    FORGOT = "killed, and its persistence file lost"
    HALTED = "halted with SIGSTOP"
    LINK_DOWN = "network link down"
    LOW_RATE = "network at a low rate (tbf, kbit/s)"
    LOSS = "packets lost (nft, %)"
    DELAY = "connections delayed (ms)"
    TRICKLE = "connections slowed (kB/s)"
    RESET = "connections reset"
    CUT_AFTER = "connections reset in mid-transfer (after kB)"
    BLACKHOLE = "connections stand and carry nothing"
    REFUSED = "connections refused"
    DISK_FULL = "disk full"
    READ_ONLY = "file system turns read-only under the programs, and is mounted anew"
    READ_ONLY_AT_START = "file system is read-only as the programs start"
    CLOCK = "clock jumps there and back (days)"
    RECEIPTS = "receipts doubled, stale, in another order, foreign, unreadable"
    TAKE_OVER = "a stranger with the collector's certificate takes its session (kept or not)"
    DUPLICATES = "captures published again, one of them altered, while the device is dead"


RIGHTS: Final[dict[Kind, Right]] = {
    Kind.LINK_DOWN: Right.SANDBOX,
    Kind.LOW_RATE: Right.SANDBOX,
    Kind.LOSS: Right.SANDBOX,
    Kind.DISK_FULL: Right.SANDBOX,
    Kind.READ_ONLY: Right.SANDBOX,
    Kind.READ_ONLY_AT_START: Right.SANDBOX,
    Kind.CLOCK: Right.FAKETIME,
}
"""Of the kinds that need any."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Parameters
    ----------
    kind : Kind
    side : Side or None
        Whom it meets; None for the network between and for messages.
    begins_s, lasts_s : float
        After the start; what comes back does so after `lasts_s`.
    amount : float
        In the unit that the kind names; 0 where it has none.
    """

    kind: Kind
    side: Side | None
    begins_s: float
    lasts_s: float
    amount: float = 0.0

    @property
    def name(self) -> str:
        """What it is counted under."""
        return self.kind.value if self.side is None else f"{self.side}: {self.kind}"

    @property
    def ends_s(self) -> float:
        """When what it spoilt is healed."""
        return self.begins_s + self.lasts_s

    def __str__(self) -> str:
        amount = f" [{self.amount:g}]" if self.amount else ""
        return f"{self.begins_s:5.2f} to {self.ends_s:5.2f} s  {self.name}{amount}"


@dataclass(frozen=True)
class Plan:
    """A whole scenario.

    Parameters
    ----------
    seed : int
        Its number.
    disks : dict of Side to DiskKind
        What the two state folders lie on.
    faults : tuple of Fault
        By their beginning.
    """

    seed: int
    disks: dict[Side, DiskKind]
    faults: tuple[Fault, ...]

    @property
    def ends_s(self) -> float:
        """When the last fault is over; the chair works at least as long as faults may begin."""
        return max(BEGIN_WITHIN_S, *(fault.ends_s for fault in self.faults))

    def __str__(self) -> str:
        disks = ", ".join(f"{side} on {disk}" for side, disk in self.disks.items())
        return "\n".join([f"scenario {self.seed}: {disks}", *(f"  {fault}" for fault in self.faults)])


@dataclass(frozen=True)
class _Choice:
    kind: Kind
    sides: tuple[Side | None, ...] = (None,)
    lasts_s: tuple[float, float] = (0.3, 3.0)
    amount: Callable[[random.Random], float] = lambda _: 0.0
    weight: float = 1.0


_STORING = (Side.DEVICE, Side.COLLECTOR)
_CHOICES = (
    _Choice(Kind.KILLED, tuple(Side), (0.1, 2.0), weight=4.0),
    _Choice(Kind.ENDED, (Side.BROKER, Side.COLLECTOR, Side.DEVICE), (0.1, 2.0)),
    _Choice(Kind.FORGOT, (Side.BROKER,), (0.1, 2.0)),
    _Choice(Kind.HALTED, tuple(Side), weight=2.0),
    _Choice(Kind.LINK_DOWN),
    _Choice(Kind.LOW_RATE, amount=lambda chance: chance.choice((300, 1000, 4000))),
    _Choice(Kind.LOSS, amount=lambda chance: chance.choice((5, 15, 30, 60))),
    _Choice(Kind.DELAY, amount=lambda chance: round(chance.uniform(20, 400))),
    _Choice(Kind.TRICKLE, amount=lambda chance: chance.choice((10, 50, 300))),
    _Choice(Kind.RESET, lasts_s=(0.0, 0.0)),
    _Choice(Kind.CUT_AFTER, amount=lambda chance: chance.choice((1, 8, 30, 200))),
    _Choice(Kind.BLACKHOLE),
    _Choice(Kind.REFUSED),
    _Choice(Kind.DISK_FULL, _STORING, weight=2.0),
    _Choice(Kind.READ_ONLY, _STORING),
    _Choice(Kind.READ_ONLY_AT_START, _STORING),
    # the certificates are good from a day ago for 825 days: both within and beyond
    _Choice(
        Kind.CLOCK,
        (Side.DEVICE, Side.COLLECTOR, Side.CHAIR),
        amount=lambda chance: chance.choice((-9, -2, -1, 1, 2, 3, 9)) * _YEAR_DAYS + chance.randint(-90, 90),
        weight=2.0,
    ),
    _Choice(Kind.RECEIPTS, lasts_s=(0.0, 0.0), weight=2.0),
    _Choice(Kind.TAKE_OVER, lasts_s=(0.3, 1.0), amount=lambda chance: chance.choice((0, 1))),
    _Choice(Kind.DUPLICATES, (Side.DEVICE,), (0.6, 1.5), weight=2.0),
)
_DISK_FAULTS = (Kind.DISK_FULL, Kind.READ_ONLY, Kind.READ_ONLY_AT_START)


def draw(seed: int) -> Plan:
    """Draw the scenario of a number; the same one on every machine, whatever it allows.

    Faults overlap as they come, but none with one of the same name: to end the first would end both. A disk has one
    fault a scenario.
    """
    chance = random.Random(seed)  # noqa: S311  drawn anew by its number
    disks = {side: chance.choice((DiskKind.EXT4, DiskKind.EXT4, DiskKind.TMPFS)) for side in _STORING}
    faults: list[Fault] = []
    wanted = chance.randint(*FAULTS)
    while len(faults) < wanted:
        (choice,) = chance.choices(_CHOICES, [choice.weight for choice in _CHOICES])
        fault = Fault(
            choice.kind,
            chance.choice(choice.sides),
            begins_s=round(chance.uniform(0.1, BEGIN_WITHIN_S), 2),
            lasts_s=round(chance.uniform(*choice.lasts_s), 2),
            amount=choice.amount(chance),
        )
        if _fits(fault, faults, disks):
            faults.append(fault)
    return Plan(seed, disks, tuple(sorted(faults, key=lambda fault: fault.begins_s)))


def _fits(fault: Fault, faults: list[Fault], disks: dict[Side, DiskKind]) -> bool:
    if fault.kind in _DISK_FAULTS and any(other.kind in _DISK_FAULTS and other.side is fault.side for other in faults):
        return False
    if fault.kind is Kind.READ_ONLY and fault.side is not None and disks[fault.side] is not DiskKind.EXT4:
        return False  # only a journalled file system turns read-only by itself
    alike = sum(other.name == fault.name for other in faults)
    return alike < (_KILLS_OF_ONE if fault.kind is Kind.KILLED else 1)
