"""The outbox: whatever comes, a message is where the table says, and leaves in its patient's order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contract import Capture, Channel, Forced, Outcome, Receipt, content_sha256, new_message_id
from device.outbox import Event, Outbox, State, Word, decide, release, send_again_since
from device.outbox.states import KEPT, TRANSITIONS, after
from device.store import NoSuchMessage, Store
from tests import examples

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    store = Store(tmp_path / "state")
    yield store
    store.close()


def keep(store: Store, patient_code: str = "P-0042", *, held: bool = False) -> Capture:
    """Keep one capture of a patient."""
    return store.keep(
        examples.capture().picture,
        examples.PICTURE_BYTES,
        lambda sequence: examples.capture(sequence=sequence, patient_code=patient_code),
        held=held,
    )


def receipt(payload: bytes, message_id: UUID, outcome: Outcome) -> Receipt:
    """Return the clinic's word on a message of these bytes."""
    return Receipt(
        message_id=message_id,
        content_sha256=content_sha256(payload),
        outcome=outcome,
        reason="not readable" if outcome is Outcome.REFUSED else None,
        decided_at=NOW,
    )


def next_ids(outbox: Outbox, limit: int = 9) -> list[UUID]:
    """Return the ids of the messages that are next."""
    return [message.message_id for message in outbox.waiting(limit)]


def test_a_patients_messages_leave_one_after_the_other(store: Store) -> None:
    """Breaks when a later message of a patient can reach the clinic before an earlier one."""
    first, second, other = keep(store, "P-0042"), keep(store, "P-0042"), keep(store, "P-0043")
    outbox = Outbox(store)
    assert next_ids(outbox) == [first.message_id, other.message_id]
    assert next_ids(outbox, 1) == [first.message_id]
    outbox.record_receipts([receipt(first.encode(), first.message_id, Outcome.STORED)])
    assert next_ids(outbox) == [second.message_id, other.message_id]


def test_a_refusal_does_not_hold_up_what_comes_after_it(store: Store) -> None:
    """Breaks when one message that the clinic refuses keeps all later visits of its patient here."""
    first, second = keep(store), keep(store)
    outbox = Outbox(store)
    outbox.record_receipts([receipt(first.encode(), first.message_id, Outcome.REFUSED)])
    assert next_ids(outbox) == [second.message_id]


def test_a_channel_that_rests_does_not_hold_up_the_others(store: Store) -> None:
    """Breaks when comparisons that an older clinic does not take keep the captures after them here."""
    comparison = store.keep_message(lambda sequence: examples.comparison(sequence=sequence))
    capture = keep(store, comparison.patient_code)
    outbox = Outbox(store)
    assert next_ids(outbox) == [comparison.message_id]
    assert [one.message_id for one in outbox.waiting(9, [Channel.CAPTURE])] == [capture.message_id]


def test_a_person_decides_what_becomes_of_a_refused_message(store: Store) -> None:
    """Breaks when a refused capture leaves the instrument, or is given up, without a person's word on it."""
    outbox, capture = Outbox(store), keep(store)
    with pytest.raises(NoSuchMessage, match="trichoscope outbox"):
        decide(store, capture.message_id, Event.WITHDRAWN, Word("mk", "not ours", NOW))
    with pytest.raises(NoSuchMessage):
        decide(store, new_message_id(), Event.SENT_AGAIN, Word("mk", "unknown", NOW))
    refusal = receipt(capture.encode(), capture.message_id, Outcome.REFUSED)
    outbox.record_receipts([refusal])
    assert (
        decide(store, capture.message_id, Event.SENT_AGAIN, Word("mk", "the clinic is updated", NOW)) is State.WAITING
    )
    assert next_ids(outbox) == [capture.message_id]
    outbox.record_receipts([refusal])
    assert decide(store, capture.message_id, Event.WITHDRAWN, Word("mk", "taken of a doll", NOW)) is State.WITHDRAWN
    assert next_ids(outbox) == []
    assert outbox.waiting_pictures(9) == [], "what is withdrawn keeps its picture here"
    assert [one.state for one in outbox.remaining()] == [State.WITHDRAWN]
    rows = store.connection.execute('SELECT event, "by", note FROM decision ORDER BY rowid').fetchall()
    assert rows == [
        ("sent again by a person", "mk", "the clinic is updated"),
        ("withdrawn by a person", "mk", "taken of a doll"),
    ]


def test_the_oldest_that_waits_is_known(store: Store) -> None:
    """Breaks when a clinic cannot see that an instrument has waited for it for weeks."""
    outbox = Outbox(store)
    assert outbox.oldest_waiting() is None
    keep(store, held=True)
    assert outbox.oldest_waiting() is None, "what is held waits for a person, not for the clinic"
    capture = keep(store)
    keep(store, "P-0043")
    assert outbox.oldest_waiting() == capture.created_at


def test_what_another_keeps_is_noticed(store: Store) -> None:
    """Breaks when a capture of the chair lies in the store and the delivery does not look."""
    outbox = Outbox(store)
    before = outbox.version()
    assert outbox.version() == before
    chair = Store(store.folder)
    keep(chair)
    chair.close()
    assert outbox.version() != before


def test_no_receipt_leads_out_of_received() -> None:
    """Breaks when a late refusal can take back what the clinic holds."""
    left = {event for event in Event if after(State.RECEIVED, event) is not State.RECEIVED}
    assert left == {Event.SENT_AGAIN}


def test_what_a_restored_clinic_lost_is_sent_again(store: Store) -> None:
    """Breaks when a clinic that stands on an older copy can never get back what instruments still hold."""
    outbox, early, late, refused = Outbox(store), keep(store), keep(store), keep(store)
    for capture, at in ((early, NOW), (late, NOW + timedelta(days=2))):
        stored = receipt(capture.encode(), capture.message_id, Outcome.STORED)
        outbox.record_receipts([stored.model_copy(update={"decided_at": at})])
    outbox.record_receipts([receipt(refused.encode(), refused.message_id, Outcome.REFUSED)])
    outbox.record_picture_received(early.picture.sha256, NOW + timedelta(days=2))
    assert outbox.waiting_pictures(9) == []
    sent = send_again_since(store, NOW + timedelta(days=1), Word("mk", "restored from a copy", NOW))
    assert sent == 1
    assert next_ids(outbox) == [late.message_id]
    assert outbox.payload(late.message_id) == late.encode()
    assert outbox.state(early.message_id) == (State.RECEIVED, None)
    assert len(outbox.waiting_pictures(9)) == 1
    assert store.connection.execute('SELECT message_id, "by" FROM decision').fetchall() == [
        (str(late.message_id), "mk")
    ]


def test_every_state_but_withdrawn_leads_to_received() -> None:
    """Breaks when a message can end where nothing brings it to the clinic any more."""
    for start in set(State) - {State.WITHDRAWN}:
        seen = {start}
        for _ in State:
            seen |= {state for (known, _), state in TRANSITIONS.items() if known in seen}
        assert State.RECEIVED in seen, start
    assert set(KEPT) | set(TRANSITIONS.values()) == set(State), "a state that nothing leads to"


class AnyOrder(RuleBasedStateMachine):
    """Keeps, receipts of every kind, decisions and restarts in any order, beside a model of plain dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "state")
        self.kept: list[Capture] = []
        self.states: dict[UUID, State] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(patient=st.integers(1, 3), held=st.booleans())
    def a_capture_is_kept(self, patient: int, held: bool) -> None:
        capture = keep(self.store, f"P-000{patient}", held=held)
        self.kept.append(capture)
        self.states[capture.message_id] = State.HELD if held else State.WAITING

    @precondition(lambda self: self.kept)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome), own=st.booleans(), known=st.booleans())
    def a_receipt_comes(self, data: st.DataObject, outcome: Outcome, own: bool, known: bool) -> None:
        capture = data.draw(st.sampled_from(self.kept))
        payload = capture.encode() if own else b"other bytes"
        message_id = capture.message_id if known else new_message_id()
        (told,) = Outbox(self.store).record_receipts([receipt(payload, message_id, outcome)])
        state = self.states[capture.message_id]
        event = Event.STORED if outcome is Outcome.STORED else Event.REFUSED
        if own and known:
            self.states[capture.message_id] = after(state, event)
        assert told == (self.states[capture.message_id] is not state)

    @precondition(lambda self: State.REFUSED in self.states.values())
    @rule(data=st.data(), event=st.sampled_from((Event.SENT_AGAIN, Event.WITHDRAWN)))
    def a_person_decides(self, data: st.DataObject, event: Event) -> None:
        refused = [message_id for message_id, state in self.states.items() if state is State.REFUSED]
        message_id = data.draw(st.sampled_from(refused))
        self.states[message_id] = decide(self.store, message_id, event, Word("mk", "so it is", NOW))
        assert self.states[message_id] is after(State.REFUSED, event)

    @precondition(lambda self: State.HELD in self.states.values())
    @rule(data=st.data())
    def a_person_releases(self, data: st.DataObject) -> None:
        held = [place for place, capture in enumerate(self.kept) if self.states[capture.message_id] is State.HELD]
        place = data.draw(st.sampled_from(held))
        forced = Forced(by="mk", note="it will do", at=NOW + timedelta(hours=1))
        self.kept[place] = release(self.store, self.kept[place].message_id, forced)
        self.states[self.kept[place].message_id] = State.WAITING

    @rule()
    def the_instrument_restarts(self) -> None:
        self.store.close()
        self.store = Store(Path(self.folder.name) / "state")

    @invariant()
    def the_outbox_is_as_the_model(self) -> None:
        outbox = Outbox(self.store)
        assert {one.message_id: one.state for one in outbox.remaining()} == {
            message_id: state for message_id, state in self.states.items() if state is not State.RECEIVED
        }
        heads: dict[str, UUID] = {}
        for capture in self.kept:
            if self.states[capture.message_id] is State.WAITING:
                heads.setdefault(capture.patient_code, capture.message_id)
        assert set(next_ids(outbox, 99)) == set(heads.values())
        assert all(outbox.payload(capture.message_id) == capture.encode() for capture in self.kept)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
