"""The clinic's list of whom this chair expects today, kept where the page looks for it.

It holds codes and visit numbers, nobody's name, and is nobody else's to read all the same.
"""

import datetime
import logging
import os
from pathlib import Path

from pydantic import ValidationError

from contract import DayList, Expected
from groundwork.durable_file import write_durably

_log = logging.getLogger(__name__)

_FILE = "day-list.json"
_MAX_BYTES = 256 * 1024  # four times the longest list: what is longer, somebody else laid there


def keep(folder: Path, payload: bytes) -> None:
    """Keep a list that has come, in the place of the earlier one.

    Parameters
    ----------
    folder
        The instrument's state folder.
    payload
        The list as it travelled.

    Raises
    ------
    OSError
        If the disk refuses; the earlier list then stands.
    """
    write_durably(folder / _FILE, payload, mode=0o600)


def expected_today(folder: Path, today: datetime.date) -> tuple[Expected, ...]:
    """Return whom the clinic expects at this chair today, by time of day; those without one last.

    A list whose day is over is deleted.

    Parameters
    ----------
    folder
        The instrument's state folder.
    today
        The date here.

    Returns
    -------
    tuple of Expected
        Empty where the clinic has sent no list of today, or the file cannot be read: a list is a help, and a visit
        begins without it.
    """
    try:
        with (folder / _FILE).open("rb") as file:
            kept = DayList.model_validate_json(file.read(_MAX_BYTES))
            if kept.day < today:
                _delete(folder / _FILE, os.fstat(file.fileno()))
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        _log.warning("The list of the day cannot be read or deleted (%s); the clinic sends it again.", type(error))
        return ()
    return tuple(sorted(kept.expected, key=_by_time)) if kept.day == today else ()


def _delete(path: Path, read: os.stat_result) -> None:
    """Delete the file that was read, and not one that has come in its place meanwhile."""
    if os.path.samestat(path.stat(), read):
        path.unlink()


def _by_time(one: Expected) -> tuple[bool, datetime.time]:
    # a zone, which a later release might give, would not compare with none
    return one.at is None, (one.at or datetime.time.min).replace(tzinfo=None)
