"""What the viewer draws on a picture: lines, frame and marks, as numbers for its script and words for its reader.

Everything is in pixels of the picture, origin at the centre of the top-left pixel, as in the measurement itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.measurement import CELL_UM
from contract import Change, Hair, HairKind, Measurement
from device.page.language import Language

Json = dict[str, Any]


def overlay(measurement: Measurement, language: Language, numbers: Sequence[int] | None = None) -> Json:
    """Return what is drawn of a measurement.

    Parameters
    ----------
    measurement
        Automatic or corrected.
    language
        Of the words on each hair.
    numbers
        By which corrections name the hairs; by default their places in the list.
    """
    named = range(len(measurement.hairs)) if numbers is None else numbers
    return {
        "size": list(measurement.picture_px),
        "umPerPx": measurement.um_per_px,
        "frame": list(measurement.frame_px),
        "hairs": [_hair(hair, number, language) for hair, number in zip(measurement.hairs, named, strict=True)],
        "uncounted": [_rounded(line.line_px) for line in measurement.uncounted],
        "excluded": _excluded_px(measurement),
    }


def change_marks(change: Change) -> list[Json]:
    """Return what became of each hair of a comparison, at its place in the follow-up's picture."""
    return [{"at": _point(hair.followup_px), "fate": hair.fate.value} for hair in change.hairs]


def hair_words(hair: Hair, language: Language) -> str:
    """Say what a hair is: its kind, its diameter and its length."""
    _ = language.words
    kind = _("Terminal hair") if hair.kind is HairKind.TERMINAL else _("Vellus hair")
    length = _("{length} mm long").format(length=language.number(hair.length_mm, 2))
    if hair.diameter_um is None:
        return ", ".join([kind, _("diameter not readable"), length])
    diameter_um = language.number(hair.diameter_um)
    thick = _("at most {diameter} µm thick") if hair.diameter_limited else _("{diameter} µm thick")
    return ", ".join([kind, thick.format(diameter=diameter_um), length])


def _hair(hair: Hair, number: int, language: Language) -> Json:
    return {
        "number": number,
        "line": _rounded(hair.course_px or (hair.root_px, hair.tip_px)),
        "root": _point(hair.root_px),
        "kind": hair.kind.value,
        "unit": hair.unit,
        "words": hair_words(hair, language),
    }


def _excluded_px(measurement: Measurement) -> list[list[float]]:
    """Return the cells that do not count as boxes; their grid is that of :meth:`analysis.Measurement.cells`."""
    x0, y0, x1, y1 = measurement.frame_px
    rows = max(1, round((y1 - y0) * measurement.um_per_px / CELL_UM))
    columns = max(1, round((x1 - x0) * measurement.um_per_px / CELL_UM))
    cell_width, cell_height = (x1 - x0) / columns, (y1 - y0) / rows
    return [
        [
            round(x0 + first * cell_width, 1),
            round(y0 + row * cell_height, 1),
            round(x0 + (first + count) * cell_width, 1),
            round(y0 + (row + 1) * cell_height, 1),
        ]
        for row, first, count in measurement.uncounted_cells
    ]


def _rounded(points: Sequence[tuple[float, float]]) -> list[list[float]]:
    return [_point(point) for point in points]


def _point(point: tuple[float, float]) -> list[float]:
    return [round(point[0], 1), round(point[1], 1)]
