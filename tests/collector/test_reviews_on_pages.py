"""What people said of captures, on the clinic's pages: beside the automatic figures, and never instead of them."""

import re

import pytest

from contract import Capture, Decision, HairRemoved, Review, Site
from tests.collector.examples import NOW
from tests.collector.page_clinic import Clinic, text_of
from tests.examples import added_hair, capture, corrected_measurement, review_of

REJECTED = {"decision": Decision.REJECTED, "reason": "A fold of the <cap>."}
_HAIRS_SHOWN = 'aria-label="Hairs shown"'


def corrected(shown: Capture, **changes: object) -> Review:
    """Return the word that a hair was missed, and nothing decided."""
    fields = {"edits": (added_hair(),), "corrected": corrected_measurement(), "decision": None, "decided_by": None}
    return review_of(shown, **fields | changes)


def figure_row(page: str, name: str) -> str:
    """Return what a figure's row says."""
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", page) if f'<th scope="row">{name}</th>' in row]
    return text_of(row)


def test_an_accepted_capture_says_by_whom_and_when(clinic: Clinic) -> None:
    """Breaks when the clinic cannot tell what a technician looked at from what nobody did."""
    shown, other = capture(), capture(site=Site.VERTEX)
    clinic.holds(shown, other, review_of(shown))
    page = text_of(clinic.page(f"/captures/{shown.message_id}"))
    assert "Accepted by mk, Mar 4, 2026" in page
    assert "1 entry" in page
    assert "Corrected" not in page
    assert "What was said of it" not in clinic.page(f"/captures/{other.message_id}")


def test_a_rejected_capture_says_why_and_that_it_does_not_count(clinic: Clinic) -> None:
    """Breaks when a rejected picture looks like any other, or its reason brings marks into the page."""
    shown = capture()
    clinic.holds(shown, review_of(shown, **REJECTED))
    page = clinic.page(f"/captures/{shown.message_id}")
    assert "A fold of the &lt;cap&gt;." in page
    assert "does not count for its site" in text_of(page)
    assert figure_row(page, "Hair density").split() == ["Hair", "density", "1", "0", "to", "7", "hairs/cm²"]


def test_corrected_figures_stand_beside_the_automatic_ones(clinic: Clinic) -> None:
    """Breaks when a correction replaces a figure, is not told from it, or hides who made it."""
    shown = capture()
    clinic.holds(shown, corrected(shown))
    page = clinic.page(f"/captures/{shown.message_id}")
    assert "Automatic" in text_of(page)
    assert "Corrected by hand 1 correction" in text_of(page)
    assert figure_row(page, "Hair density").split() == [
        *("Hair", "density", "1", "0", "to", "7", "2", "0", "to", "9", "hairs/cm²")
    ]
    assert "Mar 4, 2026" in text_of(page)
    assert "mk: Hair added, terminal" in text_of(page)
    assert "Nobody has accepted or rejected it." in text_of(page)


@pytest.mark.parametrize(("query", "hairs"), [("", 1), ("?hairs=corrected", 2), ("?hairs=other", 1)])
def test_the_overlay_shows_what_is_asked_for(clinic: Clinic, query: str, hairs: int) -> None:
    """Breaks when corrected hairs are drawn as the automatic ones, or it is not said which are shown."""
    shown = capture()
    clinic.holds(shown, corrected(shown))
    page = clinic.page(f"/captures/{shown.message_id}{query}")
    assert f'aria-label="{hairs} hairs' in page
    assert _HAIRS_SHOWN in page
    drawn = page.split('<svg class="overlay"')[1].split("</svg>")[0]
    assert drawn.count('class="shaft"') == hairs
    (current,) = re.findall(r'aria-current="true">(\w+)<', page)
    assert current == ("Corrected" if hairs == 2 else "Automatic")


def test_without_corrections_nothing_is_to_choose(clinic: Clinic) -> None:
    """Breaks when a page offers corrected hairs that there are none of, or fails on an address from before."""
    shown = capture()
    clinic.holds(shown, review_of(shown))
    page = clinic.page(f"/captures/{shown.message_id}?hairs=corrected")
    assert 'aria-label="1 hairs and' in page
    assert _HAIRS_SHOWN not in page


def test_all_that_was_said_stays_to_be_read(clinic: Clinic) -> None:
    """Breaks when a decision or a correction that was taken back disappears."""
    shown = capture()
    removed = HairRemoved(by="tech-3", at=NOW, hair=0)
    clinic.holds(
        shown,
        review_of(shown, sequence=5, **REJECTED),
        corrected(shown, sequence=6, edits=(added_hair(), removed)),
        corrected(shown, sequence=7, edits=(added_hair(),)),
        corrected(shown, sequence=8, decision=Decision.ACCEPTED, decided_by="tech-3"),
    )
    page = clinic.page(f"/captures/{shown.message_id}")
    audit = [
        text_of(one.split("</time>, ")[1]).strip()
        for one in re.findall(r"<li>(?:(?!<li>).)*?</li>", page.split("audit")[1])
    ]
    assert audit == [
        "mk: Rejected: A fold of the &lt;cap&gt;. (holds no more)",
        "mk: Hair added, terminal",
        "tech-3: Hair 1 removed (holds no more)",
        "tech-3: Accepted",
    ]
    assert "Accepted by tech-3" in text_of(page)


def test_a_rejected_capture_does_not_count_for_its_site(clinic: Clinic) -> None:
    """Breaks when a patient's table shows the figures of a picture that was rejected, or hides that there was one."""
    frontal, again, vertex = capture(), capture(sequence=2), capture(site=Site.VERTEX)
    clinic.holds(frontal, again, vertex, review_of(again, **REJECTED), review_of(vertex, **REJECTED))
    page = clinic.page("/patients/P-0042")
    assert "1 of 6 sites" in text_of(page)
    assert f'<h3><a href="/captures/{frontal.message_id}">' in page
    assert f'<s><a href="/captures/{again.message_id}">capture</a></s>' in page
    assert "Vertex Rejected Does not count: capture" in text_of(page)
    assert f'<s><a href="/captures/{vertex.message_id}">' in page


def test_a_capture_that_is_accepted_after_all_counts_again(clinic: Clinic) -> None:
    """Breaks when the first word on a capture stands for ever, or the order of arrival decides."""
    shown = capture()
    clinic.holds(shown, review_of(shown, sequence=7), review_of(shown, sequence=6, **REJECTED))
    assert "1 of 6 sites" in text_of(clinic.page("/patients/P-0042"))


def test_a_corrected_capture_is_marked_in_the_table(clinic: Clinic) -> None:
    """Breaks when nobody sees that a figure was corrected without opening each picture."""
    shown = capture()
    clinic.holds(shown, corrected(shown))
    page = text_of(clinic.page("/patients/P-0042"))
    assert "Corrected by hand" in page
    assert "1 hairs/cm²" in page, "the figure that is shown is the automatic one"


def test_the_word_of_another_instrument_counts_for_nothing(clinic: Clinic) -> None:
    """Breaks when one chair's key rejects what another chair took."""
    shown = capture()
    clinic.holds(shown, review_of(shown, device_id="chair-2", **REJECTED))
    assert "1 of 6 sites" in text_of(clinic.page("/patients/P-0042"))
    assert "What was said of it" not in clinic.page(f"/captures/{shown.message_id}")


def test_a_review_may_come_before_its_capture(clinic: Clinic) -> None:
    """Breaks when the order in which messages arrive decides whether a picture counts."""
    shown = capture()
    clinic.holds(review_of(shown, **REJECTED))
    assert clinic.client.get("/patients/P-0042").status_code == 404
    clinic.holds(shown)
    assert "0 of 6 sites" in text_of(clinic.page("/patients/P-0042"))
