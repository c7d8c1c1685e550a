"""What statistics are given: checked before anything is made of it, and refused in a sentence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

MOST_FIGURES = 200_000
"""In one calculation: far beyond a study, and still done within a second by everything but the mixed model."""

LARGEST = 1e12
"""No figure of a scalp comes near; squares of larger ones would lose the digits that variances are made of."""

_ROUNDING = 1e-12


class FiguresUnusable(ValueError):
    """No statistic can be made of these figures; the message says why and what to do."""


class TooFewFigures(FiguresUnusable):
    """There are too few figures, or patients, for what was asked; the message says how many it takes."""


def figures(values: ArrayLike, what: str, at_least: int = 1, at_most: int = MOST_FIGURES) -> Array:
    """Return figures as an array of finite numbers.

    Parameters
    ----------
    values
        Numbers, shape (n,).
    what
        Their name in a refusal, such as "the figures before".
    at_least, at_most
        How many there may be.

    Raises
    ------
    FiguresUnusable
        If they are no list of finite numbers, or too many.
    TooFewFigures
    """
    try:
        given = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as failure:
        raise FiguresUnusable(f"{what}: not all of them are numbers. Leave out what was not measured.") from failure
    if given.ndim != 1:
        raise FiguresUnusable(f"{what}: one list of numbers is needed, not a table.")
    _refuse_what_is_no_figure(given, what)
    if len(given) < at_least:
        raise TooFewFigures(f"{what}: {at_least} are needed at least, {len(given)} were given.")
    if len(given) > at_most:
        raise FiguresUnusable(f"{what}: {len(given)} are too many to reckon with at once; give {at_most} at most.")
    return given


def table(values: ArrayLike, what: str) -> Array:
    """Return a table of finite numbers, shape (subjects, repeats), two by two at least.

    Raises
    ------
    FiguresUnusable
        If cells are missing, or the table is too large.
    TooFewFigures
    """
    try:
        given = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as failure:
        raise FiguresUnusable(
            f"{what}: every subject needs the same number of repeats, all of them numbers."
            " Leave out subjects that lack one."
        ) from failure
    if given.ndim != 2:
        raise FiguresUnusable(f"{what}: a table is needed, one row a subject and one column a repeat.")
    _refuse_what_is_no_figure(given, what)
    if min(given.shape) < 2:
        subjects, repeats = given.shape
        raise TooFewFigures(
            f"{what}: two subjects and two repeats are needed at least, not {subjects} subjects by {repeats} repeats."
        )
    if given.size > MOST_FIGURES:
        raise FiguresUnusable(
            f"{what}: {given.size} figures are too many to reckon with at once; give {MOST_FIGURES} at most."
        )
    return given


def paired(before: ArrayLike, after: ArrayLike, at_least: int = 1) -> tuple[Array, Array]:
    """Return two lists of figures of the same subjects in the same order.

    Raises
    ------
    FiguresUnusable
        If their lengths differ, or either is unusable.
    TooFewFigures
    """
    first, second = figures(before, "The first figures", at_least), figures(after, "The second figures", at_least)
    if len(first) != len(second):
        raise FiguresUnusable(
            f"Of a pair each figure needs the other: {len(first)} first and {len(second)} second figures were given."
            " Leave out subjects that lack one."
        )
    return first, second


def alike(values: Array, of: float | None = None) -> bool:
    """Say whether numbers are one number, but for what rounding leaves of figures as large as `of` (themselves)."""
    return bool(np.ptp(values) <= _ROUNDING * (float(np.abs(values).max()) if of is None else of))


def codes(values: Sequence[str], what: str) -> None:
    """Refuse codes that are empty.

    Raises
    ------
    FiguresUnusable
    """
    if not all(values):
        raise FiguresUnusable(f"{what} is missing for some figures: give it, or leave these figures out.")


def _refuse_what_is_no_figure(given: Array, what: str) -> None:
    if not np.isfinite(given).all():
        missing = int((~np.isfinite(given)).sum())
        raise FiguresUnusable(f"{what}: {missing} of them are not numbers. Leave out what was not measured.")
    if given.size and float(np.abs(given).max()) > LARGEST:
        raise FiguresUnusable(f"{what}: a figure beyond {LARGEST:.0e} is no measurement. Look for a wrong unit.")
