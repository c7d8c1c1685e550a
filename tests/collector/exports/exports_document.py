"""The parts of docs/exports.md that are made from the code."""

from collections.abc import Iterator

from collector.exports.codes import CONCEPTS, FIGURES, SITES, UNIT_SIZES
from collector.exports.tabular import TABLES


def tables() -> str:
    """Return the table of tables."""
    return "\n".join(_tables())


def codes() -> str:
    """Return the tables of codes."""
    return "\n".join((*_figures(), "", *_sites(), "", *_others()))


def _tables() -> Iterator[str]:
    yield "| table | columns | a row is told by | what a row is |"
    yield "|---|---|---|---|"
    for table in TABLES:
        about = table.about.removeprefix("One row a ")
        yield f"| `{table.name}` | {len(table.columns)} | {', '.join(table.key)} | a {about} |"


def _figures() -> Iterator[str]:
    yield "| figure | code | UCUM | definition |"
    yield "|---|---|---|---|"
    for code in (*FIGURES.values(), *UNIT_SIZES):
        yield f"| {code.display} | `{code.code}` | `{code.ucum}` | {code.definition} |"


def _sites() -> Iterator[str]:
    yield "| site | code | SNOMED CT | |"
    yield "|---|---|---|---|"
    for site in SITES.values():
        number, display = site.structure
        own = "" if site.snomed else "none of its own: what holds it"
        yield f"| {site.display} | `{site.local}` | {number} {display} | {own} |"


def _others() -> Iterator[str]:
    yield "| other | code | definition |"
    yield "|---|---|---|"
    for one in CONCEPTS:
        yield f"| {one.display} | `{one.code}` | {one.definition} |"
