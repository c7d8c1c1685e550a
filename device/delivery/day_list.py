"""The clinic's list of whom this chair expects today, kept where the page looks for it.

It holds codes and visit numbers, nobody's name, and is nobody else's to read all the same.
"""

import datetime
import logging
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
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        _log.warning("The list of today's patients cannot be read (%s); the clinic sends it again.", type(error))
        return ()
    return tuple(sorted(kept.expected, key=_by_time)) if kept.day == today else ()


def _by_time(one: Expected) -> tuple[bool, datetime.time]:
    # a zone, which a later release might give, would not compare with none
    return one.at is None, (one.at or datetime.time.min).replace(tzinfo=None)
