"""The page: what is stored is shown, as it is, to this machine only."""

import html
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from analysis import Flag
from analysis.flag_words import FLAGS
from collector.devices.states import State
from collector.ingestion.decisions import Quarantined
from collector.page import device_words, words
from collector.page.visits import visits_of
from collector.people.roles import Role
from collector.people.sessions import Sessions
from collector.store import patients
from collector.store.reviews import Reviews
from collector.store.stored import StoreFailed
from contract import (
    PROTOCOL,
    Calibration,
    Hair,
    HairKind,
    InstrumentChange,
    Interval,
    Quality,
    Site,
    Verdict,
)
from tests.collector.examples import NOW, health, status
from tests.collector.page_clinic import Clinic, text_of
from tests.examples import PICTURE_BYTES, capture, full_measurement, measurement


def test_overview_of_an_empty_clinic_says_what_comes(clinic: Clinic) -> None:
    """Breaks when a clinic's first sight of the page is an empty table or an error."""
    text = text_of(clinic.page("/"))
    assert "No capture has arrived yet." in text
    assert "No device has been heard of yet." in text
    assert "Every message could be taken." in text


def test_a_devices_page_says_how_the_instrument_fares(clinic: Clinic) -> None:
    """Breaks when a device without lights or triggers does not say so, or its camera and calibration cry unheard."""
    clinic.store.store_batch(
        [
            health(lights=("cross", "parallel"), triggers=("foot-switch", "knee-switch"), calibration_made_at=NOW),
            health(device_id="chair-2", lights=(), triggers=(), calibration_due="Never calibrated. Calibrate it."),
            health(device_id="chair-3", camera_trouble="The camera is gone. Look at its <cable>."),
        ],
        NOW,
    )
    first, second, third = (clinic.page(f"/devices/chair-{number}") for number in (1, 2, 3))
    assert "Cross-polarised, parallel-polarised" in text_of(first)
    assert "Foot switch, knee switch" in text_of(first)
    assert "Calibrated" in text_of(first)
    assert "due" not in text_of(first)
    assert "Lights None; the instrument's own light is used" in html.unescape(text_of(second))
    assert "Triggers None; captures are started by page or command line" in text_of(second)
    assert "Never calibrated. Calibrate it. Do at the chair what the instrument says" in text_of(second)
    assert "Look at its &lt;cable&gt;." in third
    assert "Lights" not in third  # an earlier release says nothing of them
    assert "Triggers" not in third
    overview = text_of(clinic.page("/"))
    assert f"chair-3 {device_words.STATES[State.BAD].word} The camera is gone. Look at its &lt;cable&gt;." in overview
    assert "Never calibrated." in text_of(clinic.page("/devices"))


def test_a_devices_page_says_what_waits_and_for_how_long_it_can(clinic: Clinic) -> None:
    """Breaks when a clinic does not see that an instrument waits, fills up, or is about to lose its certificate."""
    now = datetime.now(UTC)
    spoken = health(
        created_at=now,
        waiting_others=4,
        refused_others=2,
        oldest_waiting_at=now - timedelta(days=9),
        room_captures=17,
        certificate_expires_at=now + timedelta(days=5, hours=1),
    )
    clinic.store.store_batch([status(created_at=now), spoken], now)
    text = text_of(clinic.page("/devices/chair-1"))
    assert "Comparisons, visits and reviews 4 " in text
    assert "It holds 2 messages that the clinic refused." in text
    assert "Refused by the clinic 2 " in text
    assert "Oldest waits since" in text
    assert "Its oldest message has waited for 1 week." in text
    assert "Room for 17 captures" in text
    assert "Its disk takes about 17 captures more." in text
    assert "In use until" in text
    assert re.search(r"Its certificate ends on \S.* and was not renewed\.", text)
    assert "1 need a look" in text_of(clinic.page("/"))


def test_overview_shows_patients_devices_and_quarantine(clinic: Clinic) -> None:
    """Breaks when a patient, a device's state or a quarantined message is not to be seen."""
    clinic.holds(capture(visit_number=1), capture(visit_number=2), capture(patient_code="P-0007"))
    clinic.store.store_batch(
        [
            status(simulated=True),
            health(waiting_captures=3, waiting_pictures=5, refused_captures=2),
            status(device_id="chair-2", presence="offline"),
            Quarantined("weather/today", b"\xff", "The topic is none of the contract's."),
        ],
        NOW,
    )
    page = clinic.page("/")
    text = text_of(page)
    assert '<a href="/patients/P-0042">P-0042</a>' in page
    assert "P-0007" in text
    assert "1 of 2 online" in text
    assert "The topic is none of the contract&#39;s." in page
    devices = text_of(clinic.page("/devices"))
    assert "Waiting 3, 5 pictures" in devices
    assert "It holds 2 messages that the clinic refused." in devices
    assert "Disk 12.4 GB" in devices
    assert devices.count("Simulated") == 1
    by_device = [text_of(clinic.page(f"/devices/chair-{number}")) for number in (1, 2)]
    assert "Simulated" in by_device[0]
    assert "Offline" not in by_device[0]
    assert "Offline" in by_device[1]
    clinic.sign_in(Role.ADMINISTRATOR)  # who settles the quarantine, and sees of whom a message is
    assert "weather/today" in text_of(clinic.page("/quarantine"))


def test_patient_page_shows_all_sites_of_each_visit(clinic: Clinic) -> None:
    """Breaks when a site is missing, a missing site is not shown as such, or visits are mixed."""
    full = [capture(site=site, visit_number=2, taken_at=NOW + timedelta(days=90)) for site in PROTOCOL]
    clinic.holds(capture(site=Site.VERTEX), *full)
    page = clinic.page("/patients/P-0042")
    assert page.index("Visit 2") < page.index("Visit 1")
    assert "6 of 6 sites" in page
    assert "1 of 6 sites" in page
    assert page.count("Not taken") == 5
    for site in PROTOCOL:
        assert words.site(site) in html.unescape(page)
    for shown in full:
        assert f"/captures/{shown.message_id}" in page
    assert "Picture pending" in page


def test_a_place_by_landmarks_is_shown_in_words(clinic: Clinic) -> None:
    """Breaks when a site beside the protocol is stored and never shown, or mixed with its mirror image."""
    left, right = (capture(site=site) for site in ("g120-l35", "g120-r35"))
    clinic.holds(left, right)
    page = clinic.page("/patients/P-0042")
    assert "2 of 8 sites" in page
    for shown, side in ((left, "left"), (right, "right")):
        words_of_it = f"120 mm behind the glabella, 35 mm to the patient&#39;s {side}"
        assert f'<a href="/captures/{shown.message_id}">{words_of_it}</a>' in page
        assert words_of_it in clinic.page(f"/captures/{shown.message_id}")


def test_patient_page_shows_figures_verdict_and_picture(clinic: Clinic) -> None:
    """Breaks when a figure is shown without its interval, or the verdict by colour alone."""
    shown = capture(
        simulated=True,
        quality=Quality(verdict=Verdict.WARN, reasons=("Some glare.",)),
        measurement=measurement(hair_density_per_cm2=Interval(value=151.6, low=140.2, high=163.5)),
    )
    clinic.holds(shown)
    clinic.holds_picture(shown)
    page = clinic.page("/patients/P-0042")
    text = text_of(page)
    assert "152 hairs/cm²" in text
    assert "140 to 164" in text
    assert "Ø 61.2 µm" in text
    assert "Usable with care" in text
    assert "Simulated" in text
    assert f'src="/pictures/{shown.picture.sha256}/reduced/320"' in page


def test_retaken_site_shows_the_last_take_and_links_the_earlier(clinic: Clinic) -> None:
    """Breaks when a retake hides what was taken before, or the older of two takes counts."""
    first = capture(taken_at=NOW)
    second = capture(taken_at=NOW + timedelta(minutes=2))
    clinic.holds(second, first)
    (visit,) = visits_of([one.capture for one in clinic.store.captures_of("P-0042")], Reviews())
    assert visit.sites[0].latest is not None
    assert visit.sites[0].latest == second
    page = clinic.page("/patients/P-0042")
    assert f'Earlier take: <a href="/captures/{first.message_id}">1</a>' in page


def test_capture_page_shows_everything_about_a_capture(clinic: Clinic) -> None:
    """Breaks when figures, flags, calibration, origin or the unknown uncertainty are left out."""
    shown = capture(clock_trusted=False, measurement=measurement(flags=("small-frame", "a-flag-of-tomorrow")))
    clinic.holds(shown)
    clinic.holds_picture(shown)
    text = text_of(clinic.page(f"/captures/{shown.message_id}"))
    for piece in (
        "61.2 58.0 to 64.4 µm",
        "Not measurable on this picture",
        "The counting frame is below 0.2 cm²",
        "a flag of tomorrow",
        "5.300 µm/px, uncertainty unknown, typed into the settings",
        "uncertainty of the scale is unknown",
        "not synchronised",
        "chair-1",
        "imx477",
        "8.0 ms",
        "2028 × 1520 px",  # noqa: RUF001
    ):
        assert piece in text
    assert "Picture pending" not in text


def test_capture_page_shows_the_figures_of_this_release(clinic: Clinic) -> None:
    """Breaks when a figure that the device sends is not where people look for it."""
    shown = capture(measurement=full_measurement())
    clinic.holds(shown)
    text = text_of(clinic.page(f"/captures/{shown.message_id}"))
    for piece in (
        "off the mean) 31 25 to 38 %",
        "Units of two hairs 42 21 to 52 %",
        "Mean visible length 0.71 0.68 to 0.74 mm",
        "Lightness, median 23 21 to 26 L*",
        "12 hairs from 30 to 60 µm",
        "Hair Clipped",
    ):
        assert piece in text
    assert "Not measurable" not in text


def test_known_uncertainty_is_shown(clinic: Clinic) -> None:
    """Breaks when a measured scale looks like one typed by hand."""
    calibration = Calibration(um_per_px=5.3, standard_uncertainty_um_per_px=0.012, source="target")
    shown = capture(calibration=calibration)
    clinic.holds(shown)
    text = text_of(clinic.page(f"/captures/{shown.message_id}"))
    assert "5.300 ± 0.012 µm/px" in text
    assert "calibration target" in text
    assert "unknown" not in text


class _Overlay(HTMLParser):
    """Reads the overlay of a capture's page: its view box and each element with its group's class."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.view_box = ""
        self.drawn: list[tuple[str, dict[str, str]]] = []
        self._inside = False
        self._group = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "svg" and values.get("class") == "overlay":
            self._inside, self.view_box = True, values["viewbox"]
        elif self._inside and tag == "g":
            self._group = values["class"]
        elif self._inside and tag in {"line", "rect"}:
            self.drawn.append((f"{self._group} {values['class']}".strip(), values))

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self._inside = False
        elif tag == "g":
            self._group = ""


def test_overlay_lies_on_the_hairs(clinic: Clinic) -> None:
    """Breaks when the overlay is shifted, scaled or drawn in another order of coordinates than the picture."""
    hairs = [
        Hair(
            root_px=(100.5, 20.0),
            tip_px=(160.0, 80.25),
            diameter_um=diameter,
            diameter_limited=diameter == 24.0,
            length_mm=0.45,
            kind=kind,
            probability=0.9,
            unit=3,
        )
        for kind, diameter in ((HairKind.TERMINAL, 61.0), (HairKind.VELLUS, 24.0), (HairKind.VELLUS, None))
    ]
    shown = capture(measurement=measurement(hairs=tuple(hairs), frame_px=(20.0, 30.0, 2000.0, 1400.0)))
    clinic.holds(shown)
    clinic.holds_picture(shown)
    page = clinic.page(f"/captures/{shown.message_id}")
    overlay = _Overlay(page)
    assert overlay.view_box == "-0.5 -0.5 2028 1520"
    kinds = [kind for kind, _ in overlay.drawn]
    assert kinds.count("frame") == 1
    assert (kinds.count("terminal shaft"), kinds.count("vellus shaft")) == (1, 2)
    for kind, values in overlay.drawn:
        if kind == "frame":
            assert (values["x"], values["y"]) == ("20.0", "30.0")
            assert (values["width"], values["height"]) == ("1980.0", "1370.0")
        elif kind.endswith("shaft"):
            assert [values[name] for name in ("x1", "y1", "x2", "y2")] == ["100.5", "20.0", "160.0", "80.25"]
        elif kind.endswith("root"):
            assert [values[name] for name in ("x1", "y1", "x2", "y2")] == ["100.5", "20.0", "100.5", "20.0"]
    assert "Terminal hair, 61 µm, 0.45 mm, probability 0.90, unit 3" in page
    assert "Vellus hair, ≤ 24 µm" in page
    assert "diameter not measurable" in page


def test_picture_is_pending_until_its_file_is_there(clinic: Clinic) -> None:
    """Breaks when a capture whose picture is still under way shows a broken image."""
    shown = capture()
    clinic.holds(shown)
    page = clinic.page(f"/captures/{shown.message_id}")
    assert "Picture pending" in page
    assert f"/pictures/{shown.picture.sha256}" not in page
    assert clinic.client.get(f"/pictures/{shown.picture.sha256}").status_code == 404
    clinic.holds_picture(shown)
    page = clinic.page(f"/captures/{shown.message_id}")
    assert "Picture pending" not in page
    assert f'src="/pictures/{shown.picture.sha256}/reduced/1600"' in page
    picture = clinic.client.get(f"/pictures/{shown.picture.sha256}")
    assert (picture.content, picture.headers["content-type"]) == (PICTURE_BYTES, "image/png")


def test_every_page_of_a_capture_says_that_its_picture_is_pending(clinic: Clinic) -> None:
    """Breaks when one page leaves a hole, or a broken image, where another says that the picture is under way."""
    shown = capture()
    clinic.holds(shown)
    paths = ("/patients/P-0042", f"/captures/{shown.message_id}", "/patients/P-0042/sites/frontal/report")
    for path in paths:
        page = clinic.page(path)
        assert "Picture pending" in page
        assert "<img src=" not in page.replace('<img src="/static', "")
    clinic.holds_picture(shown)
    for path in paths:
        assert "Picture pending" not in clinic.page(path)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/patients/P-9999", "No capture of patient P-9999 has arrived"),
        ("/patients/<script>", "&lt;script&gt;"),
        ("/captures/0197a3a0-0000-7000-8000-000000000000", "no capture of this number"),
        ("/captures/abc", "no page at this address"),
        ("/pictures/..%2fcollector.sqlite3", ""),
        (f"/pictures/{'0' * 64}", "has not arrived"),
        ("/static/../pages.py", ""),
    ],
)
def test_what_is_not_there_is_said_on_a_page(clinic: Clinic, path: str, word: str) -> None:
    """Breaks when a wrong address ends in a traceback, in someone's file, or in a script of the address's author."""
    answer = clinic.client.get(path)
    assert answer.status_code == 404
    assert word in answer.text
    assert "<script>" not in answer.text


def test_trouble_is_on_every_page_and_in_healthz(clinic: Clinic) -> None:
    """Breaks when nobody sees that captures are not being stored."""
    assert (clinic.client.get("/healthz").status_code, clinic.client.get("/healthz").text) == (200, "ok\n")
    assert "not being stored" not in clinic.page("/")
    clinic.trouble = "the store could not commit: database or disk is full"
    answer = clinic.client.get("/healthz")
    assert answer.status_code == 503
    assert "disk is full" in answer.text
    assert "not being stored now: the store could not commit: database or disk is full" in clinic.page("/")


def test_unreadable_store_is_said_on_a_page(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when a broken disk ends in a traceback in place of a sentence."""

    def fail(*_: object) -> None:
        raise StoreFailed("the store could not be read: disk I/O error")

    monkeypatch.setattr(patients, "newest", fail)
    answer = clinic.client.get("/")
    assert answer.status_code == 503
    assert "disk I/O error" in answer.text


def test_a_store_that_cannot_say_who_asks_is_said_in_words(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks when somebody at a browser is shown a script's answer where the disk is broken."""

    def fail(*_: object, **__: object) -> None:
        raise StoreFailed("the store could not be read: disk I/O error")

    monkeypatch.setattr(Sessions, "person", fail)
    answer = clinic.client.get("/patients", headers={"sec-fetch-mode": "navigate"})
    assert answer.status_code == 503
    assert answer.text == "The page cannot be shown now: the store could not be read: disk I/O error."
    asked_by_script = clinic.client.get("/patients", headers={"sec-fetch-mode": "cors"})
    assert asked_by_script.json() == {"sentence": answer.text}


def test_words_are_known_for_every_term() -> None:
    """Breaks when a flag, verdict or source of this release is shown by its bare name."""
    assert set(FLAGS) == set(Flag)
    assert set(words.VERDICTS) == set(Verdict)
    assert len({look.look for look in words.VERDICTS.values()}) == len(Verdict)
    assert set(words.INSTRUMENT_CHANGES) == set(InstrumentChange)
