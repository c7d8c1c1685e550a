"""The few settings that a technician may change at the page, with their limits, and the file they stand in."""

from device.settings_edit.file import (
    BEFORE,
    BROKEN,
    GOOD,
    SettingsUnwritable,
    beside,
    change,
    keep_good,
    put_back_good,
)
from device.settings_edit.offered import OFFERED, Kind, Offered, Value, offered

__all__ = [
    "BEFORE",
    "BROKEN",
    "GOOD",
    "OFFERED",
    "Kind",
    "Offered",
    "SettingsUnwritable",
    "Value",
    "beside",
    "change",
    "keep_good",
    "offered",
    "put_back_good",
]
