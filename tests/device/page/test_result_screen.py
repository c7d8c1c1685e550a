"""The result screen: what it shows of a capture, and what follows from a person's word on it."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest

from contract import Change, Decision, Fate, HairChange, HairKind, Interval, Site, Verdict, new_message_id
from contract.change import Transform
from device.chair.appointments import standing
from device.chair.chair import Chair
from device.chair.reviewing import review_of
from device.chair.seat import Holder
from device.page.app import create_app
from device.store import NoSuchMessage
from tests.device.page.chair_fixture import ChairClient, open_small_chair
from tests.device.page.kept_captures import REFUSED, hair, keep_capture, new_patient
from tests.examples import compared, comparison


@pytest.fixture(scope="module")
def chair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chair]:
    """Give one chair for all tests; each has a patient of its own."""
    with open_small_chair(tmp_path_factory.mktemp("chair")) as opened:
        yield opened


@pytest.fixture
def patient() -> str:
    """Give a patient whom no other test knows."""
    return new_patient()


@pytest.fixture
def client(chair: Chair, patient: str) -> Iterator[ChairClient]:
    """Give a browser at which a technician has begun the patient's visit."""
    client = ChairClient(create_app(chair))
    client.begin(patient)
    yield client
    chair.seat.take_over(Holder("", "mk"))  # of whoever comes next: all are the same person


def words_of(html: str) -> str:
    """Return what a reader reads of a page, each dash a plain one."""
    body = re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(body)).replace("\N{EN DASH}", "-")


def data_of(html: str) -> Any:  # noqa: ANN401  JSON
    """Return what the page tells its script."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_figures_quality_and_flags_are_said_in_words(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when a technician sees a number without its interval, or a flag by its code name."""
    capture = keep_capture(chair, hair(100, 100), hair(100, 200), patient_code=patient)
    answer = client.get(f"/captures/{capture.message_id}")
    assert answer.status_code == 200
    text = words_of(answer.text)
    assert "Hair density 25 hairs/cm² 95 % interval 15-37" in text
    assert "Mean diameter 61.2 µm 58.0-64.4" in text
    assert "Terminal hair 87 % 81-91" in text
    assert "Good picture" in text
    assert "The blur was read from the hairs themselves" in text
    assert "blur-estimated" not in text
    assert "first visit" in text


def test_the_viewer_gets_every_hair_and_what_is_left_out(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when what is drawn is not what was measured, or lies elsewhere in the picture."""
    known = (hair(100, 100), hair(300, 200, HairKind.VELLUS, diameter_limited=True), hair(50, 60, diameter_um=None))
    capture = keep_capture(chair, *known, patient_code=patient)
    viewed = data_of(client.get(f"/captures/{capture.message_id}").text)["viewed"]["overlay"]
    assert [one["line"][0] for one in viewed["hairs"]] == [[100, 100], [300, 200], [50, 60]]
    assert [one["words"] for one in viewed["hairs"]] == [
        "Terminal hair, 61 µm thick, 0.27 mm long",
        "Vellus hair, at most 22 µm thick, 0.27 mm long",
        "Terminal hair, diameter not readable, 0.27 mm long",
    ]
    # Cells of 100 um at 5.3 um/px: 25 rows of 18.8 px and 33 columns of 19.09 px in the frame; row 4, columns 11 to 13.
    assert viewed["excluded"] == [[215.0, 80.2, 272.3, 99.0]]
    assert viewed["uncounted"] == [[[30.0, 90.0], [55.0, 101.2]]]


def test_accepting_leads_to_the_next_site_and_at_last_to_the_summary(
    chair: Chair, client: ChairClient, patient: str
) -> None:
    """Breaks when a technician has to look for the next site, or is sent to one that is taken already."""
    protocol = chair.settings.visits.protocol
    went = []
    for site in (*protocol[1:], protocol[0]):
        capture = keep_capture(chair, hair(100, 100), patient_code=patient, site=site)
        client.get(f"/captures/{capture.message_id}")
        answer = client.act(f"/captures/{capture.message_id}/decision", {"decision": "accepted"})
        assert answer.status_code == 200, answer.text
        went.append(answer.json()["go"])
    visit = f"/visits/{patient}/1"
    after = [f"{visit}/sites/{site}" for site in (*protocol[2:], protocol[0], protocol[0])]
    assert went == [*after[: len(protocol) - 1], f"{visit}/summary"]
    with chair.store() as store:
        kept = review_of(store, capture)
    assert kept is not None
    assert (kept.decision, kept.decided_by) == (Decision.ACCEPTED, "mk")
    assert "Accepted by mk" in words_of(client.get(f"/captures/{capture.message_id}").text)


def test_an_earlier_take_is_not_accepted_but_leads_to_the_one_that_counts(
    chair: Chair, client: ChairClient, patient: str
) -> None:
    """Breaks when accepting the better of two takes has no effect, and nobody says that the other one counts."""
    first, second = (keep_capture(chair, hair(100, 100), patient_code=patient, site=Site.VERTEX) for _ in range(2))
    held = keep_capture(chair, hair(100, 100), patient_code=patient, site=Site.VERTEX, quality=REFUSED)
    said = "A later picture of this site counts. Reject that one if this one is to count."
    earlier = client.get(f"/captures/{first.message_id}").text
    assert said in words_of(earlier)
    assert f'href="/captures/{second.message_id}"' in earlier
    assert "&#34;accepted&#34;" not in earlier
    assert '"accepted"' not in earlier
    assert earlier.count('id="again-note"') == 1
    for shown in (second, held):
        text = client.get(f"/captures/{shown.message_id}").text
        assert said not in words_of(text)
        assert text.count('id="again-note"') == 1
    client.get(f"/captures/{second.message_id}")
    client.act(f"/captures/{second.message_id}/decision", {"decision": "rejected", "reason": "Blurred"})
    earlier = client.get(f"/captures/{first.message_id}").text
    assert said not in words_of(earlier)
    assert '{"decision": "accepted"}' in earlier
    client.act(f"/captures/{first.message_id}/decision", {"decision": "accepted"})
    with chair.store() as store:
        assert standing(store, chair.settings, patient, 1).site(Site.VERTEX).capture == first


def test_a_rejected_picture_is_kept_and_its_site_due_again(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when a rejection deletes something, or the visit goes on as if the site were taken."""
    capture = keep_capture(chair, hair(100, 100), patient_code=patient, site=Site.VERTEX)
    here = f"/captures/{capture.message_id}"
    client.get(here)
    answer = client.act(f"{here}/decision", {"decision": "rejected", "reason": "  Wrong site "})
    assert answer.json() == {"go": f"/visits/{patient}/1/sites/vertex"}
    text = words_of(client.get(here).text)
    assert "Rejected by mk" in text
    assert "Reason: Wrong site" in text
    with chair.store() as store:
        assert store.capture(capture.message_id) == capture
        assert store.read_picture(capture.picture.sha256)


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 301, "x" * 10_000])
def test_a_rejection_without_a_usable_reason_changes_nothing(
    chair: Chair, client: ChairClient, patient: str, reason: str | None
) -> None:
    """Breaks when a picture can be rejected without saying why, or a refusal quotes what was typed."""
    capture = keep_capture(chair, hair(100, 100), patient_code=patient)
    client.get(f"/captures/{capture.message_id}")
    answer = client.act(f"/captures/{capture.message_id}/decision", {"decision": "rejected", "reason": reason})
    assert answer.status_code == 422
    assert len(answer.json()["sentence"]) < 200
    with chair.store() as store:
        assert review_of(store, capture) is None


def test_what_is_typed_as_a_reason_is_shown_as_text(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when a reason becomes a part of the page."""
    capture = keep_capture(chair, hair(100, 100), patient_code=patient)
    client.get(f"/captures/{capture.message_id}")
    said = "<script>alert(1)</script>"
    client.act(f"/captures/{capture.message_id}/decision", {"decision": "rejected", "reason": said})
    shown = client.get(f"/captures/{capture.message_id}").text
    assert said not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_a_refused_picture_is_taken_again_or_released_with_a_note(
    chair: Chair, client: ChairClient, patient: str
) -> None:
    """Breaks when a refused picture can be accepted like a good one, or travels without a person's word."""
    capture = keep_capture(chair, hair(100, 100), patient_code=patient, quality=REFUSED)
    here = f"/captures/{capture.message_id}"
    text = words_of(client.get(here).text)
    assert "Not usable" in text
    assert "The picture is shaken. Hold the camera still." in text
    assert text.index("The picture is shaken") < text.index("Hair density")  # why, before figures not to be read
    assert text.count("The picture is shaken") == 1
    assert client.act(f"{here}/decision", {"decision": "accepted"}).status_code == 422
    assert client.act(f"{here}/release", {"note": " "}).status_code == 422
    with chair.store() as store:
        assert capture.message_id in {one.message_id for one in store.held()}
    assert client.act(f"{here}/release", {"note": "The patient cannot stay"}).json() == {"go": here}
    with chair.store() as store:
        assert capture.message_id not in {one.message_id for one in store.held()}
        forced = store.capture(capture.message_id).quality.forced
    assert forced is not None
    assert (forced.by, forced.note) == ("mk", "The patient cannot stay")
    text = words_of(client.get(here).text)
    assert "Released by mk" in text
    assert "Not usable" in text
    assert client.act(f"{here}/release", {"note": "again"}).status_code == 422
    assert client.act(f"{here}/decision", {"decision": "accepted"}).status_code == 200


def test_a_change_is_said_with_its_hairs_once_it_is_there(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when a technician sees nothing of a comparison, or another capture's."""
    baseline = keep_capture(chair, hair(100, 100), patient_code=patient)
    followup = keep_capture(chair, hair(104, 101), patient_code=patient, visit_number=2)
    other = keep_capture(chair, hair(104, 101), patient_code=patient, visit_number=2)
    here = f"/captures/{followup.message_id}"
    text = words_of(client.get(here).text)
    assert "compared later" in text
    assert client.get(f"{here}/change").json()["pending"] is True
    change = Change(
        same_place=0.99,
        transform=Transform(
            turn_deg=0,
            shift_mm=(0, 0),
            scale=1,
            middle_mm=(0, 0),
            half_mm=(1, 1),
            stretch_um=((0.0,) * 9, (0.0,) * 9),
            largest_stretch_um=0,
            baseline_to_followup_px=((1, 0, 4), (0, 1, 1)),
        ),
        shared_area_cm2=0.08,
        matched=1,
        new=0,
        lost=1,
        density_per_cm2=(24.0, 12.0),
        density_change_per_cm2=Interval(value=-12.0, low=-14.0, high=-10.0),
        hairs=(
            HairChange(fate=Fate.KEPT, probability=0.9, baseline_px=(100, 100), followup_px=(104, 101)),
            HairChange(fate=Fate.LOST, probability=0.9, baseline_px=(200, 100), followup_px=(204, 101)),
        ),
    )
    with chair.store() as store:
        store.keep_message(
            lambda sequence: comparison(
                sequence=sequence,
                patient_code=patient,
                baseline=compared(baseline),
                followup=compared(followup),
                change=change,
            )
        )
    answer = client.get(f"{here}/change").json()
    assert answer["pending"] is False
    assert answer["first"].startswith("Hair density")
    assert answer["marks"] == [{"at": [104, 101], "fate": "kept"}, {"at": [204, 101], "fate": "lost"}]
    text = words_of(client.get(here).text)
    assert "1 hairs kept, 0 new, 1 lost in 0.08 cm2." in text
    assert "noise floor" in text.lower()
    assert text.index(answer["first"]) < text.index("Mean diameter")  # beneath the density, before the other figures
    assert "compared later" not in text
    assert client.get(f"/captures/{other.message_id}/change").json()["pending"] is True


def test_the_picture_comes_reduced_or_whole(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when the viewer waits for the whole file, or zooms into another picture than was measured."""
    capture = keep_capture(chair, hair(100, 100), patient_code=patient)
    here = f"/captures/{capture.message_id}/picture"
    reduced, whole = client.get(f"{here}?width=320"), client.get(here)
    assert (reduced.headers["content-type"], whole.headers["content-type"]) == ("image/jpeg", "image/jpeg")
    shown = cv2.imdecode(np.frombuffer(reduced.content, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (240, 320, 3)
    with chair.store() as store:
        assert whole.content == store.read_picture(capture.picture.sha256)
    for width in ("0", "99999", "-5", "many", "1e3", "9" * 5000):
        assert client.get(f"{here}?width={width}").status_code == 422


def test_a_damaged_picture_is_said_and_its_figures_stay(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when a damaged file hides the figures, or altered bytes are shown as the patient's picture."""
    capture = keep_capture(chair, hair(100, 100), patient_code=patient)
    with chair.store() as store:
        path = store.pictures.path(capture.picture.sha256)
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    try:
        for width in ("", "?width=320"):
            answer = client.get(f"/captures/{capture.message_id}/picture{width}")
            assert answer.status_code == 404
            assert "not what was kept" in answer.json()["sentence"]
        assert "hairs/cm²" in words_of(client.get(f"/captures/{capture.message_id}").text)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize(
    "name", ["01a20804-520b-7914-b359-fb4c5677f60e", "42", "..%2f..%2fetc", "<script>", "x" * 10_000]
)
@pytest.mark.parametrize("screen", ["", "/picture", "/change", "/correct"])
def test_an_unknown_capture_is_said_in_a_sentence(client: ChairClient, name: str, screen: str) -> None:
    """Breaks when a mistyped address ends in an error of the program, or is given back on the page."""
    answer = client.get(f"/captures/{name}{screen}")
    assert answer.status_code == 404
    assert name not in answer.text or len(name) < 3


def test_what_is_decided_of_an_unknown_capture_is_refused(chair: Chair, client: ChairClient) -> None:
    """Breaks when a decision is kept of nothing."""
    missing = new_message_id()
    answer = client.act(f"/captures/{missing}/decision", {"decision": "accepted"})
    assert answer.status_code == 404
    assert "no such capture" in answer.json()["sentence"]
    with chair.store() as store, pytest.raises(NoSuchMessage):
        store.capture(UUID(str(missing)))


def test_a_second_technician_decides_nothing(chair: Chair, client: ChairClient, patient: str) -> None:
    """Breaks when two people decide of one picture without knowing of each other."""
    capture = keep_capture(chair, hair(100, 100), patient_code=patient, quality=REFUSED)
    here = f"/captures/{capture.message_id}"
    with chair.store() as store:
        before = store.capture(capture.message_id)
    chair.seat.take_over(Holder("somebody-else", "jd"))
    client.get(here)
    for action, body in (("decision", {"decision": "accepted"}), ("release", {"note": "mine"})):
        answer = client.act(f"{here}/{action}", body)
        assert answer.status_code == 409
        assert answer.json()["seat"] is True
    with chair.store() as store:
        assert store.capture(capture.message_id) == before
        assert before.quality.verdict is Verdict.REFUSE
        assert review_of(store, capture) is None
