"""Two pictures of one place side by side, the follow-up turned and shifted onto the baseline, with their marks."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import BinaryIO

from collector.pictures.pictures import PictureDamaged, PicturesAway
from collector.report import marks
from collector.report.marks import Mark, Placed
from collector.report.picture_cut import Cut, cut
from collector.report.registered import Affine, Box, NotInvertible, Point, around, corners, shared_area
from contract import Capture, Change

_log = logging.getLogger(__name__)

OpenPicture = Callable[[str], BinaryIO | None]
"""Opens a picture by its digest; None while it is not there."""

_MARK_SHARE = 1 / 700
"""Of the drawing's width for a unit of a mark: a mark is some 0.2 mm of scalp wide, less than from unit to unit."""

_GROUND = "#e6eaec"
_BAR_MM = 1.0
_PENDING, _NOT_SHOWN, _AWAY = "Picture pending", "Picture cannot be shown", "Picture cannot be fetched now"
"""It has not arrived; it has, but is damaged, or another than was measured; nobody can say at the moment."""


@dataclass(frozen=True)
class Panel:
    """One picture, with its marks and as it was taken; SVG elements both."""

    marked: str
    plain: str
    pending: bool


@dataclass(frozen=True)
class Pair:
    """The baseline and the follow-up of a comparison.

    ``legend`` lists the marks that occur; it is empty where nothing was matched, and the pictures then lie as taken.
    """

    baseline: Panel
    followup: Panel
    legend: tuple[tuple[str, str], ...]
    registered: bool


def pair(baseline: Capture, followup: Capture, change: Change, open_picture: OpenPicture) -> Pair:
    """Draw the two pictures of a comparison.

    Parameters
    ----------
    baseline, followup
        The captures that were compared.
    change
        What came of it.
    open_picture
        Opens them.
    """
    to_baseline, shared = _registration(baseline, followup, change)
    if to_baseline is None or change.transform is None:
        left_px, right_px = _whole(baseline), _whole(followup)
        return Pair(
            _panel(baseline, _Sight(left_px, left_px), [], open_picture),
            _panel(followup, _Sight(right_px, right_px), [], open_picture),
            legend=(),
            registered=False,
        )
    seen = around(shared)
    back = Affine.baseline_to_followup(change.transform)
    wanted = around([back(corner) for corner in corners(seen)])
    left = marks.at_baseline(change.hairs)
    right = [Placed(one.mark, to_baseline(one.at)) for one in marks.at_followup(change.hairs)]
    um_per_px = baseline.measurement.um_per_px
    return Pair(
        _panel(baseline, _Sight(seen, seen, shared, um_per_px=um_per_px), left, open_picture),
        _panel(followup, _Sight(seen, wanted, shared, to_baseline.in_svg, um_per_px), right, open_picture),
        legend=tuple((marks.in_legend(mark), marks.WORDS[mark]) for mark in Mark if _occurs(mark, left + right)),
        registered=True,
    )


def as_taken(capture: Capture, open_picture: OpenPicture) -> Panel:
    """Draw one picture as it was taken, where there is nothing to lay beside it."""
    whole = _whole(capture)
    return _panel(capture, _Sight(whole, whole, um_per_px=capture.measurement.um_per_px), [], open_picture)


def _occurs(mark: Mark, placed: Sequence[Placed]) -> bool:
    return any(one.mark is mark for one in placed)


def _registration(baseline: Capture, followup: Capture, change: Change) -> tuple[Affine | None, list[Point]]:
    if change.transform is None:
        return None, []
    try:
        to_baseline = Affine.followup_to_baseline(change.transform)
    except NotInvertible:
        return None, []
    shared = shared_area(baseline.measurement.frame_px, followup.measurement.frame_px, to_baseline)
    return (to_baseline, shared) if shared else (None, [])


def _whole(capture: Capture) -> Box:
    width, height = capture.measurement.picture_px
    return -0.5, -0.5, width - 0.5, height - 0.5


@dataclass(frozen=True)
class _Sight:
    """What a panel shows: a box of the drawing, the same in the picture's own pixels, and how that is laid."""

    seen: Box
    wanted_px: Box
    shared: Sequence[Point] = ()
    laid: str = ""
    um_per_px: float | None = None


def _panel(capture: Capture, sight: _Sight, placed: Sequence[Placed], open_picture: OpenPicture) -> Panel:
    picture = _shown(capture, sight, open_picture)
    words = f"Visit {capture.visit_number}"
    return Panel(
        _drawing(sight, picture, placed, f"{words}, hairs marked"),
        _drawing(sight, picture, [], f"{words}, as taken"),
        pending=picture == _PENDING,
    )


def _shown(capture: Capture, sight: _Sight, open_picture: OpenPicture) -> Cut | str:
    """Return what a panel shows of a picture, or the words why it shows nothing."""
    sha256 = capture.picture.sha256
    try:
        file = open_picture(sha256)
        if file is None:
            return _PENDING
        with file:
            return cut(file, capture.measurement.picture_px, sight.wanted_px) or _NOT_SHOWN
    except PicturesAway:
        return _AWAY  # whoever keeps pictures has said so in the log
    except (PictureDamaged, OSError) as error:
        _log.error("Picture %s cannot be shown in a report: %s", sha256[:12], error)
        return _NOT_SHOWN


def _drawing(sight: _Sight, picture: Cut | str, placed: Sequence[Placed], title: str) -> str:
    """Draw a panel: the picture, or in its place the words why there is none."""
    left, top, right, bottom = sight.seen
    width, height = right - left, bottom - top
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" class="scalp"'
        f' viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}">'
        f"<title>{escape(title)}</title>"
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{_GROUND}"/>'
    ]
    if isinstance(picture, Cut):
        x0, y0, x1, y1 = picture.box_px
        laid = f' transform="{sight.laid}"' if sight.laid else ""
        parts.append(
            f'<image href="{picture.address}" x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}"'
            f' preserveAspectRatio="none"{laid}/>'
        )
    else:
        parts.append(
            f'<text x="{left + width / 2:.1f}" y="{top + height / 2:.1f}" text-anchor="middle" fill="#55646d"'
            f' font-size="{width / 22:.1f}">{picture}</text>'
        )
    if sight.shared:
        parts += [_outline(sight.shared, width), marks.drawn(placed, width * _MARK_SHARE)]
    if sight.um_per_px is not None:
        parts.append(_scale_bar(sight.seen, 1000.0 * _BAR_MM / sight.um_per_px))
    return "".join([*parts, "</svg>"])


def _outline(shared: Sequence[Point], width: float) -> str:
    around_it = " ".join(f"{x:.1f},{y:.1f}" for x, y in shared)
    return "".join(
        f'<polygon points="{around_it}" fill="none" stroke="{colour}" stroke-width="{width / share:.2f}"{dashes}/>'
        for colour, share, dashes in (
            (marks.CASING, 220, ""),
            ("#ffffff", 420, f' stroke-dasharray="{width / 70:.1f} {width / 110:.1f}"'),
        )
    )


def _scale_bar(seen: Box, length: float) -> str:
    """Draw a millimetre in the lower left corner."""
    left, _, right, bottom = seen
    unit = (right - left) / 100
    x, y = left + 2.5 * unit, bottom - 2.5 * unit
    return (
        f'<rect x="{left + unit:.1f}" y="{bottom - 7 * unit:.1f}" width="{length + 3 * unit:.1f}"'
        f' height="{6 * unit:.1f}" rx="{unit:.1f}" fill="#ffffff" fill-opacity="0.85"/>'
        f'<path d="M{x:.1f} {y - unit:.1f}v{unit:.1f}h{length:.1f}v{-unit:.1f}" fill="none" stroke="{marks.CASING}"'
        f' stroke-width="{unit / 3:.2f}"/>'
        f'<text x="{x + length / 2:.1f}" y="{y - 1.5 * unit:.1f}" text-anchor="middle" fill="{marks.CASING}"'
        f' font-size="{2.6 * unit:.1f}">1 mm</text>'
    )
