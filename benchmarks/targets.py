"""What is asked of the instrument, as bounds on named figures, and how far off a figure is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on one figure.

    Parameters
    ----------
    figure : str
        Its key.
    words : str
        Its name in the table.
    low, high : float
        Both included.
    digits : int
        In the table.
    unit : str
        After the number; "%" shows a share in per cent.
    """

    figure: str
    words: str
    low: float = -math.inf
    high: float = math.inf
    digits: int = 2
    unit: str = ""

    def asked(self) -> str:
        """Word the bound."""
        if math.isinf(self.low):
            return f"<= {self.shown(self.high)}"
        if math.isinf(self.high):
            return f">= {self.shown(self.low)}"
        if self.low == -self.high:
            return f"within {self.shown(self.high)}"
        return f"{self.shown(self.low)} to {self.shown(self.high)}"

    def shown(self, value: float) -> str:
        """Word a value of the figure."""
        if math.isnan(value):
            return "-"
        if self.unit == "%":
            return f"{100 * value:.{self.digits}f} %"
        return f"{value:.{self.digits}f}{' ' if self.unit else ''}{self.unit}"

    def verdict(self, value: float) -> str:
        """Say whether a value keeps the bound, or by how much it falls short."""
        if math.isnan(value):
            return "not measured"
        if self.low <= value <= self.high:
            return "met"
        # one digit more than the table: a figure that rounds to its bound is short all the same
        finer = replace(self, digits=self.digits + 1)
        return f"**short by {finer.shown(self.low - value if value < self.low else value - self.high)}**"


def _f1(low: float) -> Bound:
    return Bound("f1", "F1", low=low, digits=3)


_PALE_AND_HARD = (
    "blond",
    "grey",
    "white-on-dark-skin",
    "dark-skin",
    "defocus",
    "noise",
    "bubbles",
    "curls",
)

ACCURACY: dict[str, tuple[Bound, ...]] = {
    "clipped": (
        _f1(0.95),
        Bound("density_bias", "density bias", -0.01, 0.01, 1, "%"),
        Bound("density_error", "density error", high=0.04, digits=1, unit="%"),
        Bound("diameter_bias_um", "diameter bias", -1.0, 1.0, 2, "um"),
        Bound("diameter_error_um", "mean diameter error", high=3.0, unit="um"),
        Bound("kind_right", "kind right", low=0.97, digits=3),
    ),
    "long-parted": (_f1(0.85), Bound("density_error", "density error", high=0.08, digits=1, unit="%")),
    **{name: (_f1(0.90),) for name in _PALE_AND_HARD},
    **{name: (Bound("false_per_cm2", "false hairs per cm2", high=0.5),) for name in ("bald", "bald-littered")},
}
"""By phantom class."""

REAL = (
    _f1(0.92),
    Bound("density_bias", "density bias", -0.02, 0.02, 1, "%"),
    Bound("density_mape", "mean error per frame", high=0.07, digits=1, unit="%"),
    Bound("root_right", "root at the right end", low=0.97, digits=3),
    Bound("thin_recall", "thin recall", low=0.50),
)
COVERAGE = Bound("coverage", "interval coverage", 0.93, 0.97, 1, "%")
SPEED = {
    "clipped": (
        Bound("against_sato", "times faster than sato, 4 sigmas", low=20.0, digits=1),
        Bound("seconds", "seconds", high=1.0, unit="s"),
        Bound("peak_mb", "peak memory above the interpreter", high=400.0, digits=0, unit="MB"),
    ),
    "long": (
        Bound("seconds", "seconds", high=1.6, unit="s"),
        Bound("peak_mb", "peak memory above the interpreter", high=400.0, digits=0, unit="MB"),
    ),
}
