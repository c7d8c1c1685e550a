"""The clinic's answers, kept in the state folder for the length of a visit: a file each, nobody else's to read.

An answer holds a picture made small, and is sealed where pictures are.
"""

import logging
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from contract import BaselineAnswer
from device.store import NotAsSealed, PictureKeyUnusable, Store
from groundwork.durable_file import write_durably

_log = logging.getLogger(__name__)


def about(patient_code: str, visit_number: int, site: str) -> str:
    """Return what an ask or an answer is about; it is also the answer's file name."""
    return f"{patient_code}.{visit_number}.{site}"


def moment(unix_s: float) -> datetime:
    """Return a time as the store and the file system hold it."""
    return datetime.fromtimestamp(unix_s, UTC)


def keep(store: Store, about: str, answer: BaselineAnswer) -> None:
    """Keep an answer.

    Raises
    ------
    device.store.PictureKeyUnusable
        If it is to be sealed, and the key cannot be used.
    OSError
        If the disk refuses.
    """
    folder = _folder(store.folder)
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{about}.json"
    write_durably(path, store.pictures.sealed(path.name, answer.encode()), mode=0o600)


def kept(store: Store, about: str) -> BaselineAnswer | None:
    """Return the answer that is kept, or None; one that cannot be read is forgotten, and asked for again."""
    path = _folder(store.folder) / f"{about}.json"
    try:
        return BaselineAnswer.model_validate_json(store.pictures.unsealed(path.name, path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, NotAsSealed, PictureKeyUnusable) as error:
        _log.warning("A baseline of the clinic's could not be read back and is asked for again: %s", type(error))
        path.unlink(missing_ok=True)
        return None


def forget(state_folder: Path, about: str) -> None:
    """Forget one answer."""
    (_folder(state_folder) / f"{about}.json").unlink(missing_ok=True)


def forget_visit(state_folder: Path, patient_code: str, visit_number: int) -> None:
    """Forget what the clinic answered for a visit, when it ends."""
    for path in _folder(state_folder).glob(f"{patient_code}.{visit_number}.*"):
        path.unlink(missing_ok=True)


def forget_old(state_folder: Path, after: datetime, before: datetime) -> None:
    """Forget answers that were not kept between two moments: too old, or kept before the clock was set."""
    for path in _folder(state_folder).glob("*"):
        if not after < moment(path.stat().st_mtime) < before:
            path.unlink(missing_ok=True)


def _folder(state_folder: Path) -> Path:
    return state_folder / "baselines"
