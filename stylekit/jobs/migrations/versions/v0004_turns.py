"""Whose turn it is: where an order came from, what it costs, and when it was last begun."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing is known of what is there; earlier processes may still write rows without it."""
    op.add_column(
        "jobs", sa.Column("address", sa.String(200), nullable=False, server_default=sa.text("''"))
    )
    op.add_column(
        "jobs", sa.Column("cost", sa.Double(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("jobs", sa.Column("served_at", sa.Double()))
    op.create_index("jobs_served", "jobs", ["engine", "served_at"])
    op.create_index("jobs_turns", "jobs", ["status", "engine", "address", "owner", "queued_at"])


def downgrade() -> None:
    """Forget it."""
    op.drop_index("jobs_turns", "jobs")
    op.drop_index("jobs_served", "jobs")
    for name in ("address", "cost", "served_at"):
        op.drop_column("jobs", name)
