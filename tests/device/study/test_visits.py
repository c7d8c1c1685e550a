"""What daily use tells of the noise: the right captures, grouped as they were repeated."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.noise.floor import Difference, NoiseFloor, Source
from contract import Capture, Change, Comparison, Decision, Interval, Quality, Repeatability, Verdict
from device.store import Store
from device.study.folder import StudyUnfit
from device.study.visits import noise_of
from tests import examples

DENSITY = "hair_density_per_cm2"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    store = Store(tmp_path / "state")
    yield store
    store.close()


def keep(store: Store, density: float, *, held: bool = False, content: bytes | None = None, **changes: Any) -> Capture:  # noqa: ANN401
    """Keep a capture of a density, by default of the occipital site and with a picture of its own."""
    measured = examples.measurement(
        hair_density_per_cm2=Interval(value=density, low=density - 20, high=density + 20), terminal_from_um=40.0
    )
    example = examples.capture(**{"measurement": measured, "site": "occipital"} | changes)
    content = content or str(example.message_id).encode()
    picture = example.picture.model_copy(
        update={"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    )
    return store.keep(
        picture,
        content,
        lambda sequence: example.model_copy(update={"sequence": sequence, "picture": picture}),
        held=held,
    )


def keep_comparison(store: Store, compared: Comparison) -> None:
    """Keep a comparison."""
    store.keep_message(lambda sequence: compared.model_copy(update={"sequence": sequence}))


def keep_review(store: Store, of: Capture, decision: Decision) -> None:
    """Keep a person's word on a capture."""
    reason = "hair in the way" if decision is Decision.REJECTED else None
    said = examples.review_of(of, decision=decision, reason=reason)
    store.keep_message(lambda sequence: said.model_copy(update={"sequence": sequence}))


def floor_of(store: Store, source: Source, figure: str = DENSITY) -> NoiseFloor:
    """Return the one floor of a source."""
    (found,) = (one for one in noise_of(store).floors if (one.figure, one.source) == (figure, source))
    return found


def test_the_donor_control_over_visits_is_a_series(store: Store) -> None:
    """Breaks when another site, which treatment changes, widens the floor; or a retake counts as a visit."""
    for number, density in enumerate((150.0, 160.0, 155.0), start=1):
        keep(store, density, visit_number=number)
        keep(store, 40.0 * number, visit_number=number, site="vertex")
    keep(store, 100.0, visit_number=4)
    keep(store, 155.0, visit_number=4)  # taken again: the visit's last one counts
    donor = floor_of(store, Source.DONOR)
    assert (donor.degrees, donor.subjects) == (3, 1)
    assert donor.sd == pytest.approx((50 / 3) ** 0.5)
    placed = floor_of(store, Source.PLACEMENT)
    assert (placed.degrees, placed.sd) == pytest.approx((1, 55 / 2**0.5))


def test_bursts_are_pooled(store: Store) -> None:
    """Breaks when the burst of the last capture alone is the floor."""
    for sd in (3.0, 4.0):
        keep(
            store,
            150.0,
            repeatability=Repeatability(
                stills=3, hair_density_sd_per_cm2=sd, mean_diameter_sd_um=0.5, noise_share=0.01
            ),
            patient_code=f"P-{sd:02.0f}",
        )
    burst = floor_of(store, Source.BURST)
    assert (burst.degrees, burst.sd) == pytest.approx((4, 12.5**0.5))
    assert floor_of(store, Source.BURST, "mean_diameter_um").sd == pytest.approx(0.5)
    assert not noise_of(store).studies


def test_only_captures_that_are_alike_and_passed_count(store: Store) -> None:
    """Breaks when a refused picture, another lens or a demonstration is taken for noise."""
    keep(store, 10.0, visit_number=1, simulated=True)
    keep(store, 20.0, visit_number=2, lens="another")
    keep(store, 30.0, visit_number=3, held=True)
    keep(store, 40.0, visit_number=4, quality=Quality(verdict=Verdict.REFUSE))
    keep(store, 150.0, visit_number=5)
    keep(store, 152.0, visit_number=6)
    assert floor_of(store, Source.DONOR).sd == pytest.approx(2**0.5)


def test_one_picture_counts_once(store: Store) -> None:
    """Breaks when a picture that is measured twice is a repeat without noise."""
    keep(store, 150.0, visit_number=1, content=b"one picture")
    keep(store, 150.0, visit_number=2, content=b"one picture")
    with pytest.raises(StudyUnfit, match="no burst"):
        noise_of(store)


def test_matched_hairs_of_the_donor_control_give_their_own_floor(store: Store) -> None:
    """Breaks when the noise of counting is held against matched hairs, or one baseline is in two changes."""
    for patient, change in (("P-01", 3.0), ("P-02", -4.0)):
        baseline = keep(store, 150.0, patient_code=patient, visit_number=1)
        for number in (2, 3):
            followup = keep(store, 150.0 + number, patient_code=patient, visit_number=number)
            value = change if number == 3 else 100.0
            compared = examples.comparison(
                patient_code=patient,
                site="occipital",
                baseline=examples.compared(baseline),
                followup=examples.compared(followup),
                change=Change(
                    same_place=0.99,
                    density_change_per_cm2=Interval(value=value, low=value - 1, high=value + 1),
                    counted_density_change_per_cm2=Interval(value=50.0, low=0.0, high=100.0),
                ),
            )
            keep_comparison(store, compared)
    matched = [one for one in noise_of(store).floors if one.difference is Difference.MATCHED]
    assert [(one.figure, one.degrees) for one in matched] == [(DENSITY, 2)]
    assert matched[0].difference_sd == pytest.approx(12.5**0.5)


def test_a_rejected_capture_and_its_retake_are_no_repeat(store: Store) -> None:
    """Breaks when a picture of the wrong place, beside the one that took its place, widens the floor."""
    for number, densities in enumerate(((150.0, 152.0), (160.0, 163.0)), start=1):
        wrong = keep(store, 20.0, visit_number=number, site="vertex")
        for density in densities:
            kept = keep(store, density, visit_number=number, site="vertex")
        keep_review(store, wrong, Decision.REJECTED)
        keep_review(store, kept, Decision.ACCEPTED)
    placed = floor_of(store, Source.PLACEMENT)
    assert (placed.degrees, placed.sd) == pytest.approx((2, ((2.0**2 / 2 + 3.0**2 / 2) / 2) ** 0.5))


def test_the_latest_word_on_a_capture_stands(store: Store) -> None:
    """Breaks when a capture that was rejected by mistake never counts again, or one accepted first always does."""
    first, second, third = (keep(store, density, visit_number=1) for density in (150.0, 154.0, 20.0))
    for of, words in (
        (first, (Decision.REJECTED, Decision.ACCEPTED)),
        (second, (Decision.ACCEPTED,)),
        (third, (Decision.ACCEPTED, Decision.REJECTED)),
    ):
        for word in words:
            keep_review(store, of, word)
    placed = floor_of(store, Source.PLACEMENT)
    assert (placed.degrees, placed.sd) == pytest.approx((1, 8.0**0.5))


def test_the_donor_control_of_a_visit_is_the_last_that_counts(store: Store) -> None:
    """Breaks when a visit stands in the series by the capture that was rejected."""
    keep(store, 150.0, visit_number=1)
    keep(store, 154.0, visit_number=2)
    keep_review(store, keep(store, 20.0, visit_number=2), Decision.REJECTED)
    keep_review(store, keep(store, 30.0, visit_number=3), Decision.REJECTED)
    donor = floor_of(store, Source.DONOR)
    assert (donor.degrees, donor.sd) == pytest.approx((1, 8.0**0.5))


def test_a_rejected_capture_says_nothing_of_what_is_alike(store: Store) -> None:
    """Breaks when a rejected picture of another lens, the last one taken, leaves all others out."""
    keep(store, 150.0, visit_number=1)
    keep(store, 152.0, visit_number=2)
    keep_review(store, keep(store, 90.0, visit_number=3, lens="another"), Decision.REJECTED)
    assert floor_of(store, Source.DONOR).sd == pytest.approx(2**0.5)


def test_the_burst_of_a_rejected_capture_is_left_out(store: Store) -> None:
    """Breaks when a picture that moved, and was rejected for it, says how still the instrument is."""
    for sd, patient in ((3.0, "P-01"), (40.0, "P-02")):
        burst = Repeatability(stills=3, hair_density_sd_per_cm2=sd, mean_diameter_sd_um=0.5, noise_share=0.01)
        kept = keep(store, 150.0, repeatability=burst, patient_code=patient)
    keep_review(store, kept, Decision.REJECTED)
    assert floor_of(store, Source.BURST).sd == pytest.approx(3.0)


@pytest.mark.parametrize("side", ["baseline", "followup"])
def test_a_comparison_that_names_a_rejected_capture_is_left_out(store: Store, side: str) -> None:
    """Breaks when the change to or from a picture that does not count is noise, or hides an earlier comparison."""
    captures = [keep(store, 150.0 + number, visit_number=number) for number in (1, 2, 3, 4)]
    pairs = {"baseline": ((0, 1), (2, 3)), "followup": ((0, 1), (0, 2))}[side]
    for (baseline, followup), value in zip(pairs, (3.0, 100.0), strict=True):
        compared = examples.comparison(
            site="occipital",
            baseline=examples.compared(captures[baseline]),
            followup=examples.compared(captures[followup]),
            change=Change(
                same_place=0.99,
                density_change_per_cm2=Interval(value=value, low=value - 1, high=value + 1),
                counted_density_change_per_cm2=Interval(value=50.0, low=0.0, high=100.0),
            ),
        )
        keep_comparison(store, compared)
    keep_review(store, captures[2], Decision.REJECTED)
    (matched,) = (one for one in noise_of(store).floors if one.difference is Difference.MATCHED)
    assert (matched.degrees, matched.difference_sd) == pytest.approx((1, 3.0))
