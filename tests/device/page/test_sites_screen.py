"""A visit's sites: how each stands, what is left out, other places, baselines' thumbnails, ratings."""

import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from contract import BaselineAnswer, Capture, Decision, Picture, ReducedPicture, Verdict, Visit
from device import clock
from device.baseline import Asks, Found, find_baseline
from device.chair.appointments import end
from device.chair.chair import Chair
from device.chair.reviewing import Decided, decide
from device.page.app import create_app
from device.page.known_baseline import Thumbnails
from device.page.visit_address import VisitAddress
from device.sites import last_record
from tests import examples
from tests.device.page.chair_fixture import ChairClient, open_small_chair
from tests.device.page.kept_examples import kept

URL = "/visits/P-0042/1"


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """Give a chair."""
    with open_small_chair(tmp_path) as opened:
        yield opened


@pytest.fixture
def client(chair: Chair) -> ChairClient:
    """Give a browser at which P-0042's first visit was begun."""
    browser = ChairClient(create_app(chair))
    browser.begin()
    return browser


def rows_of(page: str) -> dict[str, str]:
    """Return the list's rows by site."""
    rows = re.findall(r'<li class="site .*?</li>', page, re.DOTALL)
    return {found.group(1): row for row in rows if (found := re.search(r'/sites/([a-z0-9-]+)"', row))}


def record_of(chair: Chair, visit: int = 1) -> Visit | None:
    """Return the visit's record as it would travel."""
    with chair.store() as store:
        return last_record(store, "P-0042", visit)


def test_each_site_stands_on_the_map_and_in_the_list_as_it_is(chair: Chair, client: ChairClient) -> None:
    """Breaks when a site that is to be taken again looks done, or the map and the list say different things."""
    kept(chair, "frontal")
    kept(chair, "mid-scalp", Verdict.WARN)
    kept(chair, "vertex", Verdict.REFUSE)
    kept(chair, "g120-l35")
    client.act(f"{URL}/sites/temporal-left/left-out", {"reason": "wound"})
    page = client.get(URL).text
    expected = {
        "frontal": ("done", "taken"),
        "mid-scalp": ("warn", "with a warning"),
        "vertex": ("missing", "take again"),
        "occipital": ("due", "to be taken"),
        "temporal-left": ("left-out", "left out"),
        "temporal-right": ("due", "to be taken"),
        "g120-l35": ("done", "taken"),
    }
    rows = rows_of(page)
    assert list(rows) == list(expected)
    for site, (state, word) in expected.items():
        assert f'data-key="{site}" data-state="{state}"' in page
        assert f'href="{URL}/sites/{site}"' in page
        assert word in rows[site]
        assert 'class="icon"' in rows[site]
    assert "donor control" in rows["occipital"]
    assert "wound" in rows["temporal-left"]


def test_the_density_is_the_one_of_the_take_that_counts(chair: Chair, client: ChairClient) -> None:
    """Breaks when the list shows another take's figure, or hides that the site was taken again."""
    first = examples.measurement().hair_density_per_cm2.model_copy(update={"value": 111.0, "low": 90.0, "high": 130.0})
    second = first.model_copy(update={"value": 152.0, "high": 180.0})
    kept(chair, "frontal", measurement=examples.measurement(hair_density_per_cm2=first))
    kept(chair, "frontal", measurement=examples.measurement(hair_density_per_cm2=second))
    kept(chair, "frontal", Verdict.REFUSE)
    row = rows_of(client.get(URL).text)["frontal"]
    assert "<strong>152</strong>" in row
    assert "111" not in row
    assert "2 taken again" in row


def test_the_same_address_shows_the_same_work_to_a_new_browser(chair: Chair, client: ChairClient) -> None:
    """Breaks when work is lost with the browser that did it."""
    kept(chair, "frontal")
    client.act(f"{URL}/sites/vertex/left-out", {"reason": "wound"})
    fresh = rows_of(ChairClient(create_app(chair)).get(URL).text)
    known = rows_of(client.get(URL).text)
    assert list(fresh) == list(known)
    assert "wound" in fresh["vertex"]
    assert "taken" in fresh["frontal"]


def test_a_site_is_left_out_with_its_reason_in_the_record(chair: Chair, client: ChairClient) -> None:
    """Breaks when the clinic does not learn why a site is missing."""
    assert client.act(f"{URL}/sites/vertex/left-out", {"reason": "  skin   inflamed "}).json() == {"reload": True}
    record = record_of(chair)
    assert record is not None
    assert [(one.site, one.reason) for one in record.skipped] == [("vertex", "skin inflamed")]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "y" * 10_000])
def test_a_reason_has_bounds(chair: Chair, client: ChairClient, reason: str) -> None:
    """Breaks when a site is left out for nothing, or a whole essay travels."""
    answer = client.act(f"{URL}/sites/vertex/left-out", {"reason": reason})
    assert answer.status_code == 422
    assert answer.json()["sentence"] == "A site is left out with a reason of 1 to 200 characters."
    assert record_of(chair) is None


def test_a_script_in_a_reason_stays_words(client: ChairClient) -> None:
    """Breaks when what somebody typed becomes a part of the page."""
    client.act(f"{URL}/sites/vertex/left-out", {"reason": "<script>alert(1)</script>"})
    page = client.get(URL).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("frontal", "has a picture that counts"),
        ("g120-l35", "Only a site of the protocol"),
        ("nowhere", "names no place on the head"),
        ("g999-l35", "names no place on the head"),
    ],
)
def test_what_cannot_be_left_out_is_said(chair: Chair, client: ChairClient, site: str, said: str) -> None:
    """Breaks when a record contradicts itself, or a wrong address ends in a stack trace."""
    kept(chair, "frontal")
    before = record_of(chair)
    answer = client.act(f"{URL}/sites/{site}/left-out", {"reason": "wound"})
    assert answer.status_code in {404, 422}
    assert said in answer.json()["sentence"]
    assert record_of(chair) == before


@pytest.mark.parametrize(
    "path",
    [
        "/visits/Maria/1",
        "/visits/P-0042/0",
        "/visits/P-0042/1000000000",
        "/visits/P-0042/one",
        "/visits/P-0042/%3Cscript%3E",
        "/visits/p-0042/1",
        "/visits/" + "P" * 10_000 + "/1",
        "/visits/P-0042/\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_an_address_that_names_no_visit_says_so_and_does_not_repeat_it(
    client: ChairClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """Breaks when a name that was typed into the address line comes back, or the page falls over."""
    caplog.set_level(logging.DEBUG)
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This address names no visit." in answer.text
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert "Maria" not in answer.text + "".join(logged)
    assert "<script>alert" not in answer.text


def test_a_visit_that_was_never_begun_says_how_to_begin_it(client: ChairClient) -> None:
    """Breaks when an unknown patient's address shows an empty visit as if it were under way."""
    answer = client.get("/visits/P-0099/3")
    assert answer.status_code == 404
    assert "Visit 3 of P-0099 is not open. Begin it at the start page." in answer.text


def test_nothing_is_changed_in_a_visit_that_has_ended(chair: Chair, client: ChairClient) -> None:
    """Breaks when a visit goes on after its end without anybody opening it; or cannot be opened again."""
    kept(chair, "frontal")
    with chair.store() as store:
        end(store, "P-0042", 1)
    answer = client.act(f"{URL}/sites/vertex/left-out", {"reason": "wound"})
    assert answer.status_code == 422
    assert "is not open" in answer.json()["sentence"]
    page = client.get(URL).text
    assert "This visit was ended" in page
    assert "Open it again" in page
    client.begin()
    assert client.act(f"{URL}/sites/vertex/left-out", {"reason": "wound"}).status_code == 200


def test_somebody_at_another_screen_changes_nothing(chair: Chair, client: ChairClient) -> None:
    """Breaks when two people write into one visit; looking is free."""
    other = ChairClient(create_app(chair))
    other.get("/")
    other.act("/technician", {"technician": "jo"})
    assert other.get(URL).status_code == 200
    for path, body in (
        ("/sites/vertex/left-out", {"reason": "wound"}),
        ("/ratings", {"scale": "ludwig", "grade": "I", "rater": "jo"}),
    ):
        answer = other.act(URL + path, body)
        assert answer.status_code == 409
        assert answer.json()["seat"] is True
    assert record_of(chair) is None
    assert client.act(f"{URL}/sites/vertex/left-out", {"reason": "wound"}).status_code == 200


def test_another_place_is_gone_to(client: ChairClient) -> None:
    """Breaks when a place by the tape gets another key than the one that its series has."""
    assert client.act(f"{URL}/places", {"behind_glabella_mm": 120, "right_mm": -35}).json() == {
        "go": f"{URL}/sites/g120-l35"
    }
    assert client.act(f"{URL}/places", {"behind_glabella_mm": 120, "right_mm": 0}).json() == {
        "go": f"{URL}/sites/g120-m0"
    }


def test_a_place_that_mirrors_a_known_one_is_asked_back(chair: Chair, client: ChairClient) -> None:
    """Breaks when left taken for right starts a second series unnoticed; or cannot be insisted on."""
    kept(chair, "g120-l35")
    asked = {"behind_glabella_mm": 120, "right_mm": 35}
    (doubt,) = client.act(f"{URL}/places", asked).json()["doubts"]
    assert "mirror image is known: g120-l35" in doubt
    assert client.act(f"{URL}/places", asked | {"sure": True}).json() == {"go": f"{URL}/sites/g120-r35"}


@pytest.mark.parametrize(("behind", "right"), [(0, 0), (29, 0), (421, 0), (120, 161), (120, -161), (10**9, 10**9)])
def test_a_place_off_the_scalp_is_refused(client: ChairClient, behind: int, right: int) -> None:
    """Breaks when a slip on the steppers leads to a site that no message can name."""
    answer = client.act(f"{URL}/places", {"behind_glabella_mm": behind, "right_mm": right})
    assert answer.status_code == 422
    assert answer.json()["sentence"].startswith("A place on the scalp lies 30 to 420 mm behind the glabella")


def test_a_rating_stands_in_the_record_with_its_rater(chair: Chair, client: ChairClient) -> None:
    """Breaks when an opinion is lost, or nobody's."""
    assert (
        client.act(f"{URL}/ratings", {"scale": "norwood-hamilton", "grade": "IIIv", "rater": "dr-1"}).status_code == 200
    )
    record = record_of(chair)
    assert record is not None
    assert [(one.scale, one.grade, one.rater) for one in record.ratings] == [("norwood-hamilton", "IIIv", "dr-1")]
    assert "dr-1: Norwood-Hamilton IIIv" in client.get(URL).text


@pytest.mark.parametrize(
    "asked",
    [
        {"scale": "hamilton", "grade": "I", "rater": "mk"},
        {"scale": "ludwig", "grade": "VII", "rater": "mk"},
        {"scale": "ludwig", "grade": "I", "rater": ""},
        {"scale": "ludwig", "grade": "I", "rater": "Maria Schmidt"},
        {"scale": "x" * 10_000, "grade": "y" * 10_000, "rater": "z" * 10_000},
    ],
)
def test_what_is_no_rating_is_refused(chair: Chair, client: ChairClient, asked: dict[str, str]) -> None:
    """Breaks when a rating that no reader knows travels."""
    answer = client.act(f"{URL}/ratings", asked)
    assert answer.status_code == 422
    assert len(answer.json()["sentence"]) < 300
    assert record_of(chair) is None


# ---- thumbnails of baselines


def jpeg(colour: tuple[int, int, int], size_px: tuple[int, int] = (800, 600)) -> bytes:
    """Return a picture of one colour."""
    picture = np.full((size_px[1], size_px[0], 3), colour, np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def colour_of(content: bytes) -> list[float]:
    """Return a thumbnail's mean colour, B G R."""
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (192, 192, 3)
    return [round(float(value), -1) for value in picture.mean(axis=(0, 1))]


def kept_with_picture(chair: Chair, colour: tuple[int, int, int], visit: int = 1, **changes: Any) -> Capture:  # noqa: ANN401
    """Keep a capture of the frontal site with a picture of a colour."""
    content = jpeg(colour)
    named = Picture(sha256=hashlib.sha256(content).hexdigest(), media_type="image/jpeg", size_bytes=len(content))
    example = examples.capture(visit_number=visit, picture=named, **changes)
    with chair.store() as store:
        return store.keep(named, content, lambda sequence: example.model_copy(update={"sequence": sequence}))


def test_a_first_visit_has_no_baseline(client: ChairClient) -> None:
    """Breaks when the page waits for what cannot come."""
    assert client.get(f"{URL}/sites/frontal/baseline.jpg").status_code == 204
    assert "baseline.jpg" not in client.get(URL).text


def test_the_instrument_s_own_baseline_is_shown_small(chair: Chair, client: ChairClient) -> None:
    """Breaks when another site's or visit's picture stands for the baseline."""
    kept_with_picture(chair, (40, 90, 200), visit=1)
    kept_with_picture(chair, (200, 40, 40), visit=2)
    client.begin(visit=3)
    rows = rows_of(client.get("/visits/P-0042/3").text)
    assert "baseline.jpg" in rows["frontal"]
    answer = client.get("/visits/P-0042/3/sites/frontal/baseline.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert colour_of(answer.content) == [40, 90, 200]
    assert len(answer.content) < 20_000
    assert client.get("/visits/P-0042/3/sites/vertex/baseline.jpg").status_code == 204


def test_the_clinic_s_answer_is_shown_once_it_is_here_and_nobody_waits(chair: Chair, client: ChairClient) -> None:
    """Breaks when the baseline of another instrument is not shown, or the screen stands still until it comes."""
    client.begin(visit=2)
    assert client.get("/visits/P-0042/2/sites/vertex/baseline.jpg").status_code == 204
    assert "baseline.jpg" in rows_of(client.get("/visits/P-0042/2").text)["vertex"]  # asked: it may still come
    with chair.store() as store:
        asks = Asks(store)
        (ask,) = [one for one in asks.pending(clock.now()) if b'"vertex"' in one.payload]
        answer = BaselineAnswer(
            message_id=ask.message_id,
            answered_at=clock.now(),
            baseline=examples.capture(site="vertex", device_id="chair-2"),
            picture=ReducedPicture(jpeg=jpeg((30, 160, 60)), um_per_px=10.6),
        )
        assert asks.record_answer(answer)
    assert colour_of(client.get("/visits/P-0042/2/sites/vertex/baseline.jpg").content) == [30, 160, 60]


def test_a_rejected_picture_is_no_baseline_s_thumbnail(chair: Chair, client: ChairClient) -> None:
    """Breaks when a technician is shown, and chooses a site by, a picture that a person took out."""
    kept_with_picture(chair, (40, 90, 200), visit=1)
    taken_out = kept_with_picture(chair, (200, 40, 40), visit=1)
    only_one = kept_with_picture(chair, (9, 99, 9), visit=1, site="vertex")
    with chair.store() as store:
        for one in (taken_out, only_one):
            decide(store, chair.settings, one, Decided(Decision.REJECTED, "mk", "Wrong site."))
    client.begin(visit=2)
    with chair.store() as store:
        Asks(store).forget_visit("P-0042", 2)  # the clinic is away: nothing comes of the ask any more
    rows = rows_of(client.get("/visits/P-0042/2").text)
    assert "baseline.jpg" in rows["frontal"]
    assert colour_of(client.get("/visits/P-0042/2/sites/frontal/baseline.jpg").content) == [40, 90, 200]
    assert "baseline.jpg" not in rows["vertex"]
    assert client.get("/visits/P-0042/2/sites/vertex/baseline.jpg").status_code == 204


@pytest.mark.parametrize("offered_visit", [1, 2, None])
def test_the_thumbnail_is_of_what_is_compared_with(
    chair: Chair, client: ChairClient, offered_visit: int | None
) -> None:
    """Breaks when a site is found again by another picture than the one that it is compared with."""
    kept_with_picture(chair, (200, 40, 40), visit=2)
    client.begin(visit=4)
    elsewhere = None if offered_visit is None else examples.capture(device_id="chair-2", visit_number=offered_visit)
    with chair.store() as store:
        asks = Asks(store)
        (ask,) = [one for one in asks.pending(clock.now()) if b'"frontal"' in one.payload]
        answer = BaselineAnswer(
            message_id=ask.message_id,
            answered_at=clock.now(),
            baseline=elsewhere,
            picture=None if elsewhere is None else ReducedPicture(jpeg=jpeg((30, 160, 60)), um_per_px=10.6),
            reason="The clinic has none." if elsewhere is None else None,
        )
        assert asks.record_answer(answer)
        compared = find_baseline(chair.settings, store, "P-0042", "frontal", 4, with_picture=False)
    assert isinstance(compared, Found)
    shown = colour_of(client.get("/visits/P-0042/4/sites/frontal/baseline.jpg").content)
    assert shown == ([200, 40, 40] if offered_visit is None else [30, 160, 60])
    assert (compared.baseline.capture == elsewhere) is (offered_visit is not None)
    if elsewhere is not None:
        with chair.store() as store:
            said = {"decision": Decision.REJECTED, "reason": "Wrong site."}
            store.keep_message(lambda sequence: examples.review_of(elsewhere, sequence=sequence, **said))
        assert colour_of(client.get("/visits/P-0042/4/sites/frontal/baseline.jpg").content) == [200, 40, 40]


def test_a_damaged_picture_is_a_thumbnail_less(chair: Chair, client: ChairClient) -> None:
    """Breaks when one bad file takes the whole screen away."""
    kept_with_picture(chair, (40, 90, 200))
    (file,) = (path for path in (chair.settings.state_folder / "pictures").rglob("*") if path.is_file())
    file.write_bytes(b"\xff\xd8 not what was kept")
    client.begin(visit=2)
    assert client.get("/visits/P-0042/2").status_code == 200
    assert client.get("/visits/P-0042/2/sites/frontal/baseline.jpg").status_code == 204


def test_thumbnails_are_bounded(chair: Chair) -> None:
    """Breaks when a day's patients fill the memory of a small board."""
    kept_with_picture(chair, (40, 90, 200), visit=1)
    kept_with_picture(chair, (200, 40, 40), visit=1)  # taken again: the baseline is another one now
    thumbnails = Thumbnails(chair, most=1)
    second = thumbnails.of(VisitAddress("P-0042", 2), "frontal")
    assert second is not None
    assert thumbnails.of(VisitAddress("P-0042", 3), "frontal") is second  # the same capture: made once
    kept_with_picture(chair, (9, 99, 9), patient_code="P-0107")
    assert thumbnails.of(VisitAddress("P-0107", 2), "frontal") is not None
    assert len(thumbnails) == 1
