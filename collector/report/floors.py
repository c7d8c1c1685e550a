"""The noise floors that a report holds changes against: those that the instrument sent with its comparison."""

from analysis.figure_words import FIGURES
from analysis.noise.floor import CHANGES, Difference, NoiseFloor, Source, floor_in_force
from contract import Comparison


def floor_of_change(comparison: Comparison, name: str) -> NoiseFloor | None:
    """Return the floor of a comparison's figure, None where the instrument knew none.

    Parameters
    ----------
    comparison
        What was compared.
    name
        Of `analysis.noise.floor.CHANGES`.
    """
    figure, difference = CHANGES[name]
    return floor_in_force(_floors(comparison), figure, difference)


def floor_of_counted(comparison: Comparison, figure: str) -> NoiseFloor | None:
    """Return the floor of a figure of pictures that are measured each by itself, None where none is known."""
    return floor_in_force(_floors(comparison), figure, Difference.COUNTED)


def _floors(comparison: Comparison) -> list[NoiseFloor]:
    """Return the floors of figures that this release knows."""
    return [
        NoiseFloor(
            one.figure, Difference(one.difference), Source(one.source), one.difference_sd, one.degrees, one.subjects
        )
        for one in comparison.noise_floors
        if one.figure in FIGURES
    ]
