"""What a capture's page says of its reviews: who accepted or rejected it and why, and each correction of its hairs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.page.language import Language, language_of
from collector.store.reviews import History
from contract import Decision, Edit, HairAdded, HairKind, HairRemoved, HairsJoined, HairSplit, Review

ENGLISH = language_of("en")


@dataclass(frozen=True)
class Said:
    """One thing that a person said of a capture, when and by whom; ``taken_back`` where it holds no more."""

    at: datetime
    by: str
    what: str
    taken_back: bool


def decided(history: History) -> Review | None:
    """Return the review in which what stands was decided, for its time; None where nothing is decided."""
    standing = history.standing
    if standing is None or standing.decision is None:
        return None
    first = standing
    for stored in reversed(history.said):
        if _decision(stored.review) != _decision(standing):
            break
        first = stored.review
    return first


def audit(history: History, language: Language = ENGLISH) -> list[Said]:
    """Return all that was ever said, in the order in which it was: decisions, and corrections one by one."""
    standing = history.standing
    if standing is None:
        return []
    known: dict[Edit, None] = {}
    entries: list[Said] = []
    before: tuple[Decision | None, str | None, str | None] = (None, None, None)
    for stored in history.said:
        review = stored.review
        entries += _corrections(review.edits, known, standing, language)
        if _decision(review) != before and review.decision is not None and review.decided_by is not None:
            rejected = review.decision is Decision.REJECTED
            what = f"{language.words('Rejected')}: {review.reason}" if rejected else language.words("Accepted")
            holds = _decision(review) == _decision(standing)
            entries.append(Said(review.created_at, review.decided_by, what, taken_back=not holds))
        before = _decision(review)
    return entries


def _corrections(
    edits: Sequence[Edit], known: dict[Edit, None], standing: Review, language: Language
) -> Iterator[Said]:
    holding = set(standing.edits)
    for edit in edits:
        if edit not in known:
            known[edit] = None
            yield Said(edit.at, edit.by, in_words(edit, language), taken_back=edit not in holding)


def in_words(edit: Edit, language: Language = ENGLISH) -> str:
    """Return what a correction did; hairs by their number, of which the first is 1."""
    _ = language.words
    match edit:
        case HairAdded():
            return _("Hair added, terminal") if edit.kind is HairKind.TERMINAL else _("Hair added, vellus")
        case HairRemoved():
            return _("Hair {number} removed").format(number=edit.hair + 1)
        case HairsJoined():
            one, other = edit.hairs
            return _("Hairs {number} and {other} joined").format(number=one + 1, other=other + 1)
        case HairSplit():
            return _("Hair {number} split in two").format(number=edit.hair + 1)
    return _("Root of hair {number} moved").format(number=edit.hair + 1)


def _decision(review: Review) -> tuple[Decision | None, str | None, str | None]:
    return review.decision, review.decided_by, review.reason
