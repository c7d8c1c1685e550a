"""The table of changes: two captures of a site compared, with the noise floor that the change is held against."""

from collections.abc import Callable

from analysis.figure_words import FIGURES as COMPARED
from analysis.measurement import Interval as MeasuredInterval
from analysis.noise.floor import CHANGES as CHANGE_FIGURES
from analysis.noise.floor import Call, NoiseFloor, Source, describe_change
from collector.exports.codes import FIGURES
from collector.exports.tabular.columns import Cell, Column, Kind, in_utc
from collector.exports.tabular.rows import ComparisonRow
from collector.exports.tabular.tables.figures import interval_columns
from collector.exports.tabular.tables.table import Table
from collector.report.floors import floor_of_change
from contract import Change, ComparedCapture, Interval, Transform

_NOT_MATCHED = "The two pictures could not be laid on each other."
_NOT_GIVEN = "The two pictures do not support the figure."
_NO_FLOOR = "The instrument knew no noise floor of it."


def _of_two(
    name: str, words: str, read: Callable[[ComparisonRow], ComparedCapture]
) -> tuple[Column[ComparisonRow], ...]:
    return (
        Column(f"{name}_capture_id", Kind.TEXT, f"The {words} capture (UUID).", lambda row: str(read(row).message_id)),
        Column(f"{name}_device_id", Kind.TEXT, f"The {words} capture's instrument.", lambda row: read(row).device_id),
        Column(
            f"{name}_visit_number",
            Kind.WHOLE,
            f"The {words} capture's visit.",
            lambda row: read(row).visit_number,
            minimum=1,
        ),
        Column(
            f"{name}_taken_at",
            Kind.MOMENT,
            f"When the {words} capture was taken, in UTC.",
            lambda row: in_utc(read(row).taken_at),
        ),
    )


def _laid(name: str, words: str, unit: str, read: Callable[[Transform], float]) -> Column[ComparisonRow]:
    def of_transform(row: ComparisonRow) -> float | None:
        laid = row.comparison.change.transform
        return None if laid is None else read(laid)

    return Column(name, Kind.NUMBER, words, of_transform, unit, _NOT_MATCHED)


def _counted(name: str, words: str) -> Column[ComparisonRow]:
    def of_change(row: ComparisonRow) -> Cell:
        change = row.comparison.change
        return None if change.transform is None else getattr(change, name)

    return Column(name, Kind.WHOLE, words, of_change, "{hairs}", _NOT_MATCHED, minimum=0)


def _change(row: ComparisonRow) -> Change:
    return row.comparison.change


def _density(place: int) -> Callable[[ComparisonRow], float | None]:
    def read(row: ComparisonRow) -> float | None:
        densities = _change(row).density_per_cm2
        return None if densities is None else densities[place]

    return read


def _interval(name: str) -> Callable[[ComparisonRow], Interval | None]:
    def read(row: ComparisonRow) -> Interval | None:
        figure: Interval | None = getattr(_change(row), name)
        return figure

    return read


def _floor(row: ComparisonRow, name: str) -> NoiseFloor | None:
    try:
        return floor_of_change(row.comparison, name)
    except ValueError:
        return None  # a floor of 0 is none, though the contract lets it travel


def _call(row: ComparisonRow, name: str) -> Call:
    given = _interval(name)(row)
    change = None if given is None else MeasuredInterval(given.value, given.low, given.high)
    figure = COMPARED[CHANGE_FIGURES[name][0]]
    return describe_change(change, _floor(row, name), figure.words, figure.unit).call


def _figure(name: str, words: str) -> tuple[Column[ComparisonRow], ...]:
    unit = FIGURES[CHANGE_FIGURES[name][0]].ucum

    def of_floor(read: Callable[[NoiseFloor], Cell]) -> Callable[[ComparisonRow], Cell]:
        def of_row(row: ComparisonRow) -> Cell:
            floor = _floor(row, name)
            return None if floor is None else read(floor)

        return of_row

    return (
        *interval_columns(name, unit, words, _interval(name), _NOT_GIVEN),
        Column(
            f"{name}_floor",
            Kind.NUMBER,
            f"Noise floor of {name}: what it must exceed to be called a change (smallest detectable change, by the"
            " upper 95 % bound of the noise).",
            of_floor(lambda floor: floor.called_from),
            unit,
            _NO_FLOOR,
            minimum=0,
        ),
        Column(
            f"{name}_floor_source",
            Kind.TEXT,
            "What the noise floor is known from.",
            of_floor(lambda floor: floor.source.value),
            null=_NO_FLOOR,
            allowed=tuple(Source),
        ),
        Column(
            f"{name}_call",
            Kind.TEXT,
            f"What is said of {name}: a change only where its interval leaves out 0 and it exceeds the noise floor.",
            lambda row: _call(row, name).value,
            allowed=tuple(Call),
        ),
    )


CHANGES = Table(
    "changes",
    "One row a comparison: a later capture of a site less an earlier one. The automatic figures alone are compared.",
    (
        Column(
            "comparison_id", Kind.TEXT, "The comparison's own id (UUID).", lambda row: str(row.comparison.message_id)
        ),
        Column("clinic_id", Kind.TEXT, "The clinic.", lambda row: row.comparison.clinic_id),
        Column("device_id", Kind.TEXT, "The instrument that compared.", lambda row: row.comparison.device_id),
        Column("patient_code", Kind.TEXT, "The patient's pseudonym.", lambda row: row.comparison.patient_code),
        Column("site", Kind.TEXT, "The place on the scalp.", lambda row: str(row.comparison.site)),
        Column(
            "compared_at", Kind.MOMENT, "When it was compared, in UTC.", lambda row: in_utc(row.comparison.created_at)
        ),
        Column("received_at", Kind.MOMENT, "When the clinic had it, in UTC.", lambda row: in_utc(row.received_at)),
        Column("software_version", Kind.TEXT, "The instrument's release.", lambda row: row.comparison.software_version),
        *_of_two("baseline", "earlier", lambda row: row.comparison.baseline),
        *_of_two("followup", "later", lambda row: row.comparison.followup),
        Column("days", Kind.NUMBER, "Time between the two captures.", lambda row: _change(row).days, "d", "Not said."),
        Column(
            "same_place",
            Kind.NUMBER,
            "Probability that both pictures show one place.",
            lambda row: _change(row).same_place,
            "1",
            minimum=0,
            maximum=1,
        ),
        Column(
            "shared_area_cm2",
            Kind.NUMBER,
            "Where roots count in both pictures.",
            lambda row: _change(row).shared_area_cm2,
            "cm2",
            _NOT_MATCHED,
            minimum=0,
        ),
        _laid("turn_deg", "How far the later picture is turned, clockwise as seen.", "deg", lambda one: one.turn_deg),
        _laid("shift_right_mm", "How far the scalp lies to the right in it.", "mm", lambda one: one.shift_mm[0]),
        _laid("shift_down_mm", "How far it lies downwards.", "mm", lambda one: one.shift_mm[1]),
        _laid(
            "scale_ratio", "Scale of the later picture by the earlier: 1 if both are right.", "1", lambda one: one.scale
        ),
        _laid(
            "largest_stretch_um",
            "How far the skin's stretch moves any point.",
            "um",
            lambda one: one.largest_stretch_um,
        ),
        _counted("matched", "Hairs of both pictures, paired one to one."),
        _counted("new", "Hairs of the later picture that the earlier one lacks."),
        _counted("lost", "Hairs of the earlier picture that the later one lacks."),
        _counted("thicker", "Matched hairs that are thicker later."),
        _counted("thinner", "Matched hairs that are thinner later."),
        _counted("longer", "Matched hairs that are longer later."),
        _counted("vellus_to_terminal", "Matched hairs that became terminal."),
        _counted("terminal_to_vellus", "Matched hairs that became vellus."),
        Column(
            "baseline_density_per_cm2",
            Kind.NUMBER,
            "Hair density of the shared area, earlier.",
            _density(0),
            "{hairs}/cm2",
            _NOT_GIVEN,
        ),
        Column(
            "followup_density_per_cm2",
            Kind.NUMBER,
            "Hair density of the shared area, later.",
            _density(1),
            "{hairs}/cm2",
            _NOT_GIVEN,
        ),
        *_figure("density_change_per_cm2", "Change of the hair density, by hairs matched one by one."),
        *_figure("terminal_density_change_per_cm2", "Change of the terminal hair density, by matched hairs."),
        *_figure("mean_diameter_change_um", "Change of the mean diameter of matched hairs."),
        *_figure(
            "cumulative_thickness_change_mm_per_cm2", "Change of the cumulative hair thickness, by matched hairs."
        ),
        *_figure("counted_density_change_per_cm2", "Change of the hair density, the two pictures counted separately."),
        *interval_columns(
            "anagen_share",
            "1",
            "Share of hairs that grew between the two pictures.",
            _interval("anagen_share"),
            _NOT_GIVEN,
        ),
        *interval_columns(
            "growth_um_per_day", "um/d", "Growth of the hairs that grew.", _interval("growth_um_per_day"), _NOT_GIVEN
        ),
        Column("flags", Kind.TEXTS, "Why a figure is not there.", lambda row: list(_change(row).flags)),
    ),
    key=("comparison_id",),
    of={
        "baseline_capture_id": ("captures", "capture_id"),
        "followup_capture_id": ("captures", "capture_id"),
    },
)
