"""What watchers are told: the difference of two looks at the store, and of it what a person may know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from collector.people.person import Person
from collector.people.roles import Right
from collector.people.sessions import LONGEST
from collector.store.news import Arrival, Standing

MOST_CODES = 200
"""Most patients that are told by name, the newest; of more it is said that something is new."""

OVERLAP = timedelta(seconds=10)
"""A capture's arrival is told before its commit, and by the clock of the collector that took it: what is looked for
reaches back behind the newest that was seen."""


@dataclass(frozen=True)
class News:
    """What is known to be new, each with the time at which it was noticed, in milliseconds.

    Parameters
    ----------
    captures_ms
        Of the newest capture; None where none came since anybody watches.
    patients_ms
        By code, of whom something came.
    changed_ms
        When an instrument came or went, a message was held, or an alarm was raised last.
    online, devices, quarantined, alarms
        How many.
    """

    captures_ms: int | None = None
    patients_ms: Mapping[str, int] = field(default_factory=dict)
    changed_ms: int | None = None
    online: int = 0
    devices: int = 0
    quarantined: int = 0
    alarms: int = 0

    def told_to(self, person: Person) -> dict[str, Any]:
        """Return what a person may know of it: patients' codes and instruments by right."""
        told: dict[str, Any] = {"captures": self.captures_ms}
        if person.may(Right.SEE_PATIENTS):
            told["patients"] = dict(self.patients_ms)
        if person.may(Right.SEE_DEVICES):
            told |= {
                "changed": self.changed_ms,
                "online": self.online,
                "devices": self.devices,
                "quarantine": self.quarantined,
                "alarms": self.alarms,
            }
        return told


class Noticing:
    """Remembers what was seen, and says what is new."""

    def __init__(self) -> None:
        self.news = News()
        self._seen: dict[UUID, datetime] = {}
        self._newest: datetime | None = None
        self._standing: Standing | None = None

    def since(self, now: datetime) -> datetime:
        """Return from when on arrivals are to be looked at; at first, whatever an open page may not know."""
        return now - LONGEST if self._newest is None else self._newest - OVERLAP

    def notice(self, arrivals: Collection[Arrival], standing: Standing, now: datetime) -> News:
        """Take a look in, and return what is known now."""
        now_ms = round(now.timestamp() * 1000)
        first = self._standing is None
        fresh = {
            # The first look finds what nobody was there to notice: it is as new as its arrival.
            one: round(one.received_at.timestamp() * 1000) if first else now_ms
            for one in arrivals
            if one.message_id not in self._seen
        }
        self._remember(arrivals)
        patients = dict(self.news.patients_ms)
        for one, noticed_ms in sorted(fresh.items(), key=lambda item: item[1]):
            patients.pop(one.patient_code, None)  # to the end: the newest stay
            patients[one.patient_code] = noticed_ms
        changed = self._standing is not None and standing != self._standing
        self._standing = standing
        known_ms = self.news.captures_ms
        self.news = News(
            captures_ms=max(fresh.values(), default=known_ms),
            patients_ms=dict(list(patients.items())[-MOST_CODES:]),
            changed_ms=now_ms if changed else self.news.changed_ms,
            online=sum(standing.online.values()),
            devices=len(standing.online),
            quarantined=standing.quarantined,
            alarms=standing.alarms,
        )
        return self.news

    def _remember(self, arrivals: Collection[Arrival]) -> None:
        if not arrivals:
            return
        newest = max(one.received_at for one in arrivals)
        self._newest = newest if self._newest is None else max(newest, self._newest)
        self._seen |= {one.message_id: one.received_at for one in arrivals}
        self._seen = {known: at for known, at in self._seen.items() if at >= self._newest - OVERLAP}
