"""What the page says on top, before anything else: alarms, and a disk without room."""

import html

import pytest

from collector.store import alarms
from collector.store.alarms import Alarm, AlarmKind
from tests.collector.page_clinic import Clinic, text_of
from tests.examples import capture


def test_alarms_stand_above_all_else_in_words(clinic: Clinic) -> None:
    """Breaks when what somebody tried to alter is in a log that nobody reads, or markup gets in by an alarm."""
    assert "Alarms" not in clinic.page("/")
    first = capture()
    other = first.model_copy(update={"patient_code": "P-0007"})
    clinic.holds(first, other)
    clinic.store.raise_alarm(
        Alarm(AlarmKind.PICTURE_ALTERED, "chair-<b>", "a" * 64, "b" * 64, 10_200_000, "The body's SHA-256 is <i>.")
    )
    clinic.store.raise_alarm(Alarm(AlarmKind.PICTURE_UNFIT, None, "c" * 64, "c" * 64, 9, "The picture carries EXIF."))
    page = clinic.page("/")
    text = html.unescape(text_of(page))
    assert page.index('id="alarms"') < page.index('id="patients"')
    assert "chair-1: Another message came under the id of one that is stored." in text
    assert "chair-<b>: Other bytes came under this picture's name." in text
    assert "<i>" not in page
    assert "10.2 MB" in text
    assert "A sender without name: What came is no picture that an instrument makes" in text
    assert "The picture carries EXIF." in text
    assert "P-0007" not in text


def test_a_repeated_alarm_is_counted(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a hundred tries look like one, or alarms that are not listed are not counted either."""
    monkeypatch.setattr(alarms, "KEPT_OF_EACH_DEVICE", 1)
    for found in ("b", "c", "c", "c"):
        clinic.store.raise_alarm(Alarm(AlarmKind.PICTURE_ALTERED, "chair-1", "a" * 64, found * 64, 9, "Another."))
    text = text_of(clinic.page("/"))
    assert "3 times since" in text
    assert "1 earlier ones are counted and not listed." in text


def test_a_disk_without_room_for_pictures_is_said_on_every_page(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when pictures stay pending for weeks and no page says why."""
    shown = capture()
    clinic.holds(shown)
    assert "not being taken in" not in clinic.page("/")
    monkeypatch.setattr(clinic.pictures, "no_room_for", lambda _size: "The clinic's disk has 3 MB free")
    for path in ("/", "/patients/P-0042", f"/captures/{shown.message_id}"):
        words_of_it = "New pictures are not being taken in now. The clinic's disk has 3 MB free."
        assert words_of_it in html.unescape(clinic.page(path))
