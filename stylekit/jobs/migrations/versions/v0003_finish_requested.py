"""Jobs whose picture is good as it stands: they end early, with it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nobody has asked that of what is there; earlier processes may still write rows without it."""
    op.add_column(
        "jobs",
        sa.Column("finish_requested", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_column("jobs", "finish_requested")
