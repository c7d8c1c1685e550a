"""The erasure of a patient: all of theirs goes, nothing of anybody else's, and what was interrupted is gone on with."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from collector.ingestion.decisions import Quarantined, Refused
from collector.operation.erasing import erase, erased_pictures_of
from collector.pictures.folder import PicturesInFolder
from collector.store import erasure
from collector.store.store import Store
from collector.store.stored import StoreFailed
from collector.store.tables import audit_trail, quarantine
from contract import DayList, Expected, Outcome, Picture, content_sha256
from tests.collector.examples import CLINIC, DEVICE, NOW
from tests.collector.store.test_store import TOPIC, accepted
from tests.examples import capture, comparison, png, review_of, visit

ERASED, OTHER = "P-0042", "P-00421"


def kept_picture(pictures: PicturesInFolder, content: bytes) -> Picture:
    """Keep a picture, and return it as a capture names it."""
    file = png(content)
    sha256 = hashlib.sha256(file).hexdigest()
    incoming = pictures.receive(sha256)
    incoming.write(file)
    incoming.finish()
    return Picture(sha256=sha256, media_type="image/png", size_bytes=len(file))


@pytest.fixture
def pictures(tmp_path: Path) -> PicturesInFolder:
    """Return an empty folder of pictures."""
    return PicturesInFolder(tmp_path / "pictures")


def fill(store: Store, pictures: PicturesInFolder) -> tuple[Picture, Picture, Picture]:
    """Keep two patients: pictures of one's own, of the other's own, and one that both name."""
    own, others, shared = (kept_picture(pictures, content) for content in (b"own", b"others", b"shared"))
    taken = [
        capture(patient_code=code, picture=picture)
        for code, picture in ((ERASED, own), (ERASED, shared), (OTHER, others), (OTHER, shared))
    ]
    said = [review_of(one) for one in taken]
    beside = [make(patient_code=code) for code in (ERASED, OTHER) for make in (comparison, visit)]
    store.store_batch([accepted(one) for one in (*taken, *said, *beside)], NOW)
    broken = [Quarantined("somewhere", f'{{"patient_code": "{code}", '.encode(), "No.") for code in (ERASED, OTHER)]
    store.store_batch(broken, NOW)
    expected = tuple(Expected(patient_code=code, visit_number=2) for code in (ERASED, OTHER))
    today = NOW.date()
    store.keep_day_lists(
        [DayList(clinic_id=CLINIC, device_id=DEVICE, made_at=NOW, day=today, expected=expected)], today
    )
    return own, others, shared


def test_all_of_a_patient_goes_and_nothing_of_another(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when the law is obeyed by halves, or another patient's series pays for it."""
    own, others, shared = fill(store, pictures)
    done = erase(store, pictures, ERASED, "asked for by the patient", "mk")
    assert done.removed == {
        "captures": 2,
        "comparisons": 1,
        "visits": 1,
        "reviews": 2,
        "quarantine": 1,
        "day_lists": 1,
        "pictures": 1,
    }
    with store.reading() as connection:
        assert erasure.held(connection, ERASED) == {}
        assert erasure.held(connection, OTHER)["captures"] == 2
        assert erasure.of_patient(connection, ERASED) == [done]
        entry = connection.execute(select(audit_trail).where(audit_trail.c.patient_code == ERASED)).one()
    assert (entry.by, entry.action, entry.detail) == ("mk", "erased", "asked for by the patient")
    assert [pictures.has(one.sha256) for one in (own, others, shared)] == [False, True, True]
    assert [row.patient_code for row in store.patients()] == [OTHER]
    assert store.quarantine(9)[0] == 1
    (listed,) = store.day_lists(NOW.date())
    assert [one.patient_code for one in listed.expected] == [OTHER]


def test_what_was_interrupted_is_gone_on_with(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a full disk leaves half a patient behind, of whom nobody knows any more."""
    fill(store, pictures)

    class Failing(PicturesInFolder):
        def delete(self, sha256: str) -> bool:
            raise OSError(5, "Input/output error", sha256)

    failing = Failing(pictures._folder)
    with pytest.raises(OSError, match="Input/output"):
        erase(store, failing, ERASED, "asked", "mk")
    (answer,) = store.store_batch([accepted(capture(patient_code=ERASED))], NOW)
    assert answer is not None
    assert answer.receipt.outcome is Outcome.REFUSED, "from the beginning on nothing is taken"
    done = erase(store, pictures, ERASED, "another reason", "another")
    assert (done.reason, done.asked_by) == ("asked", "mk")
    assert done.removed["captures"] == 2
    with store.reading() as connection:
        assert len(erasure.of_patient(connection, ERASED)) == 1


def test_a_batch_under_way_is_erased_too(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a capture that was being committed outlives its patient's erasure."""
    fill(store, pictures)
    erase(store, pictures, ERASED, "asked", "mk")
    late = [capture(patient_code=ERASED), capture(patient_code=OTHER, taken_at=NOW + timedelta(hours=1))]
    answers = store.store_batch([accepted(one) for one in late], NOW)
    assert [answer.receipt.outcome for answer in answers if answer] == [Outcome.REFUSED, Outcome.STORED]
    with store.reading() as connection:
        assert erasure.held(connection, ERASED) == {}


def test_a_store_that_fails_says_so(store: Store, pictures: PicturesInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when an erasure that could not be committed is reported as done."""
    fill(store, pictures)

    def failing(*_arguments: object) -> None:
        raise StoreFailed("the store could not commit: disk full")

    with monkeypatch.context() as patched:
        patched.setattr(erasure, "carry_out", failing)
        with pytest.raises(StoreFailed):
            erase(store, pictures, ERASED, "asked", "mk")
    with store.reading() as connection:
        assert erasure.held(connection, ERASED)["captures"] == 2
        assert [one.done_at for one in erasure.of_patient(connection, ERASED)] == [None]


def is_erased(store: Store, picture: Picture) -> bool:
    """Return what the picture service is told of a picture."""
    return erased_pictures_of(store)(picture.sha256)


def test_an_erased_patients_picture_is_known_and_nobody_elses(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a chair can put an erased picture back, or another patient's picture is refused for it."""
    own, others, shared = fill(store, pictures)
    assert [is_erased(store, one) for one in (own, others, shared)] == [False, False, False]
    erase(store, pictures, ERASED, "asked", "mk")
    assert [is_erased(store, one) for one in (own, others, shared)] == [True, False, False]
    erase(store, pictures, OTHER, "asked", "mk")
    assert [is_erased(store, one) for one in (own, others, shared)] == [True, True, True]
    assert [pictures.has(one.sha256) for one in (own, others, shared)] == [False, False, False]


def test_the_picture_of_a_late_capture_goes_too(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a chair that is told "erased" leaves the picture with the clinic, of which no capture tells."""
    _, others, _ = fill(store, pictures)
    erase(store, pictures, ERASED, "asked", "mk")
    late = kept_picture(pictures, b"late")
    store.store_batch([accepted(capture(patient_code=ERASED, picture=one)) for one in (late, others)], NOW)
    assert [is_erased(store, one) for one in (late, others)] == [True, False]
    erase(store, pictures, ERASED, "asked again", "mk")
    assert [pictures.has(one.sha256) for one in (late, others)] == [False, True]
    taken = capture(patient_code=OTHER, picture=late)
    store.store_batch([accepted(taken)], NOW)
    assert not is_erased(store, late), "whose it is now may have it"


@pytest.mark.parametrize(
    "payload",
    [
        b'{"patient_code": "P-0042", ',
        b'{"patient_code": "\\u0050-0\\u00304\\u0032"}',
        b'{"note": "see\\nP-0042"}',
        '{"patient_code": "P-0042"}'.encode("utf-16-le"),
    ],
)
def test_nothing_of_an_erased_patient_is_kept_in_quarantine(
    store: Store, pictures: PicturesInFolder, payload: bytes
) -> None:
    """Breaks when what breaks the contract is a way back in for an erased patient, however it is written."""
    fill(store, pictures)
    before = store.quarantine(9)[0]
    store.store_batch([Quarantined("there", payload, "No.")], NOW)
    assert erase(store, pictures, ERASED, "asked", "mk").removed["quarantine"] == 2
    refused = Refused(TOPIC, capture().message_id, payload + b" ", "No.")
    store.store_batch([Quarantined("there", payload, "No."), refused], NOW)
    with store.reading() as connection:
        rows = connection.execute(select(quarantine).where(quarantine.c.topic != "somewhere")).all()
    assert {(row.content_sha256, row.payload) for row in rows} == {
        (content_sha256(payload), b""),
        (content_sha256(payload + b" "), b""),
    }
    assert all(row.reason.startswith("No. It names a patient who was erased") for row in rows)
    assert store.quarantine(9)[0] == before + 1


def test_another_patients_messages_stay_whole_in_quarantine(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a code that only begins like an erased one costs a clinic its message."""
    fill(store, pictures)
    erase(store, pictures, ERASED, "asked", "mk")
    for payload in (b'"P-00421"', b'"XP-0042"', b'"P-0042-1"', b"\\u0050-00421"):
        store.store_batch([Quarantined("there", payload, "No.")], NOW)
        with store.reading() as connection:
            held = connection.execute(
                select(quarantine.c.payload).where(quarantine.c.content_sha256 == content_sha256(payload))
            )
            assert held.scalar_one() == payload


def test_an_altered_message_that_names_an_erased_patient_is_not_kept(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when a message under another's id carries an erased patient into the quarantine."""
    fill(store, pictures)
    erase(store, pictures, ERASED, "asked", "mk")
    first = capture(patient_code=OTHER, site="vertex")
    altered = first.model_copy(update={"software_version": f"for {ERASED}"})
    store.store_batch([accepted(first), accepted(altered)], NOW)
    with store.reading() as connection:
        held = connection.execute(
            select(quarantine.c.payload).where(quarantine.c.content_sha256 == content_sha256(altered.encode()))
        )
        assert held.scalar_one() == b""


def test_an_erased_patient_is_expected_nowhere(store: Store, pictures: PicturesInFolder) -> None:
    """Breaks when the next import of a calendar puts an erased code back into the store, and onto a chair."""
    fill(store, pictures)
    erase(store, pictures, ERASED, "asked", "mk")
    today = NOW.date()
    expected = tuple(Expected(patient_code=code, visit_number=3) for code in (ERASED, OTHER))
    store.keep_day_lists(
        [DayList(clinic_id=CLINIC, device_id=DEVICE, made_at=NOW, day=today, expected=expected)], today
    )
    (listed,) = store.day_lists(today)
    assert [(one.patient_code, one.visit_number) for one in listed.expected] == [(OTHER, 3)]
    with store.reading() as connection:
        assert erasure.held(connection, ERASED) == {}
