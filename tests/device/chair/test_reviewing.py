"""A person's word on a capture: kept whole, whoever else says something at the same time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import device.chair.reviewing
from contract import Decision, HairRemoved, Review, Site, SkippedSite
from device import clock
from device.chair.appointments import keep_record
from device.chair.chair import Chair
from device.chair.refusals import ChairRefused
from device.chair.reviewing import (
    Decided,
    DraftUnreadable,
    correct,
    corrected_figures,
    decide,
    draft,
    keep_draft,
    review_of,
)
from device.outbox import Event, Outbox, State, Word
from device.outbox import decide as decide_on_refused
from device.sites import Said, last_record
from device.store import Store
from tests.device.page.chair_fixture import PATIENT, captured, open_small_chair
from tests.device.page.kept_captures import hair, keep_capture

REJECTED, ACCEPTED = Decided(Decision.REJECTED, "mk", "The wrong site."), Decided(Decision.ACCEPTED, "jo")


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """Give a chair."""
    with open_small_chair(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(chair: Chair) -> Iterator[Store]:
    """Give its store."""
    with chair.store() as opened:
        yield opened


def removed(number: int) -> HairRemoved:
    """Take one hair away."""
    return HairRemoved(by="mk", at=clock.now(), hair=number)


def reviews(store: Store) -> list[Review]:
    """Return all that was said, in its order."""
    rows = store.connection.execute("SELECT payload FROM message WHERE channel = 'review' ORDER BY sequence")
    return [Review.model_validate_json(payload) for (payload,) in rows]


def test_each_review_holds_what_the_ones_before_said(chair: Chair, store: Store) -> None:
    """Breaks when a decision loses corrections, or a correction a decision."""
    capture = keep_capture(chair, hair(100, 100), hair(200, 200))
    correct(store, capture, [removed(0)])
    decide(store, chair.settings, capture, REJECTED)
    correct(store, capture, (*reviews(store)[0].edits, removed(1)))
    decide(store, chair.settings, capture, ACCEPTED)
    said = [(one.decision, one.decided_by, one.reason, len(one.edits)) for one in reviews(store)]
    assert said == [
        (None, None, None, 1),
        (Decision.REJECTED, "mk", "The wrong site.", 1),
        (Decision.REJECTED, "mk", "The wrong site.", 2),
        (Decision.ACCEPTED, "jo", None, 2),
    ]
    assert reviews(store)[-1].corrected == corrected_figures(capture, reviews(store)[-1].edits)


def test_a_second_touch_says_nothing_again(chair: Chair, store: Store) -> None:
    """Breaks when a double tap sends two reviews."""
    capture = keep_capture(chair, hair(100, 100))
    first = decide(store, chair.settings, capture, ACCEPTED)
    assert decide(store, chair.settings, capture, ACCEPTED) == first
    assert reviews(store) == [first]


def test_a_rejection_while_corrections_are_worked_out_stands(
    chair: Chair, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a picture counts again that was rejected on another screen a moment before."""
    capture = keep_capture(chair, hair(100, 100), hair(200, 200))
    real = corrected_figures

    def slowly(*asked: object) -> object:
        with chair.store() as other:
            decide(other, chair.settings, capture, REJECTED)
        return real(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(device.chair.reviewing, "corrected_figures", slowly)
    correct(store, capture, [removed(0)])
    latest = review_of(store, capture)
    assert latest is not None
    assert (latest.decision, len(latest.edits)) == (Decision.REJECTED, 1)


def test_a_correction_added_while_others_are_published_stays_under_way(
    chair: Chair, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a touch that a second screen has confirmed is neither published nor under way."""
    capture = keep_capture(chair, hair(100, 100), hair(200, 200))
    first, second = removed(0), removed(1)
    keep_draft(store, capture.message_id, [first])
    real = corrected_figures

    def slowly(*asked: object) -> object:
        with chair.store() as other:
            keep_draft(other, capture.message_id, [first, second])
        return real(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(device.chair.reviewing, "corrected_figures", slowly)
    correct(store, capture, [first])
    assert draft(store, capture) == (first, second)
    monkeypatch.undo()
    correct(store, capture, draft(store, capture))
    assert draft(store, capture) == reviews(store)[-1].edits == (first, second)


def test_corrections_that_do_not_hold_the_published_ones_are_refused(chair: Chair, store: Store) -> None:
    """Breaks when a screen that is behind takes back what was published."""
    capture = keep_capture(chair, hair(100, 100), hair(200, 200))
    correct(store, capture, [removed(0)])
    with pytest.raises(ChairRefused, match="Another screen"):
        correct(store, capture, [removed(1)])


def test_a_withdrawn_capture_is_not_reviewed(chair: Chair, store: Store) -> None:
    """Breaks when what stays on the instrument for good travels after all, as the hairs of its review."""
    capture = keep_capture(chair, hair(100, 100), hair(200, 200))
    store.connection.execute("UPDATE message SET state = 'refused' WHERE message_id = ?", (str(capture.message_id),))
    decide_on_refused(store, capture.message_id, Event.WITHDRAWN, Word("mk", "A doll.", clock.now()))
    assert Outbox(store).state(capture.message_id)[0] is State.WITHDRAWN
    with pytest.raises(ChairRefused, match="withdrawn"):
        decide(store, chair.settings, capture, ACCEPTED)
    with pytest.raises(ChairRefused, match="withdrawn"):
        correct(store, capture, [removed(0)])
    assert reviews(store) == []


def test_a_draft_of_another_release_is_said(chair: Chair, store: Store) -> None:
    """Breaks when a downgrade leaves a picture that no screen shows any more."""
    capture = keep_capture(chair, hair(100, 100))
    store.connection.execute("INSERT INTO draft VALUES (?, ?)", (str(capture.message_id), '[{"edit": "bent"}]'))
    with pytest.raises(DraftUnreadable, match="Discard them"):
        draft(store, capture)


def test_what_was_compared_with_a_rejected_baseline_is_compared_anew(chair: Chair, store: Store) -> None:
    """Breaks when a change stays that was worked out against the wrong site's picture."""
    baseline = captured(chair, Site.VERTEX)
    later = captured(chair, Site.VERTEX, visit=2)
    assert later not in store.without_comparison(clock.now())
    decide(store, chair.settings, baseline, REJECTED)
    assert store.without_comparison(clock.now()) == [later]
    store.put_off_comparison(later.message_id, None)
    decide(store, chair.settings, baseline, ACCEPTED)
    assert store.without_comparison(clock.now()) == [later]


def test_a_site_left_out_stays_so_in_the_next_record(chair: Chair, store: Store) -> None:
    """Breaks when two threads that keep a visit's record drop what the other one said."""
    keep_capture(chair, hair(100, 100), patient_code=PATIENT)
    skip = SkippedSite(site=Site.VERTEX, reason="A bandage.")
    with store.together():
        keep_record(store, chair.settings, PATIENT, 1, Said(skipped=(skip,)))
        keep_record(store, chair.settings, PATIENT, 1, Said())
    record = last_record(store, PATIENT, 1)
    assert record is not None
    assert record.skipped == (skip,)


def test_what_is_written_together_is_there_whole_or_not_at_all(store: Store) -> None:
    """Breaks when an inner step is kept of something that failed as a whole."""
    count = "SELECT count(*) FROM draft"

    def fail_at_last() -> None:
        with store.together():
            with store.transaction():
                store.connection.execute("INSERT INTO draft VALUES ('a', '[]')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_last()
    assert store.connection.execute(count).fetchone() == (0,)
