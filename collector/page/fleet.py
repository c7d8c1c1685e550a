"""All of the clinic's devices as the screens show them: each with its state, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from collector.broker import COLLECTOR_USER
from collector.devices import limits
from collector.devices.certificates import Certificates
from collector.devices.findings import Seen, findings, is_silent, state_of
from collector.devices.releases import Releases, releases
from collector.devices.states import Finding, Gate, State
from collector.identity.certificates import AUTHORITY, SERVER
from collector.page import device_words
from collector.page.language import Language
from collector.page.words import VerdictWords
from collector.store import devices
from collector.store.stored import DeviceSummary
from contract import Verdict

_OURS = frozenset({COLLECTOR_USER, SERVER, AUTHORITY})

_GATE_OF_MOST = 200
"""Devices whose captures are asked for, one question each; a clinic with more chairs sees the others' on their own
screens."""


@dataclass(frozen=True)
class Reason:
    """Why a device needs a look, and what to do, in the reader's language."""

    look: str
    sentence: str
    cure: str


@dataclass(frozen=True)
class Shown:
    """A device as it is shown."""

    seen: Seen
    state: State
    words: VerdictWords
    reasons: tuple[Reason, ...]
    silent: bool
    seen_ago: str
    online_since: datetime | None

    @property
    def device(self) -> DeviceSummary:
        """Its words."""
        return self.seen.device


@dataclass(frozen=True)
class Fleet:
    """All devices, the worst first and the revoked ones last; and what they run."""

    shown: tuple[Shown, ...]
    releases: Releases
    never_heard: tuple[str, ...]
    """Whom the clinic gave a certificate, and who never came."""

    @property
    def needing_a_look(self) -> tuple[Shown, ...]:
        """Those with a reason to."""
        return tuple(one for one in self.shown if one.state is not State.OK)


def fleet(connection: Connection, certificates: Certificates | None, language: Language, now: datetime) -> Fleet:
    """Return all devices."""
    known, alarmed = devices.known(connection), devices.last_alarms(connection)
    signed = {} if certificates is None else certificates.of_devices(now)
    in_use = {one.device_id for one in known if (found := signed.get(one.device_id)) is None or not found.revoked}
    running = releases(
        one.status.software_version for one in known if one.status is not None and one.device_id in in_use
    )
    shown = []
    for place, one in enumerate(known):
        gate = gate_of(connection, one.device_id) if place < _GATE_OF_MOST else Gate(0, 0)
        alarm = alarmed.get(one.device_id)
        shown.append(_shown(Seen(one, gate, alarm, signed.get(one.device_id), running.newest), language, now))
    heard = {one.device_id for one in known}
    never = [name for name, found in signed.items() if name not in heard and not found.revoked and name not in _OURS]
    in_order = sorted(shown, key=lambda one: (one.seen.revoked and one.state is State.OK, -one.state))
    return Fleet(tuple(in_order), running, tuple(sorted(never)))


def gate_of(connection: Connection, device_id: str) -> Gate:
    """Return what the gate said of a device's newest captures."""
    newest = devices.newest_captures(connection, device_id, limits.GATE_CAPTURES)
    return Gate(len(newest), sum(one.verdict == Verdict.REFUSE for one in newest))


def of_device(all_of_them: Fleet, device_id: str) -> Shown | None:
    """Return one of them."""
    return next((one for one in all_of_them.shown if one.device.device_id == device_id), None)


def reasons(found: Sequence[Finding], language: Language) -> tuple[Reason, ...]:
    """Return findings in the reader's language."""
    return tuple(
        Reason(device_words.STATES[one.state].look, device_words.sentence(one, language), language.words(one.cure))
        for one in found
    )


def _shown(seen: Seen, language: Language, now: datetime) -> Shown:
    found = findings(seen, now)
    state, status = state_of(found), seen.device.status
    return Shown(
        seen,
        state,
        device_words.REVOKED if seen.revoked and state is State.OK else device_words.STATES[state],
        reasons(found, language),
        is_silent(seen.device, now),
        device_words.ago(seen.device.seen_at, now, language),
        # A clock that is not trusted says nothing of when.
        status.created_at if status is not None and seen.device.online and status.clock_trusted else None,
    )
