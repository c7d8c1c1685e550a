"""One-time codes by which an instrument is enrolled: a file each, at most one for an instrument.

When a code ends is said in UTC and judged by this machine's clock alone: command, service and restarts in between have
no other clock in common. A clock that was set back behind a code's making lets it in no longer.
"""

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from collector.identity.folder_lock import locked
from contract import DeviceId, Sha256
from contract.enrolment import code_letters, new_code
from groundwork.durable_file import sync_folder, write_durably

_log = logging.getLogger(__name__)

_SET_BACK = timedelta(minutes=1)  # what a clock is corrected by without anybody's doing


class CodeUnusable(Exception):
    """A code's file is damaged; the message names it."""


class EnrolmentCode(BaseModel):
    """A code, and what was given for it: the certificate for one signing request, and no other."""

    model_config = ConfigDict(frozen=True)

    device_id: DeviceId
    letters: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    signing_request_sha256: Sha256 | None = None
    certificate: str | None = None

    def holds(self, now: datetime) -> bool:
        """Return whether it may be used at this time."""
        return self.made_at - _SET_BACK <= now < self.expires_at


class EnrolmentCodes:
    """The folder of codes.

    Parameters
    ----------
    folder
        Where they are; made for the first one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def give(self, device_id: str, valid_for: timedelta, now: datetime) -> tuple[str, bool]:
        """Make a code for an instrument; return it, and whether it took the place of one that still held.

        Raises
        ------
        OSError
            If it cannot be kept.
        """
        code = new_code()
        kept = EnrolmentCode(device_id=device_id, letters=code_letters(code), made_at=now, expires_at=now + valid_for)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _hand_to(self._folder, self._folder.parent)
        with locked(self._folder):
            replaced = any(one.device_id == device_id for one in self._all() if one.holds(now))
            self._write(kept)
        return code, replaced

    def find(self, device_id: str) -> EnrolmentCode | None:
        """Return an instrument's code, whether it holds or not; ``None`` if there is none.

        Raises
        ------
        CodeUnusable
            If its file is damaged.
        OSError
            If its file cannot be read.
        """
        return self._read(self._path(device_id))

    def use(self, code: EnrolmentCode, signing_request_sha256: str, certificate: str) -> bool:
        """Keep what was given for a code; return whether it was still there, unused, to be used.

        Raises
        ------
        CodeUnusable
            If its file is damaged.
        OSError
            If it cannot be kept.
        """
        with locked(self._folder):
            if self.find(code.device_id) != code:
                return False
            given = {"signing_request_sha256": signing_request_sha256, "certificate": certificate}
            self._write(code.model_copy(update=given))
            return True

    def withdraw(self, device_id: str) -> bool:
        """Remove an instrument's code; return whether there was one.

        Raises
        ------
        OSError
            If it cannot be removed.
        """
        if not self._path(device_id).exists():
            return False
        with locked(self._folder):
            self._path(device_id).unlink(missing_ok=True)
            sync_folder(self._folder)
        return True

    def open(self, now: datetime) -> list[EnrolmentCode]:
        """Return the codes that hold, and remove those whose time is over.

        Raises
        ------
        OSError
            If the folder cannot be read or written.
        """
        if not self._folder.is_dir():
            return []
        with locked(self._folder):
            for ended in [one for one in self._all() if one.expires_at <= now]:
                self._path(ended.device_id).unlink(missing_ok=True)
            return [one for one in self._all() if one.holds(now)]

    def _all(self) -> list[EnrolmentCode]:
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                code = self._read(path)
            except CodeUnusable as damaged:
                _log.warning("%s", damaged)
                continue
            if code is not None:
                found.append(code)
        return found

    def _read(self, path: Path) -> EnrolmentCode | None:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            code = EnrolmentCode.model_validate_json(content)
        except ValidationError:  # its text would show the code
            code = None
        if code is None or code.device_id != path.stem:
            raise CodeUnusable(f"{path} is damaged. Withdraw the code, and give a new one.") from None
        return code

    def _write(self, code: EnrolmentCode) -> None:
        path = self._path(code.device_id)
        write_durably(path, code.model_dump_json().encode(), mode=0o600)
        _hand_to(path, self._folder)

    def _path(self, device_id: str) -> Path:
        return self._folder / f"{device_id}.json"


def now() -> datetime:
    """Return the time by which codes are judged."""
    return datetime.now(UTC)


def _hand_to(path: Path, like: Path) -> None:
    # An administrator's command may write it; the service must read it.
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
