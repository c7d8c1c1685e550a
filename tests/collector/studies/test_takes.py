"""Which capture counts: for a study the same one as for every page."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.page.visits import visits_of
from collector.store.store import Store
from collector.studies import conduct
from collector.studies.allocation import Allocated
from collector.studies.completeness import quality
from collector.studies.takes import changed_between
from contract import Calibration, Capture, Decision, InstrumentChange, Interval, Quality, Verdict
from tests.collector.studies.examples import CODE, FIRST, holds, plan, read, taken
from tests.examples import full_measurement, measurement, review_of

_OTHER_BOOT = UUID("4f1c2ab0-6a52-4b34-9f0c-9e0c8a1f7b11")
_ONE = [Allocated("P-0001", "P")]


@pytest.fixture
def planned(store: Store) -> Store:
    """Return a store with a study of one patient."""
    conduct.add(store, plan(), "mk")
    conduct.enter_patients(store, CODE, _ONE, "mk")
    return store


_TAKES = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.sampled_from(["vertex", "occipital"]),
        st.integers(0, 3),  # minutes after the first
        st.integers(1, 4),  # the device's own count
        st.sampled_from([None, _OTHER_BOOT]),
        st.sampled_from([None, Decision.ACCEPTED, Decision.REJECTED]),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=_TAKES)
def test_the_same_capture_counts_as_on_a_patients_page(store: Store, given: list[tuple[object, ...]]) -> None:
    """Breaks when the study's choice and the pages' part, by any order of clocks, counts, boots and rejections."""
    code = f"P-{len(store.patients()) + 1:04}{abs(hash(tuple(map(str, given)))) % 10**5:05}"
    made: list[Capture] = []
    for number, (visit, site, minutes, sequence, boot, decision) in enumerate(given):
        changes = {} if boot is None else {"boot_id": boot}
        at = FIRST + timedelta(minutes=int(str(minutes)))
        one = taken(code, int(str(visit)), str(site), 100.0 + number, taken_at=at, sequence=sequence, **changes)
        made.append(one)
        holds(store, one)
        if decision is not None:
            reason = {"reason": "blur"} if decision is Decision.REJECTED else {}
            holds(store, review_of(one, decision=decision, **reason))
    of = plan(study_code=f"S-{code}")
    conduct.add(store, of, "mk")
    conduct.enter_patients(store, of.study_code, [Allocated(code, "P")], "mk")

    counted = read(store, of).counted
    visits = visits_of([stored.capture for stored in store.captures_of(code)], store.reviews_of(code))
    of_pages = {
        (code, visit.number, site.site): site.latest.message_id
        for visit in visits
        for site in visit.sites
        if site.latest is not None
    }
    assert {tuple(place): take.message_id for place, take in counted.items()} == of_pages


def test_corrected_hairs_give_the_figure(planned: Store) -> None:
    """Breaks when the study goes on with the count that a person corrected."""
    one = taken("P-0001", 1, "vertex", 140.0)
    corrected = measurement(hair_density_per_cm2=Interval(value=152.0, low=140, high=166))
    word = review_of(one).model_copy(update={"corrected": corrected})
    holds(planned, one, word)
    take = read(planned, plan()).at("P-0001", 1, "vertex")
    assert take is not None
    assert (take.value, take.corrected) == (152.0, True)


def test_a_word_about_another_capture_rejects_nothing(planned: Store) -> None:
    """Breaks when another device's review, under the capture's id, throws a capture out of a study."""
    one = taken("P-0001", 1, "vertex", 140.0)
    other = review_of(one, device_id="chair-9", decision=Decision.REJECTED, reason="blur")
    holds(planned, one, other)
    assert read(planned, plan()).value("P-0001", 1, "vertex") == 140.0


def test_simulated_instruments_count_in_rehearsals_alone(planned: Store) -> None:
    """Breaks when a simulated figure enters a real study, or the other way round."""
    holds(planned, taken("P-0001", 1, "vertex", 140.0), taken("P-0001", 2, "vertex", 9.0, simulated=True))
    real = read(planned, plan())
    assert [take.value for take in real.counted.values()] == [140.0]
    assert [take.value for take in real.left_out] == [9.0]

    rehearsal = plan(study_code="REHEARSAL", simulated=True)
    conduct.add(planned, rehearsal, "mk")
    conduct.enter_patients(planned, "REHEARSAL", _ONE, "mk")
    assert [take.value for take in read(planned, rehearsal).counted.values()] == [9.0]


def test_what_is_not_of_the_plan_is_not_read(planned: Store) -> None:
    """Breaks when another patient, site or visit enters a study."""
    holds(
        planned,
        taken("P-0002", 1, "vertex", 1.0),
        taken("P-0001", 3, "vertex", 2.0),
        taken("P-0001", 1, "frontal", 3.0),
    )
    assert not read(planned, plan()).counted


def test_a_share_is_in_per_cent(planned: Store) -> None:
    """Breaks when a study of a share shows 0.09 under a per cent sign."""
    of = plan(study_code="THIN", figure="thin_hair_share")
    conduct.add(planned, of, "mk")
    conduct.enter_patients(planned, "THIN", _ONE, "mk")
    holds(planned, taken("P-0001", 1, "vertex", 0, measurement=full_measurement()), taken("P-0001", 2, "vertex", 90.0))
    seen = read(planned, of)
    assert seen.value("P-0001", 1, "vertex") == 9.0
    assert seen.value("P-0001", 2, "vertex") is None


def test_a_changed_instrument_is_named(planned: Store) -> None:
    """Breaks when a lens or a calibration that changed between the visits goes unseen in the study."""
    new_scale = Calibration(um_per_px=5.1, source="settings")
    holds(
        planned,
        taken("P-0001", 1, "vertex", 140.0, lens="a"),
        taken("P-0001", 2, "vertex", 140.0, lens="b", calibration=new_scale),
        taken("P-0001", 1, "occipital", 140.0, lens="a"),
        taken("P-0001", 2, "occipital", 140.0, quality=Quality(verdict=Verdict.WARN, reasons=("Blur.",))),
    )
    seen = read(planned, plan())
    before, after = seen.at("P-0001", 1, "vertex"), seen.at("P-0001", 2, "vertex")
    assert before is not None
    assert after is not None
    assert changed_between(before, after) == (InstrumentChange.LENS, InstrumentChange.CALIBRATION)
    good = quality(plan(), ["P-0001"], seen)
    assert (good.pairs, good.changed_pairs, good.warned) == (2, 1, 1)
    assert good.changed == ((InstrumentChange.LENS, 1), (InstrumentChange.CALIBRATION, 1))


@pytest.mark.parametrize("reasons", [(), ("x" * 300,) * 31])
def test_a_payload_with_a_long_head_is_read_whole(planned: Store, reasons: tuple[str, ...]) -> None:
    """Breaks when what stands behind many reasons of the gate is lost: then nobody knows whether it is simulated."""
    forced = {"by": "mk", "note": "only picture", "at": FIRST}
    graded = Quality.model_validate({"verdict": "refuse", "reasons": reasons, "forced": forced})
    holds(planned, taken("P-0001", 1, "vertex", 140.0, quality=graded, lens="a", light="cross"))
    take = read(planned, plan()).at("P-0001", 1, "vertex")
    assert take is not None
    assert (take.instrument.forced, take.lens, take.light, take.sequence) == (True, "a", "cross", 1)
