"""Tidy tables as CSV and Parquet, with a codebook: for studies, statistics and spreadsheets."""

from collector.exports.tabular.export import ExportCancelled, ExportExists, ExportFailed, export_tables
from collector.exports.tabular.rows import CaptureRow, ComparisonRow, Source, VisitRow
from collector.exports.tabular.table_writing import Format
from collector.exports.tabular.tables import TABLES, Table

__all__ = [
    "TABLES",
    "CaptureRow",
    "ComparisonRow",
    "ExportCancelled",
    "ExportExists",
    "ExportFailed",
    "Format",
    "Source",
    "Table",
    "VisitRow",
    "export_tables",
]
