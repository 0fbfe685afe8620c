"""The job table."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table and what finds its rows quickly."""
    op.create_table("jobs", *identity(), *progress(), *result(), *times())
    op.create_index("jobs_in_line", "jobs", ["status", "engine", "queued_at"])
    op.create_index("jobs_of_owner", "jobs", ["owner", "created_at"])
    op.create_index("jobs_in_feed", "jobs", ["public", "published_at"])
    op.create_index("jobs_to_expire", "jobs", ["expires_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("jobs")


def required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def identity() -> list[sa.Column[Any]]:
    """What was asked for, and by whom."""
    return [
        sa.Column("id", sa.String(64), primary_key=True),
        required("owner", sa.String(200)),
        required("engine", sa.String(20)),
        required("engine_version", sa.String(200)),
        required("options", sa.JSON()),
        sa.Column("style_id", sa.String(200)),
        required("content_key", sa.String(500)),
        required("style_key", sa.String(500)),
        required("public", sa.Boolean()),
    ]


def progress() -> list[sa.Column[Any]]:
    """Where the painting stands."""
    return [
        required("status", sa.String(20)),
        required("version", sa.Integer()),
        required("attempts", sa.Integer()),
        required("fence", sa.Integer()),
        required("cancel_requested", sa.Boolean()),
        required("fraction", sa.Double()),
        sa.Column("eta_seconds", sa.Double()),
        required("stage", sa.String(200)),
        required("preview_version", sa.Integer()),
    ]


def result() -> list[sa.Column[Any]]:
    """How it ended."""
    return [
        required("error", sa.Text()),
        required("error_code", sa.String(50)),
        sa.Column("result_key", sa.String(500)),
        sa.Column("result_format", sa.String(20)),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("seconds", sa.Double()),
        required("deleted", sa.Boolean()),
        required("expired", sa.Boolean()),
    ]


def times() -> list[sa.Column[Any]]:
    """Seconds since 1970, UTC."""
    optional = ("started_at", "finished_at", "published_at", "lease_until")
    return [
        *(required(name, sa.Double()) for name in ("created_at", "queued_at", "put_at")),
        required("expires_at", sa.Double()),
        *(sa.Column(name, sa.Double()) for name in optional),
    ]
