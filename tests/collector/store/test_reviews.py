"""Reviews in the store: kept once and for ever, whenever they come; the last word of the right instrument stands."""

from datetime import timedelta

import pytest

from collector.page.reviewed import audit, decided
from collector.store.database import StoreRefused
from collector.store.store import Store
from contract import Capture, Decision, HairRemoved, Outcome, Review
from tests.collector.examples import NOW
from tests.collector.store.test_store import accepted, changed
from tests.examples import added_hair, capture, compared, comparison, corrected_measurement, review, review_of

REJECTED = {"decision": Decision.REJECTED, "reason": "A fold of the cap."}


def corrected(shown: Capture, **changes: object) -> Review:
    """Return the word that a hair was missed, and nothing decided."""
    fields = {"edits": (added_hair(),), "corrected": corrected_measurement(), "decision": None, "decided_by": None}
    return review_of(shown, **fields | changes)


def test_a_review_is_stored_once_and_receipted_every_time(store: Store) -> None:
    """Breaks when a review that comes again is doubled, or its sender waits for a receipt for ever."""
    shown = capture()
    said = review_of(shown)
    for _ in range(3):
        (answer,) = store.store_batch([accepted(said)], NOW)
        assert answer is not None
        assert answer.receipt.outcome is Outcome.STORED
    (stored,) = store.history_of(shown).said
    assert (stored.review, stored.received_at) == (said, NOW)


def test_a_review_of_a_capture_that_never_comes_is_stored(store: Store) -> None:
    """Breaks when an instrument keeps a review for ever because the clinic does not know its capture."""
    (answer,) = store.store_batch([accepted(review())], NOW)
    assert answer is not None
    assert answer.receipt.outcome is Outcome.STORED
    assert store.patients() == []


def test_another_review_under_a_stored_id_is_refused_and_raises_an_alarm(store: Store) -> None:
    """Breaks when a decision can be turned round under the id that its receipt was given for."""
    shown = capture()
    said = review_of(shown)
    store.store_batch([accepted(said)], NOW)
    (answer,) = store.store_batch([accepted(said.model_copy(update=REJECTED))], NOW)
    assert answer is not None
    assert (answer.receipt.outcome, answer.receipt.reason) == (
        Outcome.REFUSED,
        "Another review is already stored under this id.",
    )
    assert not store.reviews_of(shown.patient_code).rejects(shown)
    assert store.quarantine(10)[0] == 1
    assert [raised.alarm.subject for raised in store.alarms().raised] == [str(said.message_id)]


def test_stored_reviews_cannot_be_changed_or_deleted(store: Store) -> None:
    """Breaks when a careless statement can alter who rejected a picture."""
    store.store_batch([accepted(review())], NOW)
    for statement in ("UPDATE reviews SET site = 'vertex'", "DELETE FROM reviews"):
        with pytest.raises(StoreRefused, match="never"):
            changed(store, statement)


def test_the_last_word_stands_in_whatever_order_they_come(store: Store) -> None:
    """Breaks when the network decides whether a picture counts."""
    first, second = capture(), capture(visit_number=2)
    said = [
        review_of(first, sequence=5, **REJECTED),
        review_of(first, sequence=6),
        review_of(second, sequence=7),
        review_of(second, sequence=8, **REJECTED),
    ]
    store.store_batch([accepted(one) for one in (said[1], said[3], said[0], said[2])], NOW)
    for reviews in (store.reviews_of("P-0042"), store.reviews_of("P-0042", "frontal")):
        assert (reviews.of(first), reviews.of(second)) == (said[1], said[3])
        assert (reviews.rejects(first), reviews.rejects(second)) == (False, True)
    assert store.reviews_of("P-0042", "vertex").of(first) is None
    assert store.reviews_of("P-0043").of(first) is None


OTHERS = [{"device_id": "chair-2"}, {"visit_number": 9}, {"site": "vertex"}, {"patient_code": "P-0043"}]


@pytest.mark.parametrize("change", OTHERS)
def test_only_the_instrument_that_took_it_says_what_counts(store: Store, change: dict[str, object]) -> None:
    """Breaks when the key of one chair opens another's captures, or a slip in a review reaches another visit's."""
    shown = capture()
    store.store_batch([accepted(review_of(shown, **REJECTED | change))], NOW)
    assert not store.reviews_of("P-0042").rejects(shown)
    assert store.history_of(shown).standing is None


@pytest.mark.parametrize("change", OTHERS)
def test_the_list_and_the_history_say_the_same(store: Store, change: dict[str, object]) -> None:
    """Breaks when a review with a slip hides the one before: the page shows a rejection that the report does not."""
    shown = capture()
    said = review_of(shown, sequence=5, **REJECTED)
    slip = review_of(shown, sequence=9, **change)
    store.store_batch([accepted(one) for one in (said, slip)], NOW)
    for reviews in (store.reviews_of("P-0042"), store.reviews_of("P-0042", "frontal")):
        assert reviews.of(shown) == store.history_of(shown).standing == said
        assert reviews.rejects(shown)
        assert reviews.rejects_one_of(comparison(baseline=compared(shown)))
        assert not reviews.rejects_one_of(comparison(baseline=compared(shown), site="vertex"))


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=1)])
@pytest.mark.parametrize("count_again", [0, 1])
def test_of_two_words_under_one_count_the_one_that_came_last_stands(
    store: Store, later: timedelta, count_again: int
) -> None:
    """Breaks when chance decides whether a picture counts, after an instrument's store was made anew.

    Of two that came in one moment it is the one that was made last: their ids tell.
    """
    shown = capture()
    said = [review_of(shown, sequence=5), review_of(shown, sequence=5, **REJECTED)]
    said = said[::-1] if count_again else said
    store.store_batch([accepted(said[0])], NOW)
    store.store_batch([accepted(said[1])], NOW + later)
    if not later:
        said.sort(key=lambda one: one.message_id)
    assert store.reviews_of("P-0042").of(shown) == store.history_of(shown).standing == said[1]
    assert [one.review for one in store.history_of(shown).said] == said


def test_who_decided_is_who_decided_first_what_stands(store: Store) -> None:
    """Breaks when a correction that came later takes over the decision's time."""
    shown = capture()
    said = [
        review_of(shown, sequence=5, **REJECTED),
        review_of(shown, sequence=6),
        corrected(shown, sequence=7, decision=Decision.ACCEPTED, decided_by="mk"),
    ]
    store.store_batch([accepted(one) for one in said], NOW)
    assert decided(store.history_of(shown)) == said[1]
    only_corrected = capture()
    store.store_batch([accepted(corrected(only_corrected))], NOW)
    assert decided(store.history_of(only_corrected)) is None


def test_each_correction_is_listed_once_with_its_author(store: Store) -> None:
    """Breaks when reviews that repeat the earlier corrections list them again, or lose one that was taken back."""
    shown, removed = capture(), HairRemoved(by="ag", at=NOW, hair=0)
    said = [
        corrected(shown, sequence=5, edits=(added_hair(), removed)),
        corrected(shown, sequence=6, edits=(added_hair(),)),
        corrected(shown, sequence=7, edits=(added_hair(), added_hair(by="tech-3"))),
    ]
    store.store_batch([accepted(one) for one in said], NOW)
    assert [(one.by, one.what, one.taken_back) for one in audit(store.history_of(shown))] == [
        ("mk", "Hair added, terminal", False),
        ("ag", "Hair 1 removed", True),
        ("tech-3", "Hair added, terminal", False),
    ]
