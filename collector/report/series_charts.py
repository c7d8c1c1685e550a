"""The charts of a report: the change by matched hairs first, then each picture's own figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figure_words import FIGURES, shown
from analysis.noise.floor import NoiseFloor
from collector.page import figures
from collector.report.change_figures import HEADLINE, between, signed, unit_of
from collector.report.chart import Axis, Band, ChartPoint, chart
from collector.report.floors import floor_of_change, floor_of_counted
from collector.report.series import SiteSeries
from contract import Interval

_COUNTED = {"hair_density_per_cm2": "Hair density by visit", "mean_diameter_um": "Mean projected diameter by visit"}


@dataclass(frozen=True)
class ShownChart:
    """A chart with its title, its unit and what else must be known to read it."""

    title: str
    unit: str
    drawing: str
    note: str
    has_band: bool


def change_chart(site: SiteSeries, donor: SiteSeries | None) -> ShownChart | None:
    """Draw the change by matched hairs over the visits; None where nothing was compared, or nothing matched.

    Parameters
    ----------
    site
        The site's series.
    donor
        The donor control's, drawn beside; None where there is none.
    """
    axis = _axis(site, donor)
    latest = site.latest
    if axis is None or latest is None or all(getattr(one.change, HEADLINE) is None for one in site.comparisons):
        return None
    unit = unit_of(HEADLINE)
    first = latest.baseline.visit_number
    band = _band(floor_of_change(latest, HEADLINE), 0.0)
    title = f"Change in hair density since visit {first}, by matched hairs"
    lines = (_changes(site, first, unit), _changes(donor, first, unit) if donor else [])
    return ShownChart(
        title=title,
        unit=unit,
        drawing=chart(axis, *lines, title=title, band=band, zero=True),
        note="" if band else "Noise floor of matched hairs not yet known for this device: no band.",
        has_band=band is not None,
    )


def figure_charts(site: SiteSeries, donor: SiteSeries | None) -> list[ShownChart]:
    """Draw a site's density and diameter over its visits, each picture by itself; none without a capture."""
    axis = _axis(site, donor)
    return [] if axis is None else [_of_figure(axis, site, donor, field) for field in _COUNTED]


def _axis(site: SiteSeries, donor: SiteSeries | None) -> Axis | None:
    if not site.captures:
        return None
    moments = {one.visit_number: one.taken_at for one in (*(donor.captures if donor else ()), *site.captures)}
    for one in site.comparisons:
        for end in (one.baseline, one.followup):
            moments.setdefault(end.visit_number, end.taken_at)
    return Axis([(number, moments[number], figures.day(moments[number])) for number in sorted(moments)])


def _of_figure(axis: Axis, site: SiteSeries, donor: SiteSeries | None, field: str) -> ShownChart:
    baseline = site.baseline
    start: Interval | None = None if baseline is None else getattr(baseline.measurement, field)
    floor = None if site.latest is None else floor_of_counted(site.latest, field)
    band = None if start is None else _band(floor, start.value)
    unit = FIGURES[field].unit
    return ShownChart(
        title=_COUNTED[field],
        unit=unit,
        drawing=chart(
            axis,
            _values(site, field, unit),
            _values(donor, field, unit) if donor else [],
            title=_COUNTED[field],
            band=band,
        ),
        note="" if band else "Noise floor not yet known: no band.",
        has_band=band is not None,
    )


def _band(floor: NoiseFloor | None, middle: float) -> Band | None:
    return None if floor is None else Band(middle - floor.called_from, middle + floor.called_from)


def _changes(series: SiteSeries, first: int, unit: str) -> list[ChartPoint]:
    """Give the changes since one visit; those since another one are of another place on the axis, and left out."""
    since = [one for one in series.comparisons if one.baseline.visit_number == first]
    points = (
        [] if not since else [ChartPoint(first, 0.0, None, None, f"Visit {first}: where changes are counted from.")]
    )
    for one in since:
        change = getattr(one.change, HEADLINE)
        if change is not None:
            words = f"Visit {one.followup.visit_number}: {signed(change.value, unit)} {unit} ({between(change, unit)})."
            points.append(ChartPoint(one.followup.visit_number, change.value, change.low, change.high, words))
    return points


def _values(series: SiteSeries, field: str, unit: str) -> Sequence[ChartPoint]:
    points = []
    for capture in series.captures:
        figure: Interval | None = getattr(capture.measurement, field)
        if figure is not None:
            value, low, high = (shown(number, unit) for number in (figure.value, figure.low, figure.high))
            words = f"Visit {capture.visit_number}: {value} {unit} ({low} to {high})."
            points.append(ChartPoint(capture.visit_number, figure.value, figure.low, figure.high, words))
    return points
