"""Statistics of the job table: how many jobs are in each state, and how the last ones ended."""

from dataclasses import dataclass

from sqlalchemy import and_, case, func, select

from stylekit.jobs.database import Database
from stylekit.jobs.job import Status
from stylekit.jobs.table import FINAL, JOBS, ROW


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """Jobs of one engine that have not ended."""

    engine: str
    status: str  # queued, running, or silent: its worker has not been heard of for too long
    jobs: int
    first_queued_at: float


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Jobs of one engine that ended in the same way, and their seconds, summed."""

    engine: str
    status: Status
    error_code: str  # of failures, else empty
    jobs: int
    waiting: float  # queued, until the attempt that ended
    painting: float
    files: float  # reading the pictures and storing the result


class Statistics:
    """Counts rows; what it says is the same in every process."""

    def __init__(self, database: Database, keep_seconds: float) -> None:
        """Count in `database`; ended jobs are kept for `keep_seconds`."""
        self._database, self._keep_seconds = database, keep_seconds

    def unfinished(self, now: float) -> list[Unfinished]:
        """All that wait or are being painted, by engine."""
        silent = and_(ROW.status == Status.RUNNING, ROW.lease_until < now)
        status = case((silent, "silent"), else_=ROW.status).label("status")
        count, first = func.count(), func.min(ROW.queued_at)
        living = ROW.status.in_([Status.QUEUED, Status.RUNNING])
        found = select(ROW.engine, status, count, first).select_from(JOBS).where(living)
        with self._database.read() as connection:
            rows = connection.execute(found.group_by(ROW.engine, status)).all()
        return [
            Unfinished(engine=engine, status=str(status), jobs=jobs, first_queued_at=first)
            for engine, status, jobs, first in rows
        ]

    def ended(self, since: float) -> list[Ended]:
        """All that ended since then, by engine, state and class of error."""
        kind = (ROW.engine, ROW.status, ROW.error_code)
        sums = (
            func.sum(ROW.started_at - ROW.queued_at),
            func.sum(ROW.seconds),
            func.sum(ROW.finished_at - ROW.started_at - ROW.seconds),
        )
        # The second condition says the same by a column that has an index.
        lately = and_(ROW.finished_at >= since, ROW.expires_at >= since + self._keep_seconds)
        found = select(*kind, func.count(), *(func.coalesce(each, 0.0) for each in sums))
        with self._database.read() as connection:
            rows = connection.execute(found.where(FINAL, lately).group_by(*kind)).all()
        return [
            Ended(
                engine=engine,
                status=Status(status),
                error_code=code,
                jobs=jobs,
                waiting=waiting,
                painting=painting,
                files=files,
            )
            for engine, status, code, jobs, waiting, painting, files in rows
        ]
