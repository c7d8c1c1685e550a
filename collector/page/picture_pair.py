"""Two pictures of a site laid over each other, with what became of each hair; drawn in the earlier picture's pixels.

As :mod:`collector.report.side_by_side` draws them on paper; here pictures are fetched by the browser, reduced, and a
mark's shape is written once, however many hairs have it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from collector.report import marks
from collector.report.marks import Mark, Placed
from collector.report.registered import Affine, Box, NotInvertible, Point, around, shared_area
from contract import Capture, Comparison, Transform

_MARK_SHARE = 1 / 700
"""Of the drawing's width for a unit of a mark, as in reports."""
_MOST_MARKS = 1500
"""Of one picture: past it what stayed as it was is not marked, so that the page stays small."""
_BAR_MM = 1.0


class Laid(StrEnum):
    """How the later picture came to lie where it lies."""

    COMPARED = "compared"
    """The two were compared: hairs are marked."""
    THROUGH_BASELINE = "through-baseline"
    """Both were compared with one baseline, and lie over each other by it: no hair is marked."""
    AS_TAKEN = "as-taken"
    """They could not be laid over each other."""


@dataclass(frozen=True)
class Layer:
    """One picture: its digest, the SVG elements of its marks, and how it is laid."""

    sha256: str
    there: bool
    picture: str
    marks: str


@dataclass(frozen=True)
class PicturePair:
    """Two pictures in one drawing's coordinates.

    Parameters
    ----------
    view_box
        Of both drawings.
    defs
        The shapes of marks, once for the page.
    earlier, later
        The two.
    bar
        A millimetre.
    outline
        What both show.
    legend
        The marks that occur, with their words.
    laid
        How they were laid over each other.
    """

    view_box: str
    defs: str
    earlier: Layer
    later: Layer
    bar: str
    outline: str
    legend: tuple[tuple[str, str], ...]
    laid: Laid


def picture_pair(
    earlier: Capture,
    later: Capture,
    compared: Comparison | None,
    over_baseline: tuple[Comparison | None, Comparison | None],
    is_there: Callable[[str], bool],
) -> PicturePair:
    """Lay two pictures over each other.

    Parameters
    ----------
    earlier, later
        The captures; their hairs are not looked at.
    compared
        Their comparison, whole; None where they were not compared with each other.
    over_baseline
        Of both the comparison with one baseline, where they are not compared.
    is_there
        Whether a picture has arrived, by its digest.
    """
    laid, matrix = _laid(compared, over_baseline)
    if matrix is None:
        matrix = _by_scale(earlier, later)
    shared = shared_area(earlier.measurement.frame_px, later.measurement.frame_px, matrix)
    if not shared:
        laid, matrix = Laid.AS_TAKEN, _by_scale(earlier, later)
    box = around(shared) if laid is not Laid.AS_TAKEN else _whole(earlier)
    size = (box[2] - box[0]) * _MARK_SHARE
    left: list[Placed] = []
    right: list[Placed] = []
    if compared is not None and laid is Laid.COMPARED:
        left = _bounded(marks.at_baseline(compared.change.hairs))
        right = _bounded([Placed(one.mark, matrix(one.at)) for one in marks.at_followup(compared.change.hairs)])
    occurring = [mark for mark in Mark if any(one.mark is mark for one in (*left, *right))]
    return PicturePair(
        view_box=f"{box[0]:.1f} {box[1]:.1f} {box[2] - box[0]:.1f} {box[3] - box[1]:.1f}",
        defs="".join(f'<g id="mark-{mark}">{marks.drawn([Placed(mark, (0.0, 0.0))], size)}</g>' for mark in occurring),
        earlier=_layer(earlier, None, left, is_there),
        later=_layer(later, matrix, right, is_there),
        bar=_bar(box, 1000.0 * _BAR_MM / earlier.measurement.um_per_px),
        outline=_outline(shared) if laid is not Laid.AS_TAKEN else "",
        legend=tuple((marks.in_legend(mark), marks.WORDS[mark]) for mark in occurring),
        laid=laid,
    )


def _laid(
    compared: Comparison | None, over_baseline: tuple[Comparison | None, Comparison | None]
) -> tuple[Laid, Affine | None]:
    if compared is not None and (back := _to_baseline(compared.change.transform)) is not None:
        return Laid.COMPARED, back
    one, other = over_baseline
    if one is not None and other is not None and one.change.transform is not None:
        back = _to_baseline(other.change.transform)
        if back is not None:
            return Laid.THROUGH_BASELINE, _after(Affine.baseline_to_followup(one.change.transform), back)
    return Laid.AS_TAKEN, None


def _to_baseline(transform: Transform | None) -> Affine | None:
    try:
        return None if transform is None else Affine.followup_to_baseline(transform)
    except NotInvertible:
        return None


def _after(second: Affine, first: Affine) -> Affine:
    """Return what does one and then another."""
    return Affine(
        second.a * first.a + second.b * first.d,
        second.a * first.b + second.b * first.e,
        second.a * first.c + second.b * first.f + second.c,
        second.d * first.a + second.e * first.d,
        second.d * first.b + second.e * first.e,
        second.d * first.c + second.e * first.f + second.f,
    )


def _by_scale(earlier: Capture, later: Capture) -> Affine:
    """Return what puts the later picture's middle on the earlier one's, at one scale."""
    grown = later.measurement.um_per_px / earlier.measurement.um_per_px
    (x0, y0, x1, y1), (u0, v0, u1, v1) = _whole(earlier), _whole(later)
    return Affine(grown, 0, (x0 + x1 - grown * (u0 + u1)) / 2, 0, grown, (y0 + y1 - grown * (v0 + v1)) / 2)


def _whole(capture: Capture) -> Box:
    width, height = capture.measurement.picture_px
    return -0.5, -0.5, width - 0.5, height - 0.5


def _bounded(placed: list[Placed]) -> list[Placed]:
    return placed if len(placed) <= _MOST_MARKS else [one for one in placed if one.mark is not Mark.KEPT][:_MOST_MARKS]


def _layer(capture: Capture, matrix: Affine | None, placed: Sequence[Placed], is_there: Callable[[str], bool]) -> Layer:
    left, top, right, bottom = _whole(capture)
    laid = "" if matrix is None else f' transform="{matrix.in_svg}"'
    sha256 = capture.picture.sha256
    there = is_there(sha256)
    picture = (
        f'<image href="/pictures/{escape(sha256)}/reduced/800" data-sha256="{escape(sha256)}" x="{left}" y="{top}"'
        f' width="{right - left:.0f}" height="{bottom - top:.0f}" preserveAspectRatio="none"{laid}/>'
        if there
        else ""
    )
    # What changed lies above what stayed.
    ordered = sorted(placed, key=lambda one: one.mark in {Mark.NEW, Mark.LOST})
    drawn = "".join(f'<use href="#mark-{one.mark}" x="{one.at[0]:.0f}" y="{one.at[1]:.0f}"/>' for one in ordered)
    return Layer(sha256, there, picture, drawn)


def _outline(shared: Sequence[Point]) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shared)
    return f'<polygon class="shared casing" points="{points}"/><polygon class="shared" points="{points}"/>'


def _bar(box: Box, length: float) -> str:
    """Draw a millimetre in the lower left corner."""
    left, _, right, bottom = box
    unit = (right - left) / 100
    x, y = left + 2.5 * unit, bottom - 2.5 * unit
    return (
        f'<rect class="bar-ground" x="{left + unit:.1f}" y="{bottom - 7 * unit:.1f}" width="{length + 3 * unit:.1f}"'
        f' height="{6 * unit:.1f}" rx="{unit:.1f}"/><path class="bar-line" stroke-width="{unit / 3:.2f}"'
        f' d="M{x:.1f} {y - unit:.1f}v{unit:.1f}h{length:.1f}v{-unit:.1f}"/><text class="bar-word"'
        f' x="{x + length / 2:.1f}" y="{y - 1.5 * unit:.1f}" text-anchor="middle"'
        f' font-size="{2.6 * unit:.1f}">1 mm</text>'
    )
