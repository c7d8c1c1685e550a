"""The clinic's pages in another language: every screen, with something of all that it shows."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from string import ascii_letters

import pytest
from starlette.routing import Route

from collector.page import figures, language, people_words, reviewed, words
from collector.page.language import CODES, language_of
from collector.page.readings import shown_figure
from collector.page.web import ForThoseWhoMay
from collector.people.roles import Role
from contract import InstrumentChange, Interval
from groundwork.language.catalogue import catalogue_of
from tests.collector.asgi import AsgiClient
from tests.collector.conftest import await_true
from tests.collector.page.full_clinic import OPEN_STUDY, fill, first_link
from tests.collector.page_clinic import Clinic
from tests.collector.studies.examples import CODE
from tests.examples import added_hair, full_measurement
from tools.page_messages import read
from tools.page_sources import CLINIC, PAGES

GERMAN, ENGLISH = language_of("de"), language_of("en")
PLACEHOLDER = re.compile(r"\{[a-z_][a-z0-9_.]*\}|%s")

WALKED = {
    "/": ("/",),
    "/account": ("/account",),
    "/accounts": ("/accounts",),
    "/audit": ("/audit", "/audit?action=looked"),
    "/captures/{message_id:uuid}": ("/captures/{capture}", "/captures/{capture}?hairs=corrected"),
    "/devices": ("/devices",),
    "/devices/{device_id}": ("/devices/chair-1", "/devices/chair-2", "/devices/chair-3", "/devices/chair-9"),
    "/first/{token}": ("{first}",),
    "/patients": ("/patients", "/patients?code=P-0", "/patients?code=Q-9", "/patients?code=<x>"),
    "/patients/{code}": ("/patients/P-0042", "/patients/P-9999"),
    "/patients/{code}/exports": ("/patients/P-0042/exports",),
    "/patients/{code}/sites/{site}": (
        "/patients/P-0042/sites/vertex",
        "/patients/P-0042/sites/vertex?figure=hairs_per_unit",
        "/patients/P-0042/sites/occipital",
        "/patients/P-0042/sites/frontal",
        "/patients/P-0042/sites/g120-l35",
        "/patients/P-0042/sites/mid-scalp",
    ),
    "/quarantine": ("/quarantine",),
    "/quarantine/{sha256}": ("/quarantine/{held}",),
    "/sign-in": ("/sign-in",),
    "/studies": ("/studies",),
    "/studies/new": ("/studies/new",),
    "/studies/{code}": (f"/studies/{CODE}", f"/studies/{OPEN_STUDY}"),
    "/studies/{code}/patients": (f"/studies/{CODE}/patients", f"/studies/{OPEN_STUDY}/patients"),
    "/tokens": ("/tokens",),
}
"""Each screen's addresses here; some lead to what is not there, and say so."""

NO_SCREENS = {
    "/audit.csv",
    "/healthz",
    "/live",
    "/metrics",
    "/patients/{code}/exports/{form}.zip",
    "/patients/{code}/sites/{site}/report",
    "/patients/{code}/sites/{site}/report.pdf",
    "/pictures/{sha256}",
    "/pictures/{sha256}/reduced/{width:int}",
    "/studies/{code}/ready",
}
"""What is no page of its own, and reports, which are English as what is filed with them."""

_SPOKEN = {
    *("alt", "aria-label", "aria-valuetext", "placeholder", "title"),
    *("data-new", "data-over", "data-unreachable", "data-wait", "data-what", "data-words"),
}
_OF_PEOPLE = {"Placebo", "Platelets", "Secretome", "Secretome against platelets", "English"}
"""What somebody typed, and a language's own name."""


class Spoken(HTMLParser):
    """All that a page says: its texts, what stands in attributes for those who hear it, and what scripts say there."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.language: str | None = None
        self._unread = 0
        self._in_json = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what attributes say."""
        if tag == "html":
            self.language = dict(attrs)["lang"]
        if tag in ("code", "pre", "script", "style"):
            self._unread += 1
            self._in_json = dict(attrs).get("type") == "application/json"
        self.said += [value for name, value in attrs if value and name in _SPOKEN and not value.startswith("UCUM: ")]

    def handle_endtag(self, tag: str) -> None:
        """Leave code."""
        if tag in ("code", "pre", "script", "style"):
            self._unread -= 1
            self._in_json = False

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if self._in_json:
            self.said += [said for said in json.loads(data).values() if isinstance(said, str)]
        if not self._unread and data.strip():
            self.said.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return every screen's HTML in German, by who sees it and its address."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"))
    with closing(clinic.store):
        capture = fill(clinic)
        held = re.findall(r"/quarantine/[0-9a-f]{64}\?[^\"]*", _as(clinic, Role.ADMINISTRATOR).get("/quarantine").text)
        first = first_link(clinic)
        monitor = _as(clinic, Role.MONITOR)
        await_true(lambda: bool(monitor.get(f"/studies/{OPEN_STUDY}/ready").json()["ready"]), "results", within_s=60)
        seen = {}
        for route in _screens(clinic):
            for who, role in _all_who_may(clinic, route):
                for address in WALKED[route.path]:
                    asked = address.replace("{capture}", str(capture)).replace("{first}", first)
                    asked = asked.replace("/quarantine/{held}", html.unescape(held[0]))
                    answer = who.get(asked)
                    assert answer.status_code == (404 if re.search("chair-9|P-9999", asked) else 200), asked
                    seen[f"{role}: {address}"] = answer.text
        yield seen


def _screens(clinic: Clinic) -> list[Route]:
    gets = [one for one in clinic.application.routes if isinstance(one, Route) and "GET" in (one.methods or ())]
    return [one for one in gets if one.path not in NO_SCREENS]


def _as(clinic: Clinic, role: Role) -> AsgiClient:
    client = clinic.sign_in(role)
    assert client.post("/account/language", {"language": "de"}).status_code == 200
    return client


def _all_who_may(clinic: Clinic, route: Route) -> Iterator[tuple[AsgiClient, str]]:
    if not isinstance(route, ForThoseWhoMay):
        yield _stranger(clinic), "stranger"
        return
    for role in Role:
        if route.right is None or route.right in role.rights:
            yield _as(clinic, role), role.value


def _stranger(clinic: Clinic) -> AsgiClient:
    clinic.stranger.headers["accept-language"] = "de-AT,de;q=0.9,en;q=0.8"
    return clinic.stranger


def _spoken(page: str) -> Spoken:
    parser = Spoken()
    parser.feed(page)
    return parser


def _all_said(pages: dict[str, str]) -> list[tuple[str, str]]:
    """Return all that is said, each with one of the pages that say it."""
    said = {said: address for address, page in pages.items() for said in _spoken(page).said}
    return [(address, one) for one, address in said.items() if one not in _OF_PEOPLE]


def _messages() -> dict[str, str]:
    return {str(one.id): str(one.string) for one in read(CLINIC, "de") if one.id and one.id != one.string}


def test_every_screen_is_walked(clinic: Clinic) -> None:
    """Breaks when a screen is added and nobody looks whether it speaks German: add it to WALKED here."""
    assert [one.path for one in _screens(clinic) if one.path not in WALKED] == []


def test_no_screen_says_anything_in_english(pages: dict[str, str]) -> None:
    """Breaks when a word is not given to the catalogue, or a sentence has drifted from its message there."""
    messages = _messages()
    said_in_german = " ".join(messages.values())
    pieces = {piece.strip(" .:,;()") for one in messages for piece in PLACEHOLDER.split(one)}
    telling = [one for one in pieces if len(re.findall(r"[A-Za-z]{2,}", one)) > 1 and one not in said_in_german]
    assert len(telling) > 900
    found = [
        (address, said, piece)
        for address, said in _all_said(pages)
        for piece in telling
        if piece in said and re.search(rf"(?<![\w-]){re.escape(piece)}(?![\w-])", said)
    ]
    assert found == []


def test_no_single_word_is_left_english(pages: dict[str, str]) -> None:
    """Breaks when a word of a table is shown without a look into the catalogue."""
    messages = _messages()
    words_alone = {one for one in messages if not PLACEHOLDER.search(one)} - set(messages.values())
    assert [(address, said) for address, said in _all_said(pages) if said.strip(" .:,;()·") in words_alone] == []


def test_no_text_is_english_that_no_catalogue_knows(pages: dict[str, str]) -> None:
    """Breaks when a text is written into a template without being given to the catalogue."""
    english = re.compile(
        r"(?<![\w-])(the|of|and|are|with|this|these|for|from|has|have|been|than|its|which|who)(?![\w-])"
    )
    assert [(address, said) for address, said in _all_said(pages) if english.search(said)] == []


def test_every_screen_says_its_language(pages: dict[str, str]) -> None:
    """Breaks when a screen reader reads German with English sounds."""
    assert {address for address, page in pages.items() if _spoken(page).language != "de"} == set()


def test_numbers_and_days_are_the_readers(pages: dict[str, str]) -> None:
    """Breaks when a figure has a decimal point, which means thousands to who reads German; or a day is American."""
    english_number = re.compile(r"(?<![\d.\w-])\d+\.\d{1,2}(?![\d.]*\d)(?!\.)")
    american = re.compile(r"\b(Jan|Mar|May|Oct|Dec)[a-z]* \d|\d [AP]M\b")
    found = [
        (address, said)
        for address, page in pages.items()
        for said in _spoken(page).said
        if english_number.search(said) or american.search(said)
    ]
    assert found == []
    vertex = " ".join(_spoken(pages["clinician: /patients/P-0042/sites/vertex"]).said)
    for shown in ("+12,3", "+8,2 bis +16,4", "Haare/cm²", "04.03.2026", "Termin 1"):
        assert shown in vertex


def test_the_answer_is_a_whole_german_sentence(pages: dict[str, str]) -> None:
    """Breaks when what matters most is half translated."""
    assert (
        "Haardichte: Zunahme um 12,3 Haare/cm² (+8,2 bis +16,4), mehr als die Rauschgrenze von 4,1 Haare/cm²."
        in _spoken(pages["clinician: /patients/P-0042/sites/vertex"]).said
    )
    capture = " ".join(_spoken(pages["clinician: /captures/{capture}"]).said)
    for sentence in (
        "Seit der letzten Aufnahme der Stelle geändert: Kalibrierung.",
        "Nur 0,31 von 0,80 cm² bleiben zum Zählen.",
        "Haar hinzugefügt, terminal",
        "5,301 ± 0,002 µm/Pixel (Standardunsicherheit)",
        "3 Bilder, Standardabweichung 1,2 Haare/cm² und 0,4 µm",
    ):
        assert sentence in capture, sentence


def test_who_is_not_signed_in_is_met_in_the_browsers_language(clinic: Clinic) -> None:
    """Breaks when the sign-in page is English to everybody, or its refusals are."""
    stranger = clinic.stranger
    for accepted, lang, title in (
        ("de-CH,de;q=0.9,en;q=0.5", "de", "Anmelden"),
        ("xx", "en", "Sign in"),
        ("en-GB,en;q=0.9,de;q=0.3", "en", "Sign in"),
        ("", "en", "Sign in"),
    ):
        stranger.headers["accept-language"] = accepted
        page = stranger.get("/sign-in").text
        assert f'<html lang="{lang}">' in page
        assert f"<h1>{title}</h1>" in page
    stranger.headers["accept-language"] = "de"
    refused = stranger.post(
        "/sign-in", {"name": "nobody", "password": "no such"}, headers={"sec-fetch-site": "same-origin"}
    )
    assert refused.status_code == 401
    assert refused.json()["sentence"].startswith("Name und Passwort passen nicht zusammen")


def test_the_account_decides_before_the_browser(clinic: Clinic) -> None:
    """Breaks when a choice is forgotten, is everybody's, or cannot be taken back."""
    client = clinic.sign_in(Role.CLINICIAN)
    client.headers["accept-language"] = "de"
    assert '<html lang="de">' in client.get("/patients").text
    assert client.post("/account/language", {"language": "en"}).status_code == 200
    assert '<html lang="en">' in client.get("/patients").text
    assert '<html lang="en">' in clinic.sign_in(Role.CLINICIAN).get("/patients").text
    assert client.post("/account/language", {"language": None}).status_code == 200
    assert '<html lang="de">' in client.get("/patients").text
    refused = client.post("/account/language", {"language": "xx"})
    assert refused.status_code == 422
    assert refused.json()["sentence"] == "Diese Sprache gibt es auf den Seiten nicht. Eine aus der Liste wählen."
    assert "de" in CODES


def test_what_is_refused_is_said_in_german(clinic: Clinic) -> None:
    """Breaks when why something cannot be done is English on a German page."""
    clinic.holds()
    client = _as(clinic, Role.MONITOR)
    said = client.post("/studies", {"study_code": "x"}).json()["sentence"]
    assert said.startswith("Die Sendung ist nicht verwendbar")
    assert client.get("/accounts").status_code == 403
    assert "Diese Rolle umfasst das nicht. Die Administration fragen." in client.get("/accounts").text
    assert "Unter dieser Adresse gibt es keine Seite." in client.get("/nowhere").text


def test_figures_are_written_for_the_reader() -> None:
    """Breaks when a figure loses its value or its interval on the way into another language."""
    figure = figures.figure(full_measurement(), "hairs_per_unit", GERMAN)
    assert (figure.name, figure.value, figure.interval, figure.unit) == (
        "Haare je Einheit",
        "1,75",
        "1,56 bis 1,96",
        "Haare/Einheit",
    )
    assert figures.size(25_400_000, GERMAN) == "25,4 MB"
    assert figures.counts(full_measurement(), GERMAN)[-1] == (
        "Etwa 4 ± 2 weitere wurden wahrscheinlich übersehen: in den Intervallen enthalten."
    )
    assert figures.hair(full_measurement().hairs[0], GERMAN) == (
        "Terminalhaar, 61 ± 2 µm, 0,27 mm, Kern L* 22, Wahrscheinlichkeit 0,97, Einheit 0"
    )
    large = shown_figure("hair_density_per_cm2", Interval(value=1234.4, low=1100.0, high=1400.0), GERMAN)
    assert (large.value, large.interval) == ("1.234", "1.100–1.400")  # noqa: RUF001


def test_terms_of_the_contract_are_german() -> None:
    """Breaks when a site's side or an instrument's part is left in English."""
    assert words.site("temporal-left", GERMAN) == "Temporal, links (Patientenseite)"
    assert words.site("g120-l35", GERMAN) == "120 mm hinter der Glabella, 35 mm nach links (Patientenseite)"
    assert words.site("occipital", GERMAN) == "Okzipital (Donorkontrolle)"
    changed = (InstrumentChange.CAMERA, InstrumentChange.LENS)
    assert words.changes(changed, GERMAN) == "Seit der letzten Aufnahme der Stelle geändert: Kamera und Objektiv."
    assert words.changes(changed) == "Since the site's last capture, another camera and lens."
    assert reviewed.in_words(added_hair(), GERMAN) == "Haar hinzugefügt, terminal"
    assert len({GERMAN.words(one) for one in people_words.ACTIONS.values()}) == len(people_words.ACTIONS)


def test_each_message_is_told_from_all_others() -> None:
    """Breaks when a vague message takes another's sentences, and says something else of a patient or a device."""
    catalogue = catalogue_of(Path(language.__file__).parent, "de")
    assert catalogue is not None
    assert len(catalogue.sentences) > 500
    names = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
    for message, german in catalogue.sentences.items():
        values = {name: f"Qx{at}z" for at, name in enumerate(dict.fromkeys(names.findall(message)))}
        said, expected = (
            names.sub(lambda found, values=values: values[found[1]], text)  # type: ignore[misc]
            for text in (message, german)
        )
        assert GERMAN.sentence(said) == expected
        assert set(german) & set(ascii_letters) or german == message


def test_both_programs_say_one_thing_in_the_same_words() -> None:
    """Breaks when a reason of the gate reads otherwise at the chair than at the clinic."""
    chair, clinic = ({one.id: one.string for one in read(page, "de") if one.id} for page in PAGES)
    differing = {one for one in set(chair) & set(clinic) if chair[one] != clinic[one]}
    assert differing == {"Discard", "Release"}  # corrections and messages; to let travel, and a version


def test_no_translation_holds_markup_or_a_lost_mark() -> None:
    """Breaks when a translation would break the page, or ends a sentence that goes on."""
    for message, german in _messages().items():
        assert ("<" in german) == ("<" in message), message
        assert message.endswith(":") == german.endswith(":"), message
        assert (message[:1] == " ") == (german[:1] == " "), message
