"""The tables: what a row is, and its columns."""

from collector.exports.tabular.tables.captures import CAPTURES
from collector.exports.tabular.tables.changes import CHANGES
from collector.exports.tabular.tables.corrected import CORRECTED
from collector.exports.tabular.tables.hairs import CORRECTED_HAIRS, HAIRS
from collector.exports.tabular.tables.table import Table
from collector.exports.tabular.tables.visits import RATINGS, VISIT_SITES, VISITS

TABLES: tuple[Table, ...] = (CAPTURES, HAIRS, CORRECTED, CORRECTED_HAIRS, CHANGES, VISITS, VISIT_SITES, RATINGS)
"""Every table, in the order of the codebook."""

__all__ = [
    "CAPTURES",
    "CHANGES",
    "CORRECTED",
    "CORRECTED_HAIRS",
    "HAIRS",
    "RATINGS",
    "TABLES",
    "VISITS",
    "VISIT_SITES",
    "Table",
]
