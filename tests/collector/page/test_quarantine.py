"""The quarantine: read safely, tried again, discarded; on both databases, by two people at once, killed in between."""

import html
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from collector.ingestion import settling
from collector.ingestion.decisions import Quarantined, Refused, decide
from collector.ingestion.settling import Became
from collector.page.payload import MOST_BYTES, codes_in, shown_bytes
from collector.people import audit
from collector.people.roles import Role
from collector.store import batches, erasure, quarantine
from collector.store.quarantine import After, Key
from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import PATIENT_CODE, Channel, Topic, content_sha256
from tests.collector.examples import CLINIC, DEVICE, NOW, ask, health, status
from tests.collector.page_clinic import Clinic, text_of
from tests.collector.store.conftest import place, store
from tests.examples import capture

__all__ = ["place", "store"]

TOPIC = f"trichoscope/1/{CLINIC}/{DEVICE}/capture"
WHY = "The release before could not read this."


def _hold(into: Store, topic: str, payload: bytes, reason: str = WHY, at: datetime = NOW) -> Key:
    into.store_batch([Quarantined(topic, payload, reason)], at)
    return Key(topic, content_sha256(payload))


def _held(of: Store) -> list[Key]:
    with of.reading() as connection:
        return [one.key for one in quarantine.newest(connection, 1000)]


def _trail(of: Store) -> list[tuple[str, str | None, str | None, str | None]]:
    with of.reading() as connection:
        rows = connection.execute(
            text("SELECT action, patient_code, subject, detail FROM audit_trail ORDER BY entry_id")
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows if row[0] != "looked"]


@pytest.fixture
def in_a_file(empty_store: Path, tmp_path: Path) -> Iterator[Store]:
    """Return an empty store on SQLite, for what no database does otherwise."""
    shutil.copy(empty_store, tmp_path / "collector.sqlite3")
    with closing(Store(tmp_path / "collector.sqlite3")) as opened:
        yield opened


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty store's file: brought to today's format once, and copied."""
    file = tmp_path_factory.mktemp("quarantine") / "collector.sqlite3"
    Store(file).close()
    return file


def test_what_can_be_taken_now_is_stored_and_gone_in_one_commit(store: Store) -> None:
    """Breaks when a message that a new release understands stays in quarantine, or is in two places."""
    taken = capture()
    key = _hold(store, TOPIC, taken.encode())
    became = settling.retry(store, CLINIC, "an-admin", key, NOW + timedelta(days=1))
    assert became.became is Became.STORED
    assert _held(store) == []
    (stored,) = store.captures_of("P-0042")
    assert stored.received_at == NOW + timedelta(days=1)  # it comes to the clinic's figures now
    named = f"{TOPIC} sha256:{key.content_sha256}"
    assert _trail(store) == [("quarantine-retried", "P-0042", named, "stored")]
    assert settling.retry(store, CLINIC, "an-admin", key, NOW).became is Became.GONE
    assert len(store.captures_of("P-0042")) == 1


def test_what_still_cannot_be_taken_stays_with_its_present_reason(store: Store) -> None:
    """Breaks when a try loses a message, or the reason of an older release stands."""
    key = _hold(store, TOPIC, b"{}")
    became = settling.retry(store, CLINIC, "an-admin", key, NOW)
    assert became.became is Became.STILL_HELD
    assert became.reason is not None
    assert became.reason.startswith("The message breaks the contract")
    with store.reading() as connection:
        (held,) = quarantine.newest(connection, 9)
    assert held.reason == became.reason
    assert held.received_at == NOW
    assert _trail(store)[0][0] == "quarantine-retried"


def test_a_try_of_an_altered_message_raises_no_alarm_again(store: Store) -> None:
    """Breaks when an administrator's try counts as another attack, or puts the altered message in."""
    first = capture()
    other = first.model_copy(update={"patient_code": "P-0007"})
    topic = Topic(CLINIC, DEVICE, Channel.CAPTURE)
    for one in (first, other):
        store.store_batch([decide(CLINIC, str(topic), one.encode())], NOW)
    (key,) = _held(store)
    assert [raised.times for raised in store.alarms().raised] == [1]
    became = settling.retry(store, CLINIC, "an-admin", key, NOW)
    assert became.became is Became.STILL_HELD
    assert "already stored" in (became.reason or "")
    assert [raised.times for raised in store.alarms().raised] == [1]
    assert _held(store) == [key]
    assert store.captures_of("P-0007") == []


def test_nothing_of_an_erased_patient_is_taken_back_in(store: Store) -> None:
    """Breaks when the quarantine is a way round an erasure."""
    key = _hold(store, TOPIC, capture().encode())
    with store.writing() as connection:
        erasure.begin(connection, "P-0042", "asked for", "an-admin", NOW)
    became = settling.retry(store, CLINIC, "an-admin", key, NOW)
    assert became.became is Became.STILL_HELD
    assert "erased" in (became.reason or "")
    assert store.captures_of("P-0042") == []


@pytest.mark.parametrize("word", ["status", "health", "ask/baseline"])
def test_an_old_word_is_heard_as_one_of_then(in_a_file: Store, word: str) -> None:
    """Breaks when a device that sent a word last year is seen today, because somebody tried it again."""
    said = {"status": status, "health": health, "ask/baseline": ask}[word](clock_trusted=False)
    key = _hold(in_a_file, f"trichoscope/1/{CLINIC}/{DEVICE}/{word}", said.encode())
    assert settling.retry(in_a_file, CLINIC, "an-admin", key, NOW + timedelta(days=300)).became is Became.HEARD
    assert _held(in_a_file) == []
    assert [device.seen_at for device in in_a_file.devices()] == ([] if word == "ask/baseline" else [NOW])


def test_a_discarded_message_leaves_topic_digest_and_why(store: Store) -> None:
    """Breaks when nobody can tell later what was thrown away, or by whom."""
    key, stays = _hold(store, TOPIC, b"{}"), _hold(store, TOPIC, b"[]")
    assert settling.discard(store, "an-admin", key, "sent by a test").became is Became.DISCARDED
    assert settling.discard(store, "an-admin", key, "sent by a test").became is Became.GONE
    assert _held(store) == [stays]
    named = f"{TOPIC} sha256:{key.content_sha256}"
    assert _trail(store) == [("quarantine-discarded", None, named, "sent by a test")]


@pytest.mark.parametrize("fails_at", ["remove", "trail"])
def test_a_retry_that_breaks_off_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch, fails_at: str) -> None:
    """Breaks when a collector killed in the middle leaves a message in both places, in none, or without its entry."""
    key = _hold(store, TOPIC, capture().encode())

    def dies(*_anything: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        if fails_at == "remove":
            broken.setattr(quarantine, "remove", dies)
        else:
            broken.setattr(audit, "write", dies)
        with pytest.raises(KeyboardInterrupt):
            settling.retry(store, CLINIC, "an-admin", key, NOW)
    assert _held(store) == [key]
    assert store.captures_of("P-0042") == []
    assert _trail(store) == []
    assert settling.retry(store, CLINIC, "an-admin", key, NOW).became is Became.STORED


def test_what_fails_in_storing_stays_and_is_said(in_a_file: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when one message's fault ends in a traceback, or is told with what the message holds."""
    key = _hold(in_a_file, TOPIC, capture().encode())

    def fails(*_anything: object) -> None:
        raise OverflowError("P-0042 is too much")

    monkeypatch.setattr(batches, "keep", fails)
    became = settling.retry(in_a_file, CLINIC, "an-admin", key, NOW)
    assert (became.became, became.reason) == (Became.STILL_HELD, "Storing it failed with OverflowError.")
    assert _held(in_a_file) == [key]


def test_two_administrators_settle_each_message_once(store: Store) -> None:
    """Breaks when two who try the same reason at once store, count or note a message twice, or block each other."""
    keys = [_hold(store, TOPIC, capture(visit_number=number).encode()) for number in range(1, 7)]
    became: list[Became] = []
    faults: list[BaseException] = []
    together = threading.Barrier(2)

    def settle(name: str, order: list[Key]) -> None:
        together.wait()
        try:
            became.extend(settling.retry(store, CLINIC, name, key, NOW).became for key in order)
        except BaseException as fault:  # noqa: BLE001  told by the thread that asserts
            faults.append(fault)

    both = [
        threading.Thread(target=settle, args=("one", keys)),
        threading.Thread(target=settle, args=("other", keys[::-1])),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert not faults
    assert sorted(became) == sorted([Became.STORED] * 6 + [Became.GONE] * 6)
    assert len(store.captures_of("P-0042")) == 6
    assert len(_trail(store)) == 6


def test_the_list_goes_on_behind_what_it_ended_with(store: Store) -> None:
    """Breaks when messages of one moment, as a batch brings them, are left out between two pages, or shown twice."""
    for batch in range(3):
        at = NOW + timedelta(seconds=batch)
        decisions = [Quarantined(f"t/{number % 2}", b"%d %d" % (batch, number // 2), WHY) for number in range(10)]
        store.store_batch(decisions, at)
    seen: list[Key] = []
    after: After | None = None
    with store.reading() as connection:
        while page := quarantine.newest(connection, 7, after, WHY if after else None):
            seen += [one.key for one in page]
            after = After(page[-1].received_at, page[-1].key)
    assert len(seen) == len(set(seen)) == 30
    with store.reading() as connection:
        assert quarantine.count(connection) == 30
        (reason,) = quarantine.reasons(connection)
        assert len(quarantine.keys_of(connection, WHY, 12)) == 12
    assert (reason.reason, reason.count, reason.newest_at) == (WHY, 30, NOW + timedelta(seconds=2))


def test_counts_end_somewhere(in_a_file: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a device that floods the quarantine makes every page slow."""
    monkeypatch.setattr(quarantine, "COUNTED_TO", 5)
    in_a_file.store_batch([Quarantined("t", b"%d" % number, WHY) for number in range(9)], NOW)
    with in_a_file.reading() as connection:
        assert quarantine.count(connection) == 6
        assert quarantine.reasons(connection)[0].count == 5


@pytest.fixture
def admin(empty_store: Path, tmp_path: Path) -> Iterator[Clinic]:
    """Return a clinic at which an administrator is signed in."""
    shutil.copy(empty_store, tmp_path / "collector.sqlite3")
    made = Clinic(tmp_path, Role.ADMINISTRATOR)
    with closing(made.store):
        yield made


def _address(key: Key) -> str:
    return f"/quarantine/{key.content_sha256}?topic={key.topic}"


def test_bytes_are_shown_as_text_that_does_nothing_and_the_look_is_noted(admin: Clinic) -> None:
    """Breaks when a message runs in an administrator's browser, or nobody knows who read a patient's code."""
    payload = b'{"patient_code":"P-0042","evil":"<script>alert(1)</script>\xe2\x80\xae"}'
    key = _hold(admin.store, TOPIC, payload)
    page = admin.page(_address(key))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\\u202e" in page
    with admin.store.reading() as connection:
        looked = connection.execute(text("SELECT patient_code, subject FROM audit_trail WHERE action = 'looked'")).one()
    assert tuple(looked) == ("P-0042", f"quarantine sha256:{key.content_sha256}")
    assert admin.client.get(f"/quarantine/{'0' * 64}?topic=a%00b").status_code == 400
    assert admin.client.get(f"/quarantine/{'0' * 64}?topic=a").status_code == 404


def test_bytes_are_bounded_and_numbers_where_they_are_no_text() -> None:
    """Breaks when five megabytes are sent to a browser, or a letter cut in two makes a text a row of numbers."""
    long = shown_bytes("ä".encode() * MOST_BYTES)
    assert long.is_text
    assert len(long.text.encode()) == MOST_BYTES
    cut = shown_bytes(b"a" + "ä".encode() * MOST_BYTES)
    assert cut.is_text
    assert len(cut.text.encode()) == MOST_BYTES - 1
    numbers = shown_bytes(b"\xff\x00" * 9)
    assert not numbers.is_text
    assert numbers.text.splitlines()[1] == "0010  ff 00"
    assert codes_in(b'"P-0042" P-0042 XP-00421234567890 AB-12,P-7', PATIENT_CODE) == ["P-0042", "AB-12"]


def test_others_see_counts_and_reasons_and_nothing_else(admin: Clinic) -> None:
    """Breaks when a technician reads a message, or settles one."""
    key = _hold(admin.store, TOPIC, b'{"patient_code":"P-0042"}')
    technician = admin.sign_in(Role.TECHNICIAN)
    page = admin.page("/quarantine")
    assert WHY in html.unescape(page)
    assert TOPIC not in page
    assert 'data-act="/quarantine' not in page
    assert technician.get(_address(key)).status_code == 403
    named = {"topic": key.topic, "content_sha256": key.content_sha256}
    assert technician.post("/quarantine/retry", named).status_code == 403
    assert technician.post("/quarantine/discard", named | {"why": "no"}).status_code == 403
    assert admin.sign_in(Role.MONITOR).get("/quarantine").status_code == 403
    assert _held(admin.store) == [key]


def test_a_reason_is_settled_at_once_and_said_in_words(admin: Clinic) -> None:
    """Breaks when hundreds are settled by hand, or nobody is told what became of them."""
    for number in range(1, 4):
        _hold(admin.store, TOPIC, capture(visit_number=number).encode())
    stays = _hold(admin.store, TOPIC, b"{}")
    other = _hold(admin.store, "weather/today", b"rain", "The topic is none of the contract's.")
    answer = admin.client.post("/quarantine/retry", {"reason": WHY}).json()
    assert "Stored: 3." in answer["outcome"]
    assert "Still held: 1." in answer["outcome"]
    assert len(answer["left"]) == 3
    assert [one[:2] for one in answer["held"]] == [[stays.topic, stays.content_sha256]]
    assert set(_held(admin.store)) == {stays, other}
    refused = admin.client.post("/quarantine/discard", {"reason": "The topic is none of the contract's.", "why": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.json()["sentence"]
    named = {"topic": other.topic, "content_sha256": other.content_sha256}
    assert admin.client.post("/quarantine/discard", named | {"reason": "x", "why": "y"}).status_code == 422
    answer = admin.client.post("/quarantine/discard", named | {"why": "no instrument of ours"}).json()
    assert "Discarded: 1." in answer["outcome"]
    assert "settled it before" in admin.client.post("/quarantine/retry", named).json()["outcome"]
    assert _held(admin.store) == [stays]


def test_the_page_lists_fifty_and_leads_on(admin: Clinic) -> None:
    """Breaks when the 51st message cannot be reached, or a reason's mark-up or an odd topic breaks a button."""
    odd = "a'b\"<i>&/c"
    admin.store.store_batch([Quarantined(odd, b"%d" % number, "<b>odd</b>'\"") for number in range(60)], NOW)
    page = admin.client.get("/quarantine").text
    assert "<i>" not in page
    assert "<b>odd" not in page
    assert page.count('<li class="held"') == 50
    asked = [
        json.loads(html.unescape(found)) for found in re.findall(r"/quarantine/retry\" data-asked='([^']*)'", page)
    ]
    assert asked[0] == {"reason": "<b>odd</b>'\""}
    assert asked[1]["topic"] == odd
    (following,) = re.findall(r'rel="next" href="([^"]*)"', page)
    rest = admin.client.get(html.unescape(following)).text
    assert rest.count('<li class="held"') == 10
    assert admin.client.get("/quarantine?after=nonsense").status_code == 404
    assert "There is no such message." in text_of(admin.page("/quarantine?reason=another"))
    answer = admin.client.post("/quarantine/retry", asked[1])
    assert answer.status_code == 200
    assert "Still held: 1." in answer.json()["outcome"]


def test_a_store_that_fails_keeps_the_message(admin: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a full disk makes an administrator believe that a message was settled."""
    key = _hold(admin.store, TOPIC, b"{}")

    def full(*_anything: object, **_more: object) -> None:
        raise StoreFailed("the store could not commit: database or disk is full")

    monkeypatch.setattr(settling, "discard", full)
    named = {"topic": key.topic, "content_sha256": key.content_sha256, "why": "why"}
    assert admin.client.post("/quarantine/discard", named).status_code == 503
    assert _held(admin.store) == [key]


def test_a_refused_message_is_told_apart_by_nothing(in_a_file: Store) -> None:
    """Breaks when what was refused to a device, and is fit now, cannot be stored."""
    taken = capture()
    topic = Topic(CLINIC, DEVICE, Channel.CAPTURE)
    in_a_file.store_batch([Refused(topic, taken.message_id, taken.encode(), WHY)], datetime.now(UTC))
    (key,) = _held(in_a_file)
    assert settling.retry(in_a_file, CLINIC, "an-admin", key, datetime.now(UTC)).became is Became.STORED
    (again,) = in_a_file.store_batch([decide(CLINIC, str(topic), taken.encode())], datetime.now(UTC))
    assert again is not None
    assert again.receipt.outcome == "stored"  # what the device is told when a person there sends it again
    assert len(in_a_file.captures_of("P-0042")) == 1
