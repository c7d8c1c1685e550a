"""Where a baseline comes from, and what is said when there is none."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from contract import BaselineAnswer, BaselineAsk, Capture, Decision, Picture, Quality, ReducedPicture, Verdict
from device import clock
from device.baseline import Asks, Found, NoneKnown, Unreachable, ask_ahead, find_baseline, kept
from device.settings import DeviceSettings
from device.store import Store
from device.store.sealing import is_sealed
from tests import examples
from tests.device.baseline.instrument import (
    PATIENT,
    SITE,
    answer_later,
    answer_none,
    answer_with,
    answering,
    keep,
    settings,
)

REFUSED = Quality(verdict=Verdict.REFUSE, reasons=("Out of focus.",))


@pytest.fixture
def of(tmp_path: Path) -> DeviceSettings:
    """Return an instrument's settings."""
    return settings(tmp_path)


@pytest.fixture
def store(of: DeviceSettings) -> Iterator[Store]:
    """Give its store, empty."""
    with closing(Store(of.state_folder)) as opened:
        yield opened


def test_a_first_visit_has_nothing_to_compare_with(of: DeviceSettings, store: Store) -> None:
    """Breaks when the first visit waits for the clinic, or is compared with itself."""
    keep(store, 1)
    outcome = find_baseline(of, store, PATIENT, SITE, 1)
    assert isinstance(outcome, NoneKnown)
    assert Asks(store).pending(clock.now()) == []


def test_the_instrument_s_own_first_visit_is_enough(of: DeviceSettings, store: Store) -> None:
    """Breaks when a baseline that lies in the instrument is asked for, or another take of it is compared with."""
    keep(store, 1)
    last_take = keep(store, 1)
    keep(store, 1, quality=REFUSED)
    keep(store, 2)
    with answering(store, answer_none) as asked:
        outcome = find_baseline(of, store, PATIENT, SITE, 3)
    assert isinstance(outcome, Found)
    assert outcome.baseline.capture == last_take
    assert outcome.baseline.picture is None, "the example's picture is none"
    assert asked == []


def test_what_the_instrument_never_saw_is_asked_from_the_clinic(of: DeviceSettings, store: Store) -> None:
    """Breaks when a patient who changes chairs is measured without comparison."""
    elsewhere = examples.capture(device_id="chair-2")
    small = ReducedPicture(jpeg=b"\xff\xd8\xff picture", um_per_px=21.2)

    def with_picture(ask: BaselineAsk) -> BaselineAnswer:
        return answer_with(elsewhere)(ask).model_copy(update={"picture": small})

    with answering(store, with_picture) as asked:
        outcome = find_baseline(of, store, PATIENT, SITE, 2)
        again = find_baseline(of, store, PATIENT, SITE, 2)
    assert isinstance(outcome, Found)
    assert (outcome.baseline.capture, outcome.baseline.picture) == (elsewhere, small)
    assert again == outcome
    assert [(ask.patient_code, ask.site, ask.before_visit) for ask in asked] == [(PATIENT, SITE, 2)], "asked once"


def test_an_earlier_visit_with_another_instrument_goes_before_the_own_later_one(
    of: DeviceSettings, store: Store
) -> None:
    """Breaks when the visits of one series are compared with different baselines."""
    own = keep(store, 2)
    first = examples.capture(device_id="chair-2", visit_number=1)
    with answering(store, answer_with(first)):
        outcome = find_baseline(of, store, PATIENT, SITE, 3)
    assert isinstance(outcome, Found)
    assert outcome.baseline.capture == first
    with answering(store, answer_none):
        outcome = find_baseline(of, store, PATIENT, SITE, 4)
    assert isinstance(outcome, Found), "the clinic may not hold yet what waits in the own outbox"
    assert outcome.baseline.capture == own


def test_a_clinic_without_baseline_says_so(of: DeviceSettings, store: Store) -> None:
    """Breaks when a site that is new at a later visit looks like a lost connection."""
    with answering(store, answer_none):
        outcome = find_baseline(of, store, PATIENT, SITE, 2)
    assert outcome == NoneKnown("The clinic has none.")


def test_without_a_connection_the_visit_goes_on_and_says_so(of: DeviceSettings, store: Store) -> None:
    """Breaks when a clinic that is away stops a visit, or is waited for longer than set."""
    began_s = time.monotonic()
    outcome = find_baseline(of, store, PATIENT, SITE, 2)
    assert outcome == Unreachable(
        "The clinic cannot be reached: this visit is measured without comparison, and compared later."
    )
    assert 0.2 <= time.monotonic() - began_s < 5.0
    assert Asks(store).pending(clock.now()) == [], "what nobody waits for is not sent any more"


def test_a_clock_that_is_set_back_does_not_prolong_the_wait(
    of: DeviceSettings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when the first synchronisation of a Pi's clock, in the middle of an ask, stops the visit for hours."""
    ask_ahead(of, store, PATIENT, [SITE], 2)
    before = clock.now() - timedelta(hours=9)
    monkeypatch.setattr(clock, "now", lambda: before)
    assert isinstance(find_baseline(of, store, PATIENT, SITE, 2), Unreachable)


def test_a_reason_why_no_answer_comes_ends_the_wait(of: DeviceSettings, store: Store) -> None:
    """Breaks when the person at the chair waits though the broker has said that nobody answers."""
    patient = of.model_copy(update={"baseline": of.baseline.model_copy(update={"answer_within_s": 60.0})})
    with answering(store, lambda _: "Nobody answers at the clinic."):
        assert find_baseline(patient, store, PATIENT, SITE, 2) == Unreachable("Nobody answers at the clinic.")
    with answering(store, answer_with(examples.capture())):
        assert isinstance(find_baseline(patient, store, PATIENT, SITE, 2), Found), "it is asked again"


def test_a_trouble_of_the_clinic_s_that_goes_by_is_no_answer(of: DeviceSettings, store: Store) -> None:
    """Breaks when one moment of a busy store leaves a whole visit without comparison, as if there were no baseline."""
    patient = of.model_copy(update={"baseline": of.baseline.model_copy(update={"answer_within_s": 60.0})})
    with answering(store, answer_later):
        outcome = find_baseline(patient, store, PATIENT, SITE, 2)
    assert outcome == Unreachable("The clinic's store cannot be read at the moment.")
    assert kept.kept(store, kept.about(PATIENT, 2, SITE)) is None
    with answering(store, answer_with(examples.capture())):
        assert isinstance(find_baseline(patient, store, PATIENT, SITE, 2), Found), "it is asked again"


def test_an_answer_about_another_patient_is_not_taken(of: DeviceSettings, store: Store) -> None:
    """Breaks when two heads are compared because an answer came to the wrong ask."""
    for wrong in ({"patient_code": "P-0043"}, {"site": "vertex"}, {"visit_number": 2}):
        with answering(store, answer_with(examples.capture(**wrong))):
            assert isinstance(find_baseline(of, store, PATIENT, SITE, 2), Unreachable)
    stray = answer_none(
        BaselineAsk.model_validate(
            examples.comparison().model_dump() | {"patient_code": PATIENT, "site": SITE, "before_visit": 2}
        )
    )
    assert not Asks(store).record_answer(stray)


def test_what_is_asked_ahead_is_not_waited_for_at_the_site(
    of: DeviceSettings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a visit of six sites without connection waits six times."""
    keep(store, 1, site="vertex")
    ask_ahead(of, store, PATIENT, [SITE, "vertex", "occipital"], 2)
    pending = [BaselineAsk.model_validate_json(ask.payload) for ask in Asks(store).pending(clock.now())]
    assert {ask.site for ask in pending} == {SITE, "occipital"}
    time.sleep(of.baseline.answer_within_s)
    with monkeypatch.context() as no_waiting:
        no_waiting.setattr("device.baseline.finding.time.sleep", lambda _: pytest.fail("somebody waits at the site"))
        for site in (SITE, "occipital"):
            assert isinstance(find_baseline(of, store, PATIENT, site, 2), Unreachable)
    with answering(store, answer_with(examples.capture())) as asked:
        ask_ahead(of, store, PATIENT, [SITE], 3)
        outcome = find_baseline(of, store, PATIENT, SITE, 3)
    assert isinstance(outcome, Found)
    assert len(asked) == 1


def test_answers_are_nobody_else_s_to_read_and_go_with_the_visit(of: DeviceSettings, store: Store) -> None:
    """Breaks when a patient's baseline stays on an instrument that never saw the patient."""
    with answering(store, answer_with(examples.capture())):
        find_baseline(of, store, PATIENT, SITE, 2)
        find_baseline(of, store, PATIENT, SITE, 20)
    folder = store.folder / "baselines"
    assert folder.stat().st_mode & 0o077 == 0
    assert len(list(folder.iterdir())) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    ask_ahead(of, store, PATIENT, ["vertex"], 2)
    Asks(store).forget_visit(PATIENT, 2)
    assert [path.name for path in folder.iterdir()] == [f"{PATIENT}.20.{SITE}.json"]
    assert Asks(store).pending(clock.now()) == []


def test_what_a_visit_left_behind_is_forgotten_after_a_day(of: DeviceSettings, store: Store) -> None:
    """Breaks when a power cut in a visit leaves its baselines for good."""
    ask_ahead(of, store, PATIENT, ["vertex"], 2)
    with answering(store, answer_with(examples.capture())):
        find_baseline(of, store, PATIENT, SITE, 2)
    (path,) = (store.folder / "baselines").iterdir()
    half = path.with_name(f"{path.name}.0a1b.partial")
    half.write_bytes(b"half an answer")
    Asks(store).forget_old(clock.now())
    assert path.exists()
    day_before = (clock.now() - timedelta(days=1, seconds=1)).timestamp()
    os.utime(path, (day_before, day_before))
    os.utime(half, (day_before, day_before))
    Asks(store).forget_old(clock.now())
    assert list((store.folder / "baselines").iterdir()) == []
    assert Asks(store).standing(kept.about(PATIENT, 2, "vertex")) is not None
    Asks(store).forget_old(clock.now() + timedelta(days=2))
    assert Asks(store).standing(kept.about(PATIENT, 2, "vertex")) is None


def test_an_answer_that_cannot_be_read_back_is_asked_for_again(of: DeviceSettings, store: Store) -> None:
    """Breaks when a damaged file ends a visit."""
    with answering(store, answer_with(examples.capture())) as asked:
        find_baseline(of, store, PATIENT, SITE, 2)
        (path,) = (store.folder / "baselines").iterdir()
        path.write_bytes(path.read_bytes()[:50])
        assert isinstance(find_baseline(of, store, PATIENT, SITE, 2), Found)
    assert len(asked) == 2


@pytest.mark.parametrize("key_there", [True, False])
def test_an_answer_with_its_picture_is_sealed_where_pictures_are(of: DeviceSettings, key_there: bool) -> None:
    """Breaks when the baseline's picture lies open beside sealed ones, or a lost key ends the delivery of figures."""
    key = of.state_folder / "key"
    small = ReducedPicture(jpeg=b"\xff\xd8\xff what a patient's scalp looks like", um_per_px=20.0)

    def answer(ask: BaselineAsk) -> BaselineAnswer:
        baseline = examples.capture()
        return BaselineAnswer(message_id=ask.message_id, answered_at=clock.now(), baseline=baseline, picture=small)

    with closing(Store(of.state_folder, key)) as store:
        if key_there:
            key.write_bytes(bytes(range(32)))
            key.chmod(0o600)
        with answering(store, answer):
            outcome = find_baseline(of, store, PATIENT, SITE, 2)
            assert find_baseline(of, store, PATIENT, SITE, 2) == outcome
    if key_there:
        assert isinstance(outcome, Found)
        assert outcome.baseline.picture == small
        (path,) = (of.state_folder / "baselines").iterdir()
        assert is_sealed(path.read_bytes())
    else:
        assert isinstance(outcome, Unreachable)
        assert "Bring it back" in outcome.reason
        assert list((of.state_folder / "baselines").iterdir()) == []


@pytest.mark.parametrize("noise", [0, 60])
def test_the_own_picture_is_made_small(of: DeviceSettings, store: Store, noise: int) -> None:
    """Breaks when the ghost of an own baseline has another scale than that of the clinic's, or does not fit."""
    rng = np.random.default_rng(3)
    picture = np.full((1520, 2028, 3), 150, np.uint8)
    picture[760:, 1014:] = 40
    grain = np.kron(rng.normal(0, noise, (380, 507, 1)), np.ones((4, 4, 1)))  # as coarse as the small picture's pixels
    picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    content = cv2.imencode(".png", picture)[1].tobytes()
    named = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/png", size_bytes=len(content))
    example = examples.capture(picture=named)
    store.keep(named, content, lambda sequence: example.model_copy(update={"sequence": sequence}))
    outcome = find_baseline(of, store, PATIENT, SITE, 2)
    assert isinstance(outcome, Found)
    small = outcome.baseline.picture
    assert small is not None
    seen = cv2.imdecode(np.frombuffer(small.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert seen.shape[1] * small.um_per_px == pytest.approx(2028 * 5.3)
    assert 20 < small.um_per_px < 25
    height, width = seen.shape[:2]
    assert seen[height // 2 + 3 :, width // 2 + 3 :].mean() == pytest.approx(picture[768:, 1026:].mean(), abs=3)
    assert seen[: height // 2 - 3].mean() == pytest.approx(picture[:750].mean(), abs=3)
    assert find_baseline(of, store, PATIENT, SITE, 2, with_picture=False) != outcome


def review(store: Store, capture: Capture, decision: Decision) -> None:
    """Keep a person's word on a capture."""
    store.keep_message(
        lambda sequence: examples.review(
            sequence=sequence,
            capture_id=capture.message_id,
            visit_number=capture.visit_number,
            site=capture.site,
            decision=decision,
            reason="Hair over the site." if decision is Decision.REJECTED else None,
        )
    )


def test_what_was_rejected_is_no_baseline(of: DeviceSettings, store: Store) -> None:
    """Breaks when a visit is compared with a picture that a person took out, or not with it once it counts again."""
    first, second = keep(store, 1), keep(store, 2)
    review(store, first, Decision.REJECTED)
    with answering(store, answer_none) as asked:
        outcome = find_baseline(of, store, PATIENT, SITE, 3, with_picture=False)
    assert isinstance(outcome, Found)
    assert outcome.baseline.capture == second
    assert len(asked) == 1, "an earlier one may lie at the clinic"
    kept.forget_visit(store.folder, PATIENT, 3)
    with answering(store, answer_with(first)):  # of the rejection the clinic has not heard yet
        outcome = find_baseline(of, store, PATIENT, SITE, 3, with_picture=False)
        assert isinstance(outcome, Found)
        assert outcome.baseline.capture == second
        without = find_baseline(of, store, PATIENT, SITE, 2, with_picture=False)
    assert isinstance(without, NoneKnown)
    assert "rejected" in without.reason
    review(store, first, Decision.ACCEPTED)
    outcome = find_baseline(of, store, PATIENT, SITE, 3, with_picture=False)
    assert isinstance(outcome, Found)
    assert outcome.baseline.capture == first
