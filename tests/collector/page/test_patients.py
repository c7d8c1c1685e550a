"""The list of patients: found by the beginning of a code, some at a time, with what is remarkable."""

import re
from datetime import timedelta

import pytest

from collector.page.screens import patients as screen
from collector.people.roles import Role
from collector.store.tables import audit_trail
from contract import Decision
from tests.collector.examples import NOW
from tests.collector.page_clinic import Clinic, text_of
from tests.collector.report_series import capture_at, comparison_of, hold, still, whole_series
from tests.examples import capture, review_of


def listed(page: str) -> list[str]:
    """Return the codes of a list's rows, in order."""
    return re.findall(r'<th scope="row"><a href="/patients/([^"]+)">', page)


def test_an_empty_clinic_says_what_comes(clinic: Clinic) -> None:
    """Breaks when the first sight of the pages is an empty table."""
    assert "No capture has arrived yet." in text_of(clinic.page("/patients"))


def test_a_patient_is_found_by_the_beginning_of_the_code(clinic: Clinic) -> None:
    """Breaks when the search misses a patient, finds another one, or asks for capital letters."""
    clinic.holds(*(capture(patient_code=code) for code in ("P-0042", "P-0047", "P-0142", "Q-0042")))
    for asked in ("P-004", "p-004", " p-004 "):
        assert listed(clinic.client.get("/patients", params={"code": asked}).text) == ["P-0042", "P-0047"]
    assert listed(clinic.page("/patients?code=Q")) == ["Q-0042"]
    assert "begins with P-9" in text_of(clinic.page("/patients?code=P-9"))


@pytest.mark.parametrize("asked", ["Meier", "P-00 42", "%", "<script>", "P-0042' OR 1=1"])
def test_what_is_no_code_finds_nobody(clinic: Clinic, asked: str) -> None:
    """Breaks when a name is searched for, or what was typed comes back as markup."""
    clinic.holds(capture())
    answer = clinic.client.get("/patients", params={"code": asked})
    assert answer.status_code == 200
    assert listed(answer.text) == []
    assert "A code is letters, a hyphen and digits" in answer.text
    assert "<script>" not in answer.text


def test_a_long_list_comes_in_parts(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a patient stands in two parts of the list or in none."""
    monkeypatch.setattr(screen, "AT_ONCE", 4)
    codes = [f"P-{number:04}" for number in range(10)]
    clinic.holds(*(capture(patient_code=code, taken_at=NOW - timedelta(days=at)) for at, code in enumerate(codes)))
    for beginning, expected in (("", codes), ("P", codes)):
        seen, path = [], f"/patients?code={beginning}"
        while path:
            page = clinic.page(path)
            seen += listed(page)
            further = re.search(r'rel="next" href="([^"]+)"', page)
            path = further[1].replace("&amp;", "&") if further else ""
        assert seen == expected
    for wrong in ("1", "x_P-0042", "999999999999999_P-0042", "1_P-0042'"):
        assert clinic.client.get("/patients", params={"after": wrong}).status_code == 404


def test_a_called_change_is_remarkable(clinic: Clinic) -> None:
    """Breaks when a clinician cannot see in the list whose hair changed, or reads noise as a change."""
    whole_series(clinic)
    page = text_of(clinic.page("/patients"))
    assert "P-0042 Jun 2, 2026 2 4 Vertex +12.3 hairs/cm²" in page
    assert "Occipital" not in page, "the donor control did not change"


def test_a_change_of_a_rejected_capture_is_none(clinic: Clinic) -> None:
    """Breaks when a list tells of a change that a rejected picture made."""
    vertex, _ = whole_series(clinic)
    rejected = review_of(
        capture_at(2, message_id=vertex.followup.message_id), decision=Decision.REJECTED, reason="A fold."
    )
    clinic.holds(rejected)
    assert "None called" in text_of(clinic.page("/patients"))


def test_a_changed_donor_control_is_told(clinic: Clinic) -> None:
    """Breaks when an instrument that drifts shows nowhere but in a report."""
    whole_series(clinic, donor=still(density_change_per_cm2={"value": -9.0, "low": -12.0, "high": -6.0}))
    assert "Occipital (donor control) −9.0 hairs/cm²" in text_of(clinic.page("/patients"))  # noqa: RUF001


def test_the_list_is_in_the_audit_trail(clinic: Clinic) -> None:
    """Breaks when somebody reads whose hair changed and nobody can tell who it was."""
    clinic.holds(capture(), capture(patient_code="P-0007"))
    clinic.page("/patients?code=P-0007")
    with clinic.store.reading() as connection:
        entries = connection.execute(audit_trail.select()).all()
    assert [(one.by, one.subject, one.detail) for one in entries if one.action == "looked"] == [
        ("clinician", "list of patients", "P-0007")
    ]


@pytest.mark.parametrize("role", [Role.MONITOR, Role.ADMINISTRATOR])
def test_who_has_no_business_with_patients_sees_none(clinic: Clinic, role: Role) -> None:
    """Breaks when a monitor or an administrator reads patients' figures or pictures."""
    series = whole_series(clinic)
    clinic.sign_in(role)
    picture = capture_at(1).picture.sha256
    for path in (
        "/patients",
        "/patients/P-0042",
        "/patients/P-0042/sites/vertex",
        f"/captures/{series[0].followup.message_id}",
        f"/pictures/{picture}",
        f"/pictures/{picture}/reduced/320",
    ):
        answer = clinic.client.get(path)
        assert answer.status_code == 403, path
        assert "+12.3" not in answer.text


def test_a_stranger_sees_nothing(clinic: Clinic) -> None:
    """Breaks when a page of a patient is shown to somebody who is not signed in."""
    whole_series(clinic)
    for path in ("/patients", "/patients/P-0042", "/patients/P-0042/sites/vertex"):
        answer = clinic.stranger.get(path)
        assert answer.status_code != 200
        assert "P-0042" not in answer.text.replace(path, "")


def test_a_donor_without_change_is_not_named(clinic: Clinic) -> None:
    """Breaks when a comparison whose pictures could not be matched ends the list in an error."""
    first, second = capture_at(1), capture_at(2)
    unmatched = still(transform=None, density_change_per_cm2=None, hairs=())
    hold(clinic, first, second, comparison_of(first, second, unmatched))
    assert "None called" in text_of(clinic.page("/patients"))
