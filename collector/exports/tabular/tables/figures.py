"""The columns of a measurement: each figure with its interval, and what it was counted in."""

from collections.abc import Callable
from typing import TypeVar

from collector.exports.codes import FIGURES, UNIT_SIZES, FigureCode
from collector.exports.tabular.columns import Column, Kind
from contract import Interval, Measurement

RowT = TypeVar("RowT")

_SHARE_UNIT = "1"
_NOT_GIVEN = "The picture does not support the figure, or the instrument's release did not measure it."
_OLDER = "Not said: of an older release."

_UNIT_SIZE_NAMES = ("unit_share_1_hair", "unit_share_2_hairs", "unit_share_3_hairs", "unit_share_4_or_more_hairs")


def figure_columns(measured: Callable[[RowT], Measurement]) -> tuple[Column[RowT], ...]:
    """Return three columns a figure: value, lower and upper bound of its 95 % interval.

    Numbers are the contract's own: shares are 0 to 1 here, where other interfaces give per cent.
    """
    columns: list[Column[RowT]] = []
    for name, code in FIGURES.items():
        columns += interval_columns(
            name, _unit(code), f"{code.display}. {code.definition}", _field(measured, name), _NOT_GIVEN
        )
    for place, (name, code) in enumerate(zip(_UNIT_SIZE_NAMES, UNIT_SIZES, strict=True)):
        read = _unit_size(measured, place)
        columns += interval_columns(name, _unit(code), f"{code.display}. {code.definition}", read, _NOT_GIVEN)
    return tuple(columns)


def frame_columns(measured: Callable[[RowT], Measurement]) -> tuple[Column[RowT], ...]:
    """Return what the figures were counted in, and what was not counted."""
    return (
        Column(
            "hairs",
            Kind.WHOLE,
            "Hairs counted in the frame.",
            lambda row: len(measured(row).hairs),
            "{hairs}",
            minimum=0,
        ),
        Column("area_cm2", Kind.NUMBER, "Area of the counting frame.", lambda row: measured(row).area_cm2, "cm2"),
        Column(
            "picture_width_px",
            Kind.WHOLE,
            "Width of the calibrated picture.",
            lambda row: measured(row).picture_px[0],
            "{px}",
        ),
        Column(
            "picture_height_px",
            Kind.WHOLE,
            "Height of the calibrated picture.",
            lambda row: measured(row).picture_px[1],
            "{px}",
        ),
        Column(
            "terminal_from_um",
            Kind.NUMBER,
            "Projected diameter from which a hair is called terminal.",
            lambda row: measured(row).terminal_from_um,
            "um",
            null="Not said, of an older release: 40 um.",
        ),
        Column(
            "hair_mode",
            Kind.TEXT,
            "How the hair was taken to be.",
            lambda row: measured(row).hair_mode,
            null=_OLDER,
            allowed=("clipped", "long"),
        ),
        Column(
            "intermediate_hairs",
            Kind.WHOLE,
            "Hairs from 30 to below 60 um in projected diameter.",
            lambda row: measured(row).intermediate_hairs,
            "{hairs}",
            null=_OLDER,
            minimum=0,
        ),
        Column(
            "rootless_shafts",
            Kind.WHOLE,
            "Shafts whose root is outside of the frame or hidden: not counted.",
            lambda row: measured(row).rootless_shafts,
            "{hairs}",
            null=_OLDER,
            minimum=0,
        ),
        Column(
            "missed_expected",
            Kind.NUMBER,
            "Hairs expected to be missed: in the intervals of hair and vellus density, not in their values.",
            lambda row: measured(row).missed_expected,
            "{hairs}",
            null="Not looked for.",
        ),
        Column(
            "missed_expected_sd",
            Kind.NUMBER,
            "Standard deviation of the hairs expected to be missed.",
            lambda row: measured(row).missed_expected_sd,
            "{hairs}",
            null="Not looked for.",
            minimum=0,
        ),
        Column(
            "flags",
            Kind.TEXTS,
            "What the analysis remarked on the measurement.",
            lambda row: list(measured(row).flags),
        ),
    )


def interval_columns(
    name: str, unit: str, definition: str, read: Callable[[RowT], Interval | None], null: str
) -> tuple[Column[RowT], Column[RowT], Column[RowT]]:
    """Return the columns of a figure and of the bounds of its 95 % interval."""

    def part(of: Callable[[Interval], float]) -> Callable[[RowT], float | None]:
        def read_part(row: RowT) -> float | None:
            figure = read(row)
            return None if figure is None else of(figure)

        return read_part

    return (
        Column(name, Kind.NUMBER, definition, part(lambda one: one.value), unit, null),
        Column(
            f"{name}_low",
            Kind.NUMBER,
            f"Lower bound of the 95 % interval of {name}.",
            part(lambda one: one.low),
            unit,
            null,
        ),
        Column(
            f"{name}_high",
            Kind.NUMBER,
            f"Upper bound of the 95 % interval of {name}.",
            part(lambda one: one.high),
            unit,
            null,
        ),
    )


def _unit(code: FigureCode) -> str:
    return _SHARE_UNIT if code.factor != 1 else code.ucum


def _field(measured: Callable[[RowT], Measurement], name: str) -> Callable[[RowT], Interval | None]:
    def read(row: RowT) -> Interval | None:
        figure: Interval | None = getattr(measured(row), name)
        return figure

    return read


def _unit_size(measured: Callable[[RowT], Measurement], place: int) -> Callable[[RowT], Interval | None]:
    def read(row: RowT) -> Interval | None:
        sizes = measured(row).unit_size_shares
        return None if sizes is None else sizes[place]

    return read
