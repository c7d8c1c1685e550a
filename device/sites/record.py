"""The record of a visit: what was said of it before, what is said now, and what the store holds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from contract import GRADES, Capture, Rating, Scale, SiteKey, SkippedSite, Visit, new_message_id
from device import SOFTWARE_VERSION, clock
from device.sites.protocol import counts


class RatingRefused(ValueError):
    """What was given is no rating; the message names the scales or the scale's grades."""


@dataclass(frozen=True)
class Said:
    """What a person adds to a visit's record, beside pictures."""

    ratings: tuple[Rating, ...] = ()
    skipped: tuple[SkippedSite, ...] = ()
    treatment_arm: str | None = None


@dataclass(frozen=True)
class Appointment:
    """Whose visit it is, where, and what it is to have."""

    clinic_id: str
    device_id: str
    patient_code: str
    visit_number: int
    protocol: tuple[SiteKey, ...]


def rating_from(text: str, rater: str) -> Rating:
    """Read a rating as it is typed, ``norwood-hamilton=IIIv``; capitals and small letters are not told apart.

    Parameters
    ----------
    text
        A scale's name and a grade.
    rater
        The code of the person whose opinion it is.

    Raises
    ------
    RatingRefused
        If there is no such scale or grade.
    """
    name, _, typed = text.partition("=")
    if name not in set(Scale):
        raise RatingRefused(f"a rating is SCALE=GRADE, the scale one of {', '.join(Scale)}.")
    scale = Scale(name)
    grade = next((grade for grade in GRADES[scale] if grade.casefold() == typed.casefold()), None)
    if grade is None:
        raise RatingRefused(f"a grade on the {scale} scale is one of {', '.join(GRADES[scale])}.")
    return Rating(scale=scale, grade=grade, rater=rater)


def compose_visit(
    sequence: int,
    appointment: Appointment,
    captures: Sequence[Capture],
    said: Said,
    earlier: Visit | None,
    *,
    rejected: Collection[UUID] = (),
) -> Visit:
    """Return the message of a visit as it stands now.

    Parameters
    ----------
    sequence
        Of the message.
    appointment
        Whose visit, and what it is to have.
    captures
        All that the instrument holds of the visit.
    said
        What is added now; a rater's later grade on a scale takes the place of the earlier.
    earlier
        The visit's last message, or None for the first; its date and what it said stay. A site that was left out and
        is taken after all is no longer left out.
    rejected
        Captures that a person rejected: they do not count.
    """
    taken = {capture.site: None for capture in captures if counts(capture) and capture.message_id not in rejected}
    ratings, skipped = {}, {}
    for rating in (*(earlier.ratings if earlier else ()), *said.ratings):
        ratings[rating.scale, rating.rater] = rating
    for skip in (*(earlier.skipped if earlier else ()), *said.skipped):
        if skip.site in appointment.protocol and skip.site not in taken:
            skipped[skip.site] = skip
    return Visit(
        message_id=new_message_id(),
        clinic_id=appointment.clinic_id,
        device_id=appointment.device_id,
        boot_id=clock.boot_id(),
        sequence=sequence,
        created_at=clock.now(),
        clock_trusted=clock.is_trusted(),
        patient_code=appointment.patient_code,
        visit_number=appointment.visit_number,
        visit_date=earlier.visit_date if earlier else clock.date_here(),
        software_version=SOFTWARE_VERSION,
        protocol=appointment.protocol,
        taken=tuple(taken),
        skipped=tuple(skipped.values()),
        ratings=tuple(ratings.values()),
        treatment_arm=said.treatment_arm or (earlier.treatment_arm if earlier else None),
    )


def says_more(record: Visit, earlier: Visit | None) -> bool:
    """Say whether a visit's record is worth sending: it says something, and not just what was said before."""
    if earlier is None:
        return bool(record.taken or record.skipped or record.ratings or record.treatment_arm)
    return _content(record) != _content(earlier)


def _content(visit: Visit) -> tuple[object, ...]:
    return visit.visit_date, visit.protocol, visit.taken, visit.skipped, visit.ratings, visit.treatment_arm
