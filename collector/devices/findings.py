"""What of a device needs a look: its words, its silence, its certificate, the gate's refusals, alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from collector.devices import limits
from collector.devices.states import CertificateStanding, Finding, Gate, State
from collector.store.stored import DeviceSummary
from contract import Health


@dataclass(frozen=True)
class Seen:
    """A device's newest words, and what the clinic knows beside them.

    Parameters
    ----------
    device
        Its words.
    gate
        Of its newest captures.
    last_alarm_at
        When the newest alarm of it came; None without any.
    certificate
        By the clinic's records; None where they are not on this machine or have none of it.
    newest_release
        That any of the clinic's instruments runs; None where none said its own.
    """

    device: DeviceSummary
    gate: Gate
    last_alarm_at: datetime | None = None
    certificate: CertificateStanding | None = None
    newest_release: str | None = None

    @property
    def revoked(self) -> bool:
        """Whether the clinic took its certificates back."""
        return self.certificate is not None and self.certificate.revoked


def findings(seen: Seen, now: datetime) -> tuple[Finding, ...]:
    """Return all that needs a look, the worst first; nothing where all is well."""
    found = [*_alarm(seen, now), *_presence(seen, now)]
    if not seen.revoked:  # what it once said of itself is nobody's task any more
        health = seen.device.health
        found += [*_certificate(seen, now), *_gate(seen.gate), *_release(seen)]
        found += [] if health is None else [*_instrument(health), *_outbox(health, now)]
    return tuple(sorted(found, key=lambda finding: -finding.state))


def state_of(found: tuple[Finding, ...]) -> State:
    """Return how a device stands by its findings."""
    return max((finding.state for finding in found), default=State.OK)


def is_silent(device: DeviceSummary, now: datetime) -> bool:
    """Say whether a device that is said to be online has not spoken for too long."""
    return device.online and now - device.seen_at > limits.SILENT_AFTER


def _alarm(seen: Seen, now: datetime) -> Iterator[Finding]:
    if seen.last_alarm_at is not None and now - seen.last_alarm_at < limits.ALARM_COUNTS_FOR:
        yield Finding(
            State.BAD,
            "Something came under another's name, last {ago} ago.",
            "Read its alarm, look at the instrument, and revoke its certificate if it cannot be explained.",
            {"ago": now - seen.last_alarm_at},
        )


def _presence(seen: Seen, now: datetime) -> Iterator[Finding]:
    device, away = seen.device, now - seen.device.seen_at
    if seen.revoked:
        if device.online and not is_silent(device, now):
            yield Finding(
                State.BAD,
                "Its certificate was taken back, and it is still connected.",
                "Start the broker anew: it reads the list of revoked certificates when it starts.",
            )
    elif is_silent(device, now):
        yield Finding(
            State.LOOK,
            "It is connected and has not been heard of for {ago}.",
            "Look at the instrument's own page. If it answers there, restart the broker.",
            {"ago": away},
        )
    elif not device.online and away > limits.LONG_AWAY:
        yield Finding(
            State.LOOK,
            "It has not been heard of for {ago}.",
            "Switch it on where it reaches the clinic. If it is out of use for good, revoke its certificate.",
            {"ago": away},
        )


def _certificate(seen: Seen, now: datetime) -> Iterator[Finding]:
    health = seen.device.health
    # Its own word first: of what was signed, only the instrument knows which it uses.
    until = health.certificate_expires_at if health is not None else None
    if until is None and seen.certificate is not None:
        until = seen.certificate.until
    if until is None or until - now > limits.CERTIFICATE_SOON:
        return
    if until <= now:
        yield Finding(
            State.BAD,
            "Its certificate ended on {day}: nothing of it reaches the clinic.",
            "Enrol it anew: 'trichoscope-collector enrol' here, then 'trichoscope enrol' there.",
            {"day": until},
        )
        return
    yield Finding(
        State.BAD if until - now <= limits.CERTIFICATE_NOW else State.LOOK,
        "Its certificate ends on {day} and was not renewed.",
        "Let it reach the clinic for an hour: it renews by itself. Else enrol it anew.",
        {"day": until},
    )


def _gate(gate: Gate) -> Iterator[Finding]:
    if gate.captures >= limits.GATE_FEWEST and (gate.share or 0) >= limits.GATE_REFUSED_SHARE:
        yield Finding(
            State.LOOK,
            "The gate refused {refused} of its newest {captures} captures.",
            "Open some of them and read why: focus, light and the lens's front are the usual reasons.",
            {"refused": gate.refused, "captures": gate.captures},
        )


def _release(seen: Seen) -> Iterator[Finding]:
    status = seen.device.status
    if status is None or seen.newest_release is None or status.software_version == seen.newest_release:
        return
    yield Finding(
        State.LOOK,
        "It runs release {own}; another instrument here runs {newest}.",
        "Bring all to one release: figures of different releases may differ.",
        {"own": status.software_version, "newest": seen.newest_release},
    )


def _instrument(health: Health) -> Iterator[Finding]:
    if health.camera_trouble:
        yield Finding(
            State.BAD,
            "Its camera cannot take pictures.",
            "Do at the chair what the instrument says.",
            own_words=health.camera_trouble,
        )
    if health.calibration_due:
        yield Finding(
            State.LOOK,
            "Its calibration is due.",
            "Do at the chair what the instrument says, before the next patient.",
            own_words=health.calibration_due,
        )
    if not health.clock_trusted:
        yield Finding(
            State.LOOK,
            "Its clock is not synchronised: the times of its captures may be wrong.",
            "Let it reach a time server; captures keep their order meanwhile.",
        )
    if health.room_captures == 0:
        yield Finding(
            State.BAD,
            "Its disk takes no capture more.",
            "Let it reach the clinic, then free space on its disk. Nothing is deleted by itself.",
        )
    elif health.room_captures is not None and health.room_captures < limits.FEW_CAPTURES:
        yield Finding(
            State.LOOK,
            "Its disk takes about {captures} captures more.",
            "Free space on it before the next busy day.",
            {"captures": health.room_captures},
        )


def _outbox(health: Health, now: datetime) -> Iterator[Finding]:
    refused = health.refused_captures + (health.refused_others or 0)
    if refused:
        yield Finding(
            State.LOOK,
            "It holds {count} messages that the clinic refused.",
            "Read their reasons in the quarantine. At the instrument send them again, or withdraw them.",
            {"count": refused},
        )
    oldest = health.oldest_waiting_at
    if oldest is not None and now - oldest > limits.WAITING_LONG:
        yield Finding(
            State.LOOK,
            "Its oldest message has waited for {ago}.",
            "Nothing is lost. 'trichoscope outbox' at the instrument says what holds it up.",
            {"ago": now - oldest},
        )
