"""A clinic's CSV file of whom its chairs expect, read strictly: codes and visit numbers, and nothing else.

What a line holds is never repeated in an error: it may be what must not enter the system.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from contract import ClinicId, DayList, DeviceId, Expected
from contract.day_list import MAX_EXPECTED

COLUMNS = ("day", "at", "device", "patient_code", "visit_number")
"""What the header names, in any order, in capital letters or small ones, and no more."""

_MAX_BYTES = 1_000_000
_FURTHEST_AHEAD = timedelta(days=366)
_DEVICE: TypeAdapter[str] = TypeAdapter(DeviceId)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_HEADER = f"The first line must name the columns {', '.join(COLUMNS)}, and no others."
_PATIENT = "patient_code is no patient code: capital letters, a hyphen and digits, such as P-0042"

_List = tuple[str, date]
"""A device and a day."""


class FileRefused(Exception):
    """A file of expected patients is not taken; the message says where, why and what to do."""


def read_expected(path: Path, clinic_id: ClinicId, now: datetime) -> list[DayList]:
    """Read a file: a list for each device and day that it names, by device and day.

    A line with day and device alone says that nobody is expected. Days that are over are passed over.

    Parameters
    ----------
    path
        UTF-8, with commas or semicolons.
    clinic_id
        Whose it is.
    now
        By this machine's zone; when the lists are made.

    Raises
    ------
    FileRefused
        If anything in the file is not as it must be; nothing of it holds then.
    OSError
        If it cannot be read.
    """
    expected: dict[_List, list[Expected]] = defaultdict(list)
    empty: dict[_List, int] = {}
    seen: set[tuple[str, date, str, int]] = set()
    for number, cells in _lines(path):
        of = _whose(number, cells, now.date())
        one = _appointment(number, cells)
        if one is None:
            empty[of] = number
            expected.setdefault(of, [])
            continue
        if (named := (*of, one.patient_code, one.visit_number)) in seen:
            raise FileRefused(f"Line {number}: this patient's visit is on the list already. Take one of them out.")
        seen.add(named)
        expected[of].append(one)
        if len(expected[of]) > MAX_EXPECTED:
            raise FileRefused(f"Line {number}: a chair's day has {MAX_EXPECTED} visits at most.")
    for of, number in empty.items():
        if expected[of]:
            raise FileRefused(f"Line {number}: it says that nobody is expected, and other lines name somebody.")
    return [
        DayList(clinic_id=clinic_id, device_id=device, made_at=now, day=day, expected=tuple(people))
        for (device, day), people in sorted(expected.items())
        if day >= now.date()
    ]


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise FileRefused(f"The file has more than {_MAX_BYTES} bytes. Give one week at a time.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused("The file is no UTF-8 text. Save it as CSV in UTF-8.") from None
    first = text.partition("\n")[0]
    rows = csv.reader(text.splitlines(), strict=True, delimiter=";" if ";" in first and "," not in first else ",")
    try:
        header = _header(next(rows, []))
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise FileRefused(
                    f"Line {rows.line_num}: it has {len(cells)} fields, and the header names {len(header)}."
                )
            yield rows.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    except csv.Error as error:
        raise FileRefused(f"Line {rows.line_num}: it is no line of a CSV file ({error}).") from None


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    unknown = [place for place, name in enumerate(names, start=1) if name not in COLUMNS]
    # Where most of the line is unknown it is no header, and its words are somebody's.
    if unknown and 2 * len(unknown) < len(names):
        raise FileRefused(
            f"Column {unknown[0]} of the first line is not taken: a list holds patient codes and visit numbers, and"
            f" nothing by which somebody is known or described. Take the column out. {_HEADER}"
        )
    if sorted(names) != sorted(COLUMNS):
        raise FileRefused(_HEADER)
    return names


def _whose(number: int, cells: dict[str, str], today: date) -> _List:
    try:
        day = _day(cells["day"])
    except ValueError:
        raise FileRefused(f"Line {number}: day is no date: write it like 2026-03-04.") from None
    if day > today + _FURTHEST_AHEAD:
        raise FileRefused(f"Line {number}: the day is more than a year ahead. Check it.")
    try:
        return _DEVICE.validate_python(cells["device"]), day
    except ValidationError:
        raise FileRefused(
            f"Line {number}: device is no device id: lower-case letters, digits and hyphens, 32 at most."
        ) from None


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError("no date")
    return date.fromisoformat(text)


def _appointment(number: int, cells: dict[str, str]) -> Expected | None:
    at, code, visit = cells["at"], cells["patient_code"], cells["visit_number"]
    if not (at or code or visit):
        return None
    if at and not _TIME.fullmatch(at):
        raise FileRefused(f"Line {number}: at is no time of day: write it like 08:30, or leave it empty.")
    if not _NUMBER.fullmatch(visit):
        raise FileRefused(f"Line {number}: visit_number is no number from 1 to 9999.")
    try:
        return Expected(patient_code=code, visit_number=int(visit), at=time.fromisoformat(at) if at else None)
    except ValidationError:
        raise FileRefused(f"Line {number}: {_PATIENT}.") from None
