"""The start: who works here, a patient's code, the visit's number, today's list; and what people type wrongly."""

import datetime
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.dates import format_date

from contract import DayList, SkippedSite, Verdict
from contract.day_list import Expected
from device import clock
from device.baseline import Asks
from device.chair.appointments import begin, end, keep_record, open_visits
from device.chair.chair import Chair
from device.delivery.day_list import keep
from device.page.app import create_app
from device.sites import Said
from tests.device.page.chair_fixture import ChairClient, open_small_chair
from tests.device.page.kept_examples import kept


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    """Give a chair that nobody sits at."""
    with open_small_chair(tmp_path) as opened:
        yield opened


@pytest.fixture
def client(chair: Chair) -> ChairClient:
    """Give a browser that has loaded the start page."""
    browser = ChairClient(create_app(chair))
    browser.get("/")
    return browser


def visits_of(chair: Chair) -> list[tuple[str, int, str]]:
    """Return the open visits."""
    with chair.store() as store:
        return [(one.patient_code, one.visit_number, one.by) for one in open_visits(store)]


def expect_today(chair: Chair, *expected: Expected, day: datetime.date | None = None) -> None:
    """Have the clinic's list of a day be here."""
    listed = DayList(
        clinic_id="riverside",
        device_id="chair-1",
        made_at=clock.now(),
        day=day or clock.date_here(),
        expected=expected,
    )
    keep(chair.settings.state_folder, listed.encode())


def test_a_visit_is_begun_and_is_still_open_after_a_reload(chair: Chair, client: ChairClient) -> None:
    """Breaks when the first thing a technician does is lost, or leads to another visit's page."""
    answer = client.act("/visits", {"technician": "mk", "patient": "P-0042", "visit": 1})
    assert answer.json() == {"go": "/visits/P-0042/1"}
    assert visits_of(chair) == [("P-0042", 1, "mk")]
    again = ChairClient(create_app(chair))  # the browser was killed: a new session, the same store
    again.get("/")
    again.act("/technician", {"technician": "mk"})
    assert 'href="/visits/P-0042/1"' in again.get("/").text


def test_who_works_here_is_asked_once_and_offered_from_then_on(chair: Chair, client: ChairClient) -> None:
    """Breaks when a technician must type the code before each patient, or cannot be changed."""
    assert 'id="who-code"' in client.get("/").text
    client.act("/technician", {"technician": "mk"})
    asked = client.get("/").text
    assert 'id="who-code"' not in asked
    assert 'id="code"' in asked
    client.act("/visits", {"technician": "mk", "patient": "P-0042", "visit": 1})
    other = ChairClient(create_app(chair)).get("/").text
    assert 'data-technician="mk"' in other
    assert 'id="who-code"' in client.get("/?who").text


def test_whoever_sits_here_may_change_and_keeps_the_seat(chair: Chair, client: ChairClient) -> None:
    """Breaks when a change of hands at one screen locks out the second pair, or decisions bear the first one's code."""
    client.begin(technician="mk")
    client.act("/technician", {"technician": "jo"})
    assert chair.seat.holder is not None
    assert chair.seat.holder.technician == "jo"
    client.begin(patient="P-0107", technician="jo")
    assert ("P-0107", 1, "jo") in visits_of(chair)


@pytest.mark.parametrize(
    "typed", ["", " ", "Maria Schmidt", "mk;rm", "<script>alert(1)</script>", "m" * 10_000, "P-0042", "p-0042"]
)
def test_what_is_no_code_of_a_person_is_refused(chair: Chair, client: ChairClient, typed: str) -> None:
    """Breaks when a name, a script or a patient's wristband is taken for who works here."""
    answer = client.act("/technician", {"technician": typed})
    assert answer.status_code == 422
    assert answer.json()["sentence"].startswith(("The code of who works here is", "This is a patient's code."))
    begun = client.act("/visits", {"technician": typed, "patient": "P-0042", "visit": 1})
    assert begun.status_code == 422
    assert visits_of(chair) == []
    assert 'id="who-code"' in client.get("/").text


NAMES = ["Maria Schmidt", "SCHMIDT", "maria.schmidt@example.org", "1961-07-04", "Schmidt-1961", "Ägidius"]
NONSENSE = ["", "P-", "0042", "P-0042-7", "<script>alert(1)</script>", "P-" + "1" * 10_000, "Q-0042", "P\x00-42"]


@pytest.mark.parametrize("typed", NAMES + NONSENSE)
@pytest.mark.parametrize("path", ["/visits", "/visits/proposed"])
def test_what_is_no_patient_code_is_refused_and_never_said_again(
    chair: Chair, client: ChairClient, caplog: pytest.LogCaptureFixture, path: str, typed: str
) -> None:
    """Breaks when a name comes back on the page or into the log, or a visit of nobody is begun."""
    caplog.set_level(logging.DEBUG)
    body = {"patient": typed} | ({"technician": "mk", "visit": 1} if path == "/visits" else {})
    answer = client.act(path, body)
    assert answer.status_code == 422
    assert answer.json()["sentence"].endswith((".", "!"))
    assert visits_of(chair) == []
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    said = answer.text + client.get("/").text + "".join(logged)
    if typed in NAMES or len(typed) > 100:
        assert typed not in said
        assert typed.upper() not in said
    if "<script>" in typed:
        assert "alert(1)" not in said


@pytest.mark.parametrize("number", [0, -1, 10_000, 10**9])
def test_a_visit_s_number_has_bounds(chair: Chair, client: ChairClient, number: int) -> None:
    """Breaks when a slip of the finger makes a visit that no message can name."""
    answer = client.act("/visits", {"technician": "mk", "patient": "P-0042", "visit": number})
    assert answer.status_code == 422
    assert answer.json()["sentence"] == "A visit's number is 1 to 9999. Correct it."
    assert visits_of(chair) == []


@pytest.mark.parametrize(
    "body",
    [
        {"technician": "mk", "patient": "P-0042"},
        {"technician": "mk", "patient": "P-0042", "visit": "two"},
        {"technician": "mk", "patient": "P-0042", "visit": 1.5},
        {"technician": "mk", "patient": "P-0042", "visit": None},
        {"technician": ["mk"], "patient": "P-0042", "visit": 1},
        {"technician": "mk", "patient": {"$ne": ""}, "visit": 1},
        {"technician": "mk", "patient": "P-0042", "visit": 1, "name": "Maria"},
    ],
)
def test_a_body_of_another_shape_is_refused_in_a_sentence(
    chair: Chair, client: ChairClient, body: dict[str, object]
) -> None:
    """Breaks when a broken request ends in a stack trace, or begins a visit."""
    answer = client.act("/visits", body)
    assert answer.status_code == 422
    assert answer.json()["sentence"].startswith("What was sent cannot be used")
    assert visits_of(chair) == []


def test_small_letters_and_a_scanner_s_blanks_are_taken(client: ChairClient) -> None:
    """Breaks when a scanner without capitals, or with a blank at the end, cannot be used."""
    assert client.act("/visits/proposed", {"patient": "p-0042 "}).json()["patient"] == "P-0042"


def test_the_number_proposed_is_the_one_that_is_due(chair: Chair, client: ChairClient) -> None:
    """Breaks when a second visit is proposed as the first: it would overwrite a baseline's meaning."""

    def proposed() -> tuple[int, bool]:
        said = client.act("/visits/proposed", {"patient": "P-0042"}).json()
        return said["visit"], said["open"]

    assert proposed() == (1, False)
    client.begin()
    assert proposed() == (1, True)
    kept(chair, "frontal")
    with chair.store() as store:
        end(store, "P-0042", 1)
    assert proposed() == (2, False)
    expect_today(chair, Expected(patient_code="P-0042", visit_number=4))  # two visits were at another instrument
    assert proposed() == (4, False)
    expect_today(chair, Expected(patient_code="P-0042", visit_number=1))  # as a form has it that nobody filled in
    assert proposed() == (2, False)
    listed = (Expected(patient_code="P-0042", visit_number=number) for number in (1, 3, 5))
    expect_today(chair, *listed)
    assert proposed() == (3, False)


A_MONTH_AGO = datetime.timedelta(days=30)


def taken_a_month_ago(chair: Chair, visit: int, patient: str = "P-0042") -> None:
    """Have a visit's frontal site be taken a month ago, and the visit be ended."""
    before = clock.now() - A_MONTH_AGO
    with chair.store() as store:
        begin(store, patient, visit, "mk")
        kept(chair, "frontal", patient_code=patient, visit_number=visit, taken_at=before, created_at=before)
        end(store, patient, visit)


def test_a_visit_of_an_earlier_day_is_gone_on_with_only_if_somebody_says_so(chair: Chair, client: ChairClient) -> None:
    """Breaks when today's pictures join an old visit without anybody's notice, and become the baseline."""
    taken_a_month_ago(chair, 1)
    body = {"technician": "mk", "patient": "P-0042", "visit": 1}
    answer = client.act("/visits", body)
    assert answer.status_code == 200
    assert list(answer.json()) == ["asks"]
    day = format_date((clock.now() - A_MONTH_AGO).astimezone(), locale="en")
    assert answer.json()["asks"] == (
        f"Visit 1 was taken on {day}: today's pictures would join it. Choose a later number, or go on with it."
    )
    assert visits_of(chair) == []
    assert client.act("/visits", body | {"again": True}).json() == {"go": "/visits/P-0042/1"}
    assert visits_of(chair) == [("P-0042", 1, "mk")]
    assert client.act("/visits", body | {"visit": 2}).json() == {"go": "/visits/P-0042/2"}


def test_a_visit_without_a_picture_of_an_earlier_day_is_asked_of_too(
    chair: Chair, client: ChairClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks when a visit of which only the record is here, as all sites were left out, is opened again unasked."""
    before, now = clock.now() - A_MONTH_AGO, clock.now
    monkeypatch.setattr(clock, "now", lambda: before)
    with chair.store() as store:
        said = Said(skipped=(SkippedSite(site="frontal", reason="Wound."),))
        keep_record(store, chair.settings, "P-0042", 1, said)
    monkeypatch.setattr(clock, "now", now)
    body = {"technician": "mk", "patient": "P-0042", "visit": 1}
    assert "asks" in client.act("/visits", body).json()


def test_a_visit_of_today_is_opened_again_unasked(chair: Chair, client: ChairClient) -> None:
    """Breaks when a technician who ended a visit too early is asked what goes without saying."""
    client.begin()
    kept(chair, "frontal")
    with chair.store() as store:
        end(store, "P-0042", 1)
    client.begin()
    assert visits_of(chair) == [("P-0042", 1, "mk")]


def test_a_follow_up_asks_the_clinic_for_its_baselines_ahead(chair: Chair, client: ChairClient) -> None:
    """Breaks when the technician waits for the clinic at each site, or a first visit asks for what cannot be there."""
    client.begin(visit=1)
    with chair.store() as store:
        assert Asks(store).pending(clock.now()) == []
    client.begin(visit=2)
    with chair.store() as store:
        assert len(Asks(store).pending(clock.now())) == len(chair.settings.visits.protocol)


def test_today_s_list_says_what_is_expected_begun_and_ended(chair: Chair, client: ChairClient) -> None:
    """Breaks when the clinic's list is not shown, or a patient who was taken still looks due."""
    client.begin(patient="P-0107")
    client.begin(patient="P-0311")
    with chair.store() as store:
        end(store, "P-0311", 1)
    expect_today(
        chair,
        Expected(patient_code="P-0042", visit_number=2, at=datetime.time(9, 30)),
        Expected(patient_code="P-0107", visit_number=1, at=datetime.time(10, 0)),
        Expected(patient_code="P-0311", visit_number=1),
    )
    listed = client.get("/").text.partition("Today&#39;s list")[2]
    rows = listed.split("<li>")[1:]
    assert [("P-0042" in row, "P-0107" in row, "P-0311" in row).index(True) for row in rows] == [0, 1, 2]
    assert "9:30" in rows[0]
    assert "Expected" in rows[0]
    assert 'data-visit="2"' in rows[0]
    assert "Begun" in rows[1]
    assert "Ended" in rows[2]


def rows_of_today(client: ChairClient) -> list[str]:
    """Return the rows of today's list."""
    return client.get("/").text.partition("Today&#39;s list")[2].split("<li>")[1:]


def test_a_visit_that_the_command_line_took_today_is_not_due_any_more(chair: Chair, client: ChairClient) -> None:
    """Breaks when a patient who was taken without the page still looks due."""
    client.act("/technician", {"technician": "mk"})
    expect_today(chair, Expected(patient_code="P-0042", visit_number=1))
    assert "Expected" in rows_of_today(client)[0]
    kept(chair, "frontal")
    (row,) = rows_of_today(client)
    assert "Ended" in row
    assert 'href="/visits/P-0042/1"' in row


def test_a_number_of_an_earlier_day_on_today_s_list_leads_to_a_visit_of_today(
    chair: Chair, client: ChairClient
) -> None:
    """Breaks when a list with old numbers calls a patient who waits outside done, or leads into the old visit."""
    client.act("/technician", {"technician": "mk"})
    taken_a_month_ago(chair, 1)
    taken_a_month_ago(chair, 2)
    expect_today(chair, Expected(patient_code="P-0042", visit_number=1))
    (row,) = rows_of_today(client)
    assert "Expected" in row
    assert 'data-visit="3"' in row
    client.begin(visit=3)
    (row,) = rows_of_today(client)
    assert "Begun" in row
    assert 'href="/visits/P-0042/3"' in row
    kept(chair, "frontal", visit_number=3)
    with chair.store() as store:
        end(store, "P-0042", 3)
    (row,) = rows_of_today(client)
    assert "Ended" in row
    assert 'href="/visits/P-0042/3"' in row


def test_yesterday_s_list_is_not_today_s(chair: Chair, client: ChairClient) -> None:
    """Breaks when a list that was never replaced has people wait for patients of another day."""
    client.act("/technician", {"technician": "mk"})
    yesterday = clock.date_here() - datetime.timedelta(days=1)
    expect_today(chair, Expected(patient_code="P-0099", visit_number=2), day=yesterday)
    assert "P-0099" not in client.get("/").text
    expect_today(chair, Expected(patient_code="P-0099", visit_number=2))
    assert "P-0099" in client.get("/").text


def test_an_open_visit_says_how_many_sites_are_taken(chair: Chair, client: ChairClient) -> None:
    """Breaks when one cannot see where the work was left; what the gate refused is not taken."""
    client.begin()
    assert "0 of 6 sites" in client.get("/").text
    kept(chair, "frontal")
    kept(chair, "frontal")
    kept(chair, "vertex")
    kept(chair, "mid-scalp", Verdict.REFUSE)
    assert "2 of 6 sites" in client.get("/").text


def test_what_is_wrong_with_the_machine_is_one_line_with_a_way_out(client: ChairClient) -> None:
    """Breaks when a patient is taken with an instrument that needs something, and nobody was told."""
    text = client.get("/").text
    assert text.count('class="trouble ') == 1
    assert "calibrat" in text.partition('class="trouble-words">')[2].partition("</span>")[0].casefold()
    assert 'href="/calibration"' in text


def test_the_letters_of_the_clinic_s_pattern_are_offered(tmp_path: Path) -> None:
    """Breaks when the keypad cannot type a clinic's codes."""
    with open_small_chair(tmp_path, patients={"pattern": "(A|BC)-12[0-9]{3}"}) as chair:
        client = ChairClient(create_app(chair))
        client.get("/")
        client.act("/technician", {"technician": "mk"})
        text = client.get("/").text
        assert 'data-stem="A-12"' in text
        assert 'data-stem="BC-12"' in text
        assert client.act("/visits/proposed", {"patient": "BC-12345"}).status_code == 200
        assert client.act("/visits/proposed", {"patient": "P-0042"}).status_code == 422


def test_two_technicians_cannot_work_at_once_and_one_may_take_over(chair: Chair) -> None:
    """Breaks when two people write into one visit, or the second can never work."""
    app = create_app(chair)
    first, second = ChairClient(app), ChairClient(app)
    first.begin(technician="mk")
    second.get("/")
    refused = second.act("/visits", {"technician": "jo", "patient": "P-0107", "visit": 1})
    assert refused.status_code == 409
    assert refused.json()["seat"] is True
    assert refused.json()["sentence"].startswith("mk was last at work on another screen of this instrument.")
    assert visits_of(chair) == [("P-0042", 1, "mk")]
    banner = second.get("/").text
    assert "mk was last at work on another screen of this instrument." in banner
    assert 'data-act="/seat"' in banner
    assert second.act("/seat").json() == {"reload": True}
    second.begin(patient="P-0107", technician="jo")
    turned_away = first.act("/visits", {"technician": "mk", "patient": "P-0311", "visit": 1})
    assert turned_away.status_code == 409
    assert visits_of(chair) == [("P-0107", 1, "jo"), ("P-0042", 1, "mk")]


def test_the_same_person_goes_on_at_another_screen(chair: Chair) -> None:
    """Breaks when, after a browser's crash, a technician is told that they work at another screen themselves."""
    app = create_app(chair)
    crashed, again = ChairClient(app), ChairClient(app)
    crashed.begin(technician="mk")
    gone = chair.seat.holder
    again.get("/")
    assert again.act("/technician", {"technician": "mk"}).status_code == 200
    text = again.get("/").text
    assert "another screen" not in text
    assert chair.seat.holder is not None
    assert chair.seat.holder != gone, "the foot switch counts for the screen that is there"
    assert again.act("/visits", {"technician": "mk", "patient": "P-0107", "visit": 1}).status_code == 200


def test_a_screen_of_nobody_leads_to_who_works_here(chair: Chair) -> None:
    """Breaks when the way out of another's seat is a button that cannot work."""
    app = create_app(chair)
    ChairClient(app).begin(technician="mk")
    text = ChairClient(app).get("/visits/P-0042/1").text
    banner = text.partition('<section id="seat"')[2].partition("</section>")[0]
    assert "mk was last at work" in banner
    assert 'href="/?who"' in banner
    assert "data-act" not in banner


def test_nobody_takes_a_seat_without_a_code(chair: Chair) -> None:
    """Breaks when decisions could be made by nobody."""
    app = create_app(chair)
    first, stranger = ChairClient(app), ChairClient(app)
    first.begin()
    stranger.get("/")
    answer = stranger.act("/seat")
    assert answer.status_code == 422
    assert "who works here" in answer.json()["sentence"]
    assert chair.seat.holder is not None
    assert chair.seat.holder.technician == "mk"


def test_a_window_loaded_for_one_signs_for_no_other(client: ChairClient, chair: Chair) -> None:
    """Breaks when a tab that was left open begins a visit in the name of who is not here any more."""
    client.act("/technician", {"technician": "zz"})
    client.act("/technician", {"technician": "mk"})
    answer = client.act("/visits", {"technician": "zz", "patient": "P-0042", "visit": 1})
    assert answer.status_code == 422
    assert "Load the page again" in answer.json()["sentence"]
    assert visits_of(chair) == []
