"""The page in another language: words, numbers, and the sentences that the instrument makes in English."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Interval
from analysis.comparison import words as comparison_words
from analysis.comparison.change import ChangeFlag
from analysis.flag_words import FLAGS
from analysis.guidance.guide import Guidance, Lost
from analysis.guidance.words import sentence as way
from analysis.noise.floor import describe_change
from contract import PROTOCOL, Quality, Site, SkippedSite, Verdict, site_name
from device.camera.errors import CameraError
from device.page import app as page_app
from device.page import language as page_language
from device.page.language import language_of
from device.page.screens import language_choice, start
from device.sites import protocol
from groundwork.language.catalogue import catalogue_of
from groundwork.language.sentences import MOST_CHARACTERS, Sentences
from tests.device.page.chair_fixture import ChairClient, open_small_chair
from tests.examples import capture, visit

_CATALOGUES = Path(page_language.__file__).parent
GERMAN, ENGLISH = language_of("de"), language_of("en")
PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")


def test_words_of_the_page_are_german() -> None:
    """A technician would read half of the page in another language."""
    assert GERMAN.words("Take picture") == "Aufnehmen"
    assert ENGLISH.words("Take picture") == "Take picture"
    assert GERMAN.words("What nobody translated") == "What nobody translated"


def messages() -> list[tuple[str, str]]:
    """Return all messages of the instrument's sentences, with their German."""
    catalogue = catalogue_of(_CATALOGUES, "de")
    assert catalogue is not None
    assert len(catalogue.sentences) > 500
    return list(catalogue.sentences.items())


def test_each_message_is_told_from_all_others() -> None:
    """A vague message would take another's sentences, and say something else of the picture."""
    for message, german in messages():
        names = list(dict.fromkeys(PLACEHOLDER.findall(message)))
        values = {name: f"Qx{i}z" for i, name in enumerate(names)}
        said, expected = (
            PLACEHOLDER.sub(lambda found, values=values: values[found[1]], text)  # type: ignore[misc]
            for text in (message, german)
        )
        assert GERMAN.sentence(said) == expected


SENTENCES = {
    "Only 0.31 of 0.80 cm2 are left to count in.": "Nur 0,31 von 0,80 cm² bleiben zum Zählen.",
    "The mark is off the middle (1.2 mm right, 0.4 mm up): centre it.": (
        "Die Markierung ist nicht in der Mitte (1,2 mm rechts, 0,4 mm oben): zentrieren."
    ),
    # capitalised by the gate, and a sentence within a sentence
    "The picture is black: switch the light on, or check the exposure": (
        "Das Bild ist schwarz: Licht einschalten oder Belichtung prüfen"
    ),
    "Correction 3: Hair 12 is no longer there: an earlier correction took it away. Undo that.": (
        "Korrektur 3: Haar 12 ist nicht mehr da: Eine frühere Korrektur hat es entfernt. Diese rückgängig machen."
    ),
    "The store in /x/state cannot be opened (Permission denied). The disk of /x/state is full: free space on it.": (
        "Der Speicher in /x/state kann nicht geöffnet werden (keine Berechtigung)."
        " Der Datenträger von /x/state ist voll: Platz schaffen."
    ),
    # what nobody translated stands beside what somebody did
    "The moon is full. The calibration is in date.": "The moon is full. Die Kalibrierung ist gültig.",
    # what may be put in is nothing here
    "There is no calibration. Calibrate before the next patient.": (
        "Es gibt keine Kalibrierung. Vor dem nächsten Patienten kalibrieren."
    ),
    "There is no calibration for this camera and lens: one of them was changed. Calibrate before the next patient.": (
        "Es gibt keine Kalibrierung für diese Kamera und dieses Objektiv: eines davon wurde gewechselt."
        " Vor dem nächsten Patienten kalibrieren."
    ),
    # part of a setting's name is no word
    "Add [lights.cross] to the settings if the ring is there, or ask for another light": (
        "[lights.cross] in die Einstellungen aufnehmen, wenn der Ring vorhanden ist, oder ein anderes Licht verlangen"
    ),
    # a person's code that is a word too
    "dark was last at work on another screen of this instrument."
    " Take over if that is agreed: nothing of the visit is lost.": (
        "dark hat zuletzt an einem anderen Bildschirm dieses Geräts gearbeitet."
        " Übernehmen, wenn das abgesprochen ist: Vom Termin geht nichts verloren."
    ),
    "These steps are missing: flat-field, 0042. Take them, or leave them out.": (
        "Diese Schritte fehlen: Ausleuchtung, 0042. Ausführen oder auslassen."
    ),
}


@pytest.mark.parametrize("english", SENTENCES)
def test_sentences_with_values_are_german(english: str) -> None:
    """Why a picture is refused is what a technician acts on."""
    assert GERMAN.sentence(english) == SENTENCES[english]
    assert ENGLISH.sentence(english) == english


def test_what_the_instrument_makes_is_german() -> None:
    """A message that drifts from the sentence that is made would leave it English, with no error anywhere."""
    made = [
        *(comparison_words.sentence(flag) for flag in ChangeFlag),
        *FLAGS.values(),
        *(site_name(site) for site in (*PROTOCOL, "g120-l35", "g120-r35", "g120-m0")),
        *(way(Guidance(0.9, None, None, None, lost=lost)) for lost in Lost),
        way(Guidance(0.9, (1.2, -0.5), 12.4, 0.63)),
        way(Guidance(0.9, (-3.0, 0.0), 0.2, 0.4)),
        way(Guidance(0.9, (0.0, 0.0), -1.0, 0.4)),
        *(
            describe_change(
                Interval(times * value, times * (value - 9), times * (value + 9)), None, what, unit
            ).sentence
            for what, unit, times in (
                ("Hair density", "hairs/cm2", 1.0),
                ("Mean diameter", "um", 1.0),
                ("Thin-hair share", "%", 0.01),
            )
            for value in (-30.0, 1.0, 30.0)
        ),
        str(CameraError("No frame came from camera 0 within 2.5 s", "Begin it again")),
    ]
    english = re.compile(r"\b(the|and|of|is|are|more|than|hair|hairs|density|left|right|up|down|degrees?|s patient)\b")
    for one in made:
        said = GERMAN.sentence(one)
        assert english.search(said) is None, (one, said)
        values = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)", one)
        carried = re.findall(r"(?<![\w,])\d+(?:,\d+)?(?![\w,]*\d)", said)
        assert [value.replace(".", ",") for value in values] == carried, (one, said)


def test_all_that_a_visit_lacks_is_german() -> None:
    """A technician would read half a sentence in another language, and send the patient home."""
    refused = capture(site=Site.VERTEX, quality=Quality(verdict=Verdict.REFUSE, reasons=("The picture is shaken.",)))
    lacking = visit(
        protocol=(Site.FRONTAL, Site.VERTEX, Site.TEMPORAL_LEFT, Site.MID_SCALP, Site.OCCIPITAL),
        taken=(Site.FRONTAL,),
        skipped=(SkippedSite(site=Site.MID_SCALP, reason="Wunde"),),
    )
    made = (
        *protocol.sentences(lacking, [refused], [Site.TEMPORAL_RIGHT, "g120-l35"]),
        *protocol.sentences(visit(taken=(Site.FRONTAL, Site.VERTEX, Site.OCCIPITAL)), []),
    )
    assert [GERMAN.sentence(one) for one in made] == [
        "Es fehlt: Vertex \N{EN DASH} aufgenommen, aber von der Bildprüfung abgelehnt; neu aufnehmen oder freigeben.",
        "Es fehlt: temporal, links (Patientenseite).",
        "Es fehlt: okzipital (Donorkontrolle).",
        "Ausgelassen: Oberkopf \N{EN DASH} Wunde",
        "Bei einem früheren Termin aufgenommen und bei diesem nicht:"
        " g120-l35 (120 mm hinter der Glabella, 35 mm nach links (Patientenseite)).",
        "Bei einem früheren Termin aufgenommen und bei diesem nicht:"
        " temporal-right (temporal, rechts (Patientenseite)).",
        "Ohne die Donorkontrolle ist eine Veränderung bei diesem Termin nicht von einer des Geräts zu unterscheiden:"
        " aufnehmen, bevor der Patient geht.",
        "Alle Stellen des Protokolls sind aufgenommen.",
    ]


@given(st.text(max_size=300))
def test_what_has_no_message_stays_as_it_is(text: str) -> None:
    """An error that nobody foresaw must be read all the same: never an exception, never nothing."""
    said = GERMAN.sentence(text)
    assert bool(said.strip()) == bool(text.strip())
    untold = (
        f"\N{PILCROW SIGN}{text}\N{PILCROW SIGN}".replace(".", "").replace("!", "").replace("?", "").replace(")", "")
    )
    assert GERMAN.sentence(untold) == untold


@given(st.from_regex(r"-?[1-9][0-9]{0,5}(\.[0-9]{1,3})?", fullmatch=True))
def test_numbers_keep_their_value_and_their_decimals(number: str) -> None:
    """A figure that loses a digit on its way to the reader is another figure."""
    said = GERMAN.sentence(f"Tilted by {number} degrees.").removeprefix("Um ").removesuffix(" Grad verkippt.")
    assert said.replace(".", "").replace(",", ".") == number


def test_codes_and_dates_are_no_numbers() -> None:
    """A code that is grouped by thousands, or loses its zeros, names somebody else."""
    for one in ("P-0042", "0042", "2026-11-23", "192.168.1.20", "1234567890123456789"):
        assert GERMAN.sentence(f"Use the patient's code, such as {one}.") == f"Den Patientencode verwenden, etwa {one}."


def test_braces_in_values_are_text() -> None:
    """What a person typed could put another value in its place."""
    assert GERMAN.sentence("Left out: vertex - {site} %s {0}") == "Ausgelassen: Vertex \N{EN DASH} {site} %s {0}"


def test_long_and_hostile_text_takes_no_time() -> None:
    """A sentence made of separators would stop the page for everybody."""
    began = time.perf_counter()
    for text in (
        "a" * MOST_CHARACTERS,
        ": " * (MOST_CHARACTERS // 2),
        "Missing: " * (MOST_CHARACTERS // 9),
        "x, patient's " * (MOST_CHARACTERS // 13),
        "A. " * (MOST_CHARACTERS // 3),
        "x" * (10 * MOST_CHARACTERS),
    ):
        assert GERMAN.sentence(text).strip()
    assert time.perf_counter() - began < 10.0


def test_a_message_that_repeats_a_placeholder_needs_the_same_value_twice() -> None:
    """Two units that differ would be said as one."""
    sentences = Sentences({"{size} {unit} of {all} {unit} in all": "{size} von {all} {unit}"}, ENGLISH.number)
    assert sentences.translated("3 um of 4 um in all") == "3 von 4 um"
    assert sentences.translated("3 um of 4 px in all") == "3 um of 4 px in all"


def test_numbers_units_and_times_are_the_readers() -> None:
    """144.5 in German is a hundred and forty-four thousand to some."""
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert (GERMAN.number(1234.5, 1), ENGLISH.number(1234.5, 1)) == ("1.234,5", "1,234.5")
    assert GERMAN.interval(Interval(144.25, 125.0, 166.0), 1) == "144,2 (125,0\N{EN DASH}166,0)"
    assert GERMAN.day(now) == "23.11.2026"


def test_a_language_is_read_once() -> None:
    """The catalogue would be read again for each request."""
    assert language_of("de") is GERMAN


def test_a_browser_chooses_its_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A technician who reads German would change everybody's page, or nobody's."""
    monkeypatch.setattr(page_app, "_SCREENS", (start.routes, language_choice.routes))
    with open_small_chair(tmp_path) as chair:
        app = page_app.create_app(chair)
        one, other = ChairClient(app), ChairClient(app)
        assert '<html lang="en"' in one.get("/").text
        other.get("/")
        assert one.act("/language", {"language": "de"}).status_code == 200
        assert '<html lang="de"' in one.get("/").text
        assert "Wer arbeitet hier?" in one.get("/").text
        assert '<html lang="en"' in other.get("/").text
        refused = one.act("/language", {"language": "xx"})
        assert refused.status_code == 422
        assert refused.json()["sentence"] == (
            "Die Sendung ist nicht verwendbar (language). Berichtigen und erneut versuchen."
        )
        assert one.act("/language", {"language": "en"}).status_code == 200
        assert '<html lang="en"' in one.get("/").text


def test_no_catalogue_holds_markup() -> None:
    """Words that are put into a page as they are would break it."""
    for message, german in messages():
        assert ("<" in german) == ("<" in message)
        assert set(german) & set(ascii_letters), message
