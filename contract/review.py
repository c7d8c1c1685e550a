"""A review: a person's word on one capture, beside its automatic figures, which it never changes.

A capture is accepted, or rejected with a reason, and its hairs may be corrected: one added, removed, joined with
another, split, its root moved. A later review of a capture holds all that the earlier ones hold: the latest is what
stands, and each is kept.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import UUID7, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contract.envelope import Message
from contract.measurement import MAX_HAIRS, Course, HairKind, Measurement, Point
from contract.names import PatientCode, PersonCode
from contract.sites import SiteKey

MAX_EDITS = 2000
"""Bound on the corrections of one capture: past it the picture is taken again."""

_Number = Annotated[int, Field(ge=0, lt=MAX_HAIRS + 2 * MAX_EDITS)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Decision(StrEnum):
    """Whether a capture is to count."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class _Edit(_Part):
    """One correction, by whom and when.

    Hairs are named by number: those of the capture's measurement by their place in its list, and those that a
    correction makes by the numbers that follow, in the order in which they are made. A number is never used again.
    """

    by: PersonCode
    at: AwareDatetime


class HairAdded(_Edit):
    """A hair that was missed: drawn from root to tip. Makes one number."""

    edit: Literal["added"] = "added"
    course_px: Course
    kind: HairKind


class HairRemoved(_Edit):
    """A line that is no hair."""

    edit: Literal["removed"] = "removed"
    hair: _Number


class HairsJoined(_Edit):
    """Two pieces that are one hair; the first holds the root. Makes one number."""

    edit: Literal["joined"] = "joined"
    hairs: tuple[_Number, _Number]

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.hairs[0] == self.hairs[1]:
            raise ValueError("a hair is joined with another one")
        return self


class HairSplit(_Edit):
    """A line that is two hairs, which part at a point. Makes two numbers: the piece with the root, then the other."""

    edit: Literal["split"] = "split"
    hair: _Number
    at_px: Point


class RootMoved(_Edit):
    """A root that lies elsewhere; the hair keeps its number."""

    edit: Literal["root-moved"] = "root-moved"
    hair: _Number
    root_px: Point


Edit = Annotated[HairAdded | HairRemoved | HairsJoined | HairSplit | RootMoved, Field(discriminator="edit")]
"""One correction."""


class Review(Message):
    """A person's word on one capture: the latest of a capture holds all that was said of it.

    ``decision`` is None where hairs were corrected and nothing was decided; ``decided_by`` says whose decision it is,
    and ``reason`` why a capture was rejected. ``corrected`` holds the figures with all ``edits`` applied, and their
    hairs; it is None where there are none.
    """

    patient_code: PatientCode
    visit_number: Annotated[int, Field(ge=1, le=9999)]
    site: SiteKey
    software_version: Annotated[str, Field(max_length=64)]
    capture_id: UUID7
    decision: Decision | None = None
    decided_by: PersonCode | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] | None = None
    edits: Annotated[tuple[Edit, ...], Field(max_length=MAX_EDITS)] = ()
    corrected: Measurement | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.decision is None) != (self.decided_by is None):
            raise ValueError("a decision is somebody's: it has the code of the person who made it")
        if (self.decision is Decision.REJECTED) != (self.reason is not None):
            raise ValueError("a capture is rejected with a reason, and a reason belongs to a rejection")
        if bool(self.edits) != (self.corrected is not None):
            raise ValueError("corrections come with the corrected figures, and these with the corrections")
        if self.decision is None and not self.edits:
            raise ValueError("a review decides or corrects something")
        return self
