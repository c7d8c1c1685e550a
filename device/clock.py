"""The one place that makes datetimes: UTC, with a word on whether the clock could be trusted."""

import ctypes
import time
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

_TIME_ERROR = 5  # adjtimex(2): "the system clock is not synchronized to a reliable server"
_TIMEX_BYTES = 256  # room for struct timex (208 bytes on 64-bit Linux); all zero asks and sets nothing


def now() -> datetime:
    """Return the time of the system's clock, in UTC."""
    return datetime.now(UTC)


def date_here() -> date:
    """Return today's date in the time zone that the system is set to: the clinic's calendar."""
    return now().astimezone().date()


def since_boot_ms() -> int:
    """Return milliseconds since this boot, suspended time included: it never steps back, whatever the clock does."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def is_trusted() -> bool:
    """Say whether the kernel holds its clock synchronised, by adjtimex(2).

    A Raspberry Pi has no battery clock: before its first synchronisation it starts at the time of its last shutdown.
    """
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= state < _TIME_ERROR


def boot_id() -> UUID:
    """Return the kernel's random id of this boot: with it, records are ordered where the clock is not to be trusted."""
    return UUID(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
