"""The noise floor: how much a figure differs where nothing has changed, and which changes are called one.

Three sources tell of it, each holding the one before and more:

- a *burst*, stills taken one after another in the same place: the instrument alone;
- *placements*, the instrument taken off and put back: that, the place found again, gel, pressure and light;
- the *donor control*, the occipital site over visits, which does not thin: that, and weeks of clipping, washing, hair
  cycle, recalibration and operators.

Two kinds of difference have two floors.  *Counted* figures come from two pictures, each measured by itself: their
difference has the noise of both.  *Matched* ones come from hairs that were matched one by one: their floor can only be
had from changes so measured between pictures of a place that did not change.

Why a change is held against the upper bound of the floor, not against its best estimate: a clinic finds its floor once,
from few repeats, and judges every patient by it.  With the estimate, a clinic that was lucky in its repeats would call
noise a change in patient after patient (20 degrees of freedom: every twentieth clinic in 15 % or more of the patients
who did not change).  With the one-sided 95 % bound of the standard deviation, 19 of 20 clinics call at most 5 % of
unchanged patients changed, however small the study; a small study costs power instead, and a larger one buys it back.

Imports numpy only, so that a service which reads figures needs no OpenCV.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from types import MappingProxyType

import numpy as np

from analysis.figure_words import FIGURES, shown
from analysis.measurement import Interval, Json
from analysis.noise.agreement import WITHIN, Spread, pooled, spread_within

ENOUGH_DEGREES = 10.0
"""From here on the bound is at most 1.6 times the estimate: a floor that may stand against another."""


class Source(StrEnum):
    """Where a floor is known from, each more honest than the one before."""

    BURST = "burst"
    PLACEMENT = "placement"
    DONOR = "donor"


class Difference(StrEnum):
    """Which kind of difference a floor is of."""

    COUNTED = "counted"
    MATCHED = "matched"


CHANGES: Mapping[str, tuple[str, Difference]] = MappingProxyType(
    {
        "density_change_per_cm2": ("hair_density_per_cm2", Difference.MATCHED),
        "terminal_density_change_per_cm2": ("terminal_density_per_cm2", Difference.MATCHED),
        "mean_diameter_change_um": ("mean_diameter_um", Difference.MATCHED),
        "cumulative_thickness_change_mm_per_cm2": ("cumulative_thickness_mm_per_cm2", Difference.MATCHED),
        "counted_density_change_per_cm2": ("hair_density_per_cm2", Difference.COUNTED),
    }
)
"""The changes that a comparison of two pictures gives, by their names there: of which figure, and how come by."""


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """How much one figure differs between two measurements where nothing has changed.

    Parameters
    ----------
    figure : str
        A name of `FIGURES`.
    difference : Difference
        Whether of pictures measured by themselves, or of hairs matched one by one.
    source : Source
    difference_sd : float
        Standard deviation of the difference, in the figure's unit.
    degrees : float
        Of freedom behind it.
    subjects : int
        Sites, patients or bursts behind it.

    Raises
    ------
    ValueError
        If the figure is none, or the numbers are not finite and positive.
    """

    figure: str
    difference: Difference
    source: Source
    difference_sd: float
    degrees: float
    subjects: int

    def __post_init__(self) -> None:
        if self.figure not in FIGURES or self.subjects < 1:
            raise ValueError(f"a noise floor is of a known figure and one subject at least, not of {self.figure!r}")
        if not Spread(self.difference_sd, self.degrees).sd:
            raise ValueError("a noise floor is above 0: figures that come out alike show their steps, not their noise")

    @property
    def sd(self) -> float:
        """Standard deviation of one measurement (of counted figures: the repeatability)."""
        return self.difference_sd / sqrt(2)

    @property
    def smallest_detectable_change(self) -> float:
        """1.96 sqrt(2) times the standard deviation of one measurement, by its best estimate."""
        return WITHIN * self.difference_sd

    @property
    def called_from(self) -> float:
        """What a change must exceed: the smallest detectable change by the sd's one-sided 95 % bound."""
        return WITHIN * Spread(self.difference_sd, self.degrees).not_above(0.95)

    def as_dict(self) -> dict[str, Json]:
        """Give the floor as JSON-ready values, unrounded."""
        return {
            "figure": self.figure,
            "difference": self.difference.value,
            "source": self.source.value,
            "difference_sd": self.difference_sd,
            "degrees": self.degrees,
            "subjects": self.subjects,
            "sd": self.sd,
            "smallest_detectable_change": self.smallest_detectable_change,
            "called_from": self.called_from,
        }


def floor_of_repeats(figure: str, groups: Sequence[Sequence[float]], source: Source) -> NoiseFloor | None:
    """Take the counted floor from repeats.

    Parameters
    ----------
    figure : str
    groups : sequence of sequences of float
        The values of each subject that did not change.
    source : Source

    Returns
    -------
    NoiseFloor or None
        None where nothing was measured twice, or all repeats came out alike: a count moves in whole hairs, and a few
        that agree do not show that there is no noise.
    """
    spread = spread_within(groups)
    return _counted(figure, source, spread, sum(len(one) > 1 for one in groups))


def floor_of_bursts(figure: str, spreads: Sequence[Spread]) -> NoiseFloor | None:
    """Take the counted floor from the spread within each of some bursts; None of none, or of none that spread."""
    return _counted(figure, Source.BURST, pooled(spreads), len(spreads))


def floor_of_changes(figure: str, changes: Sequence[float], source: Source) -> NoiseFloor | None:
    """Take the matched floor from changes measured where there was none.

    Parameters
    ----------
    figure : str
    changes : sequence of float
        One a pair of pictures; no picture in two pairs.  Their mean is not taken out: where nothing changed it is an
        error too.
    source : Source

    Returns
    -------
    NoiseFloor or None
        None of none, or where all are 0.
    """
    if not np.any(changes):
        return None
    sd = float(np.sqrt(np.mean(np.square(changes))))
    return NoiseFloor(figure, Difference.MATCHED, source, sd, len(changes), len(changes))


def floor_in_force(floors: Iterable[NoiseFloor], figure: str, difference: Difference) -> NoiseFloor | None:
    """Choose the floor that changes of a figure are held against: the widest honest one.

    A burst counts only where there is nothing else: it leaves out the placing, which the others hold, so that it can
    exceed them by chance only.  Of the others, those with enough degrees of freedom stand against each other and the
    widest wins: donor control and placements each hold what the other may lack (weeks there, other sites here).  Where
    none has enough, the one with most: the bound of a floor from two visits is wide by ignorance, not by noise.

    Parameters
    ----------
    floors : iterable of NoiseFloor
        Of any figure and kind.
    figure : str
    difference : Difference

    Returns
    -------
    NoiseFloor or None
        None where none is known.
    """
    known = [one for one in floors if (one.figure, one.difference) == (figure, difference)]
    honest = [one for one in known if one.source is not Source.BURST] or known
    sure = [one for one in honest if one.degrees >= ENOUGH_DEGREES]
    if sure:
        return max(sure, key=lambda one: one.called_from)
    return max(honest, key=lambda one: one.degrees, default=None)


class Call(StrEnum):
    """What is said of a change."""

    INCREASE = "increase"
    DECREASE = "decrease"
    NO_CHANGE = "no-change-beyond-noise"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a change, and the sentence that says it."""

    call: Call
    sentence: str


_KNOWN, _BURST, _UNKNOWN = "known", "burst", "unknown"
_SENTENCES: Mapping[tuple[Call, str], str] = MappingProxyType(
    {
        (Call.INCREASE, _KNOWN): (
            "{what}: increase by {size} {unit} ({low} to {high}), more than the noise floor of {floor} {unit}."
        ),
        (Call.DECREASE, _KNOWN): (
            "{what}: decrease by {size} {unit} ({low} to {high}), more than the noise floor of {floor} {unit}."
        ),
        (Call.NO_CHANGE, _KNOWN): (
            "{what}: no change beyond noise; {value} {unit} ({low} to {high}) is within the noise floor of {floor}"
            " {unit}."
        ),
        (Call.CANNOT_TELL, _KNOWN): (
            "{what}: cannot tell; {value} {unit} ({low} to {high}) is less sure than the noise floor of {floor} {unit}."
        ),
        (Call.INCREASE, _BURST): (
            "{what}: increase by {size} {unit} ({low} to {high}), more than the noise floor of {floor} {unit}, which is"
            " from bursts only: placing the instrument anew adds to it."
        ),
        (Call.DECREASE, _BURST): (
            "{what}: decrease by {size} {unit} ({low} to {high}), more than the noise floor of {floor} {unit}, which is"
            " from bursts only: placing the instrument anew adds to it."
        ),
        (Call.NO_CHANGE, _BURST): (
            "{what}: no change beyond noise; {value} {unit} ({low} to {high}) is within the noise floor of {floor}"
            " {unit}, even though that is from bursts only."
        ),
        (Call.CANNOT_TELL, _BURST): (
            "{what}: cannot tell; {value} {unit} ({low} to {high}) is less sure than the noise floor of {floor} {unit},"
            " and that is from bursts only."
        ),
        (Call.INCREASE, _UNKNOWN): (
            "{what}: increase by {size} {unit} ({low} to {high}); noise floor not yet known for this device."
        ),
        (Call.DECREASE, _UNKNOWN): (
            "{what}: decrease by {size} {unit} ({low} to {high}); noise floor not yet known for this device."
        ),
        (Call.NO_CHANGE, _UNKNOWN): (
            "{what}: no change beyond its own uncertainty; {value} {unit} ({low} to {high}); noise floor not yet known"
            " for this device."
        ),
    }
)
"""One whole sentence each: a translation replaces sentences, never parts of one."""
_NOT_GIVEN = "{what}: cannot tell; the pictures do not give it."
_UNITS = MappingProxyType({"%": "percentage points"})


def describe_change(change: Interval | None, floor: NoiseFloor | None, what: str, unit: str) -> Judgement:
    """Say whether a figure changed: the one place where that is decided.

    A change is called one where its own 95 % interval leaves out 0 *and* it is larger than the noise floor
    (`NoiseFloor.called_from`).  Else there is no change beyond noise, if the change is known at least as well as the
    floor is wide; if its interval reaches farther, a change may be hidden in it, and nobody can tell.  Where no floor
    is known the interval alone decides, and the sentence says so.

    Parameters
    ----------
    change : Interval or None
        Later less earlier; None where the pictures do not give it.
    floor : NoiseFloor or None
        Of this figure and this kind of difference, by `floor_in_force`; None where it is not known.
    what : str
        What changed, in words that begin the sentence.
    unit : str
        Of the change; "%" for a share given as 0 to 1, whose changes are shown in percentage points.

    Returns
    -------
    Judgement
    """
    if change is None:
        return Judgement(Call.CANNOT_TELL, _NOT_GIVEN.format(what=what))
    call = _call(change, None if floor is None else floor.called_from)
    known_from = _UNKNOWN if floor is None else _BURST if floor.source is Source.BURST else _KNOWN
    sentence = _SENTENCES[call, known_from].format(
        what=what,
        unit=_UNITS.get(unit, unit),
        size=shown(abs(change.value), unit),
        value=shown(change.value, unit, signed=True),
        low=shown(change.low, unit, signed=True),
        high=shown(change.high, unit, signed=True),
        floor="" if floor is None else shown(floor.called_from, unit),
    )
    return Judgement(call, sentence)


def _call(change: Interval, called_from: float | None) -> Call:
    if 0 not in change and (called_from is None or abs(change.value) > called_from):
        return Call.INCREASE if change.value > 0 else Call.DECREASE
    if called_from is None or max(change.value - change.low, change.high - change.value) <= called_from:
        return Call.NO_CHANGE
    return Call.CANNOT_TELL


def _counted(figure: str, source: Source, spread: Spread | None, subjects: int) -> NoiseFloor | None:
    if spread is None or not spread.sd:
        return None
    return NoiseFloor(figure, Difference.COUNTED, source, sqrt(2) * spread.sd, spread.degrees, subjects)
