"""How figures are written for people: the one place that knows their names, units and decimals."""

from dataclasses import dataclass
from datetime import datetime

from contract import Calibration, Hair, HairKind, Interval, Measurement


@dataclass(frozen=True)
class Figure:
    """A figure ready to be shown; ``value`` is ``None`` where the picture does not support it.

    ``unit`` is for people, ``ucum`` the code of the same unit (https://ucum.org).
    """

    name: str
    value: str | None
    interval: str | None
    unit: str
    ucum: str


@dataclass(frozen=True)
class _Notation:
    name: str
    unit: str
    ucum: str
    decimals: int
    factor: float = 1.0


_NOTATIONS = {
    "hair_density_per_cm2": _Notation("Hair density", "hairs/cm²", "{hairs}/cm2", 0),
    "terminal_density_per_cm2": _Notation("Terminal hair density", "hairs/cm²", "{hairs}/cm2", 0),
    "vellus_density_per_cm2": _Notation("Vellus hair density", "hairs/cm²", "{hairs}/cm2", 0),
    "mean_diameter_um": _Notation("Mean projected diameter", "µm", "um", 1),
    "terminal_share": _Notation("Terminal share", "%", "%", 0, 100),
    "thin_hair_share": _Notation("Thin-hair share (< 30 µm)", "%", "%", 0, 100),
    "unit_density_per_cm2": _Notation("Follicular unit density", "units/cm²", "{FU}/cm2", 0),
    "hairs_per_unit": _Notation("Hairs per follicular unit", "hairs/unit", "{hairs}/{FU}", 2),
    "cumulative_thickness_mm_per_cm2": _Notation("Cumulative hair thickness", "mm/cm²", "mm/cm2", 1),
}


def figure(measurement: Measurement, field: str) -> Figure:
    """Return one figure of a measurement, by its field's name."""
    notation = _NOTATIONS[field]
    interval: Interval | None = getattr(measurement, field)
    if interval is None:
        return Figure(notation.name, None, None, notation.unit, notation.ucum)
    value, low, high = (
        f"{number * notation.factor:.{notation.decimals}f}" for number in (interval.value, interval.low, interval.high)
    )
    return Figure(notation.name, value, f"{low} to {high}", notation.unit, notation.ucum)


def figures(measurement: Measurement) -> list[Figure]:
    """Return all figures of a measurement, in the order they are shown."""
    return [figure(measurement, field) for field in _NOTATIONS]


def hair(shown: Hair) -> str:
    """Return a hair in a line: what it is, how thick, how long, how sure."""
    kind = "Terminal hair" if shown.kind is HairKind.TERMINAL else "Vellus hair"
    if shown.diameter_um is None:
        diameter = "diameter not measurable"
    else:
        diameter = f"{'≤ ' if shown.diameter_limited else ''}{shown.diameter_um:.0f} µm"
    return f"{kind}, {diameter}, {shown.length_mm:.2f} mm, probability {shown.probability:.2f}, unit {shown.unit}"


def scale(calibration: Calibration) -> str:
    """Return the scale with its standard uncertainty."""
    if calibration.standard_uncertainty_um_per_px is None:
        return f"{calibration.um_per_px:.3f} µm/px, uncertainty unknown"
    return (
        f"{calibration.um_per_px:.3f} ± {calibration.standard_uncertainty_um_per_px:.3f} µm/px (standard uncertainty)"
    )


def size(size_bytes: int) -> str:
    """Return a size in bytes, kB, MB or GB."""
    if size_bytes < 1000:
        return "1 byte" if size_bytes == 1 else f"{size_bytes} bytes"
    amount = size_bytes / 1000
    for unit in ("kB", "MB"):
        if amount < 1000:
            return f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def moment(when: datetime) -> str:
    """Return a time by this machine's clock and zone: ``22 Nov 2025, 15:28``."""
    return f"{when.astimezone():%-d %b %Y, %H:%M}"


def day(when: datetime) -> str:
    """Return the day of a time in this machine's zone: ``22 Nov 2025``."""
    return f"{when.astimezone():%-d %b %Y}"
