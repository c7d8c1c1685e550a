"""The visit's record over several runs, and what is said to be missing."""

from typing import Any

import pytest

from contract import PROTOCOL, Capture, Forced, Quality, Rating, Scale, SkippedSite, Verdict, Visit
from device.sites import Appointment, RatingRefused, Said, compose_visit, rating_from, says_more, sentences
from tests.examples import capture

REFUSED = Quality(verdict=Verdict.REFUSE, reasons=("Blurred.",))
FORCED = REFUSED.model_copy(update={"forced": Forced(by="mk", note="It must do.", at=capture().taken_at)})
WITHOUT = "Without the donor control, a change at this visit cannot be told from one of the instrument"


def record(captures: list[Capture], earlier: Visit | None = None, **said: Any) -> Visit:  # noqa: ANN401
    """Compose the record of the second visit."""
    appointment = Appointment("riverside", "chair-1", "P-0042", 2, tuple(map(str, PROTOCOL)))
    return compose_visit(3, appointment, captures, Said(**said), earlier)


def taken(*sites: str, **changes: Any) -> list[Capture]:  # noqa: ANN401
    """Return captures of sites."""
    return [capture(site=site, **changes) for site in sites]


def test_what_is_missing_is_said_site_by_site() -> None:
    """Breaks when a patient leaves with a site not taken, or not told from one that the gate refused."""
    captures = taken("frontal", "vertex", "temporal-left") + taken("mid-scalp", quality=REFUSED)
    said = sentences(record(captures), captures)
    assert said[:3] == (
        "Missing: mid-scalp - taken, but refused by the gate; take it again or release it.",
        "Missing: occipital (donor control).",
        "Missing: temporal, patient's right.",
    )
    assert said[3].startswith(WITHOUT)
    assert len(said) == 4


def test_a_full_visit_says_so() -> None:
    """Breaks when nothing missing and nothing looked at sound the same."""
    captures = taken(*PROTOCOL)
    assert sentences(record(captures), captures) == ("All sites of the protocol are taken.",)


def test_a_refused_capture_counts_once_it_is_released_or_taken_again() -> None:
    """Breaks when a site is called missing that has a picture, or the reverse."""
    refused = taken("vertex", quality=REFUSED)
    assert record(refused).taken == ()
    assert record(taken("vertex", quality=FORCED)).taken == ("vertex",)
    again = refused + taken("vertex")
    assert record(again).taken == ("vertex",)
    assert not any("refused by the gate" in sentence for sentence in sentences(record(again), again))


def test_a_series_that_the_protocol_does_not_know_is_not_forgotten() -> None:
    """Breaks when a patient's own site is left out at a later visit and nobody notices."""
    captures = taken(*PROTOCOL)
    (said,) = sentences(record(captures), captures, {"vertex", "g120-l35"})
    assert "g120-l35 (120 mm behind the glabella, 35 mm to the patient's left)" in said
    with_it = captures + taken("g120-l35")
    assert sentences(record(with_it), with_it, {"g120-l35"}) == ("All sites of the protocol are taken.",)


def test_later_runs_add_to_the_record() -> None:
    """Breaks when a rating, a reason or the visit's day is lost by a second run."""
    dressing = SkippedSite(site="temporal-left", reason="A dressing.")
    mild, worse, other = (
        Rating(scale=Scale.SINCLAIR, grade=grade, rater=rater)
        for grade, rater in (("2", "mk"), ("3", "mk"), ("1", "jb"))
    )
    first = record(taken("vertex"), skipped=(dressing,), ratings=(mild,), treatment_arm="A")
    second = record(taken("vertex", "occipital"), first, ratings=(worse, other))
    assert second.taken == ("vertex", "occipital")
    assert second.ratings == (worse, other)
    assert (second.skipped, second.treatment_arm, second.visit_date) == ((dressing,), "A", first.visit_date)
    third = record(taken("vertex", "occipital", "temporal-left"), second)
    assert third.skipped == ()
    assert "temporal-left" in third.taken


def test_the_arm_is_blind_unless_it_is_said() -> None:
    """Breaks when a record carries an arm that nobody gave."""
    assert record(taken("vertex")).treatment_arm is None


def test_a_record_is_sent_only_when_it_says_more() -> None:
    """Breaks when looking at what is missing sends a message, or a new rating does not."""
    captures = taken("vertex")
    first = record(captures)
    assert not says_more(record([]), None)
    assert says_more(first, None)
    assert not says_more(record(captures, first), first)
    assert says_more(record(captures, first, ratings=(rating_from("ludwig=II", "mk"),)), first)


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("norwood-hamilton=IIIv", "IIIv"),
        ("norwood-hamilton=iiiV", "IIIv"),
        ("norwood-hamilton=iva", "IVa"),
        ("ludwig=i-2", "I-2"),
        ("sinclair=5", "5"),
    ],
)
def test_a_rating_is_read_as_it_is_typed(text: str, grade: str) -> None:
    """Breaks when a grade must be typed with the right capitals."""
    assert rating_from(text, "mk").grade == grade


@pytest.mark.parametrize("text", ["", "norwood-hamilton", "norwood=III", "sinclair=6", "ludwig=IV", "sinclair= 3"])
def test_what_is_no_rating_is_refused_with_the_scale_s_grades(text: str) -> None:
    """Breaks when a grade of another scale is recorded."""
    with pytest.raises(RatingRefused, match="one of"):
        rating_from(text, "mk")
