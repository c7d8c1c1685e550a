"""Two pictures laid over each other: where the follow-up lies in the baseline's pixels, and what both show.

Pixels are (x, y), the origin at the centre of the top-left pixel, as in the messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from contract import Transform

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_EVEN = 1e-6


class NotInvertible(ValueError):
    """A transform flattens the picture: no point of the follow-up has one place in the baseline."""


@dataclass(frozen=True)
class Affine:
    """Points ``(x, y)`` to ``(a x + b y + c, d x + e y + f)``."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @classmethod
    def followup_to_baseline(cls, transform: Transform) -> Self:
        """Return the inverse of a comparison's transform of pixels.

        Raises
        ------
        NotInvertible
            If it has none.
        """
        (a, b, c), (d, e, f) = transform.baseline_to_followup_px
        area = a * e - b * d
        if abs(area) < _EVEN:
            raise NotInvertible(f"the transform's determinant is {area}")
        return cls(e / area, -b / area, (b * f - c * e) / area, -d / area, a / area, (c * d - a * f) / area)

    @classmethod
    def baseline_to_followup(cls, transform: Transform) -> Self:
        """Return a comparison's transform of pixels."""
        (a, b, c), (d, e, f) = transform.baseline_to_followup_px
        return cls(a, b, c, d, e, f)

    def __call__(self, point: Point) -> Point:
        """Return where a point goes."""
        x, y = point
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    @property
    def in_svg(self) -> str:
        """The value of SVG's ``transform`` that does the same."""
        return f"matrix({self.a:.7f} {self.d:.7f} {self.b:.7f} {self.e:.7f} {self.c:.4f} {self.f:.4f})"


def shared_area(baseline_frame_px: Box, followup_frame_px: Box, to_baseline: Affine) -> list[Point]:
    """Return the corners of what lies in both counting frames, in the baseline's pixels; empty if nothing does.

    The frame of the baseline is cut along each side of the follow-up's (Sutherland and Hodgman 1974, Commun. ACM
    17:32).
    """
    area = corners(baseline_frame_px)
    cut = [to_baseline(corner) for corner in corners(followup_frame_px)]
    turn = _turn(cut[0], cut[1], cut[2])
    for start, end in zip(cut, [*cut[1:], cut[0]], strict=True):
        area = _inside(area, start, end, turn)
    return area


def corners(box: Box) -> list[Point]:
    """Return a box's corners, one after another round it."""
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def around(points: Sequence[Point]) -> Box:
    """Return the smallest box that holds some points, one at least."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _inside(area: Sequence[Point], start: Point, end: Point, turn: float) -> list[Point]:
    kept: list[Point] = []
    for at, corner in enumerate(area):
        before = area[at - 1]
        now, then = _turn(start, end, corner) * turn >= 0, _turn(start, end, before) * turn >= 0
        if now != then:
            kept.append(_meeting(before, corner, start, end))
        if now:
            kept.append(corner)
    return kept


def _turn(start: Point, end: Point, point: Point) -> float:
    """Return on which side of a line a point lies: positive to the right as seen, y down."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _meeting(before: Point, after: Point, start: Point, end: Point) -> Point:
    far, near = _turn(start, end, before), _turn(start, end, after)
    share = far / (far - near)
    return before[0] + share * (after[0] - before[0]), before[1] + share * (after[1] - before[1])
