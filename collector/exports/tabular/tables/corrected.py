"""The table of corrected figures, beside the automatic ones."""

from collector.exports.tabular.columns import Column, Kind, in_utc
from collector.exports.tabular.rows import CorrectedRow
from collector.exports.tabular.tables.figures import figure_columns, frame_columns
from collector.exports.tabular.tables.table import Table

_CORRECTION: tuple[Column[CorrectedRow], ...] = (
    Column("capture_id", Kind.TEXT, "The capture (UUID).", lambda row: str(row.capture.message_id)),
    Column(
        "review_id", Kind.TEXT, "The review that holds the corrections (UUID).", lambda row: str(row.review.message_id)
    ),
    Column("patient_code", Kind.TEXT, "The patient's pseudonym.", lambda row: row.capture.patient_code),
    Column("visit_number", Kind.WHOLE, "The patient's visit, from 1.", lambda row: row.capture.visit_number, minimum=1),
    Column("site", Kind.TEXT, "The place on the scalp.", lambda row: str(row.capture.site)),
    Column("corrections", Kind.WHOLE, "Corrections in all.", lambda row: len(row.review.edits), minimum=1),
    Column(
        "corrected_by",
        Kind.TEXTS,
        "Who corrected (persons' codes), each once, in the order of their first correction.",
        lambda row: list(dict.fromkeys(edit.by for edit in row.review.edits)),
    ),
    Column(
        "corrected_at",
        Kind.MOMENT,
        "When the last correction was made, in UTC.",
        lambda row: max(in_utc(edit.at) for edit in row.review.edits),
    ),
)

CORRECTED = Table(
    "corrected",
    "One row a capture whose hairs a person corrected: the figures that follow, beside the automatic ones of captures."
    " No comparison is made from these.",
    _CORRECTION + frame_columns(lambda row: row.corrected) + figure_columns(lambda row: row.corrected),
    key=("capture_id",),
    of={"capture_id": ("captures", "capture_id")},
)
