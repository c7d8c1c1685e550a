"""What a study asks of the store: by patient, never the whole table."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import event

from collector.store.store import Store
from collector.studies import conduct
from collector.studies.reading import Readings
from contract import Decision
from tests.collector.studies.examples import CODE, allocated, holds, plan, taken
from tests.examples import review_of


def test_no_question_reads_a_whole_table_of_facts(tmp_path: Path) -> None:
    """Breaks when a study's page grows with all that the clinic ever stored."""
    asked: list[tuple[str, object]] = []
    with closing(Store(tmp_path / "collector.sqlite3")) as store:
        conduct.add(store, plan(), "mk")
        conduct.enter_patients(store, CODE, allocated(300), "mk")
        one = taken("P-0001", 1, "vertex", 140.0)
        holds(store, one, review_of(one, decision=Decision.REJECTED, reason="blur"))
        conduct.unlock(store, CODE, CODE, "to read its arms", "mk")
        with store.reading() as connection:

            def note(*given: object) -> None:
                asked.append((str(given[2]), given[3]))

            event.listen(connection.engine, "before_cursor_execute", note)
            Readings().of(store, CODE)
            event.remove(connection.engine, "before_cursor_execute", note)
            whole = [
                f"{step[3]}: {statement}"
                for statement, values in asked
                for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
                if str(step[3]).startswith("SCAN") and any(name in step[3] for name in ("captures", "reviews"))
            ]
    assert whole == []
    # Two hundred and fifty patients a question: captures, their last words and two counts.
    about_facts = [statement for statement, _ in asked if "FROM captures" in statement or "FROM reviews" in statement]
    assert len(about_facts) == 2 * 4
