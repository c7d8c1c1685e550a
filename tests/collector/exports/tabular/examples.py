"""A small clinic's messages, for tables."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collector.exports.tabular import CaptureRow, ComparisonRow, Source, VisitRow
from contract import Change, Decision, Interval, NoiseFloor, Rating, Scale, Site, SkippedSite, Transform
from tests.examples import (
    added_hair,
    capture,
    compared,
    comparison,
    corrected_measurement,
    full_measurement,
    measurement,
    review_of,
    visit,
)

RECEIVED = datetime(2026, 3, 4, 10, 30, 15, 250_000, tzinfo=UTC)

MATCHED = Change(
    same_place=0.999,
    transform=Transform(
        turn_deg=1.5,
        shift_mm=(0.2, -0.1),
        scale=1.001,
        middle_mm=(5.0, 4.0),
        half_mm=(5.0, 4.0),
        stretch_um=((0.0,) * 9, (0.0,) * 9),
        largest_stretch_um=12.0,
        baseline_to_followup_px=((1.0, 0.0, 3.0), (0.0, 1.0, -2.0)),
    ),
    shared_area_cm2=0.71,
    matched=90,
    new=14,
    lost=4,
    density_per_cm2=(132.4, 146.5),
    density_change_per_cm2=Interval(value=14.1, low=9.0, high=19.2),
    days=182.0,
)


def small_clinic() -> Source:
    """Return two captures (one corrected and rejected), two comparisons and a visit with all its parts."""
    first = capture()
    second = capture(sequence=2, visit_number=2, site="g120-l35", measurement=full_measurement())
    word = review_of(
        second,
        decision=Decision.REJECTED,
        reason="=cmd|' /C calc'!A0, said twice",
        edits=(added_hair("mk"), added_hair("ab", at=RECEIVED)),
        corrected=corrected_measurement(),
    )
    floor = NoiseFloor(
        figure="hair_density_per_cm2",
        difference="matched",
        source="donor",
        difference_sd=2.0,
        degrees=40.0,
        subjects=20,
    )
    matched = comparison(baseline=compared(first), followup=compared(second), change=MATCHED, noise_floors=(floor,))
    apart = comparison(sequence=2, change=Change(same_place=0.02, flags=("not-the-same-place",)))
    whole = visit(
        taken=(Site.FRONTAL, "g120-l35"),
        skipped=(SkippedSite(site=Site.VERTEX, reason="-wound"),),
        ratings=(
            Rating(scale=Scale.LUDWIG, grade="I-2", rater="mk"),
            Rating(scale=Scale.SINCLAIR, grade="2", rater="ab"),
        ),
        treatment_arm="A",
    )
    return Source(
        captures=(CaptureRow(first, RECEIVED), CaptureRow(second, RECEIVED + timedelta(hours=1), word)),
        comparisons=(ComparisonRow(matched, RECEIVED), ComparisonRow(apart, RECEIVED)),
        visits=(VisitRow(whole, RECEIVED),),
    )


def many_captures(number: int, hairs: int = 1) -> Iterator[CaptureRow]:
    """Give captures one after another, each with contents of its own, so that what is kept of one is seen."""
    shown = capture(measurement=measurement(hairs=measurement().hairs * hairs))
    for count in range(number):
        due = f"{count:>299}."
        copied = shown.model_copy(
            update={
                "sequence": count + 1,
                "calibration": shown.calibration.model_copy(update={"due": due}),
            }
        )
        yield CaptureRow(copied, RECEIVED + timedelta(seconds=count))
