"""The figures of a comparison, as a report shows them: the value with its interval, the floor, and the reading."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figure_words import FIGURES, shown
from analysis.measurement import Interval
from analysis.noise.floor import CHANGES, Call, Judgement, Source, describe_change
from collector.report.floors import floor_of_change
from contract import Change, Comparison
from contract import Interval as TravelledInterval

HEADLINE = "density_change_per_cm2"

NAMES = {
    HEADLINE: "Hair density",
    "terminal_density_change_per_cm2": "Terminal hair density",
    "mean_diameter_change_um": "Mean diameter of kept hairs",
    "cumulative_thickness_change_mm_per_cm2": "Cumulative hair thickness",
    "counted_density_change_per_cm2": "Density, counted separately",
}
"""Names of `CHANGES`, in the order they are shown: by matched hairs first."""

CALLS = {
    Call.INCREASE: "Increase",
    Call.DECREASE: "Decrease",
    Call.NO_CHANGE: "No change beyond noise",
    Call.CANNOT_TELL: "Cannot tell",
}


_SOURCES = {
    Source.BURST: "stills of one burst",
    Source.PLACEMENT: "repeated placements",
    Source.DONOR: "the donor control over visits",
}


@dataclass(frozen=True)
class ChangeFigure:
    """One change, ready to be shown; texts are empty where the pictures do not give it or no floor is known."""

    field: str
    name: str
    value: str
    interval: str
    floor: str
    floor_from: str
    unit: str
    interval_given: Interval | None
    judgement: Judgement

    @property
    def call(self) -> Call:
        """What is said of it."""
        return self.judgement.call

    @property
    def word(self) -> str:
        """What is said of it in a word or two."""
        return CALLS[self.judgement.call]


def change_figures(comparison: Comparison) -> list[ChangeFigure]:
    """Return the changes of a comparison, in the order they are shown."""
    written = []
    for field, name in NAMES.items():
        change, unit = _interval(getattr(comparison.change, field)), unit_of(field)
        floor = floor_of_change(comparison, field)
        written.append(
            ChangeFigure(
                field=field,
                name=name,
                value="" if change is None else signed(change.value, unit),
                interval="" if change is None else between(change, unit),
                floor="" if floor is None else shown(floor.called_from, unit),
                floor_from="" if floor is None else f"{_SOURCES[floor.source]} (n = {floor.subjects})",
                unit=unit,
                interval_given=change,
                judgement=describe_change(change, floor, name, unit),
            )
        )
    return written


def unit_of(field: str) -> str:
    """Return the unit of a change, in plain letters."""
    return FIGURES[CHANGES[field][0]].unit


def signed(value: float, unit: str) -> str:
    """Write a change with its sign."""
    return shown(value, unit, signed=True).replace("-", "\u2212")


def between(change: Interval | TravelledInterval, unit: str) -> str:
    """Write a change's interval."""
    return f"{signed(change.low, unit)} to {signed(change.high, unit)}"


@dataclass(frozen=True)
class Count:
    """Something counted in the shared area, or a plain figure of it."""

    field: str
    name: str
    value: str


def counts(change: Change) -> list[Count]:
    """Return what became of the hairs; nothing where they could not be matched."""
    if change.transform is None:
        return []
    rows = [
        Count("matched", "Kept, matched", str(change.matched)),
        Count("new", "New", str(change.new)),
        Count("lost", "Lost", str(change.lost)),
        Count("thicker", "Kept, thicker", str(change.thicker)),
        Count("thinner", "Kept, thinner", str(change.thinner)),
        Count("vellus_to_terminal", "Vellus to terminal", str(change.vellus_to_terminal)),
        Count("terminal_to_vellus", "Terminal to vellus", str(change.terminal_to_vellus)),
    ]
    if change.density_per_cm2 is not None:
        before, after = change.density_per_cm2
        rows.append(Count("density_per_cm2", "Density, hairs/cm2", f"{before:.1f} \u2192 {after:.1f}"))
    if change.shared_area_cm2 is not None:
        rows.append(Count("shared_area_cm2", "Shared area, cm2", f"{change.shared_area_cm2:.2f}"))
    if change.anagen_share is not None:
        rows.append(Count("anagen_share", "Anagen share, %", _plain(change.anagen_share, 100, 0)))
    if change.growth_um_per_day is not None:
        rows.append(Count("growth_um_per_day", "Growth, um/day", _plain(change.growth_um_per_day, 1, 0)))
    return rows


def against_donor(site: ChangeFigure, donor: ChangeFigure | None) -> Sequence[str]:
    """Say whether a site's change is more than the donor control's over the same visits.

    Nothing is computed: two 95 % intervals that do not overlap are of changes that differ (stricter than a test of the
    difference); of two that do overlap nothing is claimed.
    """
    if donor is None or donor.interval_given is None:
        return ["There is no change of the donor control over these visits to hold this against."]
    said = []
    if donor.call in _CHANGED:
        said.append(
            "The donor control, which should stay as it is, changed too: what changed at the site may be the"
            " instrument's or the handling's."
        )
    here, there = site.interval_given, donor.interval_given
    if here is None or site.call not in _CHANGED:
        said.append("No change beyond noise is said of this site, so none is held against the donor control's.")
    elif (site.call is Call.INCREASE and here.low > there.high) or (
        site.call is Call.DECREASE and here.high < there.low
    ):
        said.append("The change is more than the donor control's over the same visits: their intervals do not overlap.")
    else:
        said.append("It is not shown that the change is more than the donor control's: their intervals overlap.")
    return said


_CHANGED = {Call.INCREASE, Call.DECREASE}


def _interval(travelled: TravelledInterval | None) -> Interval | None:
    return None if travelled is None else Interval(travelled.value, travelled.low, travelled.high)


def _plain(interval: TravelledInterval, factor: float, decimals: int) -> str:
    value, low, high = (f"{factor * number:.{decimals}f}" for number in (interval.value, interval.low, interval.high))
    return f"{value} ({low} to {high})"
