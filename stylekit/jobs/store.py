"""The job table: what callers change in it, and its parts, which read, claim and count."""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import and_, insert
from sqlalchemy.exc import IntegrityError

from stylekit.jobs.changes import FRESH, GONE, Changes
from stylekit.jobs.claims import Claims
from stylekit.jobs.database import Database
from stylekit.jobs.job import Job, Status
from stylekit.jobs.maintenance import JobMaintenance
from stylekit.jobs.queries import Queries
from stylekit.jobs.queue_reader import QueueReader
from stylekit.jobs.sharing import Sharing
from stylekit.jobs.statistics import Statistics
from stylekit.jobs.table import FINAL, JOBS, ROW, VISIBLE


class JobStore:
    """The table of jobs. Every change of state is one conditional UPDATE.

    `queries` reads, `queues` says whose turn it is, `statistics` counts, `claims` is for the worker
    that paints a job, `sharing` says what others see, `maintenance` is for jobs of dead workers and
    expired ones. The methods here are what callers ask for.
    """

    def __init__(
        self,
        url: str,
        *,
        max_attempts: int = 3,
        keep_seconds: float = 7 * 86_400,
        now: Callable[[], float] = time.time,
        seconds_per_cost: Callable[[str], float] = lambda engine: 1.0,
    ) -> None:
        """Remember where the table is; the first use connects, and makes or upgrades it.

        `seconds_per_cost` is a guess for an engine that has not been timed.
        """
        self.database, self.keep_seconds, self.now = Database(url), keep_seconds, now
        self._changes = Changes(
            database=self.database,
            max_attempts=max_attempts,
            keep_seconds=keep_seconds,
            now=lambda: self.now(),
        )
        self.queries = Queries(self.database)
        self.statistics = Statistics(self.database, keep_seconds)
        self.queues = QueueReader(self.database, lambda: self.now(), seconds_per_cost)
        self.claims = Claims(self._changes, self.queues)
        self.maintenance = JobMaintenance(self._changes)
        self.sharing = Sharing(self._changes, self.queries)

    def get(self, id: str) -> Job:
        """The row as it is now, tombstones included.

        Raises:
            JobNotFound: there is none by that id.
        """
        return self.queries.get(id)

    def enter(self, job: Job) -> tuple[Job, bool]:
        """Queue `job`, or find the row that has its id; returns whether this call queued it.

        A row that is only a tombstone comes back to life with the values of `job`.
        """
        now = self._changes.now()
        times: dict[str, Any] = {"created_at": now, "queued_at": now, "put_at": now}
        job = replace(
            job, version=1, expires_at=job.expires_at or now + self._changes.keep_seconds, **times
        )
        try:
            with self._changes.database.write() as connection:
                connection.execute(insert(JOBS).values(asdict(job)))
            return job, True
        except IntegrityError:
            was_seen = False if job.public else ROW.withdrawn
            again = asdict(job) | {"fence": ROW.fence + 1, "withdrawn": was_seen}
            del again["id"], again["version"], again["served_at"]
            revived = self._changes.one(job.id, ~VISIBLE, **again)
            return revived or self.get(job.id), revived is not None

    def keep(self, id: str) -> Job | None:
        """Have the job stay, whoever wants to take it back; None if it is gone already."""
        return self._changes.one(id, VISIBLE)

    def cancel_if_unchanged(self, job: Job, *, deleted: bool) -> Job | None:
        """Cancel a job that waits, if nothing has happened to it since; None if something has."""
        untouched = and_(ROW.status == Status.QUEUED, ROW.version == job.version)
        gone = GONE if deleted else {}
        return self._changes.one(job.id, untouched, **self._changes.ended(Status.CANCELLED), **gone)

    def request_cancel(self, id: str) -> Job:
        """Cancel a queued job at once; ask the worker of a running one to stop."""
        cancelled = self._changes.one(
            id, ROW.status == Status.QUEUED, **self._changes.ended(Status.CANCELLED)
        ) or self._changes.one(id, ROW.status == Status.RUNNING, cancel_requested=True)
        return cancelled or self.get(id)

    def request_finish(self, id: str) -> Job:
        """Ask the worker of a job to end with the picture as it stands; an ended one stays so."""
        return self._changes.one(id, ~FINAL, finish_requested=True) or self.get(id)

    def requeue(self, id: str) -> Job | None:
        """Queue a job that ended again, as new; None if it has not ended."""
        now = self._changes.now()
        nothing: dict[str, Any] = dict.fromkeys(("result_key", "finished_at", "published_at"))
        return self._changes.one(
            id,
            and_(FINAL, VISIBLE),
            **FRESH
            | nothing
            | {"status": Status.QUEUED, "attempts": 0}
            | {"cancel_requested": False, "finish_requested": False}
            | {"error": "", "error_code": "", "preview_version": 0, "started_at": None}
            | {"queued_at": now, "put_at": now, "expires_at": now + self._changes.keep_seconds},
        )

    def delete(self, id: str) -> Job:
        """Leave a tombstone; a queued job is cancelled, the worker of a running one is asked to."""
        self.request_cancel(id)
        return self._changes.one(id, ROW.deleted.is_(False), **GONE) or self.get(id)

    def close(self) -> None:
        """Close every connection; the next use opens a new one."""
        self.database.close()
