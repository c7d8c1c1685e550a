"""Where calibration records are kept: one file each, written once, never changed, each naming the one before it.

The files lie in `calibration/records` of the state folder, numbered in the order they were made.  A file that was
changed or taken away afterwards breaks the chain of digests, and is said.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from pydantic import ValidationError

from device.calibration.record import CalibrationRecord, TargetCheck
from groundwork.durable_file import write_durably

_NAME = re.compile(r"^(\d{6})-(record|check)\.json$")


class RecordsDamaged(RuntimeError):
    """A calibration record cannot be read or was changed; the message names it and says what to do."""


class RecordsUnwritable(RuntimeError):
    """A calibration record cannot be kept; the message says why and what to do."""


class Records:
    """The instrument's calibration records and checks, oldest first.

    Parameters
    ----------
    state_folder
        Of the instrument.
    """

    def __init__(self, state_folder: Path) -> None:
        self.folder = state_folder / "calibration" / "records"

    def all(self) -> list[CalibrationRecord | TargetCheck]:
        """Return everything that was recorded.

        Raises
        ------
        RecordsDamaged
            When a file is unreadable, or names another file before it than the one that is there.
        """
        entries: list[CalibrationRecord | TargetCheck] = []
        previous: str | None = None
        for file in self._files():
            try:
                content = file.read_bytes()
                model = CalibrationRecord if file.name.endswith("-record.json") else TargetCheck
                entry = model.model_validate_json(content)
            except (OSError, ValidationError) as error:
                raise RecordsDamaged(
                    f"The calibration record {file} cannot be read ({_why(error)}): put it back from a backup, or move"
                    f" the folder {self.folder} away and calibrate anew."
                ) from error
            if entry.previous_sha256 != previous:
                raise RecordsDamaged(
                    f"The calibration record {file} does not follow on the one before it, so one of the two was changed"
                    f" or removed: put the folder {self.folder} back from a backup, or move it away and calibrate anew."
                )
            previous = hashlib.sha256(content).hexdigest()
            entries.append(entry)
        return entries

    def append(self, entry: CalibrationRecord | TargetCheck) -> None:
        """Keep a record or a check for good.

        Parameters
        ----------
        entry
            Whose `previous_sha256` is `last_sha256`.

        Raises
        ------
        RecordsUnwritable
            When the disk refuses, or another was recorded meanwhile; nothing is kept then.
        """
        if entry.previous_sha256 != self.last_sha256():
            raise RecordsUnwritable(
                "Another calibration was recorded meanwhile. Take the last step again, so that it follows on that one."
            )
        what = "record" if isinstance(entry, CalibrationRecord) else "check"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = len(self._files()) + 1
            write_durably(self.folder / f"{number:06}-{what}.json", entry.model_dump_json().encode(), mode=0o600)
        except OSError as error:
            raise RecordsUnwritable(
                f"The calibration could not be recorded ({error}). Free space on the disk of {self.folder} and end the"
                " calibration again."
            ) from error

    def last_sha256(self) -> str | None:
        """Return the digest that the next entry names; None while there is none."""
        files = self._files()
        return hashlib.sha256(files[-1].read_bytes()).hexdigest() if files else None

    def _files(self) -> list[Path]:
        return sorted(file for file in self.folder.glob("*.json") if _NAME.match(file.name))


def _why(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return str(error.strerror)
    fault = error.errors()[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
