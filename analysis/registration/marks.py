"""The tattooed mark, where both pictures have one: a further guess, and a word for or against each."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from analysis.registration.constellation import Constellation
from analysis.registration.transform import Transform
from analysis.registration.votes import TURN_STEP_DEG, Guess

Marks: TypeAlias = tuple[tuple[float, float], tuple[float, float]]

MARK_SD_MM = 0.07
"""Of the distance of two marks that are one: each is found to 0.05 mm."""
_MARK_WRONG = 0.02
"""Chance that one of the two is no mark: a mole, another dot."""


def guess_from(marks_mm: Marks, baseline: Constellation, followup: Constellation) -> list[Guess]:
    """Guess the shift from the marks, for the turn that the headings of the hairs tell; none where they tell none."""
    turned = (followup.headings_rad[None] - baseline.headings_rad[:, None]).ravel()
    turned = turned[np.isfinite(turned)]
    if not len(turned):
        return []
    turn = float(np.angle(np.exp(1j * turned).mean()))
    guesses = []
    for off in (-1, 0, 1):
        angle = turn + off * 1.5 * np.deg2rad(TURN_STEP_DEG)
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shift = np.asarray(marks_mm[1]) - followup.middle_mm - rotation @ (np.asarray(marks_mm[0]) - baseline.middle_mm)
        guesses.append(Guess(angle, (float(shift[0]), float(shift[1])), 0.0))
    return guesses


def cost(marks_mm: Marks | None, transform: Transform) -> float:
    """How much a transform that does not bring mark onto mark is the less likely, in logarithms; 0 where it does."""
    if marks_mm is None:
        return 0.0
    off_mm = np.hypot(*(transform.to_followup_mm(np.array([marks_mm[0]]))[0] - np.asarray(marks_mm[1])))
    near = (1.0 - _MARK_WRONG) * np.exp(-0.5 * float(off_mm / MARK_SD_MM) ** 2)
    return -float(np.log(near + _MARK_WRONG))
