"""A site's page: what is said of the change, charts, two pictures over each other, every figure with its interval."""

import hashlib
import re
from datetime import timedelta
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image

from collector.page.reduced_pictures import WIDTHS, ReducedPictures
from contract import Decision, Interval, Picture
from contract.change import NoiseFloor
from tests.collector.examples import NOW
from tests.collector.page_clinic import Clinic, text_of
from tests.collector.report_series import (
    SHIFT_PX,
    capture_at,
    change,
    comparison_of,
    hold,
    hold_pictures,
    root_places,
    whole_series,
)
from tests.examples import added_hair, capture, review_of

VERTEX = "/patients/P-0042/sites/vertex"
FLOORS = (
    NoiseFloor(
        figure="hair_density_per_cm2", difference="matched", source="donor", difference_sd=1.6, degrees=24, subjects=12
    ),
    NoiseFloor(
        figure="hair_density_per_cm2", difference="counted", source="donor", difference_sd=7.0, degrees=24, subjects=12
    ),
)


def charts(page: str) -> list[str]:
    """Return the charts of a page, in order."""
    return re.findall(r'<svg class="chart" role="img".*?</svg>', page)


def rows(page: str, table: str) -> list[str]:
    """Return what the rows of a table's body say."""
    (body,) = re.findall(rf'<table class="{table}">.*?<tbody>(.*?)</tbody>', page)
    return [" ".join(text_of(row).split()) for row in re.findall(r"<tr.*?</tr>", body)]


def test_the_change_is_said_first_and_held_against_the_donor_control(clinic: Clinic) -> None:
    """Breaks when the answer must be searched for, or is given without what speaks against it."""
    whole_series(clinic, noise_floors=FLOORS)
    text = text_of(clinic.page(VERTEX))
    sentence = "Hair density: increase by 12.3 hairs/cm² (+8.2 to +16.4), more than the noise floor of 4.1 hairs/cm²."
    assert text.index(sentence) < text.index("Figures over the visits")
    assert "more than the donor control&#39;s over the same visits" in text
    assert "visit 2 against visit 1" in text


def test_a_site_without_comparison_says_so(clinic: Clinic) -> None:
    """Breaks when the first visit's page fails, or claims anything of a change."""
    hold(clinic, capture_at(1))
    page = clinic.page(VERTEX)
    assert "Nothing has been compared at this site yet" in page
    assert len(charts(page)) == 2
    assert 'id="pictures"' not in page


def test_charts_draw_site_and_donor_with_intervals_and_floor(clinic: Clinic) -> None:
    """Breaks when a chart leaves out the donor control, an interval or the noise floor."""
    whole_series(clinic, noise_floors=FLOORS)
    density, diameter, changes, hairs = charts(clinic.page(VERTEX))
    for chart in (density, diameter, changes):
        assert chart.count("<title>") == 1 + 2 * 2
        assert 'class="whisker site"' in chart
        assert 'class="whisker donor"' in chart
    assert ('class="band"' in density, 'class="band"' in diameter, 'class="band"' in changes) == (True, False, True)
    assert "Visit 2: 138 hairs/cm² (119–161)." in density  # noqa: RUF001
    assert "Visit 2: +12.3 hairs/cm² (+8.2 to +16.4)." in changes
    assert "Visit 2: 26 kept, 1 new, 1 lost." in hairs


def test_the_second_chart_is_chosen_by_a_link(clinic: Clinic) -> None:
    """Breaks when another figure cannot be drawn, or a wrong one ends in an error."""
    whole_series(clinic)
    page = clinic.page(f"{VERTEX}?figure=thin_hair_share")
    assert "Thin-hair share" in charts(page)[1]
    assert "Visit 1: 9 % (5–15)." in charts(page)[1]  # noqa: RUF001
    assert re.findall(r'aria-current="true">([^<]*)<', page) == ["Thin-hair share (&lt; 30 µm)"]
    for link in re.findall(r'href="([^"]*\?figure=[^"#]*)', page):
        assert clinic.client.get(link).status_code == 200
    assert "Mean projected diameter" in charts(clinic.page(f"{VERTEX}?figure=<x>"))[1]


def test_every_change_stands_in_the_table(clinic: Clinic) -> None:
    """Breaks when a chart shows what no table says in numbers."""
    whole_series(clinic, noise_floors=FLOORS)
    (row,) = rows(clinic.page(VERTEX), "changes")
    assert row == (
        "1 → 2 Increase: +12.3 +8.2 to +16.4 Increase: +10.5 +6.8 to +14.1 No change beyond noise: −0.29"  # noqa: RUF001
        " −1.46 to +2.04 Increase: +0.73 +0.46 to +1.01 Cannot tell: −4.8 −25.5 to +34.7 26 1 1 1 1"  # noqa: RUF001
    )


def test_corrections_stand_beside_the_automatic_figure(clinic: Clinic) -> None:
    """Breaks when a correction takes a figure's place, or is in no chart and no table."""
    shown = capture_at(1)
    corrected = shown.measurement.model_copy(
        update={"hair_density_per_cm2": Interval(value=141.0, low=121.0, high=163.0)}
    )
    hold(clinic, shown, review_of(shown, edits=(added_hair(),), corrected=corrected, decision=None, decided_by=None))
    page = clinic.page(VERTEX)
    (row,) = rows(page, "visits")
    assert row.startswith("1 Mar 4, 2026 · baseline 134 115–157 corrected by hand: 141 121–163")  # noqa: RUF001
    assert charts(page)[0].count('class="mark corrected"') == 1
    assert "By corrected hairs" in page


def test_an_instrument_that_changed_is_flagged_where_it_did(clinic: Clinic) -> None:
    """Breaks when a new lens passes for a change of the hair in chart or table."""
    taken = [capture_at(number, lens="lens 7" if number < 3 else "lens 8") for number in (1, 2, 3, 4)]
    hold(clinic, *taken)
    page = clinic.page(VERTEX)
    flagged = [row for row in rows(page, "visits") if "another lens" in row]
    assert [row[0] for row in flagged] == ["3"]
    assert charts(page)[0].count('class="changed-at"') == 1
    assert "Instrument changed" in page


def test_rejected_captures_are_named_and_count_nowhere(clinic: Clinic) -> None:
    """Breaks when a rejected picture is a point of a chart, or disappears without a word."""
    vertex, _ = whole_series(clinic)
    rejected = capture_at(2, message_id=vertex.followup.message_id)
    clinic.holds(review_of(rejected, decision=Decision.REJECTED, reason="A fold."))
    page = clinic.page(VERTEX)
    assert [row[0] for row in rows(page, "visits")] == ["1"]
    assert f'<s><a href="/captures/{rejected.message_id}">visit 2</a></s>' in page
    assert "Nothing has been compared" in page


def test_a_site_of_which_all_was_rejected_still_has_a_page(clinic: Clinic) -> None:
    """Breaks when the only picture's rejection makes the page fail, and nobody finds the picture again."""
    shown = capture_at(1)
    hold(clinic, shown, review_of(shown, decision=Decision.REJECTED, reason="A fold."))
    page = clinic.page(VERTEX)
    assert "No capture of this site counts." in page
    assert f"/captures/{shown.message_id}" in page
    assert "no capture that counts" in clinic.page("/patients/P-0042")


@pytest.mark.parametrize("path", ["/patients/P-9999/sites/vertex", "/patients/P-0042/sites/frontal", f"{VERTEX}x"])
def test_what_is_not_there_is_said(clinic: Clinic, path: str) -> None:
    """Breaks when a wrong address ends in an empty page or a traceback."""
    hold(clinic, capture_at(1))
    answer = clinic.client.get(path)
    assert answer.status_code == 404
    assert "Go back" in answer.text or "Check the code" in answer.text


def marks_of(page: str) -> list[list[tuple[str, float, float]]]:
    """Return the marks of both pictures: kind, x, y."""
    layers = re.findall(r'<g class="marks-layer">(.*?)</g>', page)
    return [
        [
            (kind, float(x), float(y))
            for kind, x, y in re.findall(r'<use href="#mark-([a-z-]+)" x="([-\d.]+)" y="([-\d.]+)"/>', layer)
        ]
        for layer in layers
    ]


def test_pictures_lie_over_each_other_with_their_marks(clinic: Clinic) -> None:
    """Breaks when the later picture or its marks lie elsewhere than the hairs, or a fate is drawn as another."""
    whole_series(clinic)
    page = clinic.page(VERTEX)
    first, second = marks_of(page)
    places = root_places()
    assert {(x, y) for _, x, y in first} == {(x, y) for _, x, y in second} == set(places)
    assert ("lost", *places[9]) in first
    assert ("gone", *places[9]) in second
    assert ("not-yet", *places[5]) in first
    assert ("new", *places[5]) in second
    assert ("thicker", *places[0]) in second
    assert [kind for kind, _, _ in second].count("kept") == 24
    images = re.findall(r"<image [^>]*>", page)
    assert "transform" not in images[0]
    assert f"1.0000000 {-SHIFT_PX[0]:.4f} {-SHIFT_PX[1]:.4f})" in images[1]
    assert all("/reduced/800" in one for one in images)


def test_two_visits_lie_over_each_other_by_their_baseline(clinic: Clinic) -> None:
    """Breaks when visits that were never compared are shown with marks of others, or not laid over each other."""
    first, second, third = (capture_at(number) for number in (1, 2, 3))
    hold(clinic, first, second, third, *(comparison_of(first, later, change()) for later in (second, third)))
    hold_pictures(clinic, first, second)
    page = clinic.page(f"{VERTEX}?earlier=2&later=3")
    assert "They lie over each other by their comparisons with the baseline" in page
    assert marks_of(page) == [[], []]
    assert "matrix(1.0000000 0.0000000 0.0000000 1.0000000 0.0000 0.0000)" in page
    for turned in ("?earlier=3&later=2", "?earlier=3&later=3", "?earlier=77&later=3", "?earlier=&later=x"):
        assert clinic.client.get(VERTEX + turned).status_code == 200
    assert '<option value="2" selected>' in clinic.page(f"{VERTEX}?earlier=3&later=2").split("Later")[0]


def test_pictures_that_cannot_be_registered_are_shown_as_taken(clinic: Clinic) -> None:
    """Breaks when an unmatched pair is claimed to show one place, or not shown at all."""
    whole_series(clinic, found=change(transform=None, hairs=(), density_change_per_cm2=None))
    page = clinic.page(VERTEX)
    assert "could not be laid over each other" in page
    assert len(re.findall(r"<image ", page)) == 2
    assert "Hairs could not be matched" in page


def test_a_picture_that_has_not_arrived_is_pending(clinic: Clinic) -> None:
    """Breaks when a broken image stands where a picture is still under way."""
    first, second = capture_at(1), capture_at(2)
    hold(clinic, first, second, comparison_of(first, second, change()))
    hold_pictures(clinic, first)
    page = clinic.page(VERTEX)
    assert page.count("Picture pending") == 1
    assert len(re.findall(r"<image ", page)) == 1


def test_long_tables_are_a_step_further_and_whole(clinic: Clinic) -> None:
    """Breaks when a long series has no table of all of its visits, or a page of megabytes."""
    measured = capture_at(1).measurement
    taken = [
        capture(site="vertex", visit_number=number, measurement=measured, taken_at=NOW + timedelta(days=90 * number))
        for number in range(1, 41)
    ]
    hold(clinic, *taken, *(comparison_of(taken[0], later, change()) for later in taken[1:]))
    page = clinic.page(VERTEX)
    assert len(rows(page, "visits")) == 24
    (link, _) = re.findall(r'href="([^"]*rows=all[^"]*)"', page)
    whole = clinic.client.get(link.split("#")[0])
    assert len(rows(whole.text.replace("\n", " "), "visits")) == 40
    assert len(whole.content) < 300_000


def test_a_page_needs_nothing_that_the_policy_forbids(clinic: Clinic) -> None:
    """Breaks when a page loses its looks to its own policy, or asks another host."""
    whole_series(clinic)
    for path in ("/patients", "/patients/P-0042", VERTEX):
        page = clinic.client.get(path).text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://|<script>", page)
        for address in re.findall(r'(?:href|src)="(/static/[^"#]+)', page):
            assert clinic.client.get(address).status_code == 200, address


def test_markup_in_a_message_is_text(clinic: Clinic) -> None:
    """Breaks when an instrument can put markup into a chart or a table."""
    evil = "<img src=x onerror=alert(1)>"
    hold(clinic, capture_at(1, lens="a"), capture_at(2, lens=evil, device_id="chair-2", software_version=evil))
    for path in ("/patients/P-0042", VERTEX):
        assert "<img src=x" not in clinic.page(path)


def whole_picture(clinic: Clinic, size_px: tuple[int, int]) -> str:
    """Store a JPEG of a size with a capture that names it, and return its digest."""
    file = BytesIO()
    Image.effect_noise(size_px, 60).convert("RGB").save(file, "JPEG", quality=90)
    sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    incoming = clinic.pictures.receive(sha256)
    incoming.write(file.getvalue())
    incoming.finish()
    picture = Picture(sha256=sha256, media_type="image/jpeg", size_bytes=len(file.getvalue()))
    clinic.holds(capture(picture=picture))
    return sha256


@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_is_given_as_wide_as_asked(clinic: Clinic, width: int) -> None:
    """Breaks when a page of pictures loads megabytes, or a picture is squeezed."""
    sha256 = whole_picture(clinic, (2028, 1521))
    answer = clinic.client.get(f"/pictures/{sha256}/reduced/{width}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"
    given = Image.open(BytesIO(answer.content))
    assert given.size == (width, round(1521 * width / 2028))
    assert not given.getexif()


def test_a_small_picture_is_not_blown_up(clinic: Clinic) -> None:
    """Breaks when pixels are made that no camera saw."""
    sha256 = whole_picture(clinic, (400, 300))
    assert Image.open(BytesIO(clinic.client.get(f"/pictures/{sha256}/reduced/800").content)).size == (400, 300)


@pytest.mark.parametrize(
    "path", ["{sha256}/reduced/321", "{sha256}/reduced/99999999", "{sha256}/reduced/x", "abc/reduced/320"]
)
def test_other_widths_are_not_made(clinic: Clinic, path: str) -> None:
    """Breaks when a stranger's address makes the collector scale a picture to any size."""
    sha256 = whole_picture(clinic, (400, 300))
    assert clinic.client.get(f"/pictures/{path.format(sha256=sha256)}").status_code == 404


def test_reduced_pictures_are_kept_within_bounds_and_forgotten_with_the_picture(clinic: Clinic) -> None:
    """Breaks when memory grows with the pictures looked at, or an erased patient's picture is still shown."""
    digests = [whole_picture(clinic, (640 + 4 * at, 480)) for at in range(4)]
    reduced = ReducedPictures(clinic.pictures, kept_bytes=40_000)
    for sha256 in digests * 2:
        made = reduced.jpeg(sha256, 320)
        assert made is not None
        assert reduced.kept_bytes <= 40_000
    before = reduced.kept_bytes
    assert before > 0
    clinic.pictures.delete(digests[-1])
    assert reduced.jpeg(digests[-1], 320) is None
    assert reduced.kept_bytes < before


def test_visits_stand_in_order_of_time(clinic: Clinic) -> None:
    """Breaks when a chart draws a later visit to the left of an earlier one."""
    hold(clinic, *(capture_at(number) for number in (3, 1, 2)))
    drawn = charts(clinic.page(VERTEX))[0]
    across = [float(x) for x in re.findall(r'<g data-visit="\d+">.*?cx="([\d.]+)"', drawn)]
    assert len(across) == 3
    assert all(later > earlier for earlier, later in pairwise(across))
