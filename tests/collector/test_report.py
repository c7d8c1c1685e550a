"""The report of a site's series: what stands in the messages, as it stands there, and sensible words for all else."""

import base64
import hashlib
import html
import re
from datetime import timedelta
from typing import Any

import pytest

from analysis.comparison import words as change_words
from analysis.comparison.change import ChangeFlag
from collector.report import NothingToReport, as_html, content_policy, read_report
from collector.report.change_figures import NAMES
from contract import Calibration, Comparison, Forced, Picture, Quality, Rating, Scale, Site, Verdict
from contract.change import NoiseFloor
from tests.collector.examples import NOW
from tests.collector.page_clinic import Clinic, text_of
from tests.collector.report_series import (
    PATIENT,
    capture_at,
    change,
    comparison_of,
    hold,
    hold_pictures,
    still,
    whole_series,
)
from tests.examples import png, visit


def matched_floor(difference_sd: float) -> dict[str, Any]:
    """Return what of a comparison tells a floor of the density change by matched hairs."""
    floor = NoiseFloor(
        figure="hair_density_per_cm2",
        difference="matched",
        source="donor",
        difference_sd=difference_sd,
        degrees=40,
        subjects=20,
    )
    return {"noise_floors": (floor,)}


def report_html(clinic: Clinic, site: str = Site.VERTEX) -> str:
    """Return the report of a site as HTML."""
    return as_html(
        read_report(
            clinic.store,
            clinic.pictures.open,
            clinic_id="riverside",
            patient_code=PATIENT,
            site=site,
            made_at=NOW,
        )
    )


def report_text(clinic: Clinic, site: str = Site.VERTEX) -> str:
    """Return what a report says."""
    return html.unescape(text_of(re.sub(r"<style>.*?</style>", "", report_html(clinic, site), flags=re.DOTALL)))


def test_a_change_beyond_noise_is_said_with_its_floor(clinic: Clinic) -> None:
    """Breaks when the first thing a reader sees is not the change by matched hairs, its interval and its floor."""
    whole_series(clinic, **matched_floor(2.0))
    text = report_text(clinic)
    assert "Hair density: increase by 12.3 hairs/cm² (+8.2 to +16.4), more than the noise floor of" in text
    assert "more than the donor control's over the same visits" in text
    assert text.index("Hair density: increase") < text.index("Change of")
    assert "Noise floor of the device that compared, from the donor control over visits (n = 20)." in text


def test_a_change_within_the_floor_is_never_called_one(clinic: Clinic) -> None:
    """Breaks when noise is handed to a patient as an effect."""
    whole_series(clinic, change(density_change_per_cm2={"value": 4.0, "low": 1.0, "high": 7.0}), **matched_floor(3.0))
    text = report_text(clinic)
    assert "Hair density: no change beyond noise" in text
    assert "Hair density: increase" not in text
    assert "No change beyond noise is said of this site, so none is held against the donor control's." in text


def test_an_unknown_floor_is_said(clinic: Clinic) -> None:
    """Breaks when a report without a noise floor looks like one with it."""
    later_release = NoiseFloor(
        figure="hair_gloss", difference="matched", source="donor", difference_sd=1.0, degrees=9, subjects=9
    )
    whole_series(clinic, noise_floors=(later_release,))
    text = report_text(clinic)
    assert "noise floor not yet known for this device" in text
    assert "Noise floor of the site" not in text


def test_the_floor_is_drawn_in_the_charts(clinic: Clinic) -> None:
    """Breaks when a reader cannot see whether a line leaves the noise."""
    floors = (
        NoiseFloor(figure=figure, difference="counted", source="donor", difference_sd=4.0, degrees=40, subjects=20)
        for figure in ("hair_density_per_cm2", "mean_diameter_um")
    )
    whole_series(clinic, noise_floors=(*matched_floor(2.0)["noise_floors"], *floors))
    page = report_html(clinic)
    assert page.count('class="band"') == 3
    assert "Noise floor of the site" in page


def test_a_changed_donor_control_warns(clinic: Clinic) -> None:
    """Breaks when both sites drift alike, by the instrument, and the report calls the site's drift an effect."""
    whole_series(clinic, donor=change())
    text = report_text(clinic)
    assert "The donor control, which should stay as it is, changed too" in text
    assert "It is not shown that the change is more than the donor control's" in text


def test_the_donor_control_itself_is_named_so(clinic: Clinic) -> None:
    """Breaks when the donor site's own report holds it against itself."""
    whole_series(clinic)
    text = report_text(clinic, Site.OCCIPITAL)
    assert "This site is the donor control itself" in text
    assert "Hair density: no change beyond its own uncertainty" in text
    assert "their intervals" not in text


def test_a_donor_control_of_other_visits_is_not_held_against(clinic: Clinic) -> None:
    """Breaks when a year of the site is held against half a year of the donor control."""
    vertex = [capture_at(number) for number in (1, 3)]
    donor = [capture_at(number, Site.OCCIPITAL) for number in (2, 3)]
    hold(clinic, *vertex, comparison_of(vertex[0], vertex[1], change()))
    hold(clinic, *donor, comparison_of(donor[0], donor[1], still()))
    text = report_text(clinic)
    assert "There is no change of the donor control over these visits to hold this against." in text
    assert "Not compared over these visits" in text


@pytest.mark.parametrize("flag", list(ChangeFlag))
def test_every_flag_is_shown_with_its_sentence(clinic: Clinic, flag: ChangeFlag) -> None:
    """Breaks when a figure is shown without the warning that came with it."""
    whole_series(clinic, change(flags=(flag,)), still(flags=("little-shared", "raised-by-a-later-release")))
    text = report_text(clinic)
    assert change_words.sentence(flag).replace("cm2", "cm²") in text
    assert "Donor control: The pictures share less than half of a frame" in text
    assert "Donor control: raised-by-a-later-release" in text


def test_another_place_is_not_compared(clinic: Clinic) -> None:
    """Breaks when pictures of two places get a figure, or marks at places that mean nothing."""
    nowhere = dict.fromkeys((*NAMES, "transform", "shared_area_cm2", "density_per_cm2", "anagen_share"))
    other = change(**nowhere, same_place=0.02, hairs=(), matched=0, new=0, lost=0, flags=("not-the-same-place",))
    whole_series(clinic, other)
    page, text = report_html(clinic), report_text(clinic)
    assert "Hair density: cannot tell; the pictures do not give it." in text
    assert "Probability that both show the same place: 0.02" in text
    assert "they are not registered, so no hair is marked" in text
    assert "data-mark" not in page
    assert page.count("<image ") == 2
    assert "Change in hair density since" not in text


def test_one_visit_is_a_report(clinic: Clinic) -> None:
    """Breaks when a first visit gives an error, or a change of nothing."""
    first = capture_at(1)
    hold(clinic, first, visit(ratings=(Rating(scale=Scale.NORWOOD_HAMILTON, grade="IIIv", rater="mk"),)))
    text = report_text(clinic)
    assert "One visit: there is nothing to compare yet." in text
    assert "Norwood Hamilton IIIv (mk)" in text
    assert "134 (115 to 157)" in text
    assert "The picture of visit 1" in text
    assert "Picture pending" in text
    assert str(first.message_id) in text


def test_visits_that_were_not_compared_say_so(clinic: Clinic) -> None:
    """Breaks when two separate counts are put beside each other as if their difference were a change."""
    hold(clinic, capture_at(1), capture_at(2))
    assert "Not compared yet: 2 visits have arrived" in report_text(clinic)
    hold(clinic, comparison_of(capture_at(1), capture_at(2), change()), capture_at(3))
    assert "Visit 3 has not been compared yet: the change shown is that of visit 2." in report_text(clinic)


def test_captures_that_never_came_leave_the_comparison(clinic: Clinic) -> None:
    """Breaks when a comparison of held captures cannot be shown, or is shown as if the captures were there."""
    hold(clinic, comparison_of(capture_at(1), capture_at(2), change()))
    text = report_text(clinic)
    assert "Hair density: increase" in text
    assert "The capture of visit 1 that was compared has not arrived" in text
    assert "The pictures cannot be laid side by side" in text


def test_a_pending_picture_is_named_in_its_place(clinic: Clinic) -> None:
    """Breaks when a picture that has not arrived, or is broken, breaks the report, or one is taken for the other."""
    earlier, later = capture_at(1), capture_at(2)
    broken = png(b"no pixels")
    sha256 = hashlib.sha256(broken).hexdigest()
    later = later.model_copy(update={"picture": Picture(sha256=sha256, media_type="image/png", size_bytes=len(broken))})
    incoming = clinic.pictures.receive(sha256)
    incoming.write(broken)
    incoming.finish()
    hold(clinic, earlier, later, comparison_of(earlier, later, change()))
    page = report_html(clinic)
    assert (page.count("Picture pending"), page.count("Picture cannot be shown")) == (2, 2)
    hold_pictures(clinic, earlier)
    page = report_html(clinic)
    assert (page.count("Picture pending"), page.count("Picture cannot be shown")) == (0, 2)
    assert 'data-mark="new"' in page


def test_a_picture_of_another_size_than_measured_is_not_shown(clinic: Clinic) -> None:
    """Breaks when marks are laid over a picture they do not belong to."""
    earlier, later = capture_at(1), capture_at(2)
    small = later.measurement.model_copy(update={"picture_px": (390, 300)})
    later = later.model_copy(update={"measurement": small})
    hold_pictures(clinic, earlier, later)
    hold(clinic, earlier, later, comparison_of(earlier, later, change()))
    assert report_html(clinic).count("Picture cannot be shown") == 2


def test_what_limits_a_comparison_is_said(clinic: Clinic) -> None:
    """Breaks when a forced picture, another device, a due calibration or a wrong clock passes in silence."""
    earlier = capture_at(1, calibration=Calibration(um_per_px=5.3, source="settings", due="Never calibrated. Do it."))
    forced = Forced(by="mk", note="the patient <b>cannot</b> come again", at=NOW)
    quality = Quality(verdict=Verdict.REFUSE, reasons=("The picture is blurred.",), forced=forced)
    later = capture_at(2, device_id="chair-2", quality=quality, clock_trusted=False)
    hold(clinic, earlier, later, comparison_of(earlier, later, change()))
    page, text = report_html(clinic), report_text(clinic)
    assert "Visit 2: the gate refused this picture; mk let it count all the same: the patient <b>cannot</b>" in text
    assert "<b>" not in page
    assert "Between the two visits, another device: part of the change may be the instrument's." in text
    assert "Visit 1: Never calibrated. Do it." in text
    assert "Visit 2: the device's clock was not synchronised" in text
    assert "Visit 2: The picture is blurred." in text
    assert "Not usable; let count by mk" in text
    assert "Another device" in text


def test_a_comparison_with_another_visit_than_the_baseline_is_said(clinic: Clinic) -> None:
    """Breaks when a change since the last visit is read as one since the first."""
    captures = [capture_at(number) for number in (1, 2, 3)]
    hold(clinic, *captures, comparison_of(captures[1], captures[2], change()))
    text = report_text(clinic)
    assert "visit 3 against visit 2" in text
    assert "Compared was with visit 2, not with the site's baseline, visit 1." in text


def test_of_several_takes_the_last_that_counts_is_shown(clinic: Clinic) -> None:
    """Breaks when a take that the technician took again stands for the visit."""
    first, again, refused = (
        capture_at(1, sequence=at, taken_at=capture_at(1).taken_at + timedelta(minutes=at)) for at in (1, 2, 3)
    )
    refused = refused.model_copy(update={"quality": Quality(verdict=Verdict.REFUSE)})
    later = capture_at(2)
    hold(clinic, first, again, refused, later, comparison_of(again, later, change()))
    text = report_text(clinic)
    assert str(again.message_id) in text
    assert str(first.message_id) not in text
    assert str(refused.message_id) not in text


def test_many_visits_are_shown_in_tables_that_fit(clinic: Clinic) -> None:
    """Breaks when the tenth visit runs out of the page, or is left out."""
    captures = [capture_at(number) for number in range(1, 10)]
    found = [comparison_of(captures[0], later, change()) for later in captures[1:]]
    hold(clinic, *captures, *found)
    page = report_html(clinic)
    assert page.count('<table class="visits">') == 3
    for number in range(1, 10):
        assert f"Visit {number}" in page
    assert "visit 9 against visit 1" in page


def test_nothing_is_reported_of_nobody(clinic: Clinic) -> None:
    """Breaks when a mistyped code gives an empty report instead of a sentence."""
    with pytest.raises(NothingToReport, match=r"holds nothing of P-0042, vertex\. Check the patient's code"):
        report_html(clinic)


def test_a_landmark_site_is_reported_in_words(clinic: Clinic) -> None:
    """Breaks when a site beside the controlled list has no report, or no side."""
    hold(clinic, capture_at(1, "g120-l35"))
    page = report_html(clinic, "g120-l35")
    assert "120 mm behind the glabella, 35 mm to the patient&#39;s left" in page
    assert 'class="head-map"' in page


def test_a_report_loads_nothing_and_runs_nothing(clinic: Clinic) -> None:
    """Breaks when a report that was handed out phones home, or a strict browser refuses half of it."""
    whole_series(clinic)
    page = report_html(clinic)
    assert "<script" not in page
    assert " style=" not in page
    assert "javascript:" not in page
    assert set(re.findall(r'(?:href|src)="([^"#]{0,11})', page)) == {"data:image/"}
    assert not re.findall(r"url\(|@import", page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in content_policy()
    assert content_policy() in html.unescape(page)


def test_no_person_is_named(clinic: Clinic) -> None:
    """Breaks when a treatment arm of a blind study reaches a page that raters see."""
    whole_series(clinic)
    hold(clinic, visit(treatment_arm="Verum"))
    assert "Verum" not in report_html(clinic)


def test_the_newest_word_of_a_comparison_counts(clinic: Clinic) -> None:
    """Breaks when a visit that was compared again shows the old comparison."""
    old, _ = whole_series(clinic)
    captures = clinic.store.captures_of_site(PATIENT, Site.VERTEX)
    again = comparison_of(captures[0], captures[1], still(), sequence=old.sequence + 50)
    hold(clinic, again)
    assert _latest(clinic).message_id == again.message_id


def _latest(clinic: Clinic) -> Comparison:
    return clinic.store.comparisons_of(PATIENT, Site.VERTEX)[-1].comparison
