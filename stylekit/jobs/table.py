"""The job table in SQLAlchemy, and conditions that several queries share."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import JSON, Boolean, ColumnElement, Row, String, and_, column, table

from stylekit.jobs.job import Job, Status

REQUESTS = ("cancel_requested", "finish_requested")
KINDS: dict[str, Any] = {
    "options": JSON(),
    **dict.fromkeys(
        ("public", "photo_shared", "withdrawn", *REQUESTS, "deleted", "expired"), Boolean()
    ),
    **dict.fromkeys(("id", "owner", "address", "engine", "status"), String()),
}


JOBS = table("jobs", *(column(each.name, KINDS.get(each.name)) for each in fields(Job)))


ROW = JOBS.c


VISIBLE = and_(ROW.deleted.is_(False), ROW.expired.is_(False))


FINAL = ROW.status.in_([status.value for status in Status if status.is_final])


def is_queued(engine: str | None) -> ColumnElement[bool]:
    """Queued, for any engine or for one."""
    queued = ROW.status == Status.QUEUED
    return queued if engine is None else and_(queued, ROW.engine == engine)


def as_jobs(rows: Sequence[Row[Any]]) -> list[Job]:
    """What the rows say, as jobs."""
    return [Job(**{**row._mapping, "status": Status(row.status)}) for row in rows]
