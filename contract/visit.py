"""A visit as it travels: which sites it was to have, which it has, and what its raters said of the whole head."""

import datetime
from collections import Counter
from collections.abc import Hashable, Iterable
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contract.envelope import Message
from contract.names import PatientCode, PersonCode
from contract.sites import DONOR_CONTROL, SiteKey

MAX_SITES = 32
"""Bound on a protocol: a visit of more sites outlasts anybody's patience."""

TreatmentArm = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,15}$")]
"""Short code of a study's arm: ``A``."""

_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Sites = Annotated[tuple[SiteKey, ...], Field(max_length=MAX_SITES)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Scale(StrEnum):
    """A rater's scale of pattern hair loss: an opinion on the whole head, not a measurement."""

    NORWOOD_HAMILTON = "norwood-hamilton"
    LUDWIG = "ludwig"
    SINCLAIR = "sinclair"


GRADES: dict[Scale, tuple[str, ...]] = {
    Scale.NORWOOD_HAMILTON: ("I", "II", "IIa", "III", "IIIa", "IIIv", "IV", "IVa", "V", "Va", "VI", "VII"),
    Scale.LUDWIG: ("I", "I-1", "I-2", "I-3", "I-4", "II", "II-1", "II-2", "III", "advanced", "frontal"),
    Scale.SINCLAIR: ("1", "2", "3", "4", "5"),
}
"""The grades of each scale, mildest first.

Norwood 1975 (South Med J 68:1359): ``a`` for the anterior variants, ``v`` for III vertex. Ludwig 1977 (Br J Dermatol
97:247) has I to III; the finer grades, ``advanced`` and ``frontal`` are Savin's 1992 (J Am Acad Dermatol 27:649).
Sinclair et al. 2004 (J Investig Dermatol Symp Proc 9:237).
"""


class Rating(_Part):
    """One rater's grade on one scale."""

    scale: Scale
    grade: Annotated[str, Field(max_length=16)]
    rater: PersonCode

    @model_validator(mode="after")
    def _of_the_scale(self) -> Self:
        if self.grade not in GRADES[self.scale]:
            raise ValueError(f"a grade on the {self.scale} scale is one of {', '.join(GRADES[self.scale])}")
        return self


class SkippedSite(_Part):
    """A site of the protocol that was left out on purpose, and why."""

    site: SiteKey
    reason: _Reason


class Visit(Message):
    """One patient's appointment at one instrument: what it was to have, and what it has.

    An instrument says it again when a site or a rating has been added: its latest message of a visit holds all that it
    knows of it. ``visit_date`` is the clinic's calendar date. ``protocol`` holds the sites in the order of taking, the
    donor control among them; ``taken`` those with a picture that counts, of the protocol or not. What is `missing`
    follows from both. ``treatment_arm`` is None where the study is blind, which is the rule.
    """

    patient_code: PatientCode
    visit_number: Annotated[int, Field(ge=1, le=9999)]
    visit_date: datetime.date
    software_version: Annotated[str, Field(max_length=64)]
    protocol: Annotated[_Sites, Field(min_length=1)]
    taken: _Sites = ()
    skipped: Annotated[tuple[SkippedSite, ...], Field(max_length=MAX_SITES)] = ()
    ratings: Annotated[tuple[Rating, ...], Field(max_length=64)] = ()
    treatment_arm: TreatmentArm | None = None

    @property
    def missing(self) -> tuple[SiteKey, ...]:
        """The sites of the protocol that were neither taken nor left out on purpose, in its order."""
        accounted = {*self.taken, *(skip.site for skip in self.skipped)}
        return tuple(site for site in self.protocol if site not in accounted)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if DONOR_CONTROL not in self.protocol:
            raise ValueError(f"the {DONOR_CONTROL} site is the donor control of every protocol")
        skipped = [skip.site for skip in self.skipped]
        if stray := set(skipped) - set(self.protocol):
            raise ValueError(f"only a site of the protocol is left out: not {', '.join(sorted(stray))}")
        if both := set(skipped) & set(self.taken):
            raise ValueError(f"a site is taken or left out, not both: {', '.join(sorted(both))}")
        _refuse_repeats("the protocol", self.protocol)
        _refuse_repeats("what was taken", self.taken)
        _refuse_repeats("what was left out", skipped)
        _refuse_repeats("the ratings by scale and rater", ((rating.scale, rating.rater) for rating in self.ratings))
        return self


def _refuse_repeats(what: str, entries: Iterable[Hashable]) -> None:
    if any(count > 1 for count in Counter(entries).values()):
        raise ValueError(f"{what} names one thing twice")
