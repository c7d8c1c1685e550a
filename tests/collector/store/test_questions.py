"""What the clinic's pages and its interface ask of the store: nothing that grows with all that is in it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from benchmarks.collector.every_page import Address, FilledClinic
from benchmarks.collector.filled_store import Filled, fill
from collector.store.store import Store
from tests.postgresql import PostgreSQL

LARGE = ("captures", "comparisons", "visits", "reviews", "patients", "audit_trail", "quarantine")
"""The tables that grow for as long as the clinic works."""

_FEW, _MANY = 60, 600
_GROWS = 2.0
"""More work than so many times that in a tenth of the store grew. A list that the small one cannot fill has 1.7."""

_STEPS = 10


@dataclass
class Asked:
    """What was asked of the store while a page was made."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    steps: int = 0


@contextmanager
def listening() -> Iterator[Asked]:
    """Note every question, and on SQLite how many steps of its machine they took."""
    asked = Asked()

    def count() -> int:
        asked.steps += _STEPS
        return 0

    def note(_connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:  # noqa: ANN401
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.statements.append((statement, parameters))
            if isinstance(cursor.connection, sqlite3.Connection):
                cursor.connection.set_progress_handler(count, _STEPS)
        elif isinstance(cursor.connection, sqlite3.Connection):
            cursor.connection.set_progress_handler(None, 0)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def small_visits(store: Store, patients: int) -> Filled:
    """Fill a store with patients who came twice; ten of them are in a study, however many there are."""
    return fill(store, patients, visit_numbers=2, in_study=10)


def faults_of(store: Store, statement: str, parameters: Any) -> list[str]:  # noqa: ANN401
    """Return how a question goes through a whole table."""
    if not any(table in statement for table in LARGE):
        return []
    with store.reading() as connection:
        if store.database.is_sqlite:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return _faults_on_sqlite([(row[1], row[-1]) for row in plan], statement)
        # A small table is read whole, and sorted, even where an index would serve: what is left has no other way.
        for way in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            connection.exec_driver_sql(f"SET LOCAL {way} = off")
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        found = plan.scalar_one()
        whole = json.loads(found) if isinstance(found, str) else found
        return list(_faults_on_postgresql(whole[0]["Plan"], limited=False))


_OF_LAST_TERMS = re.compile("FOR (LAST .*TERM|RIGHT PART)")


def _faults_on_sqlite(plan: list[tuple[int, str]], statement: str) -> list[str]:
    """Return the steps that go through a whole table; each comes with the number of the part that it belongs to."""
    # In an index's order a list stops at its limit; not where rows are left out, or must all be sorted first. The last
    # terms of an order are sorted among those that are alike in the first.
    sorted_first = {part for part, step in plan if "TEMP B-TREE" in step and not _OF_LAST_TERMS.search(step)}
    may_stop = "LIMIT" in statement and "WHERE" not in statement
    return [
        step
        for part, step in plan
        for table in LARGE
        if step.startswith(f"SCAN {table}") and not (may_stop and " USING " in step and part not in sorted_first)
    ]


def _faults_on_postgresql(node: dict[str, Any], *, limited: bool) -> Iterator[str]:
    table, kind = node.get("Relation Name"), node["Node Type"]
    # What is sorted, counted or hashed is read to its end, whatever limit stands above.
    limited = kind == "Limit" or (limited and kind not in _READ_WHOLE)
    if table in LARGE:
        stops = limited and "Filter" not in node
        if not (stops or _is_searched(node)) or kind == "Seq Scan":
            yield f"{kind} on {table}" + (f", {node['Filter']}" if "Filter" in node else "")
    for below in node.get("Plans", ()):
        yield from _faults_on_postgresql(below, limited=limited)


_READ_WHOLE = {"Sort", "Aggregate", "Hash", "WindowAgg", "Bitmap Heap Scan"}


def _is_searched(node: dict[str, Any]) -> bool:
    if node["Node Type"].startswith("Bitmap") and "Plans" in node:
        return all(_is_searched(below) for below in node["Plans"])
    return "Index Cond" in node


def pages_of(clinic: FilledClinic) -> list[Address]:
    """Return every page once: to another role it shows the same, but for the first."""
    known: dict[tuple[str, str], Address] = {}
    for one in clinic.addresses():
        known.setdefault((one.name, one.role if one.name == "/" else ""), one)
    return list(known.values())


def faults_of_page(clinic: FilledClinic, address: Address) -> list[str]:
    """Return what of a page's questions goes through a whole table."""
    with listening() as asked:
        answer = clinic.ask(address, 0)
    assert answer.status == 200, (address.name, answer.text)
    return [
        f"{address.name} of {address.role}: {fault}\n    {statement}"
        for statement, parameters in asked.statements
        for fault in faults_of(clinic.store, statement, parameters)
    ]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledClinic]:
    """Return a clinic of few patients."""
    with FilledClinic(tmp_path_factory.mktemp("few"), _FEW, fill_store=small_visits) as clinic:
        yield clinic


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledClinic]:
    """Return a clinic of ten times as many."""
    with FilledClinic(tmp_path_factory.mktemp("many"), _MANY, fill_store=small_visits) as clinic:
        yield clinic


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql_cluster: PostgreSQL) -> Iterator[FilledClinic]:
    """Return a clinic over PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgresql")
    with FilledClinic(folder, 12, postgresql_cluster.fresh(), small_visits) as clinic:
        yield clinic


def test_no_page_goes_through_a_whole_table(few: FilledClinic) -> None:
    """Breaks when a page or resource asks SQLite something that no index answers."""
    faults = [fault for address in pages_of(few) for fault in faults_of_page(few, address)]
    assert not faults, "\n\n".join(dict.fromkeys(faults))


def test_no_page_goes_through_a_whole_table_on_postgresql(on_postgresql: FilledClinic) -> None:
    """Breaks when a page or resource asks PostgreSQL something that no index answers."""
    faults = [fault for address in pages_of(on_postgresql) for fault in faults_of_page(on_postgresql, address)]
    assert not faults, "\n\n".join(dict.fromkeys(faults))


def test_no_page_works_more_in_a_larger_store(few: FilledClinic, many: FilledClinic) -> None:
    """Breaks when the same patient's page takes more of the database where there are ten times as many patients.

    Counted are the steps of SQLite's machine, in which every row that is looked at shows, fetched or not.
    """
    grown = []
    for small, large in zip(pages_of(few), pages_of(many), strict=True):
        assert (small.name, small.role) == (large.name, large.role)
        counts = []
        for clinic, address in ((few, small), (many, large)):
            clinic.ask(address, 0)
            with listening() as asked:
                assert clinic.ask(address, 0).status == 200
            counts.append(asked.steps)
        if counts[1] > _GROWS * counts[0] + 200:
            grown.append(f"{small.name} of {small.role}: {counts[0]} steps, then {counts[1]}")
    assert not grown, "\n".join(grown)


_PLANTED = (
    "SELECT message_id FROM captures WHERE verdict = 'refuse'",
    "SELECT count(*) FROM comparisons",
    "SELECT patient_code FROM visits ORDER BY content_sha256 LIMIT 5",
    "SELECT entry_id FROM audit_trail WHERE detail = 'x' ORDER BY entry_id LIMIT 5",
    "SELECT patient_code FROM patients WHERE patient_code LIKE '%42'",
)


@pytest.mark.parametrize("statement", _PLANTED)
def test_a_planted_question_is_found(few: FilledClinic, on_postgresql: FilledClinic, statement: str) -> None:
    """Breaks when the tests above would find nothing whatever is asked."""
    assert faults_of(few.store, statement, ()), "SQLite"
    assert faults_of(on_postgresql.store, statement.replace("%", "%%"), ()), "PostgreSQL"


@pytest.mark.parametrize("statement", [one for one in _PLANTED if "count(*)" not in one])  # one step of the machine
def test_a_planted_question_is_found_by_its_work(
    few: FilledClinic, many: FilledClinic, statement: str, steps_of: Callable[[Store, str], int]
) -> None:
    """Breaks when counting steps finds no growth whatever is asked."""
    assert steps_of(many.store, statement) > _GROWS * steps_of(few.store, statement) + 200


@pytest.fixture
def steps_of() -> Callable[[Store, str], int]:
    """Return what counts the steps of a question on SQLite."""

    def count(store: Store, statement: str) -> int:
        with listening() as asked, store.reading() as connection:
            connection.exec_driver_sql(statement).all()
        return asked.steps

    return count


def test_a_question_by_an_index_is_none_of_them(few: FilledClinic, on_postgresql: FilledClinic) -> None:
    """Breaks when everything is taken for a fault."""
    for statement in (
        "SELECT payload FROM captures WHERE patient_code = 'P-0003' AND site = 'vertex'",
        "SELECT patient_code FROM patients ORDER BY last_taken_at DESC, patient_code DESC LIMIT 51",
        "SELECT entry_id FROM audit_trail ORDER BY entry_id DESC LIMIT 51",
    ):
        for clinic in (few, on_postgresql):
            assert faults_of(clinic.store, statement, ()) == []
