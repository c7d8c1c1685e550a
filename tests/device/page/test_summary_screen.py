"""A visit's summary: what is missing, where each capture is, and the visit's end."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contract import Capture, Decision, Outcome, Receipt, Verdict, Visit, content_sha256
from device import clock
from device.baseline import Asks
from device.camera import Aim
from device.chair.appointments import open_visits
from device.chair.chair import Chair
from device.chair.reviewing import Decided, decide
from device.chair.taking import Started
from device.delivery.standing import StandingFile
from device.outbox import Outbox
from device.page.app import create_app
from device.sites import last_record
from tests.device.page.chair_fixture import ChairClient, open_small_chair
from tests.device.page.kept_examples import kept

URL = "/visits/P-0042/1"
ALL = ("frontal", "mid-scalp", "vertex", "occipital", "temporal-left", "temporal-right")


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """Give a chair."""
    with open_small_chair(tmp_path) as opened:
        yield opened


@pytest.fixture
def client(chair: Chair) -> ChairClient:
    """Give a browser at which P-0042's first visit was begun."""
    browser = ChairClient(create_app(chair))
    browser.begin()
    return browser


def is_open(chair: Chair, visit: int = 1) -> bool:
    """Say whether the visit is open."""
    with chair.store() as store:
        return ("P-0042", visit) in [(one.patient_code, one.visit_number) for one in open_visits(store)]


def record_of(chair: Chair) -> Visit:
    """Return the visit's record."""
    with chair.store() as store:
        record = last_record(store, "P-0042", 1)
    assert record is not None
    return record


def receive(chair: Chair, capture: Capture, outcome: Outcome, reason: str | None = None) -> None:
    """Have the clinic's receipt of a capture come."""
    with chair.store() as store:
        outbox = Outbox(store)
        receipt = Receipt(
            message_id=capture.message_id,
            content_sha256=content_sha256(outbox.payload(capture.message_id)),
            outcome=outcome,
            reason=reason,
            decided_at=clock.now(),
        )
        assert outbox.record_receipts([receipt]) == [True]


def standing_of(client: ChairClient, capture: Capture) -> dict[str, Any]:
    """Return what the page learns of a capture when it asks again."""
    return dict(client.get(f"{URL}/standing").json()["captures"][str(capture.message_id)])


def test_a_capture_is_followed_all_the_way_to_the_clinic(chair: Chair, client: ChairClient) -> None:
    """Breaks when a technician believes a picture to be at the clinic that is not, or the other way round."""
    capture = kept(chair, "frontal")
    assert standing_of(client, capture)["word"] == "Waiting"
    StandingFile(chair.settings.state_folder).tell(True, {capture.message_id})
    sent = standing_of(client, capture)
    assert (sent["word"], sent["icon"], sent["picture_word"]) == ("Sent", "sent", "Picture waits")
    receive(chair, capture, Outcome.STORED)
    received = standing_of(client, capture)
    assert (received["word"], received["look"], received["icon"]) == ("Received by the clinic", "good", "received")
    assert received["picture_word"] == "Picture waits"
    with chair.store() as store:
        Outbox(store).record_picture_received(capture.picture.sha256, clock.now())
    assert standing_of(client, capture)["picture_word"] == "Picture delivered"
    page = client.get(f"{URL}/summary").text
    assert "Received by the clinic" in page
    assert "Picture delivered" in page


def test_a_refusal_comes_with_the_clinic_s_reason(chair: Chair, client: ChairClient) -> None:
    """Breaks when somebody has to guess why the clinic did not take a capture."""
    capture = kept(chair, "frontal")
    receive(chair, capture, Outcome.REFUSED, "The patient is not known here.")
    refused = standing_of(client, capture)
    assert (refused["word"], refused["look"]) == ("Refused by the clinic", "bad")
    assert refused["reason"] == "The patient is not known here."
    assert "The patient is not known here." in client.get(f"{URL}/summary").text


def test_what_the_gate_refused_is_held_and_its_picture_stays(chair: Chair, client: ChairClient) -> None:
    """Breaks when a held capture looks as if it were on its way."""
    capture = kept(chair, "frontal", Verdict.REFUSE)
    held = standing_of(client, capture)
    assert (held["word"], held["picture_word"]) == ("Held: refused by the gate", "Picture stays here")


def test_a_picture_that_cannot_be_delivered_says_why(chair: Chair, client: ChairClient) -> None:
    """Breaks when pictures pile up on the instrument and nobody is told."""
    capture = kept(chair, "frontal")
    with chair.store() as store:
        Outbox(store).record_picture_trouble(capture.picture.sha256, "The clinic's disk is full.")
    assert standing_of(client, capture)["reason"] == "The clinic's disk is full."


def test_the_connection_is_said(chair: Chair, client: ChairClient) -> None:
    """Breaks when captures wait for a delivery that does not run, and the page says nothing."""

    def said() -> str:
        return str(client.get(f"{URL}/standing").json()["connection"]["word"])

    assert said() == "Delivery does not run: captures wait here."
    StandingFile(chair.settings.state_folder).tell(True, ())
    assert said() == "Connected to the clinic"
    StandingFile(chair.settings.state_folder).tell_pause("refused", 5.0)
    assert said() == "No connection to the clinic: captures wait here."


def test_states_are_told_by_word_icon_and_colour(chair: Chair, client: ChairClient) -> None:
    """Breaks when two states differ by one of the three only."""
    waiting, held, refused, stored = (kept(chair, site) for site in ALL[:4])
    sent = kept(chair, ALL[4])
    with chair.store() as store:
        store.connection.execute("UPDATE message SET state = 'held' WHERE message_id = ?", (str(held.message_id),))
    receive(chair, refused, Outcome.REFUSED, "No.")
    receive(chair, stored, Outcome.STORED)
    StandingFile(chair.settings.state_folder).tell(True, {sent.message_id})
    told = [standing_of(client, one) for one in (waiting, held, refused, stored, sent)]
    assert len({one["word"] for one in told}) == 5
    assert len({one["icon"] for one in told}) == 5
    assert [one["look"] for one in told] == ["due", "care", "bad", "good", "due"]


def test_missing_sites_are_said_in_words(chair: Chair, client: ChairClient) -> None:
    """Breaks when a patient leaves without the donor control and nobody was told."""
    page = client.get(f"{URL}/summary").text
    assert page.count("Missing: ") == 6
    kept(chair, "frontal")
    page = client.get(f"{URL}/summary").text
    assert "Missing: frontal" not in page
    assert "Missing: temporal, patient&#39;s left." in page
    assert "Without the donor control" in page
    for site in ALL[1:]:
        kept(chair, site)
    page = client.get(f"{URL}/summary").text
    assert "All sites of the protocol are taken." in page
    assert "Nothing is missing" in page


def test_a_rejected_capture_is_named_so_and_its_site_is_missing(chair: Chair, client: ChairClient) -> None:
    """Breaks when a rejected picture still counts, or vanishes: nothing is deleted."""
    for site in ALL:
        last = kept(chair, site)
    with chair.store() as store:
        decide(store, chair.settings, last, Decided(Decision.REJECTED, "mk", "wrong side"))
    page = client.get(f"{URL}/summary").text
    assert "rejected" in page
    assert "Missing: temporal, patient&#39;s right" in page


def test_a_whole_visit_ends_and_the_seat_stays(chair: Chair, client: ChairClient) -> None:
    """Breaks when the next patient needs a new log-in, or an ended visit stays on the start page."""
    for site in ALL:
        kept(chair, site)
    assert client.act(f"{URL}/end").json() == {"go": "/"}
    assert not is_open(chair)
    assert f'href="{URL}"' not in client.get("/").text
    assert chair.seat.holder is not None
    assert chair.seat.holder.technician == "mk"
    assert len(record_of(chair).taken) == 6


def test_an_incomplete_visit_ends_only_with_a_word(chair: Chair, client: ChairClient) -> None:
    """Breaks when sites are forgotten in silence."""
    kept(chair, "frontal")
    refused = client.act(f"{URL}/end")
    assert refused.status_code == 422
    assert refused.json()["sentence"].startswith("Sites of the protocol are missing.")
    assert is_open(chair)
    assert client.act(f"{URL}/end", {"reason": "the patient had to leave"}).json() == {"go": "/"}
    assert not is_open(chair)
    assert {one.site: one.reason for one in record_of(chair).skipped} == dict.fromkeys(
        ALL[1:], "the patient had to leave"
    )


def test_a_visit_may_end_without_a_reason_and_says_what_is_missing(chair: Chair, client: ChairClient) -> None:
    """Breaks when somebody has to invent a reason, or missing sites then look left out on purpose."""
    kept(chair, "frontal")
    assert client.act(f"{URL}/end", {"incomplete": True}).json() == {"go": "/"}
    assert record_of(chair).skipped == ()
    assert record_of(chair).missing == ALL[1:]


@pytest.mark.parametrize("reason", ["x" * 201, "y" * 10_000])
def test_a_reason_has_bounds(chair: Chair, client: ChairClient, reason: str) -> None:
    """Breaks when an essay travels, or the visit ends although its reason was refused."""
    assert client.act(f"{URL}/end", {"reason": reason}).status_code == 422
    assert is_open(chair)


def test_an_ended_visit_is_opened_again_with_all_that_it_had(chair: Chair, client: ChairClient) -> None:
    """Breaks when a patient who comes back from the door begins a second first visit."""
    kept(chair, "frontal")
    client.act(f"{URL}/end", {"incomplete": True})
    page = client.get(f"{URL}/summary").text
    assert "This visit was ended" in page
    assert "End the visit" not in page
    client.begin()
    assert is_open(chair)
    assert "End the visit" in client.get(f"{URL}/summary").text
    assert "frontal" in record_of(chair).taken


def test_an_ended_visit_is_not_ended_again(chair: Chair, client: ChairClient) -> None:
    """Breaks when a second tab's old button does something."""
    kept(chair, "frontal")
    client.act(f"{URL}/end", {"incomplete": True})
    answer = client.act(f"{URL}/end", {"incomplete": True})
    assert answer.status_code == 422
    assert "is not open" in answer.json()["sentence"]


def test_the_end_forgets_what_the_clinic_answered(chair: Chair, client: ChairClient) -> None:
    """Breaks when patients' pictures stay on the instrument after their visit."""
    client.begin(visit=2)
    with chair.store() as store:
        assert Asks(store).pending(clock.now())
    client.act("/visits/P-0042/2/end", {"incomplete": True})
    with chair.store() as store:
        assert Asks(store).pending(clock.now()) == []


def test_a_visit_does_not_end_under_a_running_capture(chair: Chair, client: ChairClient) -> None:
    """Breaks when the capture that is being measured finds its visit closed, and is lost."""
    state = chair.taking.begin(Aim("P-0042", "frontal", 1), Started.PAGE)
    answer = client.act(f"{URL}/end", {"incomplete": True})
    assert answer.status_code == 422
    assert "is being measured" in answer.json()["sentence"]
    assert is_open(chair)
    while state.running:
        state = chair.taking.wait_newer(state, 60.0)
    assert client.act(f"{URL}/end", {"incomplete": True}).status_code == 200


def test_somebody_at_another_screen_does_not_end_it(chair: Chair, client: ChairClient) -> None:
    """Breaks when a visit ends under the hands of who takes it."""
    other = ChairClient(create_app(chair))
    other.get("/")
    other.act("/technician", {"technician": "jo"})
    assert other.get(f"{URL}/summary").status_code == 200
    answer = other.act(f"{URL}/end", {"incomplete": True})
    assert answer.status_code == 409
    assert is_open(chair)
    assert client.act(f"{URL}/end", {"incomplete": True}).status_code == 200


@pytest.mark.parametrize("path", ["/visits/Maria/1/summary", "/visits/Maria/1/standing", "/visits/P-0042/0/summary"])
def test_an_address_that_names_no_visit_says_so(client: ChairClient, path: str) -> None:
    """Breaks when a wrong address falls over, or repeats a name."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Maria" not in answer.text


def test_only_this_visit_s_captures_are_told(chair: Chair, client: ChairClient) -> None:
    """Breaks when another patient's captures show up on a summary."""
    own = kept(chair, "frontal")
    kept(chair, "frontal", patient_code="P-0107")
    kept(chair, "frontal", visit_number=2, taken_at=clock.now() - datetime.timedelta(days=1))
    told = client.get(f"{URL}/standing").json()["captures"]
    assert [UUID(of) for of in told] == [own.message_id]
