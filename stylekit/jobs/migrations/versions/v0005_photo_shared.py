"""Whether others see the photo beside the painting; until now everybody with a link did."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """What is in the feed stays as it was shown; a link to anything else shows the painting."""
    op.add_column(
        "jobs",
        sa.Column("photo_shared", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute("UPDATE jobs SET photo_shared = public")


def downgrade() -> None:
    """Forget it."""
    op.drop_column("jobs", "photo_shared")
