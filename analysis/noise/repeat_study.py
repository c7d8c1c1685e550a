"""What a study of repeats says of one figure: spread, agreement, limits, and the noise floor that follows.

Imports numpy only, so that a service which reads figures needs no OpenCV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figure_words import FIGURES
from analysis.measurement import Interval, Json
from analysis.noise.agreement import (
    Limits,
    Spread,
    intraclass,
    intraclass_agreement,
    limits_of_agreement,
)
from analysis.noise.floor import NoiseFloor, Source, floor_of_repeats

Groups = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class FigureStudy:
    """What repeats say of one figure, in its unit.

    Parameters
    ----------
    subjects, measurements : int
        Those measured twice at least, and their measurements.
    mean : float
        Over subjects.
    sd : Interval
        Repeatability standard deviation of one measurement.
    icc : Interval or None
        ICC(1,1); None for fewer than two subjects.
    icc_operators : Interval or None
        ICC(A,1), of single measurements by different operators; None where they do not cross.
    limits : Limits or None
        Of the second measurement less the first (of the second operator's less the first's, where they cross); None
        for fewer than three subjects.
    floor : NoiseFloor
    """

    subjects: int
    measurements: int
    mean: float
    sd: Interval
    icc: Interval | None
    icc_operators: Interval | None
    limits: Limits | None
    floor: NoiseFloor

    @property
    def share_of_mean(self) -> float | None:
        """The smallest detectable change over the mean; None of a mean of 0."""
        return self.floor.smallest_detectable_change / self.mean if self.mean else None

    def as_dict(self) -> dict[str, Json]:
        """Give the study as JSON-ready values, unrounded."""
        limits = self.limits
        return {
            "figure": self.floor.figure,
            "unit": FIGURES[self.floor.figure].unit if FIGURES[self.floor.figure].unit != "%" else "1",
            "source": self.floor.source.value,
            "subjects": self.subjects,
            "measurements": self.measurements,
            "degrees": self.floor.degrees,
            "mean": self.mean,
            "sd": _interval(self.sd),
            "icc": _interval(self.icc),
            "icc_operators": _interval(self.icc_operators),
            "limits_of_agreement": None
            if limits is None
            else {
                "pairs": limits.pairs,
                "bias": _interval(limits.bias),
                "low": _interval(limits.low),
                "high": _interval(limits.high),
            },
            "smallest_detectable_change": self.floor.smallest_detectable_change,
            "smallest_detectable_change_of_mean": self.share_of_mean,
            "called_from": self.floor.called_from,
        }


def study_figure(
    figure: str, groups: Groups, source: Source, by_operator: Sequence[Sequence[float]] = ()
) -> FigureStudy | None:
    """Study the repeats of one figure.

    Parameters
    ----------
    figure : str
        A name of `FIGURES`.
    groups : sequence of sequences of float
        The values of each subject in the order they were measured; NaN where a picture did not give the figure.
    source : Source
    by_operator : sequence of sequences of float
        One row a subject, one column an operator (or instrument), where each measured every subject: the first value
        of each. Rows with a NaN are left out.

    Returns
    -------
    FigureStudy or None
        None where no subject has the figure twice, or all repeats came out alike.
    """
    known = [[one for one in group if np.isfinite(one)] for group in groups]
    repeated = [group for group in known if len(group) > 1]
    floor = floor_of_repeats(figure, repeated, source)
    if floor is None:
        return None
    crossed = np.asarray([row for row in by_operator if np.isfinite(row).all()], dtype=float)
    pairs = crossed[:, :2] if len(crossed) else np.asarray([group[:2] for group in repeated])
    return FigureStudy(
        subjects=len(repeated),
        measurements=sum(len(group) for group in repeated),
        mean=float(np.mean([np.mean(group) for group in repeated])),
        sd=Spread(floor.sd, floor.degrees).interval(),
        icc=intraclass(repeated),
        icc_operators=intraclass_agreement(crossed) if crossed.ndim == 2 else None,
        limits=limits_of_agreement(pairs[:, 0].tolist(), pairs[:, 1].tolist()),
        floor=floor,
    )


def _interval(interval: Interval | None) -> Json:
    return None if interval is None else {"value": interval.value, "low": interval.low, "high": interval.high}
