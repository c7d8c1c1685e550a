"""The correction screen: each correction is in the store before it is shown, signed by the instrument itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from contract import Capture, Decision
from contract.review import HairAdded, HairRemoved, HairsJoined, HairSplit, RootMoved
from device import clock
from device.chair.chair import Chair
from device.chair.refusals import ChairRefused
from device.chair.reviewing import draft, review_of
from device.chair.seat import Holder
from device.page.app import create_app
from device.page.undoing import without
from tests.device.page.chair_fixture import ChairClient, open_small_chair
from tests.device.page.kept_captures import REFUSED, hair, keep_capture, new_patient

ADDED = {"edit": "added", "course_px": [[300, 300], [340, 310], [370, 330]], "kind": "vellus"}
BY = {"by": "mk", "at": clock.now()}


@pytest.fixture(scope="module")
def chair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chair]:
    """Give one chair for all tests; each has a patient of its own."""
    with open_small_chair(tmp_path_factory.mktemp("chair")) as opened:
        yield opened


@pytest.fixture
def capture(chair: Chair) -> Capture:
    """Give a capture of three hairs, of a patient whom no other test knows."""
    hairs = (hair(100, 100), hair(200, 200), hair(251, 200))
    return keep_capture(chair, *hairs, patient_code=new_patient())


class Screen:
    """The correction screen of a capture, as its script works with it."""

    def __init__(self, chair: Chair, capture: Capture, technician: str = "mk") -> None:
        self.client = ChairClient(create_app(chair))
        self.here = f"/captures/{capture.message_id}"
        self.client.begin(capture.patient_code, technician=technician)
        self.state: Any = None
        self.load()

    def load(self) -> None:
        """Load the screen."""
        found = re.search(r'id="data">(.*?)</script>', self.client.get(f"{self.here}/correct").text, re.DOTALL)
        assert found is not None
        self.state = json.loads(found.group(1))["state"]

    def act(self, action: str, **asked: Any) -> Any:  # noqa: ANN401  JSON
        """Do an action of the screen, and take over what it answers; return its answer."""
        answer = self.client.act(f"{self.here}/{action}", asked | {"seen": self.state["seen"]})
        if answer.status_code == 200 and "seen" in answer.json():
            self.state = answer.json()
        return answer

    def edit(self, **edit: Any) -> Any:  # noqa: ANN401  JSON
        """Make a correction."""
        return self.act("draft", edit=edit)

    @property
    def hairs(self) -> list[int]:
        """The numbers of the hairs that stand."""
        return [one["number"] for one in self.state["overlay"]["hairs"]]

    @property
    def densities(self) -> tuple[str, str]:
        """The automatic and the corrected density as they are shown."""
        shown = self.state["figures"][0]
        return shown["automatic"].split(" ")[0], shown["corrected"].split(" ")[0]


@pytest.fixture
def screen(chair: Chair, capture: Capture) -> Iterator[Screen]:
    """Give the capture's correction screen."""
    yield Screen(chair, capture)
    chair.seat.take_over(Holder("", "mk"))  # of whoever comes next: most are the same person


def test_every_tool_changes_hairs_and_density(screen: Screen) -> None:
    """Breaks when a tool does nothing, or another thing, or the corrected density does not follow.

    The frame is 0.0815 cm2: three hairs are 36.8 to the cm2.
    """
    assert (screen.hairs, screen.densities) == ([0, 1, 2], ("37", "37"))
    assert screen.edit(**ADDED).status_code == 200
    assert (screen.hairs, screen.densities) == ([0, 1, 2, 3], ("37", "49"))
    screen.edit(edit="removed", hair=0)
    assert (screen.hairs, screen.densities) == ([1, 2, 3], ("37", "37"))
    screen.edit(edit="joined", hairs=[1, 2])
    assert (screen.hairs, screen.densities) == ([3, 4], ("37", "25"))
    joined = next(one for one in screen.state["overlay"]["hairs"] if one["number"] == 4)
    assert (joined["line"][0], joined["line"][-1]) == ([200, 200], [301, 200])
    screen.edit(edit="split", hair=4, at_px=[250, 203])
    assert (screen.hairs, screen.densities) == ([3, 5, 6], ("37", "37"))
    screen.edit(edit="root-moved", hair=5, root_px=[190, 195])
    moved = next(one for one in screen.state["overlay"]["hairs"] if one["number"] == 5)
    assert moved["root"] == [190, 195]
    assert [one["words"] for one in screen.state["edits"]] == [
        "Vellus hair added",
        "Hair removed",
        "Two pieces joined",
        "Hair split in two",
        "Root moved",
    ]


def test_corrections_outlast_browser_and_service(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when a closed browser, or a restart, loses what was corrected so far."""
    screen.edit(**ADDED)
    screen.edit(edit="removed", hair=1)
    with chair.store() as store:
        kept = draft(store, capture)
        assert review_of(store, capture) is None
    assert [(edit.edit, edit.by) for edit in kept] == [("added", "mk"), ("removed", "mk")]
    again = Screen.__new__(Screen)
    again.client, again.here = ChairClient(create_app(chair)), screen.here
    again.load()
    assert again.hairs == screen.hairs == [0, 2, 3]
    assert "Corrections under way" in screen.client.get(screen.here).text


def test_finished_corrections_stand_beside_the_automatic_figures(
    chair: Chair, screen: Screen, capture: Capture
) -> None:
    """Breaks when a correction replaces a figure, or a decision is lost by it."""
    screen.client.act(f"{screen.here}/decision", {"decision": "accepted"})
    screen.edit(**ADDED)
    assert screen.act("corrections").json() == {"go": screen.here}
    with chair.store() as store:
        review = review_of(store, capture)
        assert store.capture(capture.message_id) == capture
        assert draft(store, capture) == (review.edits if review else None)
    assert review is not None
    assert (review.decision, len(review.edits)) == (Decision.ACCEPTED, 1)
    assert review.corrected is not None
    assert len(review.corrected.hairs) == 4
    page = screen.client.get(screen.here).text
    assert "corrected by hand" in page
    assert re.search(r'density-value">37<.*density-value">49<', page, re.DOTALL)
    assert "Corrections under way" not in page


def test_who_and_when_are_the_instruments_word(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when a browser can sign a correction with another's code, or date it back."""
    before = clock.now()
    assert screen.edit(**ADDED, by="jd", at="2020-01-01T00:00:00Z").status_code == 200
    with chair.store() as store:
        (edit,) = draft(store, capture)
    assert edit.by == "mk"
    assert before <= edit.at <= clock.now()


def test_another_technician_goes_on_and_signs_their_own(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when taking over the seat gives the first technician's corrections to the second."""
    screen.edit(**ADDED)
    chair.seat.take_over(Holder("", "jd"))
    second = Screen(chair, capture, technician="jd")
    second.edit(edit="removed", hair=0)
    refused = screen.edit(edit="removed", hair=1)
    assert refused.status_code == 409
    with chair.store() as store:
        assert [(edit.edit, edit.by) for edit in draft(store, capture)] == [("added", "mk"), ("removed", "jd")]


def test_two_tabs_do_not_overwrite_each_other(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when a tab that shows older corrections throws away newer ones, or makes one twice."""
    stale = Screen.__new__(Screen)
    stale.client, stale.here, stale.state = screen.client, screen.here, screen.state
    screen.edit(**ADDED)
    answer = stale.edit(**ADDED)
    assert answer.json()["note"].startswith("Another screen")
    assert stale.hairs == screen.hairs == [0, 1, 2, 3]
    with chair.store() as store:
        assert len(draft(store, capture)) == 1
    assert stale.edit(edit="removed", hair=3).status_code == 200


def test_undo_of_any_correction_keeps_the_others(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when an undo in the middle makes a later correction one of another hair."""
    screen.edit(**ADDED)  # makes 3
    screen.edit(edit="split", hair=0, at_px=[125, 100])  # makes 4 and 5
    screen.edit(edit="removed", hair=5)
    assert screen.act("draft/undo", place=0).status_code == 200
    assert screen.hairs == [1, 2, 3]
    split = next(one for one in screen.state["overlay"]["hairs"] if one["number"] == 3)
    assert (split["line"][0], split["line"][-1]) == ([100, 100], [125, 100])
    refused = screen.act("draft/undo", place=0)
    assert refused.status_code == 422
    assert refused.json()["sentence"] == "Correction 2 is about a hair that this one made. Undo that one first."
    screen.act("draft/undo", place=1)
    screen.act("draft/undo", place=0)
    assert (screen.hairs, screen.densities, screen.state["last"]) == ([0, 1, 2], ("37", "37"), None)
    with chair.store() as store:
        assert draft(store, capture) == ()


def test_redo_makes_again_what_the_last_undo_took_back(screen: Screen) -> None:
    """Breaks when what the screen keeps for redo is not what was undone."""
    screen.edit(**ADDED)
    made, last = screen.state["overlay"]["hairs"], screen.state["last"]
    screen.act("draft/undo", place=0)
    assert screen.edit(**last).status_code == 200
    assert screen.state["overlay"]["hairs"] == made


def test_published_corrections_stay(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when a correction that the clinic has can be made undone here without a trace."""
    screen.edit(**ADDED)
    screen.act("corrections")
    screen.load()
    assert screen.state["published"] == 1
    assert screen.act("draft/undo", place=0).status_code == 422
    assert screen.act("corrections").json()["sentence"] == "Nothing was corrected."
    screen.edit(edit="removed", hair=3)
    screen.act("corrections")
    with chair.store() as store:
        review = review_of(store, capture)
    assert review is not None
    assert [edit.edit for edit in review.edits] == ["added", "removed"]


def test_discarding_forgets_what_is_under_way_and_no_more(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when a discarded correction comes back, or a published one goes."""
    screen.edit(**ADDED)
    screen.act("corrections")
    screen.load()
    screen.edit(edit="removed", hair=0)
    assert screen.act("draft/discard").json() == {"go": screen.here}
    screen.load()
    assert screen.hairs == [0, 1, 2, 3]
    with chair.store() as store:
        review = review_of(store, capture)
        assert draft(store, capture) == (review.edits if review else None)


def test_only_what_is_shown_is_discarded(chair: Chair, screen: Screen, capture: Capture) -> None:
    """Breaks when a tab that shows nothing to lose throws away what another tab has corrected."""
    stale = Screen.__new__(Screen)
    stale.client, stale.here, stale.state = screen.client, screen.here, screen.state
    screen.edit(**ADDED)
    assert stale.client.act(f"{stale.here}/draft/discard").status_code == 422, "what is shown is not said"
    assert stale.act("draft/discard").json()["note"].startswith("Another screen")
    assert stale.hairs == [0, 1, 2, 3]
    with chair.store() as store:
        assert len(draft(store, capture)) == 1
    assert stale.act("draft/discard").json() == {"go": stale.here}
    with chair.store() as store:
        assert draft(store, capture) == ()


@pytest.mark.parametrize("kept", ['[{"edit": "painted"}]', None])
def test_what_an_earlier_release_left_can_be_discarded(
    chair: Chair, screen: Screen, capture: Capture, kept: str | None
) -> None:
    """Breaks when corrections that cannot be read, or not be applied, stand in the way for good."""
    screen.edit(edit="removed", hair=0)
    with chair.store() as store:
        (edit,) = draft(store, capture)
        unusable = f"[{edit.model_dump_json()},{edit.model_dump_json()}]"  # one hair removed twice
        store.connection.execute(
            "UPDATE draft SET edits = ? WHERE capture_id = ?", (kept or unusable, str(capture.message_id))
        )
    screen.load()
    assert screen.edit(edit="removed", hair=1).status_code == 422
    assert screen.act("draft/discard").json() == {"go": screen.here}
    screen.load()
    assert screen.hairs == [0, 1, 2]


@pytest.mark.parametrize(
    "edit",
    [
        {"edit": "removed", "hair": 7},
        {"edit": "removed", "hair": -1},
        {"edit": "removed", "hair": "0; DROP TABLE draft"},
        {"edit": "removed"},
        {"edit": "joined", "hairs": [0, 0]},
        {"edit": "split", "hair": 0, "at_px": [500, 400]},
        {"edit": "root-moved", "hair": 0, "root_px": [-900, 0]},
        {"edit": "added", "course_px": [[300, 300]], "kind": "vellus"},
        {"edit": "added", "course_px": [[300, 300 + i] for i in range(17)], "kind": "vellus"},
        {"edit": "added", "course_px": [[300, 300], [340, 310]], "kind": "grey"},
        {"edit": "painted"},
        {},
    ],
)
def test_what_cannot_be_applied_is_refused_and_nothing_lost(
    chair: Chair, screen: Screen, capture: Capture, edit: dict[str, Any]
) -> None:
    """Breaks when a wrong touch, or nonsense, spoils the corrections made so far."""
    screen.edit(**ADDED)
    answer = screen.edit(**edit)
    assert answer.status_code == 422
    assert 10 < len(answer.json()["sentence"]) < 200
    with chair.store() as store:
        assert [one.edit for one in draft(store, capture)] == ["added"]
    assert screen.edit(edit="removed", hair=3).status_code == 200


def test_a_refused_picture_is_not_corrected(chair: Chair) -> None:
    """Breaks when work goes into a picture that does not count."""
    capture = keep_capture(chair, hair(100, 100), patient_code=new_patient(), quality=REFUSED)
    client = ChairClient(create_app(chair))
    client.begin(capture.patient_code)
    answer = client.get(f"/captures/{capture.message_id}/correct")
    assert answer.status_code == 422
    assert "refused this picture" in answer.text


def test_undoing_renames_hairs_and_refuses_what_hangs_together() -> None:
    """Breaks when numbers that a correction made are given to other hairs."""
    added = HairAdded.model_validate(ADDED | BY)
    split = HairSplit.model_validate({"hair": 10, "at_px": (125, 100)} | BY)  # makes 11 and 12
    edits = (
        added,  # makes 10
        split,
        HairsJoined.model_validate({"hairs": (12, 4)} | BY),  # makes 13
        RootMoved.model_validate({"hair": 13, "root_px": (5, 5)} | BY),
        added,  # makes 14
        HairRemoved.model_validate({"hair": 2} | BY),
    )
    for place in (0, 1, 2):
        with pytest.raises(ChairRefused, match=f"Correction {place + 2}"):
            without(edits, place, 10)
    assert without(edits, 4, 10) == (*edits[:4], edits[5])
    assert without(edits, 3, 10) == (*edits[:3], *edits[4:])
    apart = (added, *edits[4:], HairRemoved.model_validate({"hair": 11} | BY))
    *_, last = without(apart, 0, 10)
    assert isinstance(last, HairRemoved)
    assert last.hair == 10
    for place in (-1, 6):
        with pytest.raises(ChairRefused):
            without(edits, place, 10)
