"""The noise floor of hairs matched one by one: from a study's repeats, or from comparisons that exist already."""

from collections.abc import Iterable, Sequence

import analysis
import contract
from analysis import measurement_file
from analysis.comparison import compare
from analysis.comparison.change import Change
from analysis.noise.floor import CHANGES, Difference, NoiseFloor, Source, floor_of_changes
from contract import Measurement


def study_matched(groups: Sequence[Sequence[Measurement]], source: Source) -> list[NoiseFloor]:
    """Compare repeats of each subject hair by hair: the first with the second, the third with the fourth, and so on.

    Parameters
    ----------
    groups
        The measurements of each subject, in the order they were taken. No picture is in two comparisons, so that each
        counts as a degree of freedom.
    source
        What lies between two repeats.

    Returns
    -------
    list of NoiseFloor
        As `matched_floors` gives them.
    """
    pairs = (pair for group in groups for pair in zip(group[::2], group[1::2], strict=False))
    return matched_floors((compare(_with_hairs(first), _with_hairs(second)) for first, second in pairs), source)


def matched_floors(changes: Iterable[Change | contract.Change], source: Source) -> list[NoiseFloor]:
    """Take the floors from changes measured where there was none.

    Parameters
    ----------
    changes
        No picture in two of them. One that is not seen to be of one place gives no figure.
    source
        What lies between the two pictures.

    Returns
    -------
    list of NoiseFloor
        Of the figures that some change gave.
    """
    given = list(changes)
    floors = []
    for name, (figure, difference) in CHANGES.items():
        if difference is Difference.MATCHED:
            intervals = (getattr(change, name) for change in given)
            values = [float(interval.value) for interval in intervals if interval is not None]
            floors.append(floor_of_changes(figure, values, source))
    return [floor for floor in floors if floor is not None]


def _with_hairs(measurement: Measurement) -> analysis.Measurement:
    return measurement_file.read(measurement.model_dump(mode="json"))
