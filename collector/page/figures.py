"""How figures are written for people: the one place that knows their names, units and decimals.

Their UCUM units are `collector.exports.codes`'.
"""

from dataclasses import dataclass
from datetime import datetime

from collector.exports.codes import FIGURES, UNIT_SIZES, FigureCode
from contract import Calibration, Check, Hair, HairKind, Interval, Measurement, Repeatability


@dataclass(frozen=True)
class Figure:
    """A figure ready to be shown; ``value`` is ``None`` where the picture does not support it.

    ``unit`` is for people, ``ucum`` the code of the same unit (https://ucum.org); ``about`` is what it is shown under.
    """

    about: str
    name: str
    value: str | None
    interval: str | None
    unit: str
    ucum: str


@dataclass(frozen=True)
class _Notation:
    about: str
    name: str
    unit: str
    decimals: int
    later: bool = False
    """Not in the first messages, so that its absence says nothing of the picture."""


_SHARE = ("%", 0)

_NOTATIONS = {
    "hair_density_per_cm2": _Notation("Hairs", "Hair density", "hairs/cm²", 0),
    "terminal_density_per_cm2": _Notation("Hairs", "Terminal hair density", "hairs/cm²", 0),
    "vellus_density_per_cm2": _Notation("Hairs", "Vellus hair density", "hairs/cm²", 0),
    "terminal_share": _Notation("Hairs", "Terminal share", *_SHARE),
    "thin_hair_share": _Notation("Hairs", "Thin-hair share (< 30 µm)", *_SHARE),
    "mean_diameter_um": _Notation("Shafts", "Mean projected diameter", "µm", 1),
    "diameter_spread_um": _Notation("Shafts", "Diameter, standard deviation", "µm", 1, later=True),
    "diameter_diversity": _Notation("Shafts", "Diameter diversity (> 20 % off the mean)", *_SHARE, later=True),
    "cumulative_thickness_mm_per_cm2": _Notation("Shafts", "Cumulative hair thickness", "mm/cm²", 1),
    "mean_length_mm": _Notation("Shafts", "Mean visible length", "mm", 2, later=True),
    "shaft_lightness": _Notation("Shafts", "Lightness, median", "L*", 0, later=True),
    "shaft_contrast": _Notation("Shafts", "Darker than the skin by, median", "L*", 0, later=True),
    "unit_density_per_cm2": _Notation("Follicular units", "Unit density", "units/cm²", 0),
    "hairs_per_unit": _Notation("Follicular units", "Hairs per unit", "hairs/unit", 2),
}

_UNIT_SIZES = ("Units of one hair", "Units of two hairs", "Units of three hairs", "Units of four and more")


@dataclass(frozen=True)
class Notation:
    """How a figure is written: its name and unit for people, what its number is multiplied by, and the decimals."""

    name: str
    unit: str
    factor: int
    decimals: int


def notation(field: str) -> Notation:
    """Return how a figure is written, by its field's name."""
    written = _NOTATIONS[field]
    return Notation(written.name, written.unit, FIGURES[field].factor, written.decimals)


def figure(measurement: Measurement, field: str) -> Figure:
    """Return one figure of a measurement, by its field's name."""
    return _written(_NOTATIONS[field], FIGURES[field], getattr(measurement, field))


def figures(measurement: Measurement) -> list[Figure]:
    """Return the figures of a measurement, in the order they are shown; those of later messages where they are."""
    shown = []
    for field, notation in _NOTATIONS.items():
        interval: Interval | None = getattr(measurement, field)
        if interval is not None or not notation.later:
            shown.append(_written(notation, FIGURES[field], interval))
    if measurement.unit_size_shares is not None:
        sizes = zip(_UNIT_SIZES, UNIT_SIZES, measurement.unit_size_shares, strict=True)
        shown.extend(_written(_Notation("Follicular units", name, *_SHARE), code, share) for name, code, share in sizes)
    return shown


def beside(automatic: Measurement, corrected: Measurement) -> list[tuple[Figure, Figure | None]]:
    """Return the figures of a measurement, each with what it is when hairs are corrected, if it is given then too."""
    others = {one.name: one for one in figures(corrected)}
    return [(one, others.get(one.name)) for one in figures(automatic)]


def _written(notation: _Notation, code: FigureCode, interval: Interval | None) -> Figure:
    if interval is None:
        return Figure(notation.about, notation.name, None, None, notation.unit, code.ucum)
    value, low, high = (
        f"{number * code.factor:.{notation.decimals}f}" for number in (interval.value, interval.low, interval.high)
    )
    return Figure(notation.about, notation.name, value, f"{low} to {high}", notation.unit, code.ucum)


def counts(measurement: Measurement) -> list[str]:
    """Return what was counted, and what was not, in sentences."""
    cut_um = measurement.terminal_from_um
    sentences = [f"{_hairs(len(measurement.hairs))} in {measurement.area_cm2:.2f} cm²."]
    if cut_um is not None:
        sentences.append(f"Terminal from {cut_um:g} µm.")
    if measurement.intermediate_hairs:
        sentences.append(f"{_hairs(measurement.intermediate_hairs)} from 30 to 60 µm.")
    if measurement.rootless_shafts:
        sentences.append(f"{_hairs(measurement.rootless_shafts)} rooted outside of the frame or unseen: not counted.")
    if measurement.missed_expected is not None:
        sd = "" if measurement.missed_expected_sd is None else f" ± {measurement.missed_expected_sd:.0f}"
        sentences.append(f"About {measurement.missed_expected:.0f}{sd} more were probably missed: in the intervals.")
    return sentences


def _hairs(count: int) -> str:
    return "1 hair" if count == 1 else f"{count} hairs"


def hair(shown: Hair) -> str:
    """Return a hair in a line: what it is, how thick, how long, how sure."""
    kind = "Terminal hair" if shown.kind is HairKind.TERMINAL else "Vellus hair"
    if shown.diameter_um is None:
        diameter = "diameter not measurable"
    else:
        known = "" if shown.diameter_sd_um is None or shown.diameter_limited else f" ± {shown.diameter_sd_um:.0f}"
        diameter = f"{'≤ ' if shown.diameter_limited else ''}{shown.diameter_um:.0f}{known} µm"
    core = "" if shown.core_lab is None else f", core L* {shown.core_lab[0]:.0f}"
    return f"{kind}, {diameter}, {shown.length_mm:.2f} mm{core}, probability {shown.probability:.2f}, unit {shown.unit}"


def scale(calibration: Calibration) -> str:
    """Return the scale with its standard uncertainty."""
    if calibration.standard_uncertainty_um_per_px is None:
        return f"{calibration.um_per_px:.3f} µm/px, uncertainty unknown"
    return (
        f"{calibration.um_per_px:.3f} ± {calibration.standard_uncertainty_um_per_px:.3f} µm/px (standard uncertainty)"
    )


def value(check: Check) -> str:
    """Return what a check of the gate read, in its unit."""
    if check.value is None:
        return "not seen"
    unit = {"um": "µm", "deg": "°", "1": ""}.get(check.unit, check.unit)
    return f"{check.value:.3g}{'' if unit == '°' else ' '}{unit}".rstrip()


def repeatability(of_burst: Repeatability) -> str:
    """Return how much a burst's figures differ from still to still."""
    diameter = of_burst.mean_diameter_sd_um
    return (
        f"{of_burst.stills} stills, standard deviation {of_burst.hair_density_sd_per_cm2:.1f} hairs/cm²"
        f"{'' if diameter is None else f' and {diameter:.1f} µm'}"
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
