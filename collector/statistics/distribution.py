"""What a box plot is drawn from, so that pages draw and reckon nothing.

Source: Tukey 1977, Exploratory Data Analysis, chapter 2: hinges are the medians of the lower and the upper half, the
middle figure belonging to both; whiskers end at the last figures within 1.5 times the hinges' spread.  The same as R's
``boxplot.stats``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from collector.statistics.given import Array, figures

WHISKER = 1.5
"""In spreads of the hinges."""


@dataclass(frozen=True, slots=True)
class Box:
    """A figure's distribution, in the figure's unit.

    Parameters
    ----------
    count
        Figures behind it.
    lowest_whisker, lower_hinge, median, upper_hinge, highest_whisker
        In ascending order.
    outliers
        Figures beyond the whiskers, ascending.
    mean
    """

    count: int
    lowest_whisker: float
    lower_hinge: float
    median: float
    upper_hinge: float
    highest_whisker: float
    outliers: tuple[float, ...]
    mean: float


def box(values: ArrayLike) -> Box:
    """Give the box of figures.

    Parameters
    ----------
    values
        In any order, shape (n,), one at least.

    Raises
    ------
    FiguresUnusable
        If a figure is no number; `TooFewFigures` if there is none.
    """
    ordered = np.sort(figures(values, "The figures of a box plot"))
    half = (len(ordered) + 1) // 2
    lower, middle, upper = (float(np.median(part)) for part in (ordered[:half], ordered, ordered[-half:]))
    reach = WHISKER * (upper - lower)
    within = (ordered >= lower - reach) & (ordered <= upper + reach)
    kept: Array = ordered[within]
    return Box(
        count=len(ordered),
        lowest_whisker=float(kept[0]),
        lower_hinge=lower,
        median=middle,
        upper_hinge=upper,
        highest_whisker=float(kept[-1]),
        outliers=tuple(float(one) for one in ordered[~within]),
        mean=float(ordered.mean()),
    )
