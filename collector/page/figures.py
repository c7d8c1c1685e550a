"""How figures are written for people: the one place that knows their names, units and decimals.

Their UCUM units are `collector.exports.codes`'. Pages give the reader's language; reports are English.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol

from collector.exports.codes import FIGURES, UNIT_SIZES, FigureCode
from collector.page.language import Language, language_of
from contract import Calibration, Check, Hair, HairKind, Interval, Measurement, Repeatability

ENGLISH = language_of("en")


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


def said() -> Iterator[str]:
    """Give all words of the notations: keys of the catalogues."""
    for written in _NOTATIONS.values():
        yield from (written.about, written.name, written.unit)
    yield from _UNIT_SIZES


def number(value: float, decimals: int, language: Language) -> str:
    """Write a number as :meth:`Language.number` does: a page of a long series holds thousands, and that takes 40 us."""
    return localised(f"{value:,.{decimals}f}", language)


def figure(measurement: Measurement, field: str, language: Language = ENGLISH) -> Figure:
    """Return one figure of a measurement, by its field's name."""
    return _written(_NOTATIONS[field], FIGURES[field], getattr(measurement, field), language)


def figures(measurement: Measurement, language: Language = ENGLISH) -> list[Figure]:
    """Return the figures of a measurement, in the order they are shown; those of later messages where they are."""
    shown = []
    for field, notation in _NOTATIONS.items():
        interval: Interval | None = getattr(measurement, field)
        if interval is not None or not notation.later:
            shown.append(_written(notation, FIGURES[field], interval, language))
    if measurement.unit_size_shares is not None:
        for name, code, share in zip(_UNIT_SIZES, UNIT_SIZES, measurement.unit_size_shares, strict=True):
            shown.append(_written(_Notation("Follicular units", name, *_SHARE), code, share, language))
    return shown


def beside(
    automatic: Measurement, corrected: Measurement, language: Language = ENGLISH
) -> list[tuple[Figure, Figure | None]]:
    """Return the figures of a measurement, each with what it is when hairs are corrected, if it is given then too."""
    others = {one.name: one for one in figures(corrected, language)}
    return [(one, others.get(one.name)) for one in figures(automatic, language)]


def _written(notation: _Notation, code: FigureCode, interval: Interval | None, language: Language) -> Figure:
    _ = language.words
    about, name, unit = _(notation.about), _(notation.name), _(notation.unit)
    if interval is None:
        return Figure(about, name, None, None, unit, code.ucum)
    value, low, high = (
        number(one * code.factor, notation.decimals, language) for one in (interval.value, interval.low, interval.high)
    )
    return Figure(about, name, value, _("{low} to {high}").format(low=low, high=high), unit, code.ucum)


def counts(measurement: Measurement, language: Language = ENGLISH) -> list[str]:
    """Return what was counted, and what was not, in sentences."""
    _ = language.words
    hairs, area = _hairs(len(measurement.hairs), language), number(measurement.area_cm2, 2, language)
    sentences = [_("{hairs} in {area} cm².").format(hairs=hairs, area=area)]
    cut_um = measurement.terminal_from_um
    if cut_um is not None:
        sentences.append(_("Terminal from {cut} µm.").format(cut=localised(f"{cut_um:g}", language)))
    if measurement.intermediate_hairs:
        hairs = _hairs(measurement.intermediate_hairs, language)
        sentences.append(_("{hairs} from 30 to 60 µm.").format(hairs=hairs))
    if measurement.rootless_shafts:
        hairs = _hairs(measurement.rootless_shafts, language)
        sentences.append(_("{hairs} rooted outside of the frame or unseen: not counted.").format(hairs=hairs))
    if measurement.missed_expected is not None:
        sd = measurement.missed_expected_sd
        missed = f"{measurement.missed_expected:.0f}{'' if sd is None else f' ± {sd:.0f}'}"
        sentences.append(_("About {missed} more were probably missed: in the intervals.").format(missed=missed))
    return sentences


def _hairs(count: int, language: Language) -> str:
    _ = language.words
    return _("1 hair") if count == 1 else _("{count} hairs").format(count=number(count, 0, language))


def hair(shown: Hair, language: Language = ENGLISH) -> str:
    """Return a hair in a line: what it is, how thick, how long, how sure."""
    _ = language.words
    if shown.diameter_um is None:
        diameter = _("diameter not measurable")
    else:
        known = "" if shown.diameter_sd_um is None or shown.diameter_limited else f" ± {shown.diameter_sd_um:.0f}"
        diameter = f"{'≤ ' if shown.diameter_limited else ''}{shown.diameter_um:.0f}{known} µm"
    core = "" if shown.core_lab is None else _(", core L* {lightness}").format(lightness=f"{shown.core_lab[0]:.0f}")
    return _("{kind}, {diameter}, {length} mm{core}, probability {probability}, unit {unit}").format(
        kind=_("Terminal hair") if shown.kind is HairKind.TERMINAL else _("Vellus hair"),
        diameter=diameter,
        length=number(shown.length_mm, 2, language),
        core=core,
        probability=number(shown.probability, 2, language),
        unit=shown.unit,
    )


def scale(calibration: Calibration, language: Language = ENGLISH) -> str:
    """Return the scale with its standard uncertainty."""
    um_per_px = number(calibration.um_per_px, 3, language)
    if calibration.standard_uncertainty_um_per_px is None:
        return language.words("{scale} µm/px, uncertainty unknown").format(scale=um_per_px)
    return language.words("{scale} ± {uncertainty} µm/px (standard uncertainty)").format(
        scale=um_per_px, uncertainty=number(calibration.standard_uncertainty_um_per_px, 3, language)
    )


def value(check: Check, language: Language = ENGLISH) -> str:
    """Return what a check of the gate read, in its unit."""
    if check.value is None:
        return language.words("not seen")
    unit = {"um": "µm", "deg": "°", "1": ""}.get(check.unit, check.unit)
    return f"{localised(f'{check.value:.3g}', language)}{'' if unit == '°' else ' '}{unit}".rstrip()


def repeatability(of_burst: Repeatability, language: Language = ENGLISH) -> str:
    """Return how much a burst's figures differ from still to still."""
    _ = language.words
    density, diameter = number(of_burst.hair_density_sd_per_cm2, 1, language), of_burst.mean_diameter_sd_um
    said = _("{stills} stills, standard deviation {density} hairs/cm²").format(stills=of_burst.stills, density=density)
    return said if diameter is None else said + _(" and {diameter} µm").format(diameter=number(diameter, 1, language))


def size(size_bytes: int, language: Language = ENGLISH) -> str:
    """Return a size in bytes, kB, MB or GB."""
    if size_bytes < 1000:
        _ = language.words
        return _("1 byte") if size_bytes == 1 else _("{count} bytes").format(count=size_bytes)
    amount = size_bytes / 1000
    for unit in ("kB", "MB"):
        if amount < 1000:
            return f"{number(amount, 1, language)} {unit}"
        amount /= 1000
    return f"{number(amount, 1, language)} GB"


def localised(text: str, language: Language) -> str:
    """Return a number that is written the English way as the reader writes it."""
    return text.translate(_symbols(language.code))


@cache
def _symbols(code: str) -> dict[int, str]:
    locale = Locale.parse(code)
    return str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale)})


def moment(when: datetime) -> str:
    """Return a time by this machine's clock and zone: ``22 Nov 2025, 15:28``."""
    return f"{when.astimezone():%-d %b %Y, %H:%M}"


def day(when: datetime) -> str:
    """Return the day of a time in this machine's zone: ``22 Nov 2025``."""
    return f"{when.astimezone():%-d %b %Y}"
