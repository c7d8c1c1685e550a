"""All figures of a study, from the measurements of its repeats."""

from collections.abc import Mapping, Sequence

from analysis.figure_words import FIGURES
from analysis.noise.floor import Source
from analysis.noise.repeat_study import FigureStudy, study_figure
from contract import Measurement
from device.study.folder import StudyUnfit

Repeats = Sequence[Measurement]


def study(
    groups: Sequence[Repeats], source: Source, by_operator: Sequence[Sequence[Measurement]] = ()
) -> list[FigureStudy]:
    """Study every figure that some subject has twice.

    Parameters
    ----------
    groups
        The measurements of each subject, in the order they were taken.
    source
        What lies between two repeats.
    by_operator
        One row a subject, one column an operator, where they cross.

    Raises
    ------
    StudyUnfit
        If the measurements call different hairs terminal.
    """
    cuts = sorted({one.terminal_from_um or 40.0 for group in groups for one in group})
    if len(cuts) > 1:
        raise StudyUnfit(
            f"Terminal is from {cuts[0]:g} um in one measurement and from {cuts[-1]:g} um in another. Measure all"
            " pictures of a study with one --terminal-from-um."
        )
    studies = (
        study_figure(
            figure,
            [[figure_of(one, figure) for one in group] for group in groups],
            source,
            [[figure_of(one, figure) for one in row] for row in by_operator],
        )
        for figure in FIGURES
    )
    return [one for one in studies if one is not None]


def figure_of(measurement: Measurement, figure: str) -> float:
    """Return a figure's value, NaN where the picture did not give it."""
    interval = getattr(measurement, figure)
    return float("nan") if interval is None else float(interval.value)


def crossed(measured: Mapping[tuple[str, str | None], Repeats], operators: Sequence[str]) -> list[list[Measurement]]:
    """Take the first measurement of each subject by each operator; none where operators do not cross.

    Parameters
    ----------
    measured
        By subject and operator.
    operators
        Of the study.
    """
    if not operators:
        return []
    subjects = sorted({subject for subject, _ in measured})
    return [[measured[subject, operator][0] for operator in operators] for subject in subjects]
