"""Jobs that were taken back from the feed, which only their owners see from then on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing that is there was taken back; earlier processes may still write rows without it."""
    op.add_column(
        "jobs", sa.Column("withdrawn", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_column("jobs", "withdrawn")
