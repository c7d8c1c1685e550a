"""Captures and comparisons without their hairs: the same as whole ones, and the same that count."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from collector.ingestion.decisions import Accepted
from collector.page.courses import read_courses
from collector.report.series import SiteSeries
from collector.store import patients, series, standings
from collector.store.patients import After
from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import Capture, Comparison, Decision, Forced, Message, Quality, Review, Site, Verdict, new_message_id
from tests.collector.examples import NOW
from tests.collector.page_clinic import TOPIC
from tests.collector.report_series import capture_at, change, comparison_of
from tests.examples import added_hair, capture, corrected_measurement, review_of

PATIENT = "P-0042"
REJECTED = {"decision": Decision.REJECTED, "reason": "A fold."}
FORCED = Forced(by="mk", note="The patient cannot come again.", at=NOW)


def hold(store: Store, *messages: Message) -> None:
    """Store messages, each in a batch of its own, a second apart."""
    for at, one in enumerate(messages):
        store.store_batch([Accepted(TOPIC, one, one.encode())], NOW + timedelta(seconds=at))  # type: ignore[arg-type]


def stored_as(store: Store, comparison: Comparison, payload: bytes) -> None:
    """Store a comparison whose bytes are others than this release would write."""
    store.store_batch([Accepted(TOPIC, comparison, payload)], NOW)


def some_messages(seed: int) -> list[Message]:
    """Return takes of two sites over visits, their comparisons and what was said of them, in any order of arrival."""
    chance = random.Random(seed)
    messages: list[Message] = []
    for site in (Site.VERTEX, Site.OCCIPITAL):
        takes: list[Capture] = []
        for visit in range(1, chance.randint(2, 5)):
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                verdict = chance.choice((Verdict.PASS, Verdict.PASS, Verdict.WARN, Verdict.REFUSE))
                forced = FORCED if verdict is Verdict.REFUSE and chance.random() < 0.4 else None
                takes.append(
                    capture_at(
                        visit,
                        site,
                        message_id=new_message_id(),
                        sequence=chance.randint(1, 9),
                        device_id=chance.choice(("chair-1", "chair-2")),
                        taken_at=NOW + timedelta(days=90 * visit, minutes=chance.randint(0, 3)),
                        quality=Quality(verdict=verdict, forced=forced),
                    )
                )
        for later in takes:
            earlier = [one for one in takes if one.visit_number < later.visit_number]
            messages += [
                comparison_of(chance.choice(earlier), later, change(), sequence=chance.randint(1, 3))
                for _ in range(chance.randint(0, 2) if earlier else 0)
            ]
        for one in takes:
            for _ in range(chance.choice((0, 0, 0, 1, 2))):
                said = chance.choice(
                    (
                        {},
                        REJECTED,
                        {"edits": (added_hair(),), "corrected": corrected_measurement()},
                        {"device_id": "chair-9", **REJECTED},
                        {"visit_number": 7, **REJECTED},
                    )
                )
                messages.append(review_of(one, sequence=chance.randint(1, 3), **said))
        messages += takes
    chance.shuffle(messages)
    return messages


@pytest.mark.parametrize("seed", range(6))
def test_the_same_captures_count_by_columns_as_by_whole_messages(store: Store, seed: int) -> None:
    """Breaks when lists and charts count a capture that reports leave out, or choose another take or comparison."""
    hold(store, *some_messages(seed))
    with store.reading() as connection:
        courses = read_courses(connection, PATIENT)
        alone = read_courses(connection, PATIENT, [Site.VERTEX])
    assert alone.course(Site.VERTEX) == courses.course(Site.VERTEX)
    for site in (Site.VERTEX, Site.OCCIPITAL):
        read, course = SiteSeries.read(store, PATIENT, site), courses.course(site)
        assert [one.message_id for one in course.captures] == [one.message_id for one in read.captures]
        assert [one.message_id for one in course.comparisons] == [one.message_id for one in read.comparisons]
        assert (course.baseline and course.baseline.message_id) == (read.baseline and read.baseline.message_id)


@pytest.mark.parametrize("seed", range(6, 12))
def test_what_stands_is_the_same_by_columns_as_by_whole_reviews(store: Store, seed: int) -> None:
    """Breaks when the two readings of people's words disagree on what is rejected or corrected."""
    messages = some_messages(seed)
    hold(store, *messages)
    whole = store.reviews_of(PATIENT)
    taken = [one for one in messages if isinstance(one, Capture)]
    with store.reading() as connection:
        lean = standings.of_patient(connection, PATIENT)
        by_ids = standings.of_captures(connection, [one.message_id for one in taken])
    for one in taken:
        assert lean.rejects(one) == by_ids.rejects(one) == whole.rejects(one)
        assert lean.corrected(one) == by_ids.corrected(one) == whole.corrected(one)
    for compared in (one for one in messages if isinstance(one, Comparison)):
        assert lean.rejects_one_of(compared) == whole.rejects_one_of(compared)
    assert any(isinstance(one, Review) for one in messages)


def test_corrected_figures_are_those_of_the_last_word(store: Store) -> None:
    """Breaks when a chart draws a correction that was taken back."""
    shown, other = capture(), capture(site=Site.VERTEX)
    corrected = {"edits": (added_hair(),), "corrected": corrected_measurement()}
    hold(store, shown, other, review_of(shown, sequence=1, **corrected), review_of(other, sequence=2, **corrected))
    hold(store, review_of(other, sequence=3))
    with store.reading() as connection:
        said = standings.of_patient(connection, PATIENT, [Site.FRONTAL, Site.VERTEX])
    assert said.corrected_figures(shown)["hair_density_per_cm2"].value == 2.4
    assert said.corrected_figures(other) == {}


def test_without_hairs_everything_else_is_there(store: Store) -> None:
    """Breaks when a figure, a flag or a noise floor goes with the hairs."""
    first, second = capture_at(1), capture_at(2)
    compared = comparison_of(first, second, change(flags=("small-overlap",)))
    hold(store, first, second, compared)
    with store.reading() as connection:
        lean = series.captures_without_hairs(connection, [first.message_id])[first.message_id]
        changed = series.comparisons_without_hairs(connection, [compared.message_id])[compared.message_id]
        whole = series.comparison(connection, compared.message_id)
        (listed, _) = series.listed_captures(connection, PATIENT)
        assert series.comparison(connection, new_message_id()) is None
    emptied = first.measurement.model_copy(update={"hairs": (), "uncounted": (), "uncounted_cells": ()})
    assert lean == first.model_copy(update={"measurement": emptied})
    assert changed == compared.model_copy(update={"change": compared.change.model_copy(update={"hairs": ()})})
    assert whole == compared
    assert listed.figure("mean_diameter_um") == first.measurement.mean_diameter_um
    assert listed.figure("a_figure_of_tomorrow") is None
    assert (listed.picture_sha256, listed.verdict) == (first.picture.sha256, first.quality.verdict)


def test_a_head_is_found_wherever_the_message_holds_it(store: Store) -> None:
    """Breaks when an instrument of another release, which orders its fields otherwise, loses its comparisons."""
    first, second = capture_at(1), capture_at(2)
    usual = comparison_of(first, second, change())
    other = comparison_of(first, capture_at(3), change())
    fields = list(other.model_dump_json()[1:-1].partition('"baseline"'))
    behind = f'{{{fields[0].rstrip(",")}, "padding": "{"x" * 4000}", "baseline"{fields[2]}}}'.encode()
    hold(store, usual)
    stored_as(store, other, behind)
    with store.reading() as connection:
        heads = {one.message_id: one for one in series.newest_comparisons(connection, PATIENT)}
    assert set(heads) == {usual.message_id, other.message_id}
    assert heads[other.message_id].followup == other.followup
    assert heads[usual.message_id].baseline == usual.baseline


def test_a_head_that_is_cut_in_a_number_is_read_whole(store: Store) -> None:
    """Breaks when visit 12 is taken for visit 1 because the first bytes end between its digits."""
    compared = comparison_of(capture_at(1), capture_at(12), change())
    text = compared.model_dump_json()
    last = text.index('"followup":')
    number = text.index('"visit_number":12', last) + len('"visit_number":1')
    for cut in range(-3, 4):
        padded = text.replace('"baseline":', f'"padding":"{"x" * (1536 - number - 13 + cut)}","baseline":', 1)
        message = compared.model_copy(update={"message_id": new_message_id()})
        payload = padded.replace(str(compared.message_id), str(message.message_id), 1).encode()
        stored_as(store, message, payload)
        with store.reading() as connection:
            heads = series.newest_comparisons(connection, PATIENT)
        assert {one.followup.visit_number for one in heads} == {12}


@pytest.mark.parametrize("damaged", ['{"patient_code": "P-0042", "change": {"hairs": []}}', "P-0042 {", ""])
def test_a_message_that_cannot_be_read_is_named_without_what_it_holds(store: Store, damaged: str) -> None:
    """Breaks when one damaged row shows a patient's data in an error, or is passed over in silence."""
    hold(store, comparison_of(capture_at(1), capture_at(2), change()))
    with store.writing() as connection:
        protected = "comparison_never_changes" if store.database.is_sqlite else "comparison_is_for_good ON comparisons"
        connection.execute(text(f"DROP TRIGGER {protected}"))
        connection.execute(text("UPDATE comparisons SET summary = :damaged"), {"damaged": damaged})
    with (
        pytest.raises(StoreFailed, match="a stored comparison cannot be read") as failed,
        store.reading() as connection,
    ):
        series.newest_comparisons(connection, PATIENT)
    assert PATIENT not in str(failed.value)


def test_lists_go_on_where_they_ended(store: Store) -> None:
    """Breaks when a patient is shown twice or never where the list is paged."""
    codes = [f"P-{number:04}" for number in range(40, 52)]
    hold(store, *(capture(patient_code=code, taken_at=NOW + timedelta(days=at // 3)) for at, code in enumerate(codes)))
    with store.reading() as connection:
        seen: list[str] = []
        after: After | None = None
        while some := patients.newest(connection, 5, after):
            seen += [one.patient_code for one in some]
            after = After(some[-1].last_taken_at, some[-1].patient_code)
        found = patients.found(connection, "P-004", 4)
        found += patients.found(connection, "P-004", 9, found[-1].patient_code)
    assert seen == sorted(codes, reverse=True)
    assert [one.patient_code for one in found] == [code for code in codes if code < "P-0050"]


def test_a_list_reads_of_each_site_the_comparison_that_came_last(store: Store) -> None:
    """Breaks when a list of patients tells of an older comparison, or reads all that ever was."""
    first, second, third = (capture_at(number) for number in (1, 2, 3))
    old, new = comparison_of(first, second, change()), comparison_of(first, third, change())
    other = comparison_of(capture_at(1, Site.FRONTAL), capture_at(2, Site.FRONTAL), change())
    hold(store, old, other, new)
    with store.reading() as connection:
        read = patients.newest_comparisons(connection, [PATIENT, "P-9999"])
        assert patients.newest_comparisons(connection, []) == []
    named: set[UUID] = {one.message_id for one in read}
    assert named == {new.message_id, other.message_id}
    assert all(one.change.hairs == () for one in read)
