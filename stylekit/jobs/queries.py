"""Queries of the job table: one job, the queued ones, an owner's, the feed."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    select,
)

from stylekit.errors import JobNotFound
from stylekit.jobs.database import Database
from stylekit.jobs.job import Job, Status
from stylekit.jobs.table import JOBS, ROW, VISIBLE, as_jobs, is_queued

IDS_AT_A_TIME = 500  # in one question


class Queries:
    """Reads the table."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    def get(self, id: str) -> Job:
        """The row as it is now, tombstones included.

        Raises:
            JobNotFound: there is none by that id.
        """
        found = self._list(select(JOBS).where(ROW.id == id))
        if not found:
            raise JobNotFound(f"There is no job {id}.")
        return found[0]

    def folders(self, ids: Iterable[str]) -> dict[str, str]:
        """Where the files of those of `ids` are kept that have a row which is no tombstone."""
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for some in batched(sorted(ids), IDS_AT_A_TIME):
                rows = connection.execute(select(JOBS).where(ROW.id.in_(some), VISIBLE)).all()
                found.update((job.id, job.folder) for job in as_jobs(rows))
        return found

    def waiting(self, *, engine: str | None = None, limit: int = 1000) -> list[Job]:
        """Queued jobs of any engine or of one, those that have waited longest first."""
        found = select(JOBS).where(is_queued(engine)).order_by(ROW.queued_at, ROW.id)
        return self._list(found.limit(limit))

    def count(self, status: Status, *, engine: str | None = None) -> int:
        """How many jobs there are in `status`, of any engine or of one."""
        return self._count(ROW.status == status, ROW.engine == engine if engine else VISIBLE)

    def of_owner(self, owner: str, *, limit: int = 50, before: float | None = None) -> list[Job]:
        """The owner's jobs, newest first; `before` is the last page's last `created_at`."""
        found = select(JOBS).where(ROW.owner == owner, VISIBLE)
        return self._list(newest_first(found, ROW.created_at, before).limit(limit))

    def feed(self, *, limit: int = 50, before: float | None = None) -> list[Job]:
        """Public pictures, newest first; `before` is the last page's last `published_at`."""
        found = select(JOBS).where(ROW.public.is_(True), ROW.status == Status.DONE, VISIBLE)
        return self._list(newest_first(found, ROW.published_at, before).limit(limit))

    def _list(self, found: Select[Any]) -> list[Job]:
        with self._database.read() as connection:
            return as_jobs(connection.execute(found).all())

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        found = select(func.count()).select_from(JOBS).where(*conditions)
        with self._database.read() as connection:
            return int(connection.execute(found).scalar_one())


def batched(ids: list[str], size: int) -> Iterator[list[str]]:
    """The ids, so many at a time."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def newest_first(found: Select[Any], time: ColumnElement[Any], before: float | None) -> Select[Any]:
    """Order by `time`, from the newest that is older than `before`."""
    found = found.order_by(time.desc(), ROW.id)
    return found if before is None else found.where(time < before)
