"""What is kept, and its way to the clinic: disk, outbox, delivery service, certificate."""

from __future__ import annotations

from datetime import datetime, timedelta

from device.delivery.standing import Standing
from device.health.check import Check, State
from device.outbox import Counts, Room

FEW_CAPTURES = 60
"""About those of a busy day, as :mod:`device.outbox.words` has it."""

LONG = timedelta(days=1)
"""A message that waits for longer has missed a whole day of the clinic's network."""

EXPIRES_WITHIN = timedelta(days=30)
"""The certificate is renewed long before (:mod:`device.identity.renewal`): one that is this near its end was not."""

_MB = 1_000_000


def disk(left: Room, keep_free_mb: int) -> Check:
    """Say how much room there is.

    Parameters
    ----------
    left
        Of the state folder's disk.
    keep_free_mb
        Megabytes that stay free.
    """
    value = f"{left.free_bytes // _MB} MB"
    if not left.captures:
        return Check(
            "disk",
            State.FAIL,
            f"The disk takes no capture more: {keep_free_mb} MB stay free.",
            "Bring the instrument to where it reaches the clinic; free space on its disk, or give it a larger one.",
            value=value,
        )
    if left.captures < FEW_CAPTURES:
        sentence = f"The disk takes about {left.captures} captures more."
        return Check("disk", State.WARN, sentence, "Free space before the next busy day.", value=value)
    return Check("disk", State.OK, f"The disk takes about {left.captures} captures more.", value=value)


def outbox(counts: Counts, oldest: datetime | None, now: datetime) -> Check:
    """Say what waits for the clinic, and what it refused.

    Parameters
    ----------
    counts
        Of the outbox.
    oldest
        When the oldest that waits was made; None where nothing waits.
    now
        The time.
    """
    refused = counts.refused_captures + counts.refused_others
    waiting = counts.waiting_captures + counts.waiting_others
    value = f"{waiting}" if waiting else None
    if refused:
        sentence = f"The clinic refused {refused} of what was sent."
        cure = "Look at its reasons, then send it again or withdraw it."
        return Check("outbox", State.WARN, sentence, cure, "/health#refusals", value)
    if not waiting and not counts.waiting_pictures:
        return Check("outbox", State.OK, "The clinic has everything.", value=value)
    sentence = f"{waiting} messages and {counts.waiting_pictures} pictures wait for the clinic."
    if oldest is not None and now - oldest > LONG:
        days = (now - oldest) / timedelta(days=1)
        sentence += f" The oldest waits for {days:.1f} days."
        cure = "Nothing is lost. Bring the instrument to where it reaches the clinic."
        return Check("outbox", State.WARN, sentence, cure, value=value)
    return Check("outbox", State.OK, sentence, value=value)


def broker(standing: Standing | None) -> Check:
    """Say whether the instrument reaches the clinic.

    Parameters
    ----------
    standing
        Of the delivery; None where it does not run.
    """
    if standing is None:
        return Check(
            "broker",
            State.WARN,
            "The delivery service does not run: captures stay on the instrument.",
            "Restart the instrument; if that does not help, have 'trichoscope run' looked at.",
            "/log",
        )
    if standing.connected:
        return Check("broker", State.OK, "The clinic is reached.")
    why = "" if standing.reason is None else f": {standing.reason.rstrip('.')}"
    cure = "Nothing is lost, and it is tried again by itself. Look at the network's cable or Wi-Fi."
    return Check("broker", State.WARN, f"The clinic is not reached{why}.", cure, "/log")


def certificate(expires: datetime | None, now: datetime) -> Check:
    """Say how long the instrument's certificate holds.

    Parameters
    ----------
    expires
        Its last moment; None where it cannot be read.
    now
        The time.
    """
    if expires is None:
        sentence = "The instrument's certificate cannot be read: nothing reaches the clinic."
        return Check("certificate", State.FAIL, sentence, "Enrol the instrument anew with 'trichoscope enrol'.")
    value = f"{expires:%Y-%m-%d}"
    if expires <= now:
        sentence = "The instrument's certificate has expired: nothing reaches the clinic."
        cure = "Enrol the instrument anew with 'trichoscope enrol'."
        return Check("certificate", State.FAIL, sentence, cure, value=value)
    if expires - now <= EXPIRES_WITHIN:
        sentence = "The instrument's certificate ends soon and was not renewed."
        cure = "Let the instrument reach the clinic, which renews it by itself; else enrol it anew."
        return Check("certificate", State.WARN, sentence, cure, value=value)
    return Check("certificate", State.OK, "The instrument's certificate holds.", value=value)
