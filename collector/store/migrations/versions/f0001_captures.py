"""Captures as they travelled, messages that could not be taken, each device's newest word."""

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.facts import protect, unprotect
from collector.store.types import Identifier, Moment

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "captures",
        sa.Column("message_id", Identifier, primary_key=True, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.Text, nullable=False),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("patient_code", sa.Text, nullable=False),
        sa.Column("visit_number", sa.Integer, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("taken_at", Moment, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("captures_of_patient", "captures", ["patient_code", "visit_number", "taken_at"])
    protect("captures", "capture", erasable=False)
    # The same bytes on the same topic are kept once: an instrument sends again until it has a receipt.
    op.create_table(
        "quarantine",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("content_sha256", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "devices",
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("status", sa.Text),
        sa.Column("health", sa.Text),
        sqlite_strict=True,
    )


def downgrade() -> None:
    unprotect("captures", "capture")
    for table in ("devices", "quarantine", "captures"):
        op.drop_table(table)
