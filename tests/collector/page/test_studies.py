"""The pages of studies: what each role may do, what is shown, and that the blind holds."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from collector.page.screens.study import PatientsAsked
from collector.people.roles import Role
from collector.store.tables import study_patients
from collector.studies import conduct
from collector.studies.allocation import MAX_BYTES
from tests.collector.asgi import AsgiClient
from tests.collector.conftest import await_true
from tests.collector.page_clinic import Clinic, text_of
from tests.collector.studies.examples import CODE, PLANTED, allocated, plan, trial

_STUDY = f"/studies/{CODE}"
_PATIENTS = 12
_SCREENS = ("/studies", _STUDY, f"{_STUDY}/patients", f"{_STUDY}/ready", "/studies/new", "/patients/P-0001")
_ROLES = tuple(Role)


_SINCE = re.compile(rb'data-since="[0-9]+"')  # when the page was made: every answer has another


@pytest.fixture
def blinded(tmp_path: Path) -> Iterator[Clinic]:
    """Return a clinic with a blinded study of sixty, at which the monitor is signed in."""
    clinic = Clinic(tmp_path, Role.MONITOR)
    with closing(clinic.store):
        people = allocated(60)
        conduct.add(clinic.store, plan(), "mk")
        conduct.enter_patients(clinic.store, CODE, people, "mk")
        clinic.holds(*trial(people, plan(), seed=11, leave=0.2))
        yield clinic


@pytest.mark.parametrize(
    ("role", "sees", "manages"),
    [
        (Role.TECHNICIAN, False, False),
        (Role.CLINICIAN, True, False),
        (Role.MONITOR, True, True),
        (Role.ADMINISTRATOR, False, False),
    ],
)
def test_each_role_sees_and_does_what_it_may(blinded: Clinic, role: Role, sees: bool, manages: bool) -> None:
    """Breaks when somebody sees studies, plans or unlocks them without the right to."""
    client = blinded.sign_in(role)
    for path in ("/studies", _STUDY, f"{_STUDY}/patients", f"{_STUDY}/ready"):
        assert client.get(path).status_code == (200 if sees else 403), path
    assert client.get("/studies/new").status_code == (200 if manages else 403)
    if sees:
        page = client.get(_STUDY).text
        assert (f'data-act="{_STUDY}/unlock"' in page) is manages
    typed = {"study_code": CODE, "reason": "last patient left"}
    wanted = 200 if manages else 403
    assert client.post("/studies", _asked("NEW-1")).status_code == wanted
    entered = {"list": "patient_code,arm\nP-0999,S\n"}
    assert client.post(f"{_STUDY}/patients", entered).status_code == wanted
    assert client.post(f"{_STUDY}/unlock", typed).status_code == wanted


def test_a_stranger_sees_nothing(blinded: Clinic) -> None:
    """Breaks when a study is shown to who is not signed in."""
    for path in ("/studies", _STUDY, f"{_STUDY}/patients"):
        assert blinded.stranger.get(path).status_code in {303, 401}


def test_a_blinded_study_shows_pooled_figures(blinded: Clinic) -> None:
    """Breaks when the blinded page lacks completeness or the pooled spread, or does not say that it is blinded."""
    page = blinded.page(_STUDY)
    said = text_of(page)
    assert "This study is blinded." in said
    assert "Student" not in said
    assert 'class="forest"' not in page
    left = int(re.findall(r"<strong>(\d+)</strong><span>measured at the baseline", page)[0])
    assert 3 < left < 25
    assert f"{240 - 2 * left} of 240 captures" in said
    assert f"<strong>{60 - left}</strong><span>with a change" in page
    assert page.count('class="box"') == 4  # two sites at two visits
    assert "arm-code" not in page


def test_looking_is_in_the_trail(blinded: Clinic) -> None:
    """Breaks when somebody looks at a study's patients and the trail does not know."""
    blinded.page(_STUDY)
    assert f"study {CODE}" in text_of(blinded.page("/audit"))


def test_unlocking_by_the_page(blinded: Clinic) -> None:
    """Breaks when a wrong code unlocks, or the page of the unlocked study lacks arms, planted changes or methods."""
    wrong = blinded.client.post(f"{_STUDY}/unlock", {"study_code": "HAIR-2027", "reason": "last patient left"})
    assert wrong.status_code == 422
    assert "not this study's" in wrong.json()["sentence"]
    right = blinded.client.post(f"{_STUDY}/unlock", {"study_code": CODE, "reason": "last patient left"})
    assert right.json() == {"go": _STUDY}

    first = blinded.page(_STUDY)
    assert "being computed" in first or "forest" in first
    await_true(lambda: bool(blinded.client.get(f"{_STUDY}/ready").json()["ready"]), "the results", within_s=30)
    page = blinded.page(_STUDY)
    said = text_of(page)
    assert "Unlocked on" in said
    for method in ("Adjusted (ANCOVA)", "Not adjusted", "Mixed model", "HC3"):
        assert method in said
    assert page.count('class="box"') == 12  # two sites at two visits, three arms
    for arm, title in (("R", "Platelets"), ("S", "Secretome")):
        value, low, high = _difference(page, title)
        truth = PLANTED[arm] - PLANTED["P"]
        assert low < truth < high, arm
        assert abs(value - truth) < 4
    assert 'arm-code tone-2">S</span>' in blinded.page(f"{_STUDY}/patients")
    assert blinded.client.post(f"{_STUDY}/unlock", {"study_code": CODE, "reason": "once more"}).status_code == 422
    assert "last patient left" in text_of(blinded.page("/audit"))


def test_figures_without_script_are_in_a_table(blinded: Clinic) -> None:
    """Breaks when a box plot says more to the eye than its table and its words do."""
    page = blinded.page(_STUDY)
    assert page.count("<desc>") == 2
    rows = re.findall(r'<tr><th scope="row">(?:Vertex|Occipital[^<]*)</th><td>\d</td>', page)
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("patient_code,arm\nP-0999,X\nMiller,S\n", ["Line 2: arm is none", "Line 3: patient_code is no patient code"]),
        ("patient_code,arm\nP-0001,S\n", ["In the study already: P-0001"]),
        ("name,arm\nMiller,S\n", ["must name the columns"]),
        ("patient_code,arm\n" + " " * MAX_BYTES, ["bytes"]),
    ],
)
def test_faults_of_a_list_are_told_and_nobody_is_entered(blinded: Clinic, text: str, said: Sequence[str]) -> None:
    """Breaks when half of a list is entered, a fault's line is not named, or what was typed comes back."""
    answer = blinded.client.post(f"{_STUDY}/patients", PatientsAsked(list=text).model_dump())
    assert answer.status_code == 422
    for part in said:
        assert part in answer.json()["sentence"]
    assert "Miller" not in answer.text
    assert "<strong>60</strong><span>patients" in blinded.page(_STUDY)


def test_a_plan_of_the_form_is_kept(blinded: Clinic) -> None:
    """Breaks when a plan typed on the page is lost, refused without a reason, or cannot be seen without patients."""
    answer = blinded.client.post("/studies", _asked("NEW-1"))
    assert answer.json() == {"go": "/studies/NEW-1"}
    said = text_of(blinded.page("/studies/NEW-1"))
    assert "Nothing of this study was measured yet." in said
    assert "Mean projected hair diameter" in said
    refused = blinded.client.post("/studies", _asked("NEW-2") | {"end_point": 9})
    assert refused.status_code == 422
    assert "baseline and end_point" in refused.json()["sentence"]
    assert blinded.client.get("/studies/NEW-2").status_code == 404


def test_patients_come_some_at_a_time(tmp_path: Path) -> None:
    """Breaks when a study of hundreds is one endless page, or a patient falls between two pages."""
    clinic = Clinic(tmp_path, Role.MONITOR)
    with closing(clinic.store):
        conduct.add(clinic.store, plan(), "mk")
        conduct.enter_patients(clinic.store, CODE, allocated(230), "mk")
        seen: list[str] = []
        path = f"{_STUDY}/patients"
        while True:
            page = clinic.page(path)
            seen += re.findall(r'<th scope="row">(P-\d+)', page)
            onward = re.search(r'href="([^"]*after=[^"]*)"', page)
            if onward is None:
                break
            path = onward[1]
        assert seen == [one.patient_code for one in allocated(230)]


def test_hostile_words_of_a_plan_are_shown_as_words(blinded: Clinic) -> None:
    """Breaks when a title brings its own elements into the page or its charts."""
    hostile = plan(
        study_code="HOSTILE",
        title="<script>alert(1)</script>",
        arms=({"code": "P", "title": "<b>P</b>"}, {"code": "S", "title": '"><img src=x>'}),
    )
    conduct.add(blinded.store, hostile, "mk")
    people = allocated(8, ("P", "S"))
    conduct.enter_patients(blinded.store, "HOSTILE", people, "mk")
    conduct.unlock(blinded.store, "HOSTILE", "HOSTILE", "to see its words", "mk")
    await_true(lambda: bool(blinded.client.get("/studies/HOSTILE/ready").json()["ready"]), "the results", within_s=30)
    page = blinded.page("/studies/HOSTILE")
    assert "forest" in page
    assert "<script>alert" not in page
    assert "<b>P" not in page
    assert "<img src=x" not in page


class Allocations:
    """Clinics that are one but for who is in which arm: copies of one store, with one and the same sessions."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, 0
        clinic = Clinic(folder / "first", Role.MONITOR)
        people = allocated(_PATIENTS)
        conduct.add(clinic.store, plan(), "mk")
        conduct.enter_patients(clinic.store, CODE, people, "mk")
        clinic.holds(*trial(people, plan(), leave=0))
        self._clients = {role: clinic.sign_in(role) for role in _ROLES}
        clinic.store.close()

    def answers(self, arms: Sequence[str], *, unlocked: bool = False) -> Mapping[tuple[str, str], tuple[int, bytes]]:
        """Return what every role is answered where the patients are in these arms."""
        self._made += 1
        folder = self._folder / f"copy-{self._made}"
        shutil.copytree(self._folder / "first", folder)
        clinic = Clinic(folder)
        with closing(clinic.store):
            with clinic.store.writing() as connection:
                for number, arm in enumerate(arms, start=1):
                    whose = study_patients.c.patient_code == f"P-{number:04}"
                    connection.execute(update(study_patients).where(whose).values(arm=arm))
            if unlocked:
                conduct.unlock(clinic.store, CODE, CODE, "last patient left", "mk")
            found = {}
            for role, signed_in in self._clients.items():
                client = AsgiClient(clinic.application, "http://127.0.0.1:8080", headers=signed_in.headers)
                for path in _SCREENS:
                    answer = client.get(path)
                    found[role.value, path] = (answer.status_code, _headers(answer) + _SINCE.sub(b"", answer.content))
                for arm in ("P", "R", "S", "X"):
                    body = {"list": f"patient_code,arm\nP-0001,{arm}\nP-0002,{arm}\n"}
                    answer = client.post(f"{_STUDY}/patients", body)
                    found[role.value, f"enter {arm}"] = (answer.status_code, _headers(answer) + answer.content)
        shutil.rmtree(folder)
        return found


@pytest.fixture(scope="module")
def allocations(tmp_path_factory: pytest.TempPathFactory) -> Allocations:
    """Return the maker of clinics that differ in their allocation."""
    folder = tmp_path_factory.mktemp("allocations")
    (folder / "first").mkdir()
    return Allocations(folder)


@pytest.fixture(scope="module")
def reference(allocations: Allocations) -> Mapping[tuple[str, str], tuple[int, bytes]]:
    """Return the answers where arms take turns."""
    return allocations.answers([one.arm for one in allocated(_PATIENTS)])


@settings(max_examples=8, deadline=None)
@given(arms=st.lists(st.sampled_from(["P", "R", "S"]), min_size=_PATIENTS, max_size=_PATIENTS))
def test_no_answer_tells_one_allocation_from_another(
    allocations: Allocations, reference: Mapping[tuple[str, str], tuple[int, bytes]], arms: list[str]
) -> None:
    """Breaks when anything that any role is answered about a blinded study depends on who is in which arm."""
    assert allocations.answers(arms) == reference


def test_once_unlocked_the_allocation_is_told(
    allocations: Allocations, reference: Mapping[tuple[str, str], tuple[int, bytes]]
) -> None:
    """Breaks when the test of the blind compares pages that never show an arm."""
    arms = [one.arm for one in allocated(_PATIENTS)]
    one, other = allocations.answers(arms, unlocked=True), allocations.answers(arms[::-1], unlocked=True)
    for role in (Role.CLINICIAN, Role.MONITOR):
        assert one[role.value, f"{_STUDY}/patients"] != other[role.value, f"{_STUDY}/patients"]
        assert one[role.value, _STUDY] != reference[role.value, _STUDY]


def _headers(answer: httpx.Response) -> bytes:
    return repr(sorted(answer.headers.items())).encode()


def _asked(code: str) -> dict[str, object]:
    return {
        "study_code": code,
        "title": "Another",
        "sites": ["vertex", "frontal"],
        "donor": None,
        "visits": [1, 2],
        "baseline": 1,
        "end_point": 2,
        "figure": "mean_diameter_um",
        "arms": [{"code": "A", "title": "One"}, {"code": "B", "title": "Other"}],
        "reference": "A",
        "simulated": False,
    }


def _difference(page: str, title: str) -> tuple[float, float, float]:
    """Return an arm's adjusted difference and its interval, as the table of differences writes them."""
    table = page[page.index("by three methods") :]
    row = table[table.index(title) :]
    found = re.search(r"<strong>(\S+) \((\S+) to (\S+)\)", row)
    assert found is not None
    value, low, high = (float(one.replace("\N{MINUS SIGN}", "-")) for one in found.groups())
    return value, low, high
