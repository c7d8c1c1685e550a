"""The board: temperature, power, clock. All read from files, so that a test plants faults as the kernel shows them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from device.health.check import Check, State

SLOWS_FROM_C = 80.0
SLOWS_HARD_FROM_C = 85.0
"""Raspberry Pi's documentation, "Frequency management and thermal control": the processor is slowed step by step from
80 degrees Celsius on, and fully from 85."""

_PROCESSOR = (
    "cpu",
    "soc",
    "pkg",
)  # what the processor's thermal zone is called: cpu-thermal, soc-thermal, x86_pkg_temp

# Bits of the firmware's word (vcgencmd(1), get_throttled): low ones are true now, those 16 higher since the start.
_UNDER_VOLTAGE = 1 << 0
_CAPPED = 1 << 1
_THROTTLED = 1 << 2
_SOFT_LIMIT = 1 << 3
_SINCE_START = 16

_FIRMWARE = ("sys/devices/platform/*firmware/get_throttled", "sys/devices/platform/*/*firmware/get_throttled")
_SUPPLY = "Use the maker's power supply and a short cable"


def temperature(root: Path) -> Check:
    """Look at the processor's temperature.

    Parameters
    ----------
    root
        Of the file system: ``/``.
    """
    degrees_c = max(_temperatures_c(root), default=None)
    if degrees_c is None:
        return Check("temperature", State.UNKNOWN, "This machine does not tell its temperature.")
    value = f"{degrees_c:.0f} \N{DEGREE SIGN}C"
    cure = "Let air reach the instrument, and see whether its fan turns."
    if degrees_c >= SLOWS_HARD_FROM_C:
        sentence = "The processor is too hot and has been slowed down: figures take longer."
        return Check("temperature", State.FAIL, sentence, cure, value=value)
    if degrees_c >= SLOWS_FROM_C:
        return Check("temperature", State.WARN, "The processor is hot and is slowed down.", cure, value=value)
    return Check("temperature", State.OK, "The processor is as warm as it may be.", value=value)


def power(root: Path) -> Check:
    """Look at the supply voltage, and whether the firmware slows the board down for it.

    Parameters
    ----------
    root
        Of the file system: ``/``.
    """
    low_now, word = _alarm_of_supply(root), _firmware_word(root)
    if word is None and low_now is None:
        return Check("power", State.UNKNOWN, "This machine does not tell whether its supply is sufficient.")
    word = word or 0
    if low_now or word & _UNDER_VOLTAGE:
        sentence = "The supply voltage is too low: pictures can fail, and the disk can be damaged."
        return Check("power", State.FAIL, sentence, f"{_SUPPLY}, now.")
    if word & (_CAPPED | _THROTTLED | _SOFT_LIMIT):
        sentence = "The board is slowed down just now, for heat or for its supply."
        return Check("power", State.WARN, sentence, f"Let air reach the instrument. {_SUPPLY}.")
    if word & _UNDER_VOLTAGE << _SINCE_START:
        return Check("power", State.WARN, "The supply voltage was too low at times since the start.", f"{_SUPPLY}.")
    return Check("power", State.OK, "The supply is sufficient.")


def clock_trusted(*, trusted: bool) -> Check:
    """Say whether the clock is synchronised.

    Parameters
    ----------
    trusted
        By :func:`device.clock.is_trusted`.
    """
    if trusted:
        return Check("clock", State.OK, "The clock is synchronised.")
    return Check(
        "clock",
        State.WARN,
        "The clock is not synchronised: times of captures are marked as not trusted.",
        "Connect the instrument to the clinic's network; its clock sets itself within minutes.",
    )


def _temperatures_c(root: Path) -> Iterable[float]:
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        kind, millidegrees = _read(zone / "type"), _read(zone / "temp")
        if kind is None or millidegrees is None or not any(part in kind.lower() for part in _PROCESSOR):
            continue
        try:
            yield int(millidegrees) / 1000
        except ValueError:
            continue


def _alarm_of_supply(root: Path) -> bool | None:
    """Return what the kernel's driver of the board's supply says (hwmon ``rpi_volt``); None without one."""
    for sensor in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        alarm = _read(sensor / "in0_lcrit_alarm")
        if _read(sensor / "name") == "rpi_volt" and alarm in {"0", "1"}:
            return alarm == "1"
    return None


def _firmware_word(root: Path) -> int | None:
    for pattern in _FIRMWARE:
        for file in sorted(root.glob(pattern)):
            try:
                return int(_read(file) or "", 16)
            except ValueError:
                continue
    return None


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
