"""Corrections of hairs, applied one after another: each hair keeps the number by which it is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.correction import course, widths
from analysis.correction.course import Line
from analysis.correction.refused import CorrectionRefused
from analysis.found import MOST_HAIRS
from analysis.measurement import Hair, Kind, Measurement, Point

MOST_EDITS = 2000
"""Past it the picture is taken again."""
LEAST_LENGTH_UM = 50.0
"""What is drawn shorter than a shaft is wide is a slip of the finger."""
SPLIT_REACH_UM = 150.0
"""A split that is put farther from its line than a finger is off at the page's zoom is meant for another."""


@dataclass(frozen=True, slots=True, eq=False)
class Shaft:
    """A hair, and at which width its kind and its thickness are taken.

    Parameters
    ----------
    hair : Hair
    taken_um : float
        Its diameter where it has one.
    added : bool
        Drawn by the person.
    """

    hair: Hair
    taken_um: float
    added: bool = False


def numbered_hairs(measurement: Measurement, edits: Sequence[Mapping[str, Any]]) -> dict[int, Hair]:
    """Give the hairs that stand after corrections by their numbers, in the order of `corrected`'s hairs.

    Their units are those of the measurement; `corrected` tells units anew.

    Raises
    ------
    CorrectionRefused
    """
    return {number: shaft.hair for number, shaft in applied(measurement, edits).items()}


def applied(measurement: Measurement, edits: Sequence[Mapping[str, Any]]) -> dict[int, Shaft]:
    """Apply corrections in their order.

    Returns
    -------
    dict of int to Shaft
        By number, in their order: the measurement's hairs by their places, then one number for each hair that a
        correction makes. A number is never used again.

    Raises
    ------
    CorrectionRefused
        If one of them cannot be applied.
    """
    if len(edits) > MOST_EDITS:
        raise CorrectionRefused(f"There are more than {MOST_EDITS} corrections. Take the picture again.")
    work = _Work(measurement)
    for place, edit in enumerate(edits, start=1):
        try:
            work.apply(edit)
        except CorrectionRefused as error:
            raise CorrectionRefused(f"Correction {place}: {error}") from error
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CorrectionRefused(f"Correction {place}: It cannot be read. Load the page again.") from error
    return work.shafts


class _Work:
    """Hairs while they are corrected."""

    def __init__(self, measurement: Measurement) -> None:
        self._of = measurement
        taken_um = widths.taken_um(measurement)
        kinds: tuple[Kind, ...] = ("terminal", "vellus")
        self._of_kind_um = {kind: widths.of_kind_um(measurement, taken_um, kind) for kind in kinds}
        taken = taken_um.tolist()
        self.shafts = {i: Shaft(hair, taken[i]) for i, hair in enumerate(measurement.hairs)}
        self._next = len(measurement.hairs)

    def apply(self, edit: Mapping[str, Any]) -> None:
        match edit["edit"]:
            case "added":
                self._add(_line(edit["course_px"]), edit["kind"])
            case "removed":
                del self.shafts[self._standing(edit["hair"])]
            case "joined":
                first, second = (self._standing(number) for number in edit["hairs"])
                self._join(first, second)
            case "split":
                self._split(self._standing(edit["hair"]), _point(edit["at_px"]))
            case "root-moved":
                self._move_root(self._standing(edit["hair"]), _point(edit["root_px"]))
            case _:
                raise ValueError("no such correction")

    def _add(self, line: Line, kind: Kind) -> None:
        if kind not in self._of_kind_um:
            raise ValueError("no such kind")
        self._refuse_outside(line)
        self._refuse_uncounted(line[0])
        self._refuse_short(line)
        hair = Hair(
            root_px=_as_point(line[0]),
            tip_px=_as_point(line[-1]),
            centreline_px=line,
            diameter_um=None,
            diameter_limited=False,
            length_mm=self._mm(course.length_px(line)),
            kind=kind,
            probability=1.0,
            unit=0,
        )
        self._make(Shaft(hair, self._of_kind_um[kind], added=True))

    def _join(self, first: int, second: int) -> None:
        if first == second:
            raise CorrectionRefused("A hair is joined with another one. Choose a second hair.")
        one, other = self.shafts[first], self.shafts[second]
        longer, shorter = sorted((one, other), key=lambda piece: -piece.hair.length_mm)
        # Not a mean of both: one of them may be an upper limit, and the longer piece has more clean sections.
        shown = shorter if longer.hair.diameter_um is None and shorter.hair.diameter_um is not None else longer
        line = course.joined(one.hair.centreline_px, other.hair.centreline_px)
        arcs = course.length_px(one.hair.centreline_px) + course.length_px(other.hair.centreline_px)
        gap_mm = self._mm(course.length_px(line) - arcs)
        length_mm = one.hair.length_mm + other.hair.length_mm + gap_mm
        del self.shafts[first], self.shafts[second]
        whole = _along(shown.hair, line, max(length_mm, 0.0))
        self._make(
            replace(shown, hair=replace(whole, probability=1.0, unit=one.hair.unit), added=one.added and other.added)
        )

    def _split(self, number: int, at_px: Line) -> None:
        shaft = self.shafts[number]
        line, length_mm = shaft.hair.centreline_px, shaft.hair.length_mm
        along_px, off_px = course.nearest(line, at_px)
        if off_px * self._of.um_per_px > SPLIT_REACH_UM:
            raise CorrectionRefused(f"The point lies off the line of hair {number}. Put it on the line.")
        pieces = course.parted(line, along_px)
        for piece in pieces:
            self._refuse_short(piece)
        self._refuse_uncounted(pieces[1][0])
        del self.shafts[number]
        for piece in pieces:
            part_mm = length_mm * course.length_px(piece) / course.length_px(line)
            self._make(replace(shaft, hair=replace(_along(shaft.hair, piece, part_mm), probability=1.0)))

    def _move_root(self, number: int, root_px: Line) -> None:
        shaft = self.shafts[number]
        before = shaft.hair.centreline_px
        self._refuse_outside(root_px[None])
        self._refuse_out_of_frame(root_px, already_px=self._out_of_frame_px(before[0]))
        if self._cell(root_px) != self._cell(before[0]):  # half a cell may count: such a root may move within it
            self._refuse_left_out(root_px)
        line = course.rooted_at(before, root_px)
        self._refuse_short(line)
        length_mm = shaft.hair.length_mm + self._mm(course.length_px(line) - course.length_px(before))
        self.shafts[number] = replace(shaft, hair=_along(shaft.hair, line, max(length_mm, 0.0)))

    def _make(self, shaft: Shaft) -> None:
        if len(self.shafts) >= MOST_HAIRS:
            raise CorrectionRefused(f"There are more than {MOST_HAIRS} hairs. Take the picture again.")
        self.shafts[self._next] = shaft
        self._next += 1

    def _standing(self, number: object) -> int:
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError("a hair's number is whole")
        if not 0 <= number < self._next:
            raise CorrectionRefused(f"There is no hair {number}. Load the page again.")
        if number not in self.shafts:
            raise CorrectionRefused(f"Hair {number} is no longer there: an earlier correction took it away. Undo that.")
        return number

    def _refuse_short(self, line: Line) -> None:
        if len(line) < 2 or course.length_px(line) * self._of.um_per_px < LEAST_LENGTH_UM:
            raise CorrectionRefused("The line is too short for a hair. Draw it from root to tip.")

    def _refuse_outside(self, line: Line) -> None:
        if (line < -0.5).any() or (line > np.array(self._of.picture_px) - 0.5).any():
            raise CorrectionRefused("A point lies outside of the picture. Put it inside.")

    def _refuse_uncounted(self, root_px: Line) -> None:
        self._refuse_out_of_frame(root_px)
        self._refuse_left_out(root_px)

    def _refuse_out_of_frame(self, root_px: Line, already_px: float = 0.0) -> None:
        """Refuse a root farther out than one that counts is already, by rounding."""
        if self._out_of_frame_px(root_px) > already_px:
            raise CorrectionRefused("The root lies outside of the counting frame, where hairs do not count.")

    def _refuse_left_out(self, root_px: Line) -> None:
        row, column = self._cell(root_px)
        if any(at == row and first <= column < first + count for at, first, count in self._of.uncounted_cells):
            raise CorrectionRefused("The root lies where glare or cover hides the skin, and hairs do not count.")

    def _out_of_frame_px(self, point: Line) -> float:
        x0, y0, x1, y1 = self._of.frame_px
        return max(0.0, x0 - float(point[0]), float(point[0]) - x1, y0 - float(point[1]), float(point[1]) - y1)

    def _cell(self, point: Line) -> tuple[int, int]:
        """Give the row and column of the frame's cell in which a point lies, or to which it is nearest."""
        rows, columns = self._of.cells
        x0, y0, x1, y1 = self._of.frame_px
        row = min(max(int((point[1] - y0) / (y1 - y0) * rows), 0), rows - 1)
        return row, min(max(int((point[0] - x0) / (x1 - x0) * columns), 0), columns - 1)

    def _mm(self, px: float) -> float:
        return px * self._of.um_per_px / 1000


def _along(hair: Hair, line: Line, length_mm: float) -> Hair:
    return replace(
        hair, root_px=_as_point(line[0]), tip_px=_as_point(line[-1]), centreline_px=line, length_mm=length_mm
    )


def _as_point(point: Line) -> Point:
    return float(point[0]), float(point[1])


def _point(given: object) -> Line:
    return _finite(np.asarray(given, float).reshape(2))


def _line(given: object) -> Line:
    return _finite(np.asarray(given, float).reshape(-1, 2))


def _finite(points: Line) -> Line:
    if not np.isfinite(points).all():
        raise ValueError("a place is finite")
    return points
