"""Alarms: what was sent under the name of something else.

The same one again is counted, not written again; of each device the newest are kept, and the older ones counted, so
that whoever sends them fills no disk.
"""

import sqlalchemy as sa
from alembic import op

from collector.store.types import COUNT, Moment

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("found_sha256", sa.Text, primary_key=True),
        sa.Column("size_bytes", COUNT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("first_at", Moment, nullable=False),
        sa.Column("last_at", Moment, nullable=False),
        sa.Column("times", COUNT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("alarms_of_device", "alarms", ["device_id", "last_at"])
    op.create_table(
        "alarms_dropped",
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("times", COUNT, nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("alarms_dropped")
    op.drop_table("alarms")
