"""A CSV file of a study's patients and their arms, read strictly: every fault is named with its line.

What a line holds is never repeated in a fault: it may be what must not enter the system, or tell an arm to somebody who
must not know it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from collector.studies.plan import StudyPlan
from contract.names import PATIENT_CODE

COLUMNS = ("patient_code", "arm")
"""What the header names, in either order, and no more."""

MAX_BYTES = 100_000
MOST_PATIENTS = 2000
_MOST_FAULTS = 100
_PATIENT = re.compile(PATIENT_CODE)
_HEADER = f"The first line must name the columns {' and '.join(COLUMNS)}, and no others."


class AllocationRefused(ValueError):
    """Nothing of a list of patients is taken.

    Parameters
    ----------
    faults
        Each in a sentence with its line, and how to mend it.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Allocated:
    """A patient and the code of their arm."""

    patient_code: str
    arm: str


def read_file(path: Path, plan: StudyPlan) -> list[Allocated]:
    """Read a file of patients and arms (:func:`read`).

    Raises
    ------
    AllocationRefused
        If anything in it is not as it must be.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise AllocationRefused([_TOO_LONG])
    try:
        return read(content.decode("utf-8-sig"), plan)
    except UnicodeDecodeError:
        raise AllocationRefused(["The file is no UTF-8 text. Save it as CSV in UTF-8."]) from None


def read(text: str, plan: StudyPlan) -> list[Allocated]:
    """Read patients and arms.

    Parameters
    ----------
    text
        CSV with commas or semicolons.
    plan
        Whose arms may be named.

    Returns
    -------
    list of Allocated
        In the order of their codes: that of the file may say who is in which arm.

    Raises
    ------
    AllocationRefused
        If anything is not as it must be; nothing holds then.
    """
    if len(text.encode()) > MAX_BYTES:
        raise AllocationRefused([_TOO_LONG])
    first, _, _ = text.removeprefix("\ufeff").partition("\n")
    rows = csv.reader(
        text.removeprefix("\ufeff").splitlines(),
        strict=True,
        delimiter=";" if ";" in first and "," not in first else ",",
    )
    try:
        header = [cell.strip().lower() for cell in next(rows, [])]
        if sorted(header) != sorted(COLUMNS):
            raise AllocationRefused([_HEADER])
        lines = [(rows.line_num, cells) for cells in rows]
    except csv.Error:
        raise AllocationRefused([f"Line {rows.line_num}: it is no line of a CSV file. Check its quotes."]) from None
    found, faults = _rows(lines, header, {arm.code for arm in plan.arms})
    if not found and not faults:
        faults.append("The list names nobody. Give one line a patient under the header.")
    if len(found) > MOST_PATIENTS:
        faults.append(f"The list names more than {MOST_PATIENTS} patients, which is the most of a study.")
    if faults:
        if len(faults) > _MOST_FAULTS:
            faults[_MOST_FAULTS:] = [f"And {len(faults) - _MOST_FAULTS} faults more."]
        raise AllocationRefused(faults)
    return [Allocated(code, found[code]) for code in sorted(found)]


_TOO_LONG = f"The list has more than {MAX_BYTES} bytes. Take out what is no patient code and no arm."


def _rows(
    lines: Sequence[tuple[int, list[str]]], header: Sequence[str], arms: set[str]
) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    faults: list[str] = []
    for number, cells in lines:
        line = f"Line {number}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            faults.append(f"{line}: it has {len(cells)} fields, and the header names {len(header)}.")
            continue
        given = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        code, arm = given["patient_code"], given["arm"]
        if not _PATIENT.fullmatch(code):
            faults.append(
                f"{line}: patient_code is no patient code: capital letters, a hyphen and digits, such as P-0042."
            )
        elif code in found:
            faults.append(f"{line}: this patient is on the list already. Take one of the lines out.")
        elif arm not in arms:
            faults.append(f"{line}: arm is none of the plan's arms: {', '.join(sorted(arms))}.")
        else:
            found[code] = arm
    return found, faults
