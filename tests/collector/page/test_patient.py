"""A patient's page: every site's standing and change, the visits with what is missing and why, raters' opinions."""

import re
from datetime import date, timedelta

import pytest

from collector.people.roles import Role
from collector.store.tables import audit_trail
from contract import Decision, Interval, Site
from tests.collector.examples import NOW
from tests.collector.page_clinic import Clinic, text_of
from tests.collector.report_series import capture_at, change, comparison_of, hold, whole_series
from tests.examples import capture, measurement, review_of, visit


def row_of(page: str, site: str) -> str:
    """Return what the table of sites says of one."""
    rows = re.findall(r"<tr>.*?</tr>", page)
    return text_of(next(row for row in rows if f'/sites/{site}"' in row)).strip()


def test_each_site_says_where_it_stands_and_whether_it_changed(clinic: Clinic) -> None:
    """Breaks when a site's figure stands without interval, or its change without interval, floor and reading."""
    whole_series(clinic)
    page = clinic.page("/patients/P-0042")
    row = row_of(page, "vertex")
    for part in ("Vertex", "138 119–161", "+12.3 +8.2 to +16.4", "Increase", "visit 1 to 2", "noise floor not known"):  # noqa: RUF001
        assert part in row
    donor = row_of(page, "occipital")
    for part in ("Occipital (donor control)", "−0.4 −3.1 to +2.2"):  # noqa: RUF001
        assert part in donor
    assert "Increase" not in donor


def test_the_head_shows_each_site_with_its_trend(clinic: Clinic) -> None:
    """Breaks when the map shows a change by colour alone, or leads nowhere."""
    whole_series(clinic)
    page = clinic.page("/patients/P-0042")
    head = page.split('class="chart trend-map"')[1].split("</svg>")[0]
    assert 'href="/patients/P-0042/sites/vertex" aria-label="Vertex: 138 hairs/cm², +12.3 since visit 1"' in head
    assert 'class="trend increase"' in head
    assert "donor control" in head


def test_a_site_that_was_not_compared_says_so(clinic: Clinic) -> None:
    """Breaks when a second visit without a comparison looks like one without a change."""
    hold(clinic, capture_at(1), capture_at(2))
    page = clinic.page("/patients/P-0042")
    assert "Not compared yet" in row_of(page, "vertex")
    assert 'class="trend new"' in page


def test_a_rejected_capture_stands_nowhere(clinic: Clinic) -> None:
    """Breaks when a rejected picture's figure is a site's standing, or its comparison the site's change."""
    vertex, _ = whole_series(clinic)
    rejected = capture_at(2, message_id=vertex.followup.message_id)
    clinic.holds(review_of(rejected, decision=Decision.REJECTED, reason="A fold."))
    page = clinic.page("/patients/P-0042")
    row = row_of(page, "vertex")
    assert "134" in row
    assert "visit 1" in row
    assert "Not compared yet" in row
    assert f'<s><a href="/captures/{rejected.message_id}">capture</a></s>' in page


def test_what_is_missing_says_why(clinic: Clinic) -> None:
    """Breaks when nobody can tell a site that was forgotten from one that was left out on purpose."""
    clinic.holds(
        capture(),
        visit(
            protocol=(Site.FRONTAL, Site.VERTEX, Site.MID_SCALP, Site.OCCIPITAL),
            taken=(Site.FRONTAL,),
            skipped=({"site": "vertex", "reason": "A <fresh> wound."},),
        ),
    )
    page = clinic.page("/patients/P-0042")
    text = text_of(page)
    assert "Vertex Left out: A &lt;fresh&gt; wound." in text
    assert "Mid-scalp Not taken" in text
    assert "1 of 4 sites" in text
    assert "Temporal" not in text, "the visit's own protocol has no temporal sites"


def test_raters_opinions_are_named_as_theirs(clinic: Clinic) -> None:
    """Breaks when a grade stands without the rater, or only the newest visit's is shown."""
    sinclair = {"scale": "sinclair", "grade": "2", "rater": "ab"}
    hold(
        clinic,
        capture(),
        visit(ratings=({"scale": "norwood-hamilton", "grade": "IIIv", "rater": "mk"}, sinclair)),
        visit(visit_number=2, visit_date=date(2026, 9, 2), sequence=5, ratings=(sinclair,)),
    )
    text = text_of(clinic.page("/patients/P-0042"))
    assert "1 Mar 4, 2026 Norwood-Hamilton IIIv (mk), Sinclair 2 (ab)" in text
    assert "2 Sep 2, 2026 Sinclair 2 (ab)" in text


def test_old_visits_are_a_step_further_and_all_are_reached(clinic: Clinic) -> None:
    """Breaks when a visit of a long series is on no page, on two, or loses what changed before it."""
    taken = [
        capture(
            visit_number=number, taken_at=NOW + timedelta(days=30 * number), lens="lens 7" if number < 9 else "lens 8"
        )
        for number in range(1, 15)
    ]
    hold(clinic, *taken)
    path, seen = "/patients/P-0042", []
    while path:
        page = clinic.page(path)
        seen += [int(number) for number in re.findall(r'<h2 id="visit-(\d+)">', page)]
        assert ("another lens" in page) == ('id="visit-9"' in page)
        further = re.search(r'rel="next" href="([^"]+)"', page)
        path = further[1] if further else ""
    assert seen == list(range(14, 0, -1))
    assert clinic.client.get("/patients/P-0042?before=<x>").status_code == 200


def test_the_change_and_the_standing_are_of_the_latest_visit(clinic: Clinic) -> None:
    """Breaks when an old comparison that arrived late is shown as the patient's change."""
    first, second, third = (capture_at(number) for number in (1, 2, 3))
    newer = comparison_of(first, third, change(density_change_per_cm2={"value": 20.0, "low": 12.0, "high": 28.0}))
    hold(clinic, first, second, third, newer)
    hold(clinic, comparison_of(first, second, change()))
    row = row_of(clinic.page("/patients/P-0042"), "vertex")
    assert "+20.0 +12.0 to +28.0" in row
    assert "visit 1 to 3" in row


def test_pictures_are_small_and_come_when_they_are_looked_at(clinic: Clinic) -> None:
    """Breaks when a page of visits loads whole pictures, or all at once."""
    whole_series(clinic)
    page = clinic.page("/patients/P-0042")
    images = re.findall(r"<img src=\"/pictures/[^>]*>", page)
    assert len(images) == 4
    assert all("/reduced/320" in one and 'loading="lazy"' in one for one in images)


def test_a_look_is_in_the_audit_trail_and_a_wrong_code_is_not(clinic: Clinic) -> None:
    """Breaks when somebody looks at a patient and nobody can tell who it was."""
    clinic.holds(capture())
    for path in ("/patients/P-0042", "/patients/P-0042/sites/frontal", "/patients/P-9999"):
        clinic.client.get(path)
    with clinic.store.reading() as connection:
        entries = connection.execute(audit_trail.select().order_by(audit_trail.c.entry_id)).all()
    looks = [(one.patient_code, one.subject) for one in entries if one.action == "looked"]
    assert looks == [("P-0042", None), ("P-0042", "frontal")]


@pytest.mark.parametrize(("role", "exports"), [(Role.CLINICIAN, True), (Role.TECHNICIAN, False)])
def test_exports_are_offered_to_whom_they_are_open(clinic: Clinic, role: Role, exports: bool) -> None:
    """Breaks when a technician is led to a page that refuses them, or a clinician finds no way to the exports."""
    clinic.holds(capture(measurement=measurement(hair_density_per_cm2=Interval(value=150, low=140, high=160))))
    clinic.sign_in(role)
    assert ('href="/patients/P-0042/exports"' in clinic.page("/patients/P-0042")) == exports
