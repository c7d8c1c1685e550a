"""What instruments say beyond captures: what changed between two of them, and how a visit went."""

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.facts import protect, unprotect
from collector.store.types import Identifier, Moment

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.create_table(
        "comparisons",
        sa.Column("message_id", Identifier, primary_key=True, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.Text, nullable=False),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("patient_code", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("comparisons_of_site", "comparisons", ["patient_code", "site"])
    protect("comparisons", "comparison", erasable=False)
    op.create_table(
        "visits",
        sa.Column("message_id", Identifier, primary_key=True, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.Text, nullable=False),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("patient_code", sa.Text, nullable=False),
        sa.Column("visit_number", sa.Integer, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("visits_of_patient", "visits", ["patient_code", "visit_number"])
    protect("visits", "visit", erasable=False)
    op.create_index("captures_of_site", "captures", ["patient_code", "site"])


def downgrade() -> None:
    op.drop_index("captures_of_site", "captures")
    for table, word in (("visits", "visit"), ("comparisons", "comparison")):
        unprotect(table, word)
        op.drop_table(table)
