"""What an element of DICOM may hold (PS3.5, 6.2): text without what ends a value, times with their zone."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

MAX_LONG_STRING = 64
MAX_SHORT_STRING = 16

_EARLIEST_OFFSET, _LATEST_OFFSET = timedelta(hours=-12), timedelta(hours=14)
"""What Timezone Offset From UTC (0008,0201) may be (PS3.3, C.12.1.1.8)."""


def long_string(text: str) -> str:
    """Return a text as a value of LO: one line, no backslash (it would begin another value), at most 64 characters."""
    return _one_line(text).replace("\\", "/")[:MAX_LONG_STRING].strip()


def short_string(text: str) -> str:
    """Return a text as a value of SH: as `long_string`, at most 16 characters."""
    return long_string(text)[:MAX_SHORT_STRING].strip()


def free_text(text: str) -> str:
    """Return a text as a value of LT, ST or UT: one line, of any length."""
    return _one_line(text).strip()


def person(code: str) -> str:
    """Return a code that stands for a person as a value of PN: all of it the family name, nothing given."""
    return f"{code}^"


def _one_line(text: str) -> str:
    # control characters, and with them all by which a value, a character set or a message could end
    return "".join(" " if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") else one for one in text)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as DICOM writes it: DA, TM and DT in the zone of ``offset`` (``+0100``)."""

    date: str
    time: str
    offset: str

    @property
    def date_time(self) -> str:
        """Date, time and offset in one value (DT)."""
        return f"{self.date}{self.time}{self.offset}"


YEARS = range(1000, 3000)
"""What readers take for a year."""


class NotATime(Exception):
    """A time is none that DICOM's readers take; the message says why and what to do."""


def moment(at: datetime, zone: tzinfo) -> Moment:
    """Return a time in a zone; in UTC where DICOM cannot say the zone's offset (it knows whole minutes, -12 to 14 h).

    Parameters
    ----------
    at
        With its own zone.
    zone
        The clinic's.

    Raises
    ------
    NotATime
        If its year is none of `YEARS`, or the first or last.
    """
    if not is_a_time(at):
        raise NotATime(
            f"The instrument's clock was wrong: it said the year {at.year}, which DICOM's readers do not take. Export"
            " this capture as a table or as FHIR."
        )
    there = at.astimezone(zone)
    offset = there.utcoffset() or timedelta()
    if offset % timedelta(minutes=1) or not _EARLIEST_OFFSET <= offset <= _LATEST_OFFSET:
        there, offset = at.astimezone(UTC), timedelta()
    minutes = round(offset / timedelta(minutes=1))
    return Moment(
        date=f"{there.year:04d}{there.month:02d}{there.day:02d}",
        time=f"{there.hour:02d}{there.minute:02d}{there.second:02d}.{there.microsecond:06d}",
        offset=f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}",
    )


def is_a_time(at: datetime) -> bool:
    """Tell whether DICOM's readers take it; the first and last of `YEARS` are left to the zones."""
    return YEARS[0] < at.year < YEARS[-1]
