"""A study's plan: sites, visits, the figure that counts, and the arms; written before anything is known of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from collector.exports.codes import FIGURES
from collector.statistics.arms import MOST_ARMS
from contract import DONOR_CONTROL, SiteKey
from groundwork.settings_file import read_toml

MOST_SITES, MOST_VISITS = 12, 20

StudyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{1,30}[A-Z0-9]$")]
"""``HAIR-2026``: capital letters, digits and hyphens; typed again by who unlocks the study."""

ArmCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$")]
"""``A`` or ``placebo``."""

_Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
_VisitNumber = Annotated[int, Field(ge=1, le=9999)]


class PlanRefused(ValueError):
    """A study's plan cannot be taken; the message says why and what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Arm(_Part):
    """One arm: its code, as the list of patients names it, and what it is called."""

    code: ArmCode
    title: _Title


class StudyPlan(_Part):
    """What a study measures, where and when.

    Parameters
    ----------
    study_code, title
        Of the study.
    sites
        That are treated.
    donor
        The control that is not: what changes there is the instrument's. None where the study has none.
    visits
        Their numbers, in order.
    baseline, end_point
        The visits between which the change counts.
    figure
        The one that counts: a field of :class:`contract.Measurement` that has an interval.
    arms, reference
        And the code of the arm that the others are held against.
    simulated
        Whether captures of simulated instruments count, and they alone: for rehearsals.
    """

    study_code: StudyCode
    title: _Title
    sites: Annotated[tuple[SiteKey, ...], Field(min_length=1, max_length=MOST_SITES)]
    donor: SiteKey | None = DONOR_CONTROL
    visits: Annotated[tuple[_VisitNumber, ...], Field(min_length=2, max_length=MOST_VISITS)]
    baseline: _VisitNumber
    end_point: _VisitNumber
    figure: str = "hair_density_per_cm2"
    arms: Annotated[tuple[Arm, ...], Field(min_length=2, max_length=MOST_ARMS)]
    reference: ArmCode
    simulated: bool = False

    @property
    def all_sites(self) -> tuple[SiteKey, ...]:
        """The treated ones, then the donor control."""
        return self.sites if self.donor is None else (*self.sites, self.donor)

    @property
    def arm_codes(self) -> tuple[str, ...]:
        """Reference first, then in the plan's order."""
        return (self.reference, *(arm.code for arm in self.arms if arm.code != self.reference))

    def title_of(self, arm_code: str) -> str:
        """Return what an arm is called."""
        return next(arm.title for arm in self.arms if arm.code == arm_code)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for what, given in (("sites", self.sites), ("arms", [arm.code for arm in self.arms])):
            if len(set(given)) < len(given):
                raise ValueError(f"{what}: one is named twice")
        if self.donor in self.sites:
            raise ValueError("the donor control is among the treated sites: it must be one that is not treated")
        if list(self.visits) != sorted(set(self.visits)):
            raise ValueError("visits: give their numbers in order, each once")
        if not {self.baseline, self.end_point} <= set(self.visits) or self.baseline >= self.end_point:
            raise ValueError("baseline and end_point are two of the visits, the baseline before the end point")
        if self.figure not in FIGURES:
            raise ValueError(f"figure is none of {', '.join(FIGURES)}")
        if self.reference not in {arm.code for arm in self.arms}:
            raise ValueError("reference is none of the arms: name the code of the one the others are held against")
        return self


def read_plan(path: Path) -> StudyPlan:
    """Read a plan from a TOML file.

    Raises
    ------
    PlanRefused
        If it is no plan; the message names the lines and keys.
    """
    return read_toml(path, lambda values: StudyPlan(**values), PlanRefused, called="study's plan", part="key")


def plan_of(values: dict[str, object]) -> StudyPlan:
    """Return a plan of what somebody typed.

    Raises
    ------
    PlanRefused
        If it is none; in a sentence that repeats nothing of what was typed.
    """
    try:
        return StudyPlan.model_validate(values)
    except ValidationError as error:
        said = []
        for fault in error.errors(include_input=False, include_url=False):
            where = str(fault["loc"][0]) if fault["loc"] else ""
            own = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else _WORDS.get(where, "")
            said.append(own or f"{where}: {fault['msg']}")
        raise PlanRefused(f"The plan cannot be taken: {'; '.join(dict.fromkeys(said))}.") from None


_WORDS = {
    "study_code": "the study's code is capital letters, digits and hyphens, 3 to 32, such as HAIR-2026",
    "title": "the study needs a title of 120 characters at most",
    "sites": "choose the treated sites, one at least",
    "visits": "give two visit numbers at least",
    "arms": "an arm has a code of letters, digits and hyphens, 16 at most, and a title; a study has two arms at least",
    "reference": "choose the arm that the others are held against",
}
