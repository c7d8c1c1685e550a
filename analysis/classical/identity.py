"""Identity: which lines are hairs.  Lines compete to explain each dark place once.

The line with the most evidence is taken first and the shaft it explains is painted; a later line is a hair of its own
only if enough of it runs where nothing is explained yet.  Touching shafts are told apart by width: a line explains no
more than a usual shaft of this scalp, so the rest of a wide dark patch is left for its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.classical.evidence import LINE_UM, Evidence
from analysis.classical.lines import Line, swath

NEW_SHARE = 0.25
"""Of a second shaft of a unit, at least this much runs clear of the first."""
WIDEST_OF_USUAL = 1.1
"""A line that measures wider is taken for touching shafts, and explains a usual one's width only: the terminal shafts
of one scalp differ by an eighth (63+-8 um in frontal scalp, science.md)."""
PAINTED_SHARE = 0.625
"""Half a shaft's width, and a quarter more for its blurred edge."""
LEAST_PROMINENT = 5.0
"""How far a line stands out of this skin's texture: its mean score in units of the texture's, growing with the root
of its length as a mean over more independent pieces does."""
FAINT_OF_USUAL_WIDTH, FAINT_PROMINENT = 0.6, 7.0
"""What runs on into a darker shaft is a thin hair if it is narrower than this share of the usual width and stands out
by this much; else it is that shaft's streak under the skin."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a line must have.

    Parameters
    ----------
    prominent : float
        How far it stands out of this skin's texture.
    core_of_usual : float
        Contrast, as a share of the usual shaft's.
    new_um, new_share : float
        Length and share of it that nothing explains yet.
    streaks : bool
        Whether what runs on into a darker shaft may do.
    """

    prominent: float
    core_of_usual: float
    new_um: float
    new_share: float
    streaks: bool


HAIR = Limits(LEAST_PROMINENT, core_of_usual=0.2, new_um=110.0, new_share=NEW_SHARE, streaks=False)
"""A shaft has at least a fifth of the usual contrast; skin lines and shadows have less."""
DOUBTED = Limits(3.0, core_of_usual=0.12, new_um=70.0, new_share=0.15, streaks=True)
"""Of hairs that another picture of the place shows and this one does not count, most have this much."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A line taken for a hair, with the share of it that nothing else explains."""

    line: Line
    new_share: float
    prominence: float

    @property
    def probability(self) -> float:
        """That this is one hair.

        A line barely more prominent than the skin is one in two thirds of cases, and one that another shaft mostly
        explains in four fifths; both doubts fade as the line stands out or alone. The rates were read from pictures
        of real scalps with their hairs marked by hand.
        """
        plain = 1 - 0.4 * np.exp(-(self.prominence - LEAST_PROMINENT) / 4)
        own = 1 - 0.25 * np.exp(-(self.new_share - NEW_SHARE) / 0.15)
        return float(np.clip(plain * own, 0.0, 0.98))


def explain(
    lines: list[Line], evidence: Evidence, limits: Limits = HAIR, *, beside: Sequence[Found] = ()
) -> list[Found]:
    """Choose the lines that explain the picture's dark places, strongest first.

    Parameters
    ----------
    lines : list of Line
        Candidates, several per shaft.
    evidence : Evidence
        They were drawn from.
    limits : Limits
        What a line must have to be chosen.
    beside : sequence of Found
        What is explained already.
    """
    if not lines:
        return []
    usual_width = _middle_mean(np.array([line.width_px for line in lines]))
    usual_core = float(np.percentile([line.core for line in lines], 75))
    explained = np.zeros(evidence.contrast.shape, bool)
    for shaft in beside:
        _paint(explained, shaft.line, usual_width)
    found = []
    for line in sorted(lines, key=lambda candidate: -candidate.score):
        new = ~explained[line.cells]
        length_um = len(new) * evidence.um_per_px
        prominence = line.score / len(new) / evidence.texture * np.sqrt(length_um / LINE_UM)
        if prominence < limits.prominent or line.core < limits.core_of_usual * usual_core:
            continue
        thin = line.width_px < FAINT_OF_USUAL_WIDTH * usual_width and prominence > FAINT_PROMINENT
        if line.beside_darker and not (thin or limits.streaks):
            continue
        if new.mean() < limits.new_share or new.sum() * evidence.um_per_px < limits.new_um:
            continue
        found.append(Found(line, float(new.mean()), float(prominence)))
        _paint(explained, line, usual_width)
    return found


def _paint(explained: NDArray[np.bool_], line: Line, usual_width: float) -> None:
    half_width_px = PAINTED_SHARE * min(line.width_px, WIDEST_OF_USUAL * usual_width)
    explained[swath(line.points_px, half_width_px, explained.shape)] = True


def _middle_mean(values: NDArray[np.float64]) -> float:
    quarter = len(values) // 4
    return float(np.sort(values)[quarter : len(values) - quarter].mean())
