"""Conditional UPDATEs of jobs, and the sets of values that they write."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, update

from stylekit.jobs.database import Database
from stylekit.jobs.job import Job, Status
from stylekit.jobs.table import JOBS, ROW, as_jobs

FRESH: dict[str, Any] = {"fraction": 0.0, "eta_seconds": None, "stage": "", "lease_until": None}
# Whoever saw it in the feed knows its id, which a later order of the same picture has, too.
WAS_IN_FEED = or_(ROW.withdrawn, ROW.published_at.is_not(None))
HIDDEN: dict[str, Any] = {"public": False, "published_at": None, "withdrawn": WAS_IN_FEED}
GONE: dict[str, Any] = HIDDEN | {"deleted": True}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Writes to the table, at the time that `now` tells."""

    database: Database
    max_attempts: int
    keep_seconds: float
    now: Callable[[], float]

    def one(self, id: str, condition: ColumnElement[bool], **values: Any) -> Job | None:
        """Set `values` of one job where `condition` holds; None where it does not."""
        with self.database.write() as connection:
            found = changed(connection, and_(ROW.id == id, condition), values)
        return found[0] if found else None

    def ended(self, status: Status, **values: Any) -> dict[str, Any]:
        """The values of a job that ends now without a picture."""
        now = self.now()
        ended = {"status": status, "finished_at": now, "expires_at": now + self.keep_seconds}
        return ended | {"eta_seconds": None, "stage": "", "lease_until": None} | values


def changed(
    connection: Connection, condition: ColumnElement[bool], values: dict[str, Any]
) -> list[Job]:
    """Set `values` where `condition` holds; returns the rows as they are then."""
    change = update(JOBS).where(condition).values(version=ROW.version + 1, **values)
    return as_jobs(connection.execute(change.returning(JOBS)).all())
