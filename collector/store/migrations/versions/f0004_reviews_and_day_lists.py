"""What people said of captures, each word kept; and the lists of days, of which the newest is what holds."""

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.facts import protect, unprotect
from collector.store.types import COUNT, CalendarDay, Identifier, Moment

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("message_id", Identifier, primary_key=True, nullable=False),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("clinic_id", sa.Text, nullable=False),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("patient_code", sa.Text, nullable=False),
        sa.Column("visit_number", sa.Integer, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("capture_id", Identifier, nullable=False),  # of a capture that may come later, or never
        sa.Column("sequence", COUNT, nullable=False),
        sa.Column("received_at", Moment, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("reviews_of_capture", "reviews", ["capture_id"])
    op.create_index("reviews_of_site", "reviews", ["patient_code", "site"])
    protect("reviews", "review", erasable=False)
    # Appointments are no record of what was done: a later list takes an earlier one's place, and days that are over go.
    op.create_table(
        "day_lists",
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("day", CalendarDay, primary_key=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("day_lists")
    unprotect("reviews", "review")
    op.drop_table("reviews")
