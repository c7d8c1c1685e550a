"""Pictures looked at on the clinic's pages: only of patients, and never without an entry in the audit trail."""

import hashlib
from io import BytesIO

import pytest
from PIL import Image

from collector.page.screens import reduced_picture
from collector.page.screens.reduced_picture import LooksNoted
from collector.people.roles import Role
from collector.store.tables import audit_trail
from contract import Picture
from tests.collector.page_clinic import Clinic
from tests.examples import capture


def looks(clinic: Clinic) -> list[tuple[str, str | None, str | None]]:
    """Return who looked at whom, and at what, in order."""
    with clinic.store.reading() as connection:
        entries = connection.execute(audit_trail.select().order_by(audit_trail.c.entry_id)).all()
    return [(one.by, one.patient_code, one.subject) for one in entries if one.action == "looked"]


def kept(clinic: Clinic) -> Picture:
    """Keep a picture that can be looked at, and return it as a capture names it."""
    file = BytesIO()
    Image.effect_noise((400, 300), 60).convert("RGB").save(file, "JPEG")
    content = file.getvalue()
    picture = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/jpeg", size_bytes=len(content))
    incoming = clinic.pictures.receive(picture.sha256)
    incoming.write(content)
    incoming.finish()
    return picture


def test_a_picture_that_no_capture_names_is_given_to_nobody(clinic: Clinic) -> None:
    """Breaks when somebody looks at a picture of whom nobody can tell, so that no trail can name them."""
    picture = kept(clinic)
    sha256 = picture.sha256
    for address in (f"/pictures/{sha256}", f"/pictures/{sha256}/reduced/320"):
        assert clinic.client.get(address).status_code == 404
    assert looks(clinic) == []
    clinic.holds(capture(picture=picture))
    for address in (f"/pictures/{sha256}", f"/pictures/{sha256}/reduced/320"):
        assert clinic.client.get(address).status_code == 200
    assert looks(clinic) == [
        ("clinician", "P-0042", f"picture {sha256}"),
        ("clinician", "P-0042", "reduced pictures"),
    ]


def test_each_look_at_an_original_is_noted_for_each_whom_it_shows(clinic: Clinic) -> None:
    """Breaks when a second look, or a second patient, is left out of the trail."""
    picture = kept(clinic)
    clinic.holds(*(capture(patient_code=code, picture=picture) for code in ("P-0042", "P-0007")))
    for _ in range(2):
        assert clinic.client.get(f"/pictures/{picture.sha256}").status_code == 200
    assert [code for _, code, _ in looks(clinic)] == ["P-0007", "P-0042"] * 2


def test_reduced_pictures_are_noted_once_in_half_an_hour_of_each(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a page of pictures floods the trail, or an afternoon of looking is one entry."""
    picture = kept(clinic)
    clinic.holds(capture(picture=picture))
    address = f"/pictures/{picture.sha256}/reduced/320"

    def look() -> None:
        assert clinic.client.get(address).status_code == 200

    for _ in range(3):
        look()
    assert [by for by, _, _ in looks(clinic)] == ["clinician"]
    clinic.sign_in(Role.TECHNICIAN)
    look()
    assert len(looks(clinic)) == 2
    monkeypatch.setattr(reduced_picture, "_NOTED_FOR_S", 0.0)
    look()
    assert len(looks(clinic)) == 3


def test_what_is_remembered_of_looks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when memory grows with everybody who was ever looked at, or the newest is forgotten first."""
    monkeypatch.setattr(reduced_picture, "_MOST_REMEMBERED", 3)
    noted = LooksNoted()
    for number in range(5):
        noted.remember("mk", f"P-000{number}")
    assert [noted.lately("mk", f"P-000{number}") for number in range(5)] == [False, False, True, True, True]
    assert not noted.lately("jb", "P-0004")
