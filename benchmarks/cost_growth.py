"""How the cost of a measurement grows with the picture and with the hairs on it, fitted by lines and plotted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.peers import Picture
from phantom import Photograph


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds against an amount of work, and the line through them.

    Parameters
    ----------
    what : str
        The amount's name.
    amount, seconds : tuple of float
    """

    what: str
    amount: tuple[float, ...]
    seconds: tuple[float, ...]

    @property
    def line(self) -> tuple[float, float]:
        """Slope and offset of the least-squares line."""
        slope, offset = np.polyfit(self.amount, self.seconds, 1)
        return float(slope), float(offset)

    @property
    def r_squared(self) -> float:
        """Share of the seconds' variance that the line explains."""
        slope, offset = self.line
        seconds = np.array(self.seconds)
        left = seconds - slope * np.array(self.amount) - offset
        return 1.0 - float((left**2).sum() / ((seconds - seconds.mean()) ** 2).sum())


def sizes_px(whole_px: tuple[int, int], shares: Sequence[float]) -> list[tuple[int, int]]:
    """Sizes of the whole's form that hold these shares of its pixels."""
    return [(round(whole_px[0] * share**0.5), round(whole_px[1] * share**0.5)) for share in shares]


def measured(
    by_size: Mapping[tuple[int, int], Photograph],
    by_density: Mapping[float, Photograph],
    seconds_of: Callable[[Picture], float],
) -> tuple[Growth, Growth]:
    """Time the pictures of growing size (of one density) and those of growing density (of one size)."""
    pixels = Growth(
        "megapixels at one density",
        tuple(width * height / 1e6 for width, height in by_size),
        tuple(seconds_of(photo.picture) for photo in by_size.values()),
    )
    hairs = Growth(
        "hairs on one size of picture",
        tuple(float(len(photo.truth.rooted_in())) for photo in by_density.values()),
        tuple(seconds_of(photo.picture) for photo in by_density.values()),
    )
    return pixels, hairs


def described(grown: tuple[Growth, Growth]) -> str:
    """Word the growth as Markdown."""
    pixels, hairs = grown
    rows = [
        [f"{growth.what}: {amount:.1f}" if growth is pixels else f"{growth.what}: {amount:.0f}", f"{spent:.2f}"]
        for growth in (pixels, hairs)
        for amount, spent in zip(growth.amount, growth.seconds, strict=True)
    ]
    fits = [
        f"{1000 * slope:.2f} ms a {unit} + {offset:.2f} s (R2 {growth.r_squared:.3f})"
        for growth, unit in ((pixels, "megapixel"), (hairs, "hair"))
        for slope, offset in [growth.line]
    ]
    return (
        f"### Cost as work grows\n\nLines: {fits[0]}; {fits[1]}.\n\n"
        + report.table(["work", "s"], rows)
        + "\n![Seconds against megapixels and against hairs, with straight lines through them](pictures/cost.svg)\n"
    )


def plot(grown: tuple[Growth, Growth], path: Path) -> None:
    """Draw both growths with their lines as SVG."""
    # an optional package (`bench`): only the plot needs it
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context({"svg.hashsalt": "cost", "font.size": 9}):
        figure = Figure(figsize=(8.0, 3.2), layout="constrained")
        FigureCanvasSVG(figure)
        for axes, growth in zip(figure.subplots(1, 2), grown, strict=True):
            slope, offset = growth.line
            ends = np.array([0.0, max(growth.amount)])
            axes.plot(ends, slope * ends + offset, color="#9aa5b1", linewidth=1.2, label=f"R2 {growth.r_squared:.3f}")
            axes.plot(growth.amount, growth.seconds, "o", color="#1f5f8b", markersize=5)
            axes.set_xlabel(growth.what)
            axes.set_ylabel("seconds")
            axes.set_xlim(left=0)
            axes.set_ylim(bottom=0, top=1.15 * max(growth.seconds))
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False, loc="upper left")
        figure.savefig(path, format="svg", metadata={"Date": None})
