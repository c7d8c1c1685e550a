"""Reports leave out what people rejected, say so, and stay with the automatic figures where hairs were corrected."""

import pytest

from collector.report import NothingToReport
from contract import Capture, Decision, Review, Site
from tests.collector.page_clinic import Clinic
from tests.collector.report_series import PATIENT, capture_at, change, comparison_of
from tests.collector.test_report import report_html, report_text
from tests.examples import review_of


def rejection(shown: Capture, **changes: object) -> Review:
    """Return the word that a capture is not to count."""
    return review_of(shown, **{"decision": Decision.REJECTED, "reason": "A fold of the cap."} | changes)


def corrections(shown: Capture) -> Review:
    """Return the word that of a capture two hairs were none."""
    figures = shown.measurement.model_copy(update={"hairs": shown.measurement.hairs[:-2]})
    figures = figures.model_copy(
        update={"hair_density_per_cm2": figures.hair_density_per_cm2.model_copy(update={"value": 121.7})}
    )
    edits = [{"edit": "removed", "by": by, "at": shown.created_at, "hair": hair} for hair, by in ((3, "mk"), (4, "ag"))]
    return review_of(shown, decision=None, decided_by=None, edits=edits, corrected=figures)


def test_a_rejected_capture_and_its_comparison_are_left_out_and_named(clinic: Clinic) -> None:
    """Breaks when a change is reported that was found on a picture that a person rejected, or goes without a word."""
    first, second, third = (capture_at(number) for number in (1, 2, 3))
    told = [comparison_of(first, later, change()) for later in (second, third)]
    clinic.holds(first, second, third, *told, rejection(third))
    text = report_text(clinic)
    assert "visit 2 against visit 1" in text
    assert "Visit 3: a capture was rejected by mk and is left out: A fold of the cap." in text
    assert "The comparison of visit 3 with visit 1 is left out: a capture of it was rejected." in text
    assert str(third.message_id) not in report_html(clinic)
    assert str(told[1].message_id) not in report_html(clinic)


def test_a_rejected_baseline_takes_its_comparisons_with_it(clinic: Clinic) -> None:
    """Breaks when a series is counted from a picture that is not to count."""
    first, second = capture_at(1), capture_at(2)
    clinic.holds(first, second, comparison_of(first, second, change()), rejection(first))
    text = report_text(clinic)
    assert "Change by matched hairs" not in text
    assert "Visit 2, baseline" in text
    assert "The comparison of visit 2 with visit 1 is left out" in text


def test_a_take_before_the_rejected_one_counts(clinic: Clinic) -> None:
    """Breaks when a visit disappears from the series because its last take was rejected."""
    first = capture_at(1)
    again = capture_at(1, sequence=12)
    clinic.holds(first, again, rejection(again))
    assert f'data-message="{first.message_id}"' in report_html(clinic)
    assert "a capture was rejected by mk" in report_text(clinic)


def test_corrected_figures_are_named_and_enter_nothing(clinic: Clinic) -> None:
    """Breaks when the series mixes corrected figures with automatic ones, whose noise floor is another."""
    first, second = capture_at(1), capture_at(2)
    clinic.holds(first, second, comparison_of(first, second, change()))
    before = report_html(clinic)
    clinic.holds(corrections(second))
    text = report_text(clinic)
    assert "Visit 2: hairs were corrected by hand (2 corrections by mk, ag)." in text
    assert "That gives 26 hairs and 122 hairs/cm² (119 to 161), where the automatic figures are 28 and 138." in text
    page = report_html(clinic)
    start, end = page.index('<section class="remarks"'), page.index('<section class="charts"')
    assert (page[:start] + page[end:]).split() == before.split(), "nothing else of the report has changed"


def test_what_limits_the_donor_control_is_said_too(clinic: Clinic) -> None:
    """Breaks when a site's change is held against a donor control of which nobody learns that it was rejected."""
    donors = [capture_at(number, Site.OCCIPITAL) for number in (1, 2)]
    sites = [capture_at(number) for number in (1, 2)]
    told = [comparison_of(first, second, change()) for first, second in (sites, donors)]
    clinic.holds(*donors, *sites, *told)
    assert "Not compared over these visits" not in report_text(clinic)
    clinic.holds(rejection(donors[1]))
    text = report_text(clinic)
    assert "Not compared over these visits" in text
    assert "Donor control: Visit 2: a capture was rejected by mk" in text


def test_without_a_capture_that_counts_there_is_no_report(clinic: Clinic) -> None:
    """Breaks when a site of which all was rejected ends in a traceback, or in a report of nothing."""
    shown = capture_at(1)
    clinic.holds(shown, rejection(shown))
    with pytest.raises(NothingToReport, match="were rejected"):
        report_html(clinic)
    answer = clinic.client.get(f"/patients/{PATIENT}/sites/vertex/report")
    assert answer.status_code == 404
    assert "were rejected" in answer.text


def test_another_instrument_s_word_changes_no_report(clinic: Clinic) -> None:
    """Breaks when one chair's key takes another chair's pictures out of a patient's series."""
    first, second = capture_at(1), capture_at(2)
    clinic.holds(first, second, comparison_of(first, second, change()))
    before = report_html(clinic)
    clinic.holds(rejection(first, device_id="chair-2"))
    assert report_html(clinic) == before
